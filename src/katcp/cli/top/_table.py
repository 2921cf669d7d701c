"""The table of sensors."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...wire import printable
from ._lines import Lines
from ._looks import Cells, age, fit, fit_end, mark, middle, value_in, word
from ._model import Board
from ._rings import numbers, sparkline
from ._rows import Row, Rows

__all__ = ["SensorTable"]

_MOMENT = 0.1  # seconds


@dataclass(frozen=True, slots=True)
class _Widths:
    """How wide the columns are, in cells."""

    name: int
    status: int
    value: int
    age: int
    spark: int

    @classmethod
    def of(cls, width: int) -> "_Widths":
        """Share out the width of a table, less the spaces in between."""
        status, spark = (13, width // 6) if width >= 75 else (10, 7 if width >= 50 else 0)
        left = width - status - spark - 4 - (4 if spark else 3)
        value = min(max(9, left * 2 // 5), 28)
        return cls(max(left - value, 1), status, value, 4, spark)


class SensorTable(Lines[Row]):
    """Sensors with status, value, age and what their last readings looked like."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board = board
        self.rows = Rows(board)
        self._wanted = False  # whether something else is wanted than what is listed

    def tick(self) -> None:
        """Draw what changed since."""
        if self.rows.refresh(now=self._wanted):
            self._list()
        else:
            self.redraw()
        self._wanted = False

    def want(self) -> None:
        """List what is wanted now."""
        self._wanted = True
        self.tick()

    def want_soon(self) -> None:
        """Likewise, but once for all that is typed in a moment: the list may be very long."""
        if not self._wanted:
            self._wanted = True
            self.set_timer(_MOMENT, self.tick)

    def header(self, width: int) -> Cells:
        """Name the columns, and what they are sorted by."""
        w = _Widths.of(width)
        names = ["sensor", "status", "value", "age", "history"]
        by = {"name": 0, "status": 1, "newest": 3}[self.rows.order]
        names[by] += "▼"
        return [
            (fit(names[0], w.name) + " ", "title"),
            (fit(names[1], w.status) + " ", "title"),
            (fit_end(names[2], w.value) + " ", "title"),
            (fit_end(names[3], w.age) + " " * bool(w.spark), "title"),
            (fit_end(names[4], w.spark), "title"),
        ]

    def cells(self, item: Row, width: int) -> Cells:
        """Give the line of a sensor."""
        w = _Widths.of(width)
        _, sensor = item
        what = word(sensor)
        text, style = mark(what, w.status)
        ring = self.board.rings.get(sensor, ())
        taken = sensor.reading.timestamp
        old = age(self.board.clock() - taken) if taken else "-"
        plain = "stale" if what == "stale" else ""
        return [
            (middle(printable(self.rows.label(item)), w.name) + " ", plain),
            (text + " ", style),
            (value_in(sensor, w.value) + " ", plain),
            (fit_end(old, w.age) + " " * bool(w.spark), "dim"),
            (sparkline(numbers(ring), w.spark), plain or "nominal"),
        ]

    def seen(self, items: Sequence[Row]) -> None:
        """Keep the history of what is seen."""
        for _, sensor in items:
            self.board.rings.follow(sensor)

    def empty(self) -> str:
        """Say why there is nothing."""
        if self.rows.text:
            return "No sensor matches the filter; Esc clears it."
        if self.rows.only_bad:
            return "All nominal; n shows all sensors."
        return "No sensors yet."

    def _list(self) -> None:
        """List what there is, with the cursor at the sensor where it was, or one of its name."""
        at = 0
        if self.item is not None and self.at > 0:  # at the top it stays at the top
            sensor = self.item[1]
            here = {id(row[1]): i for i, row in enumerate(self.rows.found)}
            named = (i for i, row in enumerate(self.rows.found) if row[1].name == sensor.name)
            at = here[id(sensor)] if id(sensor) in here else next(named, 0)
        self.show(self.rows.found, at)
