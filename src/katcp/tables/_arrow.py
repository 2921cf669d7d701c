"""The columns in Arrow: their types, and how they are made. All that needs pyarrow is imported here."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..model import STATUSES
from ._row import COLUMNS, number_and_text

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ModuleNotFoundError as exc:
    raise ModuleNotFoundError(
        f"katcp.tables needs {exc.name}; run: pip install 'katcp-client[tables]'", name=exc.name
    ) from None

__all__ = [
    "PLAIN",
    "SCHEMA",
    "Source",
    "as_table",
    "compact",
    "conformed",
    "described",
    "pa",
    "times",
    "with_abouts",
]

_TIME = pa.timestamp("ns", tz="UTC")
_FEW = pa.dictionary(pa.int32(), pa.string())  # a category, for pandas and polars
_TYPES = {"timestamp": _TIME, "received": _TIME, "value": pa.float64()}
_CATEGORIES = ("status", "type", "units")
_NANO = 1_000_000_000
_MOST = 9_223_372_036.0  # seconds since 1970 that fit in nanoseconds, forth and back
_STATUSES = pa.array(STATUSES.values())
_RAW = pa.schema(
    {
        "source": pa.int32(),
        "received": pa.float64(),
        "timestamp": pa.float64(),
        "status": pa.int32(),
        "value": pa.float64(),
        "text": pa.string(),
    }
)


def _schema(few: Any) -> Any:
    types = {**_TYPES, **dict.fromkeys(_CATEGORIES, few)}
    return pa.schema(
        [
            pa.field(name, types.get(name, pa.string()), metadata={"description": text})
            for name, text in COLUMNS.items()
        ]
    )


#: Of every table of readings, and of recordings.
SCHEMA = _schema(_FEW)
#: The same with text in place of categories, for a file that grows.
PLAIN = _schema(pa.string())


class Source(NamedTuple):
    """What the readings of a sensor have in common."""

    sensor: str
    type: str
    units: str


def compact(sources: Sequence[int], kinds: Iterable[str], readings: Sequence[Any]) -> Any:
    """Give readings as a batch that takes little; `as_table` makes a table of them.

    Parameters
    ----------
    sources
        Number of the source of each.
    kinds
        KATCP type of each.
    readings
        The readings; times of None, too, for there is none.
    """
    columns = zip(*readings, strict=True) if readings else iter([()] * 4)
    received, timestamps, statuses, values = columns
    divided = list(map(number_and_text, kinds, values))
    arrays = [
        sources,
        received,
        timestamps,
        [status if status in STATUSES else 0 for status in statuses],
        [number for number, _ in divided],
        [text for _, text in divided],
    ]
    typed = zip(arrays, _RAW.types, strict=True)
    return pa.record_batch([pa.array(a, kind) for a, kind in typed], schema=_RAW)


def as_table(batches: Sequence[Any], sources: Iterable[Source]) -> Any:
    """Give the table of what `compact` gave."""
    raw = pa.Table.from_batches(batches, _RAW).combine_chunks()
    known = list(sources)
    columns = {
        name: pa.array([getattr(source, name) for source in known], pa.string())
        for name in Source._fields
    }
    for name in ("type", "units"):
        columns[name] = columns[name].dictionary_encode()
    columns = {name: column.take(raw["source"]) for name, column in columns.items()}
    columns["timestamp"] = times(raw["timestamp"])
    columns["received"] = times(raw["received"])
    columns["status"] = _statuses(raw["status"])
    columns |= {name: raw[name] for name in ("value", "text")}
    return pa.table([columns[name] for name in COLUMNS], schema=SCHEMA)


def conformed(table: Any) -> Any:
    """Give a table of these columns with their types, categories as those of all tables."""
    table = table.select(list(COLUMNS)).cast(PLAIN.with_metadata(table.schema.metadata))
    columns = {name: table[name] for name in COLUMNS}
    for name in ("type", "units"):
        columns[name] = table[name].dictionary_encode()
    columns["status"] = _statuses(pc.index_in(table["status"], _STATUSES))
    schema = SCHEMA.with_metadata(table.schema.metadata)
    return pa.table(list(columns.values()), schema=schema)


def described(table: Any, identifiers: Sequence[str], descriptions: Sequence[str]) -> Any:
    """Give the table with two more columns, of which there is one text for each row."""
    table = table.append_column("python_identifier", pa.array(identifiers, pa.string()))
    return table.append_column("description", pa.array(descriptions, pa.string()))


def times(seconds: Any) -> Any:
    """Give seconds since 1970 as times, to the nanosecond; null where that goes too far."""
    there = pc.less(pc.abs(seconds), _MOST)
    seconds = pc.if_else(there, seconds, None)
    whole = pc.floor(seconds)
    parts = pc.round(pc.multiply(pc.subtract(seconds, whole), float(_NANO)))
    nanos = pc.add(pc.multiply(whole.cast(pa.int64()), _NANO), parts.cast(pa.int64()))
    return nanos.cast(_TIME)


def with_abouts(table: Any, abouts: Mapping[str, Mapping[str, str]]) -> Any:
    """Give the table with what is said of its sensors, in its metadata."""
    return table.replace_schema_metadata({"katcp.sensors": json.dumps(abouts)})


def _statuses(numbers: Any) -> Any:
    chunks = [pa.DictionaryArray.from_arrays(chunk, _STATUSES) for chunk in numbers.chunks]
    return pa.chunked_array(chunks, _FEW)
