"""The main screen: the tree, the table, what is not nominal, and a line about what is chosen."""

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from ...wire import printable
from ._about import about_device, about_place, about_sensor
from ._details import DetailsScreen, device_facts, sensor_facts
from ._help import HelpScreen
from ._lines import Lines
from ._model import Board, Place
from ._rate import Rate
from ._request import RequestScreen
from ._rows import ORDERS
from ._table import SensorTable
from ._tree import DeviceTree
from ._troubles import TroubleList

__all__ = ["MainScreen"]


class MainScreen(Screen[None]):
    """What is seen first."""

    CSS = """
    #title { height: 1; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    #about { height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
    #middle { height: 1fr; }
    #tree { width: 22; }
    MainScreen.-wide #tree { width: 32; }
    #table { width: 1fr; border-left: solid $foreground 30%; }
    #bar { height: 1; display: none; }
    #bar.shown { display: block; }
    #slash { width: 9; }
    #filter { height: 1; border: none; padding: 0; }
    #troubles { height: 6; border-top: solid $foreground 30%; }
    MainScreen.-low #troubles { height: 5; }
    MainScreen.-tall #troubles { height: 11; }
    MainScreen.-no-tree #tree { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-usual"), (34, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("n", "only_bad", "Not nominal"),
        Binding("s", "sort", "Sort"),
        Binding("r", "request", "Request"),
        Binding("t", "tree", "Tree", show=False),
        Binding("tab", "app.focus_next", "Next"),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
        Binding("question_mark,f1", "help", "Help", key_display="?"),
        Binding("escape", "clear", "Clear the filter", show=False),
    ]

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self._rate = Rate(board)
        self._texts: dict[str, Text] = {}  # as they are on the screen

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(id="title")
        with Horizontal(id="middle"):
            yield DeviceTree(self.board, id="tree")
            yield SensorTable(self.board, id="table")
        with Horizontal(id="bar"):
            yield Static("filter /", id="slash")
            yield Input(id="filter", placeholder="text or regular expression; Enter, Esc")
        yield TroubleList(self.board, id="troubles")
        yield Static(id="about")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the tree."""
        self.query_one(DeviceTree).focus()
        self.tick()

    @property
    def table(self) -> SensorTable:
        """The table of sensors."""
        return self.query_one(SensorTable)

    def tick(self) -> None:
        """Draw what changed since."""
        self.query_one(DeviceTree).redraw()
        self.table.tick()
        self.query_one(TroubleList).tick()
        self._put("#title", self._title())
        self._tell()

    # -- what the user does

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#bar").add_class("shown")
        self.query_one("#filter", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        self.table.rows.text = event.value
        self.table.want_soon()

    def on_input_submitted(self) -> None:
        """Go on with what was found."""
        self.query_one("#bar").set_class(bool(self.table.rows.text), "shown")
        self.table.focus()

    def action_clear(self) -> None:
        """Show everything again."""
        box = self.query_one("#filter", Input)
        if box.has_focus:
            self.table.focus()
        box.value = ""
        self.query_one("#bar").remove_class("shown")

    def action_only_bad(self) -> None:
        """List only what is not nominal, or all."""
        self.table.rows.only_bad = not self.table.rows.only_bad
        self.table.want()

    def action_sort(self) -> None:
        """Sort by the next column."""
        rows = self.table.rows
        rows.order = ORDERS[(ORDERS.index(rows.order) + 1) % len(ORDERS)]
        self.table.want()

    def action_tree(self) -> None:
        """Hide the tree, or show it."""
        if self.query_one(DeviceTree).has_focus:
            self.table.focus()
        self.toggle_class("-no-tree")

    def action_request(self) -> None:
        """Send a request to what is chosen."""
        self.app.push_screen(RequestScreen(self.board, self._target()))

    def action_help(self) -> None:
        """Say which keys there are."""
        self.app.push_screen(HelpScreen())

    def on_tree_node_highlighted(self, event: DeviceTree.NodeHighlighted[Place]) -> None:
        """List the sensors of what the cursor is at."""
        if event.node.data is not None:
            self.table.rows.devices = event.node.data.devices
            self.table.want()
            self._tell()

    def on_tree_node_selected(self, event: DeviceTree.NodeSelected[Place]) -> None:
        """Show a device, or what is in a group."""
        place = event.node.data
        if place is not None and place.kind == "device":
            self._open(place.devices[0], None)
        else:
            event.node.toggle()
            self.query_one(DeviceTree).redraw()

    def on_lines_chosen(self, event: Lines.Chosen) -> None:
        """Show a sensor, or a device that is in trouble."""
        self._open(*_device_and_sensor(event.item))

    def on_lines_moved(self) -> None:
        """Tell of what the cursor is at."""
        self._tell()

    # -- inside

    def _open(self, device: Any, sensor: Any) -> None:
        def facts() -> Any:
            if sensor is None:
                return device_facts(device, self.board)
            return sensor_facts(device, sensor, self.board)

        self.app.push_screen(DetailsScreen(self.board, device, facts, sensor))

    def _target(self) -> str:
        """Give the name of what a request would go to."""
        if isinstance(self.focused, Lines) and self.focused.item is not None:
            return str(_device_and_sensor(self.focused.item)[0].path)
        node = self.query_one(DeviceTree).cursor_node
        place = node.data if node is not None else None
        if place is None or place.kind == "container":
            return ""
        return place.name if place.kind == "group" else place.devices[0].path

    def _title(self) -> Text:
        board, rows = self.board, self.table.rows
        synced = sum(device.state == "synced" for device in board.devices)
        updates, cpu = self._rate.measured()
        shown = f"{len(rows.found)} of {rows.all} sensors"
        if rows.only_bad:
            shown += " (n: not nominal)"
        return Text(
            f"{printable(board.root.name)}  {synced} of {len(board.devices)} synced  {shown}  "
            f"{updates:.0f} updates/s  CPU {cpu:.0f}%",
        )

    def _tell(self) -> None:
        focused = self.focused
        node = self.query_one(DeviceTree).cursor_node
        if isinstance(focused, Lines) and focused.item is not None:
            device, sensor = _device_and_sensor(focused.item)
            self._put(
                "#about", about_device(device) if sensor is None else about_sensor(device, sensor)
            )
        elif node is not None and node.data is not None:
            self._put("#about", about_place(node.data))

    def _put(self, where: str, text: Text) -> None:
        if self._texts.get(where) != text:
            self._texts[where] = text
            self.query_one(where, Static).update(text, layout=False)

    def on_descendant_focus(self) -> None:
        """Tell of what the cursor is at there."""
        self._tell()


def _device_and_sensor(item: Any) -> tuple[Any, Any]:
    return item if isinstance(item, tuple) else (item.device, item.sensor)
