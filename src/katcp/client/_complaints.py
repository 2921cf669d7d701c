"""Logs what a device does wrong, without letting it fill the log."""

import logging
from collections import Counter

__all__ = ["Complaints"]

_IN_FULL = 5  # of each kind, over one connection


class Complaints:
    """The complaints about one connection: the first few of each kind in full, then a count.

    The records in the log have a true attribute ``complaint``.
    """

    def __init__(self, logger: logging.Logger, device: str) -> None:
        self._logger = logger
        self._device = device
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, detail: str) -> bool:
        """Complain: `kind` in words that are the same each time, `detail` of this one.

        Gives whether it was one of the first of its kind.
        """
        self._counts[kind] += 1
        first = self._counts[kind] <= _IN_FULL
        if first:
            last = "; no more of these are logged one by one" * (self._counts[kind] == _IN_FULL)
            self._warn("%s: %s: %s%s", self._device, kind, detail, last)
        return first

    def close(self) -> None:
        """Say how many were not logged."""
        for kind, count in self._counts.items():
            if count > _IN_FULL:
                more = count - _IN_FULL
                self._warn("%s: %s: %d more on this connection", self._device, kind, more)
        self._counts.clear()

    def _warn(self, text: str, *parts: object) -> None:
        self._logger.warning(text, *parts, extra={"complaint": True})
