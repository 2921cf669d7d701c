"""A list of any length: only what is seen is drawn, and only what changed is drawn anew."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ._looks import STYLES, Cells

__all__ = ["Lines"]

T = TypeVar("T")


class Lines(ScrollView, Generic[T], can_focus=True):
    """A list with a cursor, and a header that stays; what it lists and how is for subclasses."""

    DEFAULT_CSS = """
    Lines { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000000000)", "First", show=False),
        Binding("end", "move(1000000000)", "Last", show=False),
        Binding("enter", "choose", "Details"),
    ]

    class Moved(Message):
        """The cursor is at another item, or there is none."""

    class Chosen(Message):
        """An item was chosen."""

        def __init__(self, item: Any) -> None:
            super().__init__()
            self.item = item

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.items: Sequence[T] = ()
        self.at = 0
        self._drawn: list[Strip] = []

    # -- for subclasses

    def header(self, width: int) -> Cells | None:
        """Give the line above the list, if there is one."""
        return None

    def cells(self, item: T, width: int) -> Cells:
        """Give the line of an item."""
        raise NotImplementedError

    def empty(self) -> str:
        """Say why the list is empty."""
        return ""

    def seen(self, items: Sequence[T]) -> None:
        """Note which items are about to be drawn."""

    # -- what it lists

    @property
    def item(self) -> T | None:
        """The item at the cursor."""
        return self.items[self.at] if self.at < len(self.items) else None

    def show(self, items: Sequence[T], at: int | None = None) -> None:
        """List these items, with the cursor at one of them."""
        before = self.item
        self.items = items
        self.at = min(max(self.at if at is None else at, 0), max(len(items) - 1, 0))
        self.virtual_size = Size(self.size.width, len(items) + self._above())
        self._follow()
        self.redraw()
        if before is not self.item:
            self.post_message(self.Moved())

    def redraw(self) -> None:
        """Draw what changed in what is seen."""
        self.seen(self._in_view())
        drawn = self._draw()
        changed = [y for y, strip in enumerate(drawn) if strip != self._line(y)]
        self._drawn = drawn
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Give a line of the screen."""
        if len(self._drawn) != self.size.height:
            self._drawn = self._draw()
        return self._line(y)

    # -- what the user does

    def action_move(self, by: int) -> None:
        """Move the cursor by so many items."""
        self.go_to(self.at + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screenful."""
        self.go_to(self.at + by * max(1, self._height() - 1))

    def action_choose(self) -> None:
        """Choose the item at the cursor."""
        if self.item is not None:
            self.post_message(self.Chosen(self.item))

    def go_to(self, at: int) -> None:
        """Put the cursor at an item."""
        at = min(max(at, 0), max(len(self.items) - 1, 0))
        if at != self.at:
            self.at = at
            self._follow()
            self.redraw()
            self.post_message(self.Moved())

    def on_click(self, event: Any) -> None:
        """Put the cursor where the mouse is; a second click chooses."""
        at = event.y - self._above() + self.scroll_offset.y
        if event.y < self._above() or at >= len(self.items):
            return
        if at == self.at:
            self.action_choose()
        self.go_to(at)

    def on_resize(self) -> None:
        """Draw in the new size."""
        self.virtual_size = Size(self.size.width, len(self.items) + self._above())
        self._follow()
        self._anew()

    def on_focus(self) -> None:
        """Show that the keys are for this list."""
        self._anew()

    def on_blur(self) -> None:
        """Show that they are not."""
        self._anew()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what is seen now."""
        super().watch_scroll_y(old_value, new_value)
        self._anew()

    # -- inside

    def _above(self) -> int:
        return 0 if self.header(self.size.width) is None else 1

    def _height(self) -> int:
        return max(1, self.size.height - self._above())

    def _follow(self) -> None:
        """Scroll so that the cursor is seen."""
        top, height = self.scroll_offset.y, self._height()
        wanted = min(max(top, self.at - height + 1), self.at)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def _in_view(self) -> Sequence[T]:
        top = self.scroll_offset.y
        return self.items[top : top + self._height()]

    def _anew(self) -> None:
        self._drawn = []
        self.refresh()

    def _line(self, y: int) -> Strip:
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)

    def _draw(self) -> list[Strip]:
        width, height = self.scrollable_content_region.size
        base, header = self.rich_style, self.header(width)
        drawn = [] if header is None else [_strip(header, base, "underline", width)]
        for at, item in enumerate(self._in_view(), self.scroll_offset.y):
            drawn.append(_strip(self.cells(item, width), base, self._emphasis(at), width))
        if not self.items and self.empty():
            drawn.append(_strip([(self.empty(), "dim")], base, "", width))
        blank = Strip.blank(width, base)
        return (drawn + [blank] * (height - len(drawn)))[:height]

    def _emphasis(self, at: int) -> str:
        if at != self.at:
            return ""
        return "reverse" if self.has_focus else "bold"


def _strip(cells: Cells, base: Style, emphasis: str, width: int) -> Strip:
    segments = [Segment(text, base + _style(style, emphasis)) for text, style in cells]
    return Strip(segments).adjust_cell_length(width, base + _style("", emphasis))


@lru_cache(256)
def _style(name: str, emphasis: str) -> Style:
    # Reversed, a colour would be the background: under the cursor words and symbols are enough.
    own = Style.parse(STYLES[name] if emphasis != "reverse" else "")
    return own + Style.parse(emphasis)
