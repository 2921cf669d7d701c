"""Long work in slices, so that the event loop is not kept from others."""

import asyncio
import itertools
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

__all__ = ["BRIEF", "Turn", "unhurried", "unhurried_slices"]

T = TypeVar("T")

#: Seconds that are not counted: most of what is done in a turn.
BRIEF = 0.0002


class Turn:
    """The present turn of an event loop, and how long this library has held it.

    All long work on a loop shares its turns, or a hundred devices would hold it a hundred times as
    long as one.

    Attributes
    ----------
    used
        Seconds of the present turn that long work has had.
    full
        Whether no more long work is to be done in this turn.
    """

    #: Seconds that long work has of one turn.
    LIMIT = 0.004

    def __init__(self) -> None:
        self.used = 0.0
        self.full = False
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._ending = False  # `_end` is about to be called

    @staticmethod
    def of(loop: asyncio.AbstractEventLoop) -> "Turn":
        """Give that of a loop."""
        turn = _turns.get(loop)
        if turn is None:
            turn = _turns[loop] = Turn()
        return turn

    def use(self, seconds: float) -> None:
        """Note that something has held the present turn for so long."""
        if seconds > BRIEF:
            self.used += seconds
            self.full = self.used > self.LIMIT
            self._end_soon()

    @property
    def wanted(self) -> bool:
        """Whether there is other long work that waits for its turn."""
        return bool(self._waiting)

    def mine(self) -> "asyncio.Future[None]":
        """Future that is done in a turn of one's own; first come, first served."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._end_soon()
        return future

    def _end_soon(self) -> None:
        if not self._ending:
            self._ending = True
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._ending = False
        self.used, self.full = 0.0, False
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():  # not cancelled
                future.set_result(None)
                self._end_soon()
                return


_turns: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Turn]" = weakref.WeakKeyDictionary()


async def unhurried_slices(
    items: Iterable[T], *, latency: float = Turn.LIMIT, size: int = 64
) -> AsyncIterator[list[T]]:
    """Iterate over slices of `items`, letting the loop go on when its turn has been held for `latency` s.

    The clock is looked at before each slice is taken, which has `size` items at most. What is
    awaited between slices counts as held, too, which costs a turn and no more.
    """
    turn = Turn.of(asyncio.get_running_loop())
    rest = iter(items)
    since = time.monotonic()
    while True:
        if turn.used + (took := time.monotonic() - since) > latency:
            turn.use(took)
            await turn.mine()
            since = time.monotonic()
        part = list(itertools.islice(rest, size))
        if not part:
            break
        yield part
    turn.use(time.monotonic() - since)


async def unhurried(
    items: Iterable[T], *, latency: float = Turn.LIMIT, every: int = 64
) -> AsyncIterator[T]:
    """Iterate over `items` as over those of `unhurried_slices`, at a little more cost for each."""
    async for part in unhurried_slices(items, latency=latency, size=every):
        for item in part:
            yield item
