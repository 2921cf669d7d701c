"""Which sensors the table lists, and in which order."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from ...model import STATUS_NAMES
from ...resource import KATCPSensor
from ._model import Board, Device

__all__ = ["ORDERS", "Row", "Rows", "matcher"]

#: A device and a sensor of it.
Row = tuple[Device, KATCPSensor]

#: What the table can be sorted by: name, the worst status first, the newest reading first.
ORDERS = ("name", "status", "newest")

_WORST_FIRST = ("failure", "error", "unreachable", "warn", "unknown", "inactive", "nominal")
_RANK = {STATUS_NAMES[name]: 2 * rank for rank, name in enumerate(_WORST_FIRST)}
_REST = 20  # how many times as long as it takes to make the list it is left as it is


class Rows:
    """The sensors of some devices that match a filter, kept in step with the board by `refresh`.

    Attributes
    ----------
    devices, text, only_bad, order
        What is wanted; `refresh` with `now` after a change of them.
    all : int
        How many sensors these devices have.
    """

    def __init__(self, board: Board) -> None:
        self.devices: Sequence[Device] = board.devices
        self.text = ""
        self.only_bad = False
        self.order = ORDERS[0]
        self.found: list[Row] = []
        self._board = board
        self._seen: tuple[int, ...] = ()
        self._rest_until = 0.0

    @property
    def all(self) -> int:
        """How many sensors the devices have."""
        return sum(len(device.sensors) for device in self.devices)

    def label(self, row: Row) -> str:
        """Give how a sensor is called here: with its device where there are several."""
        device, sensor = row
        return sensor.name if len(self.devices) == 1 else f"{device.path}.{sensor.name}"

    def refresh(self, now: bool = False) -> bool:
        """Make the list anew if it may be outdated; whether it was.

        Unless it has to be `now`, this takes only a small part of the time, however large the
        telescope is.
        """
        seen = self._version()
        began = time.perf_counter()
        if not now and (seen == self._seen or began < self._rest_until):
            return False
        self._seen = seen
        self.found = self._make()
        ended = time.perf_counter()
        self._rest_until = ended + _REST * (ended - began)
        return True

    def _version(self) -> tuple[int, ...]:
        """Give what changes when the list does."""
        moving: tuple[int, ...] = ()
        if self.only_bad or self.order == "status":
            moving = (self._board.changes,)
        if self.order == "newest":
            moving = (self._board.updates,)
        return (*moving, *(device.changes for device in self.devices))

    def _make(self) -> list[Row]:
        chosen = (
            (device, sensor)
            for device in self.devices
            for sensor in device.ordered()
            if not self.only_bad or sensor in device.bad or sensor.stale
        )
        rows = list(chosen)
        if self.text:
            match = matcher(self.text)
            rows = [row for row in rows if match(self.label(row))]
        if self.order == "status":
            rows.sort(key=lambda row: _badness(row[1]))
        elif self.order == "newest":
            rows.sort(key=lambda row: -row[1].reading.timestamp)
        return rows


def _badness(sensor: KATCPSensor) -> int:
    """Give a rank, lower for what is worse; what is stale is not as good as it was."""
    return _RANK[sensor.reading.istatus or 0] - sensor.stale


def matcher(text: str) -> Callable[[str], Any]:
    """Give what finds a regular expression, or else just `text`, in a name; case does not matter."""
    try:
        return re.compile(text, re.IGNORECASE).search
    except re.error:
        return re.compile(re.escape(text), re.IGNORECASE).search
