"""What sensors and readings look like."""

import time
from collections.abc import Iterable
from typing import Any

from ..model import KATCPSensorReading, is_sampled
from ..resource import KATCPSensor
from ._table import Cell, Table, cell, more

__all__ = ["MOST_SENSORS", "age", "reading_table", "sensor_table", "sensors_table"]

MOST_SENSORS = 40  # that are shown at once
_STATUS = {"nominal": "good", "warn": "warn", "error": "bad", "failure": "bad"}
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def sensor_table(sensor: KATCPSensor) -> Table:
    """Give a sensor with its latest reading."""
    strategy = " ".join(sensor.sampling_strategy)
    sampled = is_sampled(sensor.sampling_strategy)
    how = f"strategy {strategy}" if sampled else 'not sampled; .set_strategy("event") follows it'
    return Table(
        title=(
            cell(f"{sensor.parent_name} {sensor.name}", "strong"),
            Cell("="),
            *_reading_of(sensor),
        ),
        notes=(f"  {sensor.description or 'no description'} ({sensor.type}, {how})",),
    )


def reading_table(reading: KATCPSensorReading) -> Table:
    """Give a reading by itself."""
    return Table(title=_shown(reading, "", stale=False))


def sensors_table(sensors: Iterable[tuple[str, KATCPSensor]]) -> Table:
    """Give sensors, each with the name it is to have, and their latest readings."""
    found = list(sensors)
    shown = found[:MOST_SENSORS]
    return Table(
        columns=("sensor", "value", "status", "age", "description"),
        rows=tuple(
            (cell(name, "strong"), *_reading_of(sensor), cell(sensor.description))
            for name, sensor in shown
        ),
        notes=more(len(found) - len(shown), "sensors", '.list_sensors("REGEX") finds some'),
    )


def _reading_of(sensor: KATCPSensor) -> tuple[Cell, Cell, Cell]:
    return _shown(sensor.reading, sensor.units, sensor.stale)


def _shown(reading: KATCPSensorReading, units: str, stale: bool) -> tuple[Cell, Cell, Cell]:
    if not reading.received_timestamp:
        return Cell("never read", "dim"), Cell(""), Cell("")
    value = cell(f"{_value(reading.value)} {units}".rstrip())
    status = cell(reading.status, _STATUS.get(reading.status, "dim"))
    old = age(time.time() - reading.timestamp)
    when = Cell(f"{old}, STALE: the link was lost since", "warn") if stale else Cell(old)
    return value, status, when


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def age(seconds: float) -> str:
    """Say how long ago something was, in one unit: ``3 s ago``."""
    amount = abs(seconds)
    for size, unit in _UNITS:
        if amount >= size:
            words = f"{int(amount // size)} {unit}"
            return f"{words} ago" if seconds > 0 else f"in {words} (its clock is ahead)"
    return "now"
