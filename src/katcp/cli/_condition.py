"""Conditions on a sensor, as they are typed: ``> 3.5``, ``== locked``, ``is nominal``."""

import operator
import re
from collections.abc import Callable
from typing import Any

from ..model import STATUS_NAMES, KATCPSensorReading
from ..resource import KATCPSensor

__all__ = ["parse_condition"]

_OPERATORS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_ORDERED = ("integer", "float", "timestamp")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_FORM = re.compile(r"(?P<operator>==|!=|<=|>=|<|>|=)?\s*(?P<value>.*)", re.DOTALL)
_STATUS = re.compile(r"is\s+(?P<no>not\s+)?(?P<status>[\w-]+)")


def parse_condition(text: str, sensor: KATCPSensor) -> Callable[[KATCPSensorReading], bool]:
    """Give the test of a reading that `text` stands for.

    Parameters
    ----------
    text
        One of ``== != < <= > >=`` and a value of the sensor's type; ``is STATUS`` or ``is not
        STATUS``; or a value alone, which is the same as ``==``.

    Raises
    ------
    ValueError
        If it is none, or does not go with the type of the sensor.
    """
    text = text.strip()
    if match := _STATUS.fullmatch(text):
        return _status(match["status"], bool(match["no"]))
    match = _FORM.fullmatch(text)
    assert match is not None
    symbol = match["operator"] or "=="
    if not match["value"] and not (match["operator"] and sensor.type == "string"):
        raise ValueError(
            f"{text!r} is no condition; give one like '> 3.5', '== on', 'is nominal', or a value"
        )
    if symbol in ("<", "<=", ">", ">=") and sensor.type not in _ORDERED:
        raise ValueError(f"{sensor.name} is of type {sensor.type}: use == or !=, not {symbol}")
    compare, value = _OPERATORS[symbol], _value(match["value"], sensor)
    return lambda reading: reading.value is not None and bool(compare(reading.value, value))


def _status(name: str, negated: bool) -> Callable[[KATCPSensorReading], bool]:
    if name not in STATUS_NAMES:
        raise ValueError(f"{name!r} is no status; statuses are {', '.join(STATUS_NAMES)}")
    return lambda reading: (reading.status == name) is not negated


def _value(text: str, sensor: KATCPSensor) -> Any:
    if sensor.type == "boolean" and text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    if sensor.type == "integer":  # 3.5 is a bound for one, too
        return _number(text, sensor)
    try:
        return sensor.parse_value(text.encode("utf-8", "surrogateescape"))
    except ValueError as exc:
        raise ValueError(f"{sensor.name} is of type {sensor.type}: {exc}") from None


def _number(text: str, sensor: KATCPSensor) -> float:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        raise ValueError(f"{sensor.name} is of type {sensor.type}: {text!r} is none") from None
