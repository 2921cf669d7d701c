"""Many things to be done later, by one timer of the loop."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

__all__ = ["Timers"]

_AT_ONCE = 500  # calls, before others have their turn


class Timers:
    """Calls what is due, in the order of time, and what is due at one time in the order given.

    What is called is given the time of the loop.

    Parameters
    ----------
    after
        Called when what was due has been called.
    """

    def __init__(self, after: Callable[[], None] = lambda: None) -> None:
        self._after = after
        self._waiting: list[tuple[float, int, Callable[[float], None]]] = []
        self._number = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def at(self, when: float, call: Callable[[float], None]) -> None:
        """Call `call` at this time of the loop; never, if that is infinity."""
        if when == float("inf"):
            return
        heapq.heappush(self._waiting, (when, next(self._number), call))
        if self._timer is None or when < self._timer.when():
            self._set()

    def close(self) -> None:
        """Call nothing any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._waiting[0][0], self._run)

    def _run(self) -> None:
        assert self._timer is not None
        # the loop may be early, by less than its clock can tell
        now = max(asyncio.get_running_loop().time(), self._timer.when())
        self._timer = None
        due: list[Callable[[float], None]] = []
        while self._waiting and self._waiting[0][0] <= now and len(due) < _AT_ONCE:
            due.append(heapq.heappop(self._waiting)[2])
        try:
            for call in due:
                call(now)
            self._after()
        finally:
            self._set()
