"""A recording as Parquet, which has its table of contents at its end: written in two steps.

While it goes on, readings go to a journal, ``FILE.part``, an Arrow stream: whatever happens, what
is in it can be read. At the end it becomes the Parquet file. The space for that is set aside, in
``FILE.tmp``, as the journal grows, so that a disk that gets full does not stand in the way.
"""

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..tables._arrow import PLAIN, SCHEMA, conformed, times
from ..tables._journal import Abouts, read_journal
from ..tables._row import COLUMNS, Row
from ._whole_file import WholeFile

__all__ = ["ParquetFile", "journal_of", "recover"]

_SPARE = 1 << 16  # bytes that a Parquet file may be longer than the journal
_GROUP = 100_000  # rows


def journal_of(path: Path) -> Path:
    """Give where the journal of a recording is."""
    return path.with_name(f"{path.name}.part")


class ParquetFile:
    """Writes a new Parquet file. Errors are those of the file system."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: list[Row] = []  # that are not in the journal yet
        self._abouts: Abouts = {}  # likewise
        self._known: set[str] = set()
        with contextlib.ExitStack() as undo:
            self._journal = _Journal(journal_of(path), undo)
            self._reserve = _Reserve(_beside(path), undo)
            self._reserve.grow(self._journal.size + _SPARE)
            undo.pop_all()

    def add(self, row: Row, about: dict[str, str]) -> None:
        """Take a row; what is said of its sensor counts at the first."""
        self._rows.append(row)
        if row.sensor not in self._known:
            self._known.add(row.sensor)
            self._abouts[row.sensor] = about

    def flush(self) -> None:
        """Put what came since into the journal; OSError if it cannot be, and nothing is lost."""
        if not self._rows:
            return
        batch = _batch(self._rows)
        self._reserve.grow(self._journal.size + batch.nbytes + 2 * _SPARE)
        self._journal.write(batch, self._abouts)
        self._rows, self._abouts = [], {}

    def finish(self) -> None:
        """Make the Parquet file, with what did not go into the journal; the journal is gone then."""
        self._reserve.close()
        try:
            _convert(self._journal.path, self.path, self._rows, self._abouts)
        except OSError:
            self._keep()
            raise
        finally:
            self._journal.close()

    @property
    def waiting(self) -> int:
        """Say how many rows are on no disk yet."""
        return len(self._rows)

    def _keep(self) -> None:
        """Put what is left into the journal, where the space set aside was."""
        _beside(self.path).unlink(missing_ok=True)
        if self._rows:
            with contextlib.suppress(OSError):  # then they are still waiting
                self._journal.write(_batch(self._rows), self._abouts)
                self._rows, self._abouts = [], {}


def recover(path: Path) -> int:
    """Make the Parquet file of a journal that was left; give how many rows it has.

    Raises
    ------
    FileNotFoundError
        If there is no journal.
    """
    journal = journal_of(path)
    if not journal.exists():
        raise FileNotFoundError(
            errno.ENOENT, "there is no such file, so nothing is to be recovered", str(journal)
        )
    return _convert(journal, path, [], {})


def _convert(journal: Path, path: Path, more: list[Row], abouts: Abouts) -> int:
    abouts = {**{n: a for _, part in read_journal(journal) for n, a in part.items()}, **abouts}
    metadata = {"katcp.columns": json.dumps(COLUMNS), "katcp.sensors": json.dumps(abouts)}
    schema, rows = SCHEMA.with_metadata(metadata), 0
    made = _beside(path)
    with made.open("r+b" if made.exists() else "wb") as file:  # over the space set aside
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for table in _groups(journal, more):
                writer.write_table(conformed(table))
                rows += table.num_rows
        file.truncate()
    made.replace(path)
    journal.unlink()
    return rows


def _groups(journal: Path, more: list[Row]) -> Iterator[Any]:
    """Give the rows in tables that are not too small."""
    batches: list[Any] = []
    for batch, _ in read_journal(journal):
        batches.append(batch)
        if sum(batch.num_rows for batch in batches) >= _GROUP:
            yield pa.Table.from_batches(batches)
            batches = []
    if more:
        batches.append(_batch(more))
    if batches:
        yield pa.Table.from_batches(batches)


def _batch(rows: list[Row]) -> Any:
    arrays = []
    for field, column in zip(PLAIN, zip(*rows, strict=True), strict=True):
        is_time = pa.types.is_timestamp(field.type)
        array = pa.array(column, pa.float64() if is_time else field.type)
        arrays.append(times(array) if is_time else array)
    return pa.record_batch(arrays, schema=PLAIN)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.tmp")


class _Journal:
    """An Arrow stream that is never left with half of a batch; `undo` takes the file away."""

    def __init__(self, path: Path, undo: contextlib.ExitStack) -> None:
        self.path = path
        self._file = WholeFile(path, "x")
        undo.callback(path.unlink)
        undo.callback(self._file.close)
        self._stream = pa.ipc.new_stream(self._file, PLAIN)
        self.size = self._file.tell()

    def write(self, batch: Any, abouts: Abouts) -> None:
        metadata = {"sensors": json.dumps(abouts)} if abouts else None
        try:
            self._stream.write_batch(batch, custom_metadata=metadata)
        except OSError:
            self._file.cut(self.size)
            if not self.size:  # the stream has begun, and its beginning was cut off
                self._stream = pa.ipc.new_stream(self._file, PLAIN)
            raise
        self.size = self._file.tell()

    def close(self) -> None:
        """Close the file as it is; it can be read without the mark at the end of a stream."""
        self._file.close()


class _Reserve:
    """Space on the disk that is set aside, in the file that will need it; `undo` gives it back."""

    def __init__(self, path: Path, undo: contextlib.ExitStack) -> None:
        self._file = path.open("wb")
        undo.callback(path.unlink)
        undo.callback(self._file.close)
        self._size = 0

    def grow(self, size: int) -> None:
        """Set aside so many bytes, or some more; OSError if they are not there."""
        if size <= self._size:
            return
        wanted = max(size, self._size + min(self._size, 16 * _SPARE))
        try:
            os.posix_fallocate(self._file.fileno(), 0, wanted)
        except OSError as exc:
            if exc.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # this file system cannot
                raise
        self._size = wanted

    def close(self) -> None:
        """Close the file; the space is still its own."""
        self._file.close()
