"""The list of what is not nominal, newest first."""

from typing import Any

from ...wire import printable
from ._lines import Lines
from ._looks import Cells, age, fit, fit_end, mark, middle, value_text, word
from ._model import Board, Trouble

__all__ = ["TroubleList", "reason"]


class TroubleList(Lines[Trouble]):
    """Sensors that are not nominal and devices that are not synced, and since when."""

    def __init__(self, board: Board, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board = board
        self._changes = -1

    def tick(self) -> None:
        """Draw what changed since."""
        if self._changes == self.board.changes:
            self.redraw()
            return
        self._changes = self.board.changes
        items = self.board.newest_troubles()
        at = self.at
        if self.item is not None and at > 0:  # at the top it stays at the top, where the news is
            key = (self.item.device, self.item.sensor)
            at = next((i for i, t in enumerate(items) if (t.device, t.sensor) == key), at)
        self.show(items, at)

    def header(self, width: int) -> Cells:
        """Say what it is."""
        count = len(self.board.troubles)
        return [(fit(f"not nominal: {count}, newest first", width), "title")]

    def cells(self, item: Trouble, width: int) -> Cells:
        """Give the line of a trouble: since when, what, where, and why or what it reads."""
        what = item.what if item.sensor is None else word(item.sensor, item.what)
        text, style = mark(what, 14)
        rest = width - 4 - 14 - 3
        name = min(30 if item.sensor is not None else 12, rest)
        return [
            (fit_end(age(self.board.clock() - item.since), 4) + " ", "dim"),
            (text + " ", style),
            (middle(printable(_name(item)), name) + " ", "stale" if what == "stale" else ""),
            (fit(_says(item), rest - name), ""),
        ]

    def empty(self) -> str:
        """Say that there is nothing."""
        return "Everything is nominal."


def reason(resource: Any) -> str:
    """Give in a line why a device is not synced: what it is doing, and what went wrong last."""
    error = resource.last_error
    return resource.phase if error is None else f"{resource.phase}; {printable(error.what)}"


def _name(trouble: Trouble) -> str:
    path = trouble.device.path
    return path if trouble.sensor is None else f"{path}.{trouble.sensor.name}"


def _says(trouble: Trouble) -> str:
    if trouble.sensor is not None:
        return value_text(trouble.sensor)
    error = trouble.device.resource.last_error
    return trouble.device.resource.phase if error is None else printable(error.what)
