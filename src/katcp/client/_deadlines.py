"""Time-outs of many things at once, with one timer for all that have the same time-out."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Deadlines"]

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Tells of items that are not done in time.

    Most requests have the same time-out, so they become due in the order in which they were added:
    a queue for each time-out, and a timer for the first of each queue, do what a timer for every
    request would.

    Parameters
    ----------
    is_done
        Whether an item needs its deadline no more.
    expired
        Called with an item that is not done in time; it is forgotten then.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        is_done: Callable[[T], bool],
        expired: Callable[[T], None],
    ) -> None:
        self._loop = loop
        self._is_done = is_done
        self._expired = expired
        self._queues: dict[float, deque[tuple[float, T]]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def add(self, item: T, timeout: float, now: float) -> None:
        """Give `item` so many seconds from `now`, a time of the loop."""
        due = now + timeout
        queue = self._queues.get(timeout)
        if queue is None:
            queue = self._queues[timeout] = deque()
            self._timers[timeout] = self._loop.call_at(due, self._look, timeout)
        queue.append((due, item))

    def done(self, timeout: float) -> None:
        """Note that an item that was added with this time-out, if any, may be done."""
        queue = self._queues.get(timeout)
        if queue is None:
            return
        while queue and self._is_done(queue[0][1]):
            queue.popleft()
        if not queue:
            self._forget(timeout)

    def stop(self) -> None:
        """Tell of nothing any more."""
        for timeout in list(self._queues):
            self._forget(timeout)

    def _forget(self, timeout: float) -> None:
        del self._queues[timeout]
        self._timers.pop(timeout).cancel()

    def _look(self, timeout: float) -> None:
        queue = self._queues[timeout]
        now = self._loop.time()
        while queue and (queue[0][0] <= now or self._is_done(queue[0][1])):
            _, item = queue.popleft()
            if not self._is_done(item):
                self._expired(item)
        if self._queues.get(timeout) is not queue:  # stopped by what was told
            return
        if queue:
            self._timers[timeout] = self._loop.call_at(queue[0][0], self._look, timeout)
        else:
            self._forget(timeout)
