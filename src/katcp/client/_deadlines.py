"""Time-outs of many things at once, with one timer for all of them."""

import asyncio
from collections import deque
from collections.abc import Callable
from math import inf
from typing import Generic, TypeVar

__all__ = ["Deadlines"]

T = TypeVar("T")

_MOST_EMPTY = 8  # queues that are kept though nothing is in them


class Deadlines(Generic[T]):
    """Tells of items that are not done in time.

    Most requests have the same time-out, so they become due in the order in which they were added:
    a queue for each time-out, and one timer for the first of all, do what a timer for every request
    would. A timer is left alone when what it is for is done, since it costs more to take it back
    than to let it look: there may be one that nothing needs, until it is due.

    Parameters
    ----------
    due
        When an item becomes due, a time of the loop; None if it is done.
    expired
        Called with an item that is not done in time; it is forgotten then.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        due: Callable[[T], float | None],
        expired: Callable[[T], None],
    ) -> None:
        self._loop = loop
        self._due = due
        self._expired = expired
        self._queues: dict[float, deque[T]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._next = inf  # when that is due

    def add(self, item: T, timeout: float, due: float) -> None:
        """Note an item that becomes due so many seconds from now, `due` being when that is."""
        queue = self._queues.get(timeout)
        if queue is None:
            queue = self._queues[timeout] = deque()
        queue.append(item)
        if len(queue) == 1 and due < self._next:
            self._look_at(due)

    def done(self, item: T, timeout: float) -> None:
        """Note that an item that was added with this time-out, if it was, is done."""
        queue = self._queues.get(timeout)
        if not queue or queue[0] is not item:  # it is forgotten after those before it
            return
        queue.popleft()
        while queue and self._due(queue[0]) is None:
            queue.popleft()
        if not queue and len(self._queues) > _MOST_EMPTY:
            del self._queues[timeout]

    def stop(self) -> None:
        """Tell of nothing any more."""
        self._queues = {}
        self._next = inf
        if self._timer is not None:
            self._timer.cancel()

    def _look_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._next = first = inf
        now, queues = self._loop.time(), self._queues
        for timeout, queue in tuple(queues.items()):
            while queue:
                due = self._due(queue[0])
                if due is not None and due > now:
                    first = min(first, due)
                    break
                item = queue.popleft()
                if due is not None:
                    self._expired(item)
                if queues is not self._queues:  # stopped by what was told
                    return
            else:
                if queues.get(timeout) is queue:
                    del queues[timeout]
        if first < self._next:
            self._look_at(first)
