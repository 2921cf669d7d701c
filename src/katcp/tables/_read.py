"""`read`: a recording as a table."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._row import COLUMNS, number_and_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read"]

_HEAD = ("sensor", "timestamp", "received", "status", "value", "type", "units")
_TIMES = ("timestamp", "received")
_LONGEST = 1 << 27  # bytes in a line
_MAKE: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "float": float,
    "timestamp": float,
    "boolean": lambda text: text == "1",
}


def read(path: str | Path) -> "pa.Table":
    """Give a ``pyarrow.Table`` of a file of ``katcp record``: Parquet, CSV, or ``.part``, its journal.

    It has the columns of the tables of readings. The metadata of its schema has what a Parquet file
    says of the sensors, as JSON under ``katcp.sensors``.

    Raises
    ------
    ModuleNotFoundError
        Without pyarrow; says what to install.
    OSError
        If the file cannot be read.
    ValueError
        If it is no recording.
    """
    from ._arrow import conformed

    path = Path(path)
    reader = {".csv": _csv, ".part": _journal}.get(path.suffix, _parquet)
    try:
        return conformed(reader(path))
    except (ValueError, KeyError, NotImplementedError) as exc:
        raise ValueError(f"{path} is no recording made by katcp record") from exc


def _parquet(path: Path) -> Any:
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        return pq.read_table(file)


def _journal(path: Path) -> Any:
    from ._arrow import PLAIN, pa, with_abouts
    from ._journal import Abouts, read_journal

    batches: list[Any] = []
    abouts: Abouts = {}
    for batch, more in read_journal(path):
        batches.append(batch)
        abouts |= more
    return with_abouts(pa.Table.from_batches(batches, PLAIN), abouts)


def _csv(path: Path) -> Any:
    """Read a CSV file, which has the values of all types in one column, as text."""
    from pyarrow import csv

    from ._arrow import PLAIN, pa, times

    types = {name: pa.float64() if name in _TIMES else pa.string() for name in _HEAD}
    with path.open("rb") as file:
        table = csv.read_csv(
            file,
            read_options=csv.ReadOptions(block_size=_LONGEST),
            convert_options=csv.ConvertOptions(column_types=types),
        ).combine_chunks()
    columns = {name: table[name] for name in _HEAD}
    columns |= {name: times(table[name]) for name in _TIMES}
    kinds = table["type"].to_pylist()
    divided = list(map(number_and_text, kinds, map(_value, kinds, table["value"].to_pylist())))
    columns["value"] = pa.array([number for number, _ in divided], pa.float64())
    columns["text"] = pa.array([text for _, text in divided], pa.string())
    return pa.table([columns[name] for name in COLUMNS], schema=PLAIN)


def _value(kind: str, text: str) -> Any:
    make = _MAKE.get(kind)
    if make is None:
        return text
    return make(text) if text else None
