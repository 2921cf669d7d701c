"""The tree of containers, groups and devices, each with how it is."""

from collections import Counter
from typing import Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from ...wire import printable
from ._looks import STYLES, age, symbol
from ._model import Board, Device, Place

__all__ = ["DeviceTree", "place_text"]

_STATES = ("disconnected", "syncing", "synced")  # the worst first


class DeviceTree(Tree[Place]):
    """The tree; what the cursor is at is what the table lists."""

    DEFAULT_CSS = """
    DeviceTree { scrollbar-size-vertical: 1; overflow-x: hidden; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Details"),
        Binding("k", "cursor_up", "Up", show=False),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("left", "fold", "Fold", show=False),
        Binding("right", "unfold", "Unfold", show=False),
    ]

    def __init__(self, board: Board, *, id: str | None = None) -> None:
        super().__init__(Text(printable(board.root.name)), board.root, id=id)
        self.board = board
        self.auto_expand = False
        self.guide_depth = 2
        self._fill(self.root, board.root)
        self.root.expand()
        self.redraw()

    def redraw(self) -> None:
        """Draw what changed."""
        now = self.board.clock()
        for node in _open_nodes(self.root):
            assert node.data is not None
            label = place_text(node.data, now)
            if label != node.label:
                node.set_label(label)

    def action_fold(self) -> None:
        """Fold what the cursor is at, or go to what it is in."""
        node = self.cursor_node
        if node is not None and node.is_expanded and node.allow_expand:
            node.collapse()
        else:
            self.action_cursor_parent()

    def action_unfold(self) -> None:
        """Show what is in what the cursor is at."""
        if self.cursor_node is not None and self.cursor_node.allow_expand:
            self.cursor_node.expand()
            self.redraw()

    def _fill(self, node: TreeNode[Place], place: Place) -> None:
        for part in place.parts:
            label = printable(part.name)
            if not part.parts:
                node.add_leaf(Text(label), part)
            else:
                self._fill(node.add(Text(label), part, expand=part.kind == "container"), part)


def place_text(place: Place, now: float) -> Text:
    """Give the line of a place: symbol, name, how many are synced, how much is not nominal."""
    count = Counter(device.state for device in place.devices)
    worst = next((state for state in _STATES if count[state]), "synced")
    parts: list[Any] = [(symbol(worst), STYLES[worst]), f" {printable(place.name)}"]
    if place.kind != "device":
        parts.append((f" {count['synced']}/{len(place.devices)}", STYLES["dim"]))
    elif worst != "synced":
        parts.append((f" {_how(place.devices[0])} {age(now - place.devices[0].since)}", "italic"))
    bad = sum(len(device.bad) for device in place.devices)
    if bad:
        parts.append((f" {symbol('warn')}{bad}", STYLES["warn"]))
    return Text.assemble(*parts)


def _how(device: Device) -> str:
    return "lost" if device.state == "disconnected" and device.sensors else {
        "disconnected": "not there"
    }.get(device.state, device.state)  # fmt: skip


def _open_nodes(node: TreeNode[Place]) -> Any:
    yield node
    if node.is_expanded:
        for child in node.children:
            yield from _open_nodes(child)
