"""`sensors`: what `list_sensors` gave, as a table."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..resource import SensorResultTuple
from ._row import utf8

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["sensors"]


def sensors(rows: Iterable[SensorResultTuple]) -> "pa.Table":
    """Give a ``pyarrow.Table`` of the rows of `list_sensors`: a sensor each, with its latest reading.

    It has the columns of the tables of readings, and ``python_identifier`` and ``description``. The
    times of a sensor that was never read are null.

    Raises
    ------
    ModuleNotFoundError
        Without pyarrow; says what to install.
    TypeError
        If they are not those rows; those of ``list_sensors(tuple=True)`` have too little.
    """
    from . import _arrow

    found = list(rows)
    if not all(isinstance(row, SensorResultTuple) for row in found):
        raise TypeError("sensors() takes the rows of list_sensors(), without tuple=True")
    batch = _arrow.compact(
        range(len(found)), (row.type for row in found), [_reading(row) for row in found]
    )
    named = (_arrow.Source(utf8(row.name), row.type, utf8(row.units)) for row in found)
    return _arrow.described(
        _arrow.as_table([batch], named),
        [row.python_identifier for row in found],
        [utf8(row.description) for row in found],
    )


def _reading(row: SensorResultTuple) -> tuple[Any, ...]:
    return row.reading if row.reading.received_timestamp else (None, None, *row.reading[2:])
