"""A recording as CSV: each line is in the file as soon as it is made."""

import csv
import io
from pathlib import Path

from ..wire import printable
from ._rows import Row
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
        values = [value for value in row[4:] if value is not None]
        value = values[0] if values else ""
        shown = str(int(value)) if isinstance(value, bool) else str(value)
        self._line((*row[:4], shown, about["type"], about["units"]))

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
