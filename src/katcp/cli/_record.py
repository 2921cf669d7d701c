"""``katcp record``: readings into a file."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ..tables._row import Row, about, row_of
from ._exit import fail, warn
from ._follow import follow
from ._progress import progress
from ._sensors import matching
from ._show import json_line
from ._target import connected
from ._whole_file import check_free

__all__ = ["record", "recovered"]

_PAUSE = 0.5  # seconds between what is put on the disk, and shown


class RecordingFile(Protocol):
    """What a recording goes to; errors are those of the file system."""

    path: Path

    @property
    def waiting(self) -> int:
        """Say how many rows are on no disk yet."""

    def add(self, row: Row, about: dict[str, str]) -> None:
        """Take a row, with what is said of its sensor."""

    def flush(self) -> None:
        """Put what came since on the disk; if that cannot be, nothing is lost."""

    def finish(self) -> None:
        """Make the file a whole one."""


class _Counted:
    """A file, and how much went into it."""

    def __init__(self, file: RecordingFile) -> None:
        self.file = file
        self.readings = 0
        self.sensors: set[str] = set()
        self.began = time.time()

    def add(self, name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        row = row_of(name, sensor, reading)
        self.file.add(row, {**about(sensor), "strategy": " ".join(sensor.sampling_strategy)})
        self.readings += 1
        self.sensors.add(row.sensor)

    def said(self) -> str:
        return f"{self.readings} readings of {len(self.sensors)} sensors in {self.file.path}"


async def record(
    where: str,
    pattern: str,
    output: Path,
    strategy: Any,
    duration: float | None,
    force: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Record what matches for `duration` seconds, or for ever; whatever ends it, the file is whole."""
    make = _kind(output)
    _check_free(output, force)
    async with connected(where, timeout) as target:
        counted: _Counted | None = None

        def heard(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
            assert counted is not None
            counted.add(name, sensor, reading)

        matching(target, pattern)  # so that a mistake makes no file
        counted = _Counted(make(output))
        with _finished(counted, as_json):
            async with follow(target, pattern, strategy, heard) as trouble:
                await _go_on(counted, trouble, duration)


def recovered(path: Path, as_json: bool) -> None:
    """Finish the recording that one that was killed left behind."""
    from ._parquet import recover

    rows = recover(path)
    if as_json:
        json_line({"file": str(path), "readings": rows})
    else:
        print(f"{rows} readings in {path}")


def _kind(path: Path) -> Callable[[Path], RecordingFile]:
    """Give what writes files of this name; what it needs is imported now, if it is there."""
    match path.suffix:
        case ".csv":
            from ._csv import CsvFile

            return CsvFile
        case ".parquet":
            from ._parquet import ParquetFile

            return ParquetFile
    raise ValueError(f"{path} is no name for a recording; it ends in .parquet or .csv")


def _check_free(path: Path, force: bool) -> None:
    check_free(path, force)
    journal = path.with_name(f"{path.name}.part")
    if journal.exists():
        raise ValueError(
            f"{journal} is of a recording that goes on, or was killed; "
            f"if it was, katcp record --recover {path} finishes it"
        )


@contextmanager
def _finished(counted: _Counted, as_json: bool) -> Iterator[None]:
    """Make the file a whole one at the end, whatever ends it, and say what is in it."""
    try:
        yield
    except OSError as exc:  # of the file, or of a connection
        _finish(counted.file)
        fail(f"stopped: {exc.strerror or exc}; {counted.said()}")
    except BaseException:
        _finish(counted.file)
        warn(f"stopped; {counted.said()}")
        raise
    _finish(counted.file)
    if as_json:
        seconds = round(time.time() - counted.began, 3)
        size = counted.file.path.stat().st_size
        json_line({"file": str(counted.file.path), "readings": counted.readings,
                   "sensors": len(counted.sensors), "seconds": seconds, "bytes": size})  # fmt: skip
    else:
        print(counted.said())


def _finish(file: RecordingFile) -> None:
    try:
        file.finish()
    except OSError as exc:
        lost = f"the last {file.waiting} are lost, the others" if file.waiting else "all readings"
        fail(
            f"cannot finish {file.path}: {exc.strerror or exc}; {lost} are kept beside it: "
            f"make space, then katcp record --recover {file.path}"
        )


async def _go_on(
    counted: _Counted, trouble: "asyncio.Future[None]", duration: float | None
) -> None:
    end = None if duration is None else time.monotonic() + duration
    async with progress(duration) as show:
        while True:
            left = _PAUSE if end is None else min(_PAUSE, end - time.monotonic())
            if left <= 0:
                return
            await asyncio.wait([trouble], timeout=left)
            if trouble.done():
                trouble.result()
            counted.file.flush()
            show(counted.said())
