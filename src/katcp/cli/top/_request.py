"""Sending a request: typed with its help in view, sent after a question, its answer shown."""

import time
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Input, Static

from ...wire import printable, printable_lines
from ._lines import Lines
from ._looks import STYLES, Cells, fit
from ._model import Board
from ._order import Candidate, Order, OrderError, candidates, help_of, parse

__all__ = ["RequestScreen"]


class RequestScreen(Screen[None]):
    """Where a request is typed, and answers are shown.

    Parameters
    ----------
    target
        The device or group that it is to; empty: that is typed, too.
    """

    CSS = """
    #line { border: none; height: 1; padding: 0; }
    #said { height: auto; max-height: 8; color: $text-muted; margin: 0 0 1 0; }
    RequestScreen Lines { height: 1fr; }
    .hidden { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("escape", "leave", "Back", key_display="Esc"),
    ]

    def __init__(self, board: Board, target: str = "") -> None:
        super().__init__()
        self.board = board
        self._order: Order | None = None
        self._looked_at = ""
        self._target = target

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        title = "Request: DEVICE or GROUP, REQUEST, ARGUMENTS; Enter asks before it sends"
        yield Static(Text(title, style="bold"))
        start = f"{self._target} " if self._target else ""
        yield _Line(start, id="line", select_on_focus=False)
        yield Static(id="said")
        yield _Candidates(id="candidates")
        yield _Answer(id="answer")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to type."""
        for lines in self.query(Lines):
            lines.can_focus = False
        self._look()
        self.query_one(Input).focus()

    def tick(self) -> None:
        """Draw what changed since."""
        if self._order is not None:
            self._show(self._order)

    # -- what the user does

    def on_input_changed(self) -> None:
        """Show what completes the line, and the help of its request."""
        self._order = None
        self._look()

    def on_input_submitted(self) -> None:
        """Ask whether to send it."""
        try:
            order = parse(self.board, self.query_one(Input).value)
        except OrderError as exc:
            self._say(str(exc), "error")
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._order = order
                self.app.run_worker(self._send(order), exit_on_error=True)
                self._show(order)

        self.app.push_screen(_Question(order.question()), answered)

    def action_complete(self) -> None:
        """Take what is chosen of what completes the line."""
        if self._looked_at != self.query_one(Input).value:
            self._look()
        chosen = self.query_one(_Candidates).item
        if chosen is not None:
            box = self.query_one(Input)
            box.value = chosen.line
            box.cursor_position = len(chosen.line)

    def action_move(self, by: int) -> None:
        """Choose another completion, or scroll the answer."""
        self._list().action_move(by)

    def action_page(self, by: int) -> None:
        """Likewise, by pages."""
        self._list().action_page(by)

    def action_leave(self) -> None:
        """Go back; a request that was sent is not taken back by that."""
        self.dismiss()

    # -- inside

    async def _send(self, order: Order) -> None:
        await order.send()
        if not self.is_current:
            first = "".join(text for text, _ in (order.answer or [[]])[0])
            severity: Any = "information" if order.good else "error"
            self.app.notify(f"{order.place.name} {order.line}: {first}", severity=severity,
                            markup=False, timeout=15)  # fmt: skip

    def _list(self) -> Lines[Any]:
        return self.query_one(_Candidates if self._order is None else _Answer)

    def _look(self) -> None:
        line = self._looked_at = self.query_one(Input).value
        self.query_one(_Candidates).show(candidates(self.board, line), 0)
        help = help_of(self.board, line)
        self._say(printable_lines(help) if help else "", "")
        self._swap()

    def _show(self, order: Order) -> None:
        passed = time.monotonic() - order.began
        waiting: list[Cells] = [[(f"○ sent; {passed:.0f} s without an answer", "syncing")]]
        self.query_one(_Answer).show(waiting if order.answer is None else order.answer)
        self._swap()

    def _swap(self) -> None:
        self.query_one(_Candidates).set_class(self._order is not None, "hidden")
        self.query_one(_Answer).set_class(self._order is None, "hidden")

    def _say(self, text: str, style: str) -> None:
        self.query_one("#said", Static).update(Text(printable_lines(text), style=STYLES[style]))


class _Line(Input):
    """The line that is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "screen.complete", "Complete")]

    def on_key(self, event: Key) -> None:
        """Complete at once: a binding would have its turn after what is typed next."""
        if event.key == "tab":
            event.stop()
            event.prevent_default()
            screen = self.screen
            assert isinstance(screen, RequestScreen)
            screen.action_complete()


class _Candidates(Lines[Candidate]):
    """What completes the line."""

    def cells(self, item: Candidate, width: int) -> Cells:
        """Give the word, and what it is."""
        word = min(30, width // 3)
        return [(fit(printable(item.word), word) + " ", "title"),
                (fit(item.about, width - word - 1), "")]  # fmt: skip


class _Answer(Lines[Cells]):
    """What came back."""

    def cells(self, item: Cells, width: int) -> Cells:
        """Give the line as it is."""
        return item


class _Question(ModalScreen[bool]):
    """Asks whether to send it."""

    CSS = """
    _Question { align: center middle; }
    #question { width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
                border: heavy $foreground; background: $surface; overflow-y: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Send"),
        Binding("n,escape", "dismiss(False)", "Do not send"),
    ]

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        with Vertical(id="question"):
            yield Static(Text("\n".join(self._lines)))
            yield Static(Text("\ny sends it, n or Esc does not.", style="bold"))
