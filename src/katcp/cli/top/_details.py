"""All there is about one sensor, with its last readings, or about one device."""

from collections.abc import Callable
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from ...model import KATCPSensorReading
from ...resource import KATCPSensor
from ...wire import printable, printable_lines
from ._lines import Lines
from ._looks import Cells, age, clock, fit, fit_end, mark, symbol, value_text, word
from ._model import Board, Device
from ._rings import numbers, sparkline

__all__ = ["DetailsScreen", "device_facts", "sensor_facts"]

#: What is said: names and texts.
Facts = list[tuple[str, str]]


class DetailsScreen(Screen[None]):
    """What `facts` gives, kept up to date, and the history of a sensor if there is one."""

    CSS = """
    #facts { height: auto; max-height: 16; }
    #history { height: 1fr; border-top: solid $foreground 30%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,backspace", "dismiss", "Back", key_display="Esc"),
        Binding("r", "request", "Request"),
    ]

    def __init__(
        self, board: Board, device: Device, facts: Callable[[], Facts], sensor: Any = None
    ) -> None:
        super().__init__()
        self.board = board
        self.device = device
        self.sensor = sensor
        self._facts = facts

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(id="facts")
        if self.sensor is not None:
            yield _History(self.sensor, id="history")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Draw at once."""
        self.tick()

    def tick(self) -> None:
        """Draw what changed since."""
        facts = self._facts()
        if self.sensor is not None:
            ring = list(self.board.rings.follow(self.sensor))
            width = max(10, self.size.width - 14)
            facts.append(("history", sparkline(numbers(ring), min(width, len(ring))) or "-"))
            self.query_one(_History).show(ring[::-1])
        self.query_one("#facts", Static).update(_grid(facts))

    def action_request(self) -> None:
        """Send a request to this device."""
        from ._request import RequestScreen

        self.app.push_screen(RequestScreen(self.board, self.device.path))


class _History(Lines[KATCPSensorReading | None]):
    """Readings, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.dismiss", show=False)]

    def __init__(self, sensor: KATCPSensor, *, id: str) -> None:
        super().__init__(id=id)
        self._sensor = sensor

    def header(self, width: int) -> Cells:
        """Name the columns."""
        return [(fit(f"{'taken':28} {'status':13} value", width), "title")]

    def cells(self, item: KATCPSensorReading | None, width: int) -> Cells:
        """Give the line of a reading."""
        if item is None:
            return [("the link was lost", "stale")]
        text, style = mark(item.status, 13)
        return [
            (fit(clock(item.timestamp), 28) + " ", ""),
            (text + " ", style),
            (fit(value_text(self._sensor, item), width - 43), ""),
        ]


def sensor_facts(device: Device, sensor: KATCPSensor, board: Board) -> Facts:
    """Say all there is to a sensor."""
    what, reading = word(sensor), sensor.reading
    gone = device.sensors.get(sensor.normalised_name) is not sensor
    status = f"{symbol(what)} {what}"
    if what == "stale":
        status += f": was {sensor.status}, and the link is lost since {_since(device, board)}"
    if gone:
        status += "; the device has no such sensor any more"
    strategy = " ".join(sensor.sampling_strategy)
    reported = " ".join(sensor.reported_strategy or ())
    return [
        ("sensor", f"{device.path}.{sensor.name}"),
        ("description", sensor.description),
        ("status", status),
        ("value", value_text(sensor)),
        ("type", f"{sensor.type}, units {sensor.units or 'none'}"),
        ("taken", f"{_time(reading.timestamp, board)}, as the device says"),
        ("received", _time(reading.received_timestamp, board)),
        ("strategy", strategy + (f" (the device says: {reported})" if reported else "")),
    ]


def device_facts(device: Device, board: Board) -> Facts:
    """Say all there is to a device."""
    resource = device.resource
    facts = [
        ("device", f"{device.path} at {resource.address_string}"),
        ("description", resource.description),
        ("state", f"{symbol(device.state)} {device.state} since {_since(device, board)}"),
        ("phase", _phase(resource)),
        ("last error", str(resource.last_error or "none")),
        ("sensors", f"{len(device.sensors)}, {len(device.bad)} not nominal"),
        ("requests", _requests(resource)),
        ("readings", f"{device.updates} so far"),
    ]
    if resource.running():
        facts.append(("protocol", str(resource._client().katcp_client.protocol_flags or "?")))
        facts += [(name, " ".join(words)) for name, words in resource.versions.items()]
    return facts


def _phase(resource: Any) -> str:
    phase: str = resource.phase
    if phase == "waiting":
        most = resource._client().katcp_client.auto_reconnect_max_delay
        return f"waiting for the next try, at most {most:g} s from the last"
    return phase


def _requests(resource: Any) -> str:
    if resource.req or resource.state != "synced":
        return str(len(resource.req))
    return "none here: the device has none, or the file says controlled = false"


def _since(device: Device, board: Board) -> str:
    return f"{age(board.clock() - device.since)} ({clock(device.since)})"


def _time(timestamp: float, board: Board) -> str:
    if not timestamp:
        return "never"
    return f"{clock(timestamp)}, {fit_end(age(board.clock() - timestamp), 4).strip()} ago"


def _grid(facts: Facts) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="bold", no_wrap=True, width=12)
    grid.add_column(overflow="fold")
    for name, text in facts:
        grid.add_row(Text(printable(name)), Text(printable_lines(text)))
    return grid
