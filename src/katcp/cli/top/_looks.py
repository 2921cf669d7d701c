"""How things look: words and symbols that say it without colours, and colours that most can tell."""

import time
from typing import Any

from rich.cells import cell_len, set_cell_size

from ...model import KATCPSensorReading
from ...resource import KATCPSensor
from ...wire import printable
from .._show import value_shown

__all__ = [
    "STYLES",
    "Cells",
    "age",
    "clock",
    "fit",
    "fit_end",
    "mark",
    "middle",
    "symbol",
    "value_in",
    "value_text",
    "word",
]

#: A line: texts, each with the name of its style.
Cells = list[tuple[str, str]]

# Of status and state: a symbol that a console has, too, and a style.
_SYMBOLS = {
    "nominal": "•",
    "synced": "•",
    "warn": "▲",
    "syncing": "○",
    "error": "■",
    "failure": "X",
    "disconnected": "X",
    "unknown": "?",
    "no reading": "?",
    "unreachable": "!",
    "inactive": "○",
    "stale": "~",
}

#: Style by status, state or use, from the palette of Okabe and Ito, which the colour-blind can tell.
STYLES = {
    "nominal": "#56b4e9",
    "synced": "#56b4e9",
    "warn": "#e69f00",
    "syncing": "#e69f00",
    "error": "bold #d55e00",
    "failure": "bold reverse #d55e00",
    "disconnected": "bold reverse #d55e00",
    "unknown": "#cc79a7",
    "no reading": "#cc79a7",
    "unreachable": "#cc79a7",
    "inactive": "#999999",
    "stale": "italic #999999",
    "title": "bold",
    "dim": "#999999",
    "": "",
}

_AGES = ((120.0, 1.0, "s"), (7200.0, 60.0, "m"), (172800.0, 3600.0, "h"), (8.64e7, 86400.0, "d"))


def word(sensor: KATCPSensor, status: str | None = None) -> str:
    """Give the status to show for a sensor; not that of a link which is lost."""
    if not sensor.reading.received_timestamp:
        return "no reading"
    return "stale" if sensor.stale else status or sensor.status


def symbol(what: str) -> str:
    """Give the symbol of a status or state."""
    return _SYMBOLS.get(what, "?")


def mark(what: str, width: int) -> tuple[str, str]:
    """Give a cell with symbol and word of a status or state."""
    return fit(f"{symbol(what)} {what}", width), what


def age(seconds: float) -> str:
    """Give a time that has passed in at most four characters, like ``12s`` or ``-5m``."""
    for most, unit, letter in _AGES:
        if abs(seconds) < most:
            return f"{int(seconds / unit)}{letter}"
    return "old" if seconds > 0 else "new"


def clock(timestamp: float) -> str:
    """Give a time of day, UTC, with its date; for a time that there cannot be, the number."""
    try:
        whole = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(timestamp))
    except (ValueError, OverflowError, OSError):
        return f"{timestamp:g} s"
    return f"{whole}.{int(timestamp % 1 * 1000):03d} UTC"


def value_text(sensor: KATCPSensor, reading: KATCPSensorReading | None = None) -> str:
    """Give a value with its units, of the latest reading unless of another."""
    value = (sensor.reading if reading is None else reading).value
    if value is None:
        return "-"
    return printable(f"{_plain(sensor, value)} {sensor.units}".rstrip())


def value_in(sensor: KATCPSensor, width: int) -> str:
    """Give the value in so many cells, at the right; with its units if there is place for them."""
    whole = value_text(sensor)
    if cell_len(whole) <= width or sensor.value is None:
        return fit_end(whole, width)
    return fit_end(printable(_plain(sensor, sensor.value)), width)


def _plain(sensor: KATCPSensor, value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else value_shown(sensor, value)


def fit(text: str, width: int) -> str:
    """Give `text` in exactly `width` cells, with an ellipsis if it is cut."""
    if cell_len(text) <= width:
        return set_cell_size(text, max(0, width))
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def fit_end(text: str, width: int) -> str:
    """Give `text` likewise, at the right."""
    return fit(" " * (width - cell_len(text)) + text, width)


def middle(text: str, width: int) -> str:
    """Give `text` likewise, cut in the middle: names differ at both ends."""
    if cell_len(text) <= width or width < 8:
        return fit(text, width)
    head = (width - 1) // 2
    tail = text[len(text) - (width - 1 - head) :]
    return fit(set_cell_size(text, head) + "…" + tail, width)
