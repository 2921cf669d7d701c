"""The last readings of the sensors that are looked at, and how they are drawn in a line."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from ...model import KATCPSensorReading

__all__ = ["Ring", "Rings", "numbers", "sparkline"]

#: Readings, oldest first; None where the link was lost in between.
Ring = deque[KATCPSensorReading | None]

_MOST_RINGS = 4000
_MOST_READINGS = 200
_BARS = "▁▂▃▄▅▆▇█"


class Rings(dict[Any, Ring]):
    """Sensor -> its last readings, for the sensors that were looked at last; of bounded size."""

    def __init__(self, most: int = _MOST_RINGS) -> None:
        super().__init__()
        self._most = most

    def follow(self, sensor: Any) -> Ring:
        """Keep the readings of a sensor from now on; what was not followed for longest is dropped."""
        ring = self.pop(sensor, None)
        if ring is None:
            ring = deque(maxlen=_MOST_READINGS)
            if sensor.reading.received_timestamp:
                ring.append(sensor.reading)
        self[sensor] = ring
        if len(self) > self._most:
            del self[next(iter(self))]
        return ring

    def gap(self, sensors: Iterable[Any]) -> None:
        """Note that the link of these sensors was lost."""
        for sensor in sensors:
            ring = self.get(sensor)
            if ring:
                ring.append(None)


def numbers(ring: Iterable[KATCPSensorReading | None]) -> list[float | None]:
    """Give what can be drawn of readings: words are numbered as they first appear."""
    words: dict[Any, int] = {}
    found: list[float | None] = []
    for reading in ring:
        value = None if reading is None else reading.value
        if value is None or isinstance(value, (int, float)):
            found.append(None if value is None else float(value))
        else:
            found.append(float(words.setdefault(str(value), len(words))))
    return found


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Draw the last `width` values, from the lowest of them to the highest; what is no number is blank."""
    shown = list(values)[-width:] if width > 0 else []
    finite = [v for v in shown if v is not None and math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(v, low, high) for v in shown).rjust(width)


def _bar(value: float | None, low: float, high: float) -> str:
    if value is None or not math.isfinite(value):
        return " "
    if low == high:
        return _BARS[0]
    share = (value / 2 - low / 2) / (high / 2 - low / 2)  # halves do not overflow
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]
