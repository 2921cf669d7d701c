"""What there is to plot: the numbers of a recording, or of a device from now on, over time."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ..tables._row import row_of
from ._exit import warn
from ._finding import few
from ._follow import follow
from ._sensors import name_test
from ._target import connected

__all__ = ["Series", "is_recording", "live", "recorded"]

_NANO = 10**9  # of a second; divided by it as an integer nothing is lost
_LARGEST = 1e300


@dataclass(slots=True)
class Series:
    """The numbers of one sensor; a value counts until the next, the last one until the end.

    Times are in seconds since the epoch: as the device says, or when received for what it says to
    be from before or after that, like the first reading of a sensor that seldom changes.
    """

    name: str
    units: str
    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def runs(self) -> Iterator[tuple[list[float], list[float]]]:
        """Give times and values of each stretch that can be drawn."""
        points = zip(self.times, self.values, strict=True)
        for drawn, run in itertools.groupby(points, lambda point: _drawn(point[1])):
            if drawn:
                times, values = zip(*run, strict=True)
                yield list(times), list(values)


def is_recording(where: str) -> bool:
    """Say whether it is a file of ``katcp record``, by its name."""
    return where.endswith((".csv", ".parquet", ".parquet.part"))


def recorded(path: Path, pattern: str) -> list[Series]:
    """Give the series of a recording.

    Raises
    ------
    ValueError
        If the file is no recording, or nothing in it matches.
    """
    return _series(path.name, _points(path), pattern)


async def live(
    where: str, pattern: str, strategy: Any, duration: float, timeout: float
) -> tuple[list[Series], asyncio.CancelledError | None]:
    """Give the series of what a device reads for so many seconds, or until a signal, and that.

    Raises
    ------
    ValueError
        If there are no numbers among what matches.
    """
    signalled: asyncio.CancelledError | None = None
    points: list[_Point] = []

    def heard(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        row = row_of(name, sensor, reading)
        points.append(_Point(row.sensor, row.timestamp, row.received, row.value, row.units))

    try:
        async with (
            connected(where, timeout) as target,
            follow(target, pattern, strategy, heard) as trouble,
        ):
            await asyncio.wait([trouble], timeout=duration)
            if trouble.done():
                trouble.result()
    except asyncio.CancelledError as exc:
        if not points:
            raise
        signalled = exc
    return _series(where, points, pattern, time.time()), signalled


def _drawn(value: float) -> bool:
    """Tell it from NaN, infinity, and what would be that when scaled."""
    return abs(value) < _LARGEST


class _Point(NamedTuple):
    """What is plotted of a reading."""

    sensor: str
    timestamp: float | None
    received: float
    value: float | None
    units: str


def _series(what: str, points: Iterable[_Point], pattern: str, end: float = 0.0) -> list[Series]:
    matches, other = name_test(pattern), set[str]()
    numbers = []
    for point in points:
        end = max(end, point.received)
        if not matches(point.sensor):
            continue
        if point.value is None:
            other.add(point.sensor)
        else:
            numbers.append((point, point.value))
    found = _by_name(numbers, end)
    for name in [name for name, each in found.items() if not any(map(_drawn, each.values))]:
        del found[name]
        other.add(name)
    if not found:
        there = f"; {', '.join(sorted(other)[:5])} cannot be plotted" if other else ""
        which = f"of a sensor that matches {pattern!r}" if pattern else "to plot"
        raise ValueError(f"{what} has no numbers {which}{there}")
    if left_out := sorted(other - set(found)):
        are = "are" if len(left_out) > 1 else "is"
        warn(f"{few(left_out)} {are} left out: no numbers")
    return [found[name] for name in sorted(found)]


def _by_name(numbers: list[tuple[_Point, float]], end: float) -> dict[str, Series]:
    start = min((point.received for point, _ in numbers), default=end)
    found: dict[str, Series] = {}
    for (sensor, timestamp, received, _, units), value in numbers:
        series = found.setdefault(sensor, Series(sensor, units))
        when = received
        if timestamp is not None and start <= timestamp <= end:
            when = timestamp
        # What was received first is not to be plotted after what the device read later.
        series.times.append(max(when, *series.times[-1:]) if series.times else when)
        series.values.append(value)
    for series in found.values():
        series.times.append(end)
        series.values.append(series.values[-1])
    return found


def _points(path: Path) -> Iterator[_Point]:
    from ..tables import read

    table = read(path)
    columns = [table[name] for name in _Point._fields]
    columns[1:3] = [column.cast("int64") for column in columns[1:3]]
    for sensor, timestamp, received, value, units in zip(
        *(column.to_pylist() for column in columns), strict=True
    ):
        when = None if timestamp is None else timestamp / _NANO
        yield _Point(sensor, when, received / _NANO, value, units)
