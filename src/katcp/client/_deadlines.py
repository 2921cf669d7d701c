"""Time-outs of many things at once, with one timer for all of them."""

import asyncio
from collections.abc import Callable, Collection
from math import inf
from typing import Generic, Protocol, TypeVar

__all__ = ["Deadlines"]

#: Seconds between two looks at all that waits, for each thing that does.
_A_LOOK = 5e-7


class _Limited(Protocol):
    due: float | None  # a time of the loop; None: its time does not run


T = TypeVar("T", bound=_Limited)


class Deadlines(Generic[T]):
    """Tells of things that are not done in time.

    Nearly all are, so nothing is to be said of one that is done, nor of one whose time was made
    longer. One timer, for the first of all, then looks at all that waits; the more there is, the less
    often it looks, so that one may be told of half a microsecond late for each that waits.

    Parameters
    ----------
    waiting
        What is not done.
    expired
        Called with each of it that is not done in time.

    Attributes
    ----------
    next
        Loop time of the next look: nothing is to be said of what becomes due after it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        waiting: Collection[T],
        expired: Callable[[T], None],
    ) -> None:
        self._loop = loop
        self._waiting = waiting
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None
        self._looked = -inf  # when that was last done
        self.next = inf

    def look_at(self, due: float) -> None:
        """Look at that time of the loop, or soon after, as something becomes due before `next`."""
        when = max(due, self._looked + _A_LOOK * len(self._waiting))
        if when < self.next:
            self.stop()
            self.next = when
            self._timer = self._loop.call_at(when, self._look)

    def stop(self) -> None:
        """Look no more."""
        self.next = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer, self.next = None, inf
        self._looked = now = self._loop.time()
        first = inf
        overdue: list[tuple[float, int, T]] = []
        for item in self._waiting:
            if item.due is None:
                continue
            if item.due <= now:
                overdue.append((item.due, len(overdue), item))
            elif item.due < first:
                first = item.due
        if first < inf:
            self.look_at(first)
        for _, _, item in sorted(overdue):
            if item in self._waiting:  # it was not ended by what was told of another
                self._expired(item)
