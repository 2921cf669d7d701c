"""How things of a device look: a table or lines for a person, JSON lines for a program."""

import itertools
import json
import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from ..model import KATCPSensorReading
from ..resource import KATCPReply, KATCPSensor
from ..wire import Message, decode_text, encode_value, printable

__all__ = [
    "coloured",
    "json_line",
    "painted",
    "reading_line",
    "reading_record",
    "sensor_record",
    "show_reply",
    "status",
    "table",
    "value_shown",
]

_CODES = {"green": "32", "yellow": "33", "red": "31", "bold red": "1;31"}
_SHORT = 12  # characters, of columns that are not folded
_NAMES = 0.4  # of the terminal's width, for the first column at least
_COLOURS = {"nominal": "green", "warn": "yellow", "error": "red", "failure": "bold red"}


def json_line(record: Any) -> None:
    """Print one JSON value on a line; bytes of no encoding are written as escapes."""
    print(json.dumps(_plain(record), ensure_ascii=True, allow_nan=False), flush=True)


def table(columns: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table; on something that is no terminal, columns divided by tabs."""
    texts = [[printable(str(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    shown = Table(box=None, pad_edge=False, header_style="bold")
    widths = _widths([columns, *texts], console.width)
    for name, (width, whole) in zip(columns, widths, strict=False):
        cut: Any = "ellipsis" if whole else "fold"
        shown.add_column(name, overflow=cut, width=width, no_wrap=whole)
    for row in texts:
        cells = (Text(cell, style=_COLOURS.get(cell, "")) for cell in row)
        shown.add_row(*itertools.islice(cells, len(widths)))
    console.print(shown)


def _widths(rows: list[list[str]], room: int) -> list[tuple[int | None, bool]]:
    """Give the width of each column, None if that is free, and whether it is never folded.

    Names, which come first, are to be copied, and have much of the room. A last column, descriptions,
    for which there is none left is not there.
    """
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    first = min(first, int(room * _NAMES))
    widths = [(first, False), *((None, width <= _SHORT) for width in others)]
    taken = first + sum(2 + min(width, _SHORT) for width in others[:-1])
    return widths[:-1] if len(others) > 1 and room - taken < _SHORT else widths


def coloured() -> bool:
    """Say whether stdout is a terminal that has colours, and is to show them."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") in ("dumb", "unknown")
    return sys.stdout.isatty() and not plain


def painted(text: str, colour: str) -> str:
    """Give text in a colour, if that will be seen."""
    code = _CODES.get(colour)
    if code is None or not coloured():
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def sensor_record(sensor: KATCPSensor) -> dict[str, Any]:
    """Give a sensor as a JSON object; times in seconds since the epoch."""
    return {
        "name": sensor.name,
        "type": sensor.type,
        "units": sensor.units,
        "description": sensor.description,
        "stale": sensor.stale,
        **reading_record(sensor.reading),
    }


def status(sensor: KATCPSensor) -> str:
    """Give the status, and whether the reading is from a connection that is lost."""
    return f"{sensor.status}, stale" if sensor.stale else sensor.status


def reading_record(reading: KATCPSensorReading) -> dict[str, Any]:
    """Give a reading as a JSON object."""
    return {
        "status": reading.status,
        "value": reading.value,
        "timestamp": reading.timestamp,
        "received": reading.received_timestamp,
    }


def value_shown(sensor: KATCPSensor, value: Any) -> str:
    """Give a value of a sensor as conditions take it; empty if there is none."""
    match sensor.type, value:
        case _, None:
            return ""
        case ("lru", 0 | 1) | ("address", (_, _)):
            return decode_text(encode_value(sensor.type, value))
        case _:
            return str(value)


def reading_line(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> str:
    """Give a reading as a line, under this name."""
    clock = time.strftime("%H:%M:%S", time.localtime(reading.timestamp))
    value = printable(f"{value_shown(sensor, reading.value)} {sensor.units}".rstrip())
    shown = painted(f"{reading.status:11}", _COLOURS.get(reading.status, ""))
    return f"{clock}  {printable(name):32} {shown} {value}"


def show_reply(reply: KATCPReply, as_json: bool) -> None:
    """Print a reply and its informs."""
    messages = [*reply.informs, reply.reply]
    for message in messages:
        if as_json:
            kind = Message.TYPE_NAMES[message.mtype].lower()
            json_line({"type": kind, "name": message.name, "arguments": message.arguments})
        else:
            words = [a.decode("utf-8", "surrogateescape") for a in message.arguments]
            symbol = Message.TYPE_SYMBOLS[message.mtype].decode()
            print(printable(" ".join([symbol + message.name, *words])))


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return value.decode("utf-8", "backslashreplace")
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        case float() if value != value or value in (float("inf"), float("-inf")):
            return str(value)  # JSON has no such numbers
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
