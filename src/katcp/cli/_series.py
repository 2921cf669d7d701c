"""What there is to plot: the numbers of a recording, or of a device from now on, over time."""

import asyncio
import csv
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ._csv import HEAD
from ._exit import warn
from ._follow import follow
from ._rows import Row, about, row_of
from ._sensors import name_test
from ._target import connected

__all__ = ["Series", "is_recording", "live", "recorded"]


_LARGEST = 1e300


class _NotOne(Exception):
    """A file is no recording."""


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
    try:
        rows = _csv(path) if path.suffix == ".csv" else _parquet(path)
        return _series(path.name, rows, pattern)
    except (_NotOne, UnicodeDecodeError):
        raise ValueError(f"{path} is no recording made by katcp record") from None


async def live(
    where: str, pattern: str, strategy: Any, duration: float, timeout: float
) -> list[Series]:
    """Give the series of what a device reads for so many seconds.

    Raises
    ------
    ValueError
        If there are no numbers among what matches.
    """
    rows: list[tuple[Row, str]] = []

    def heard(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        rows.append((row_of(name, sensor, reading), about(sensor)["units"]))

    async with (
        connected(where, timeout) as target,
        follow(target, pattern, strategy, heard) as trouble,
    ):
        await asyncio.wait([trouble], timeout=duration)
        if trouble.done():
            trouble.result()
    return _series(where, rows, pattern, time.time())


def _drawn(value: float) -> bool:
    """Tell it from NaN, infinity, and what would be that when scaled."""
    return abs(value) < _LARGEST


def _series(
    what: str, rows: Iterable[tuple[Row, str]], pattern: str, end: float = 0.0
) -> list[Series]:
    matches, other = name_test(pattern), set[str]()
    numbers: list[tuple[Row, str, float]] = []
    for row, units in rows:
        end = max(end, row.received)
        if not matches(row.sensor):
            continue
        number = next((value for value in row[4:7] if value is not None), None)
        if number is None:
            other.add(row.sensor)
        else:
            numbers.append((row, units, float(number)))
    found = _by_name(numbers, end)
    for name in [name for name, each in found.items() if not any(map(_drawn, each.values))]:
        del found[name]
        other.add(name)
    if not found:
        there = f"; {', '.join(sorted(other)[:5])} cannot be plotted" if other else ""
        which = f"of a sensor that matches {pattern!r}" if pattern else "to plot"
        raise ValueError(f"{what} has no numbers {which}{there}")
    for name in sorted(other - set(found)):
        warn(f"{name} is left out: its values are no numbers")
    return [found[name] for name in sorted(found)]


def _by_name(numbers: list[tuple[Row, str, float]], end: float) -> dict[str, Series]:
    start = min((row.received for row, _, _ in numbers), default=end)
    found: dict[str, Series] = {}
    for row, units, number in numbers:
        series = found.setdefault(row.sensor, Series(row.sensor, units))
        within = start <= row.timestamp <= end
        when = row.timestamp if within else row.received
        # What was received first is not to be plotted after what the device read later.
        series.times.append(max(when, *series.times[-1:]) if series.times else when)
        series.values.append(number)
    for series in found.values():
        series.times.append(end)
        series.values.append(series.values[-1])
    return found


def _csv(path: Path) -> Iterator[tuple[Row, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != list(HEAD):
            raise _NotOne
        for line in lines:
            kind, text = line["type"], line["value"]
            values: list[Any] = [None, None, None, None]
            if text and kind in ("float", "timestamp", "integer"):
                values[0] = float(text)
            elif text and kind == "boolean":
                values[2] = text == "1"
            times = float(line["timestamp"]), float(line["received"])
            yield Row(line["sensor"], *times, line["status"], *values), line["units"]


def _parquet(path: Path) -> Iterator[tuple[Row, str]]:
    from ._parquet import NotParquetError, read_recording

    try:
        yield from _rows(read_recording(path))
    except (NotParquetError, KeyError):
        raise _NotOne from None


def _rows(batches: Iterable[tuple[Any, dict[str, dict[str, str]]]]) -> Iterator[tuple[Row, str]]:
    for batch, abouts in batches:
        for record in batch.to_pylist():
            row = Row(**{name: record[name] for name in Row._fields})
            yield row, abouts.get(row.sensor, {}).get("units", "")
