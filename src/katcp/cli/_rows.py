"""Readings as rows of a file: which columns there are, and what is in them."""

from typing import Any, NamedTuple

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ._show import value_shown

__all__ = ["COLUMNS", "Row", "about", "row_of"]

#: What the columns hold; goes into the files that can say so.
COLUMNS = {
    "sensor": "name of the sensor",
    "timestamp": "when the device took the reading, seconds since 1970-01-01T00:00:00Z",
    "received": "when this client received it, seconds since 1970-01-01T00:00:00Z",
    "status": "unknown, nominal, warn, error, failure, unreachable or inactive",
    "value_float": "value of a float or timestamp sensor",
    "value_int": "value of an integer sensor",
    "value_bool": "value of a boolean sensor",
    "value_str": "value of any other sensor, as text",
}
_MOST = 2**63  # of an integer in a column


class Row(NamedTuple):
    """A reading; one of the values at most is not None."""

    sensor: str
    timestamp: float
    received: float
    status: str
    value_float: float | None
    value_int: int | None
    value_bool: bool | None
    value_str: str | None


def row_of(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> Row:
    """Give a reading as a row."""
    values: list[Any] = [None, None, None, None]
    match reading.value:
        case None:
            pass
        case bool(value):
            values[2] = value
        case float(value):
            values[0] = value
        case int(value) if sensor.type == "integer" and -_MOST <= value < _MOST:
            values[1] = value
        case value:
            values[3] = _utf8(value_shown(sensor, value))
    return Row(_utf8(name), reading.timestamp, reading.received_timestamp, reading.status, *values)


def about(sensor: KATCPSensor) -> dict[str, str]:
    """Give what a file says of a sensor beside its readings."""
    return {
        "type": sensor.type,
        "units": _utf8(sensor.units),
        "description": _utf8(sensor.description),
        "strategy": " ".join(sensor.sampling_strategy),
    }


def _utf8(text: str) -> str:
    """Give text that is UTF-8; bytes of a device that are none are written as escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
