"""A recording as CSV: each line is in the file as soon as it is made."""

import csv
import io
from pathlib import Path

from ..tables._row import Row
from ..wire import printable
from ._whole_file import WholeFile

__all__ = ["HEAD", "CsvFile"]

HEAD = ("sensor", "timestamp", "received", "status", "value", "type", "units")


class CsvFile:
    """Writes a new CSV file; what makes it full leaves whole lines.

    One column has the values of all types, and control characters of the device are written as
    escapes, so that the file may be shown on a terminal. Errors are those of the file system.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = WholeFile(path, "w")
        self._line(HEAD)

    def add(self, row: Row, about: dict[str, str]) -> None:
        """Write a row; OSError if it cannot be, with the file as it was before."""
        times = row.timestamp, row.received
        self._line((row.sensor, *times, row.status, _shown(row), row.type, row.units))

    def flush(self) -> None:
        """Nothing waits."""

    @property
    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def finish(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, cells: tuple[object, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([printable(str(cell)) for cell in cells])
        self._file.write(line.getvalue().encode())


def _shown(row: Row) -> str:
    if row.text is not None:
        return row.text
    if row.value is None:
        return ""
    return str(int(row.value) if row.type in ("integer", "boolean") else row.value)
