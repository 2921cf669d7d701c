"""`Readings`: readings as they come, of which there is a table at any time."""

import asyncio
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from .._observe import Observed
from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ._row import about, utf8

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Readings"]

log = logging.getLogger("katcp.tables")

_CHUNK = 256  # readings that are made compact at a time

New = tuple[str, KATCPSensor, KATCPSensorReading]


class Readings:
    """Keeps readings, and gives them as a table at any time, from any thread.

    It is an Arrow stream (``__arrow_c_stream__``), so pandas, polars and pyarrow take it as it is.
    What is kept takes some 50 bytes a reading, and the text of those that have one.

    Parameters
    ----------
    limit
        Most readings that the table has; of more the oldest are dropped, which the log says once,
        and `dropped` counts. None: all are kept.

    Raises
    ------
    ModuleNotFoundError
        Without pyarrow; says what to install.
    ValueError
        For a `limit` below 1.
    """

    def __init__(self, limit: int | None = 1_000_000) -> None:
        from . import _arrow  # now, and not after ten minutes

        if limit is not None and limit < 1:
            raise ValueError(f"limit must be 1 or more, or None, not {limit}")
        self._arrow = _arrow
        self._limit = limit
        self._lock = threading.Lock()  # for all below, but that one thread appends to `_new`
        self._new: list[New] = []
        self._batches: deque[Any] = deque()
        self._sealed = 0  # how many ever went from `_new` into a batch
        self._gone = 0  # how many of these are in no batch any more
        self._sources: dict[Any, int] = {}
        self._abouts: dict[str, dict[str, str]] = {}
        self._look_at = _CHUNK  # length of `_new` at which there is something to do
        self._counts: list[int] = []  # that somebody waits for
        self._count = Observed(0, asyncio.get_running_loop)

    @property
    def seen(self) -> int:
        """How many readings came."""
        with self._lock:
            return self._sealed + len(self._new)

    @property
    def dropped(self) -> int:
        """How many of these are not in the table any more."""
        return self.seen - len(self)

    def __len__(self) -> int:
        return self.seen if self._limit is None else min(self.seen, self._limit)

    def listener(self, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        """Take a reading: ``sensor.register_listener(readings.listener, reading=True)``."""
        self.add(sensor.name, sensor, reading)

    def add(self, name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        """Take a reading of a sensor that is to have this name; always in the same thread."""
        self._new.append((name, sensor, reading))
        if len(self._new) >= self._look_at:
            self._look()

    def until(self, count: int, timeout: float | None = None) -> Any:
        """Future of True once so many readings came in all. `TimeoutError` after `timeout` seconds.

        In the blocking face it blocks until then, and gives True.
        """
        self._count.value = self.seen
        self._counts.append(count)
        self._plan()
        return self._count.until(
            lambda seen: seen >= count,
            timeout,
            waiting_for=lambda _: f"there are {self.seen} of {count} readings",
        )

    def table(self) -> "pa.Table":
        """Give a ``pyarrow.Table`` of the readings that are kept now, in the order they came."""
        with self._lock:
            last = self._compact(list(self._new))
            batches, sources = [*self._batches, last], list(self._sources)
            abouts = dict(self._abouts)
        table = self._arrow.with_abouts(self._arrow.as_table(batches, sources), abouts)
        limit = table.num_rows if self._limit is None else self._limit
        return table.slice(max(0, table.num_rows - limit))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Give the table to whatever reads Arrow."""
        return self.table().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        lost = f", {self.dropped} dropped" if self.dropped else ""
        return f"<Readings: {len(self)}{lost}>"

    # -- inside

    def _look(self) -> None:
        if len(self._new) >= _CHUNK:
            self._seal()
        self._count.set(self.seen)
        self._plan()

    def _plan(self) -> None:
        seen = self.seen
        self._counts = [count for count in self._counts if count > seen]
        self._look_at = min([_CHUNK, *(count - self._sealed for count in self._counts)])

    def _seal(self) -> None:
        """Make what is new compact, and drop what is too old."""
        with self._lock:
            self._batches.append(self._compact(self._new))
            self._sealed += len(self._new)
            self._new = []
            first = not self._gone
            while (
                self._limit and self._sealed - self._gone - self._batches[0].num_rows >= self._limit
            ):
                self._gone += self._batches.popleft().num_rows
        if first and self._gone:
            log.warning("more than %d readings came: the oldest are dropped", self._limit)

    def _compact(self, rows: list[New]) -> Any:
        named = [(name, sensor) for name, sensor, _ in rows]
        numbers = {pair: self._number(*pair) for pair in dict.fromkeys(named)}
        kinds = {number: sensor.type for (_, sensor), number in numbers.items()}
        sources = [numbers[pair] for pair in named]
        readings = [reading for _, _, reading in rows]
        return self._arrow.compact(sources, [kinds[source] for source in sources], readings)

    def _number(self, name: str, sensor: KATCPSensor) -> int:
        source = self._arrow.Source(utf8(name), sensor.type, utf8(sensor.units))
        self._abouts[source.sensor] = about(sensor)
        return self._sources.setdefault(source, len(self._sources))
