"""A reading as a row: which columns recordings and tables have, and what is in them."""

from typing import Any, NamedTuple

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ..wire import decode_text, encode_value

__all__ = ["COLUMNS", "Row", "about", "number_and_text", "row_of", "utf8"]

#: What the columns hold; goes into the tables, and the files that can say so.
COLUMNS = {
    "sensor": "name of the sensor; in a telescope it begins with that of the device",
    "value": "value of an integer, float or boolean (1 or 0) sensor, or of a timestamp sensor in "
    "seconds since 1970-01-01T00:00:00Z",
    "text": "value of any other sensor, and of an integer one that `value` does not hold exactly",
    "units": "units of the value",
    "status": "unknown, nominal, warn, error, failure, unreachable or inactive",
    "timestamp": "when the device took the reading, since 1970-01-01T00:00:00Z; null if its clock "
    "is so wrong that it is no time",
    "received": "when this client received it, since 1970-01-01T00:00:00Z",
    "type": "type of the sensor: integer, float, boolean, lru, discrete, string, timestamp, address",
}


class Row(NamedTuple):
    """A reading, times in seconds; see `COLUMNS`."""

    sensor: str
    value: float | None
    text: str | None
    units: str
    status: str
    timestamp: float
    received: float
    type: str


def row_of(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> Row:
    """Give a reading as a row."""
    received, timestamp, _, value = reading
    number, text = number_and_text(sensor.type, value)
    return Row(utf8(name), number, text, utf8(sensor.units), reading.status, timestamp, received,
               sensor.type)  # fmt: skip


def about(sensor: KATCPSensor) -> dict[str, str]:
    """Give what a file or table says of a sensor beside its readings."""
    return {
        "type": sensor.type,
        "units": utf8(sensor.units),
        "description": utf8(sensor.description),
    }


def number_and_text(kind: str, value: Any) -> tuple[float | None, str | None]:
    """Divide the value of a sensor of this type; both have a part of an integer that is too long."""
    if value is None or isinstance(value, float):
        return value, None
    if isinstance(value, str):
        return None, utf8(value)
    if isinstance(value, int) and kind != "lru":
        number = _nearest(value)
        return number, None if number == value else str(value)
    return None, _text(kind, value)


def utf8(text: str) -> str:
    """Give text that is UTF-8; bytes of a device that are none are written as escapes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _nearest(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _text(kind: str, value: Any) -> str:
    match kind, value:
        case ("lru", 0 | 1) | ("address", (_, _)):
            return utf8(decode_text(encode_value(kind, value)))
        case _:
            return utf8(str(value))
