"""A bounded queue with an end, read by ``async for``. Knows nothing of KATCP."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

__all__ = ["Feed", "Overflow"]

T = TypeVar("T")

#: What happens to a feed that is not read quickly enough.
Overflow = Literal["latest", "error"]


class Feed(Generic[T]):
    """Items from a callback, as an asynchronous iterator.

    Parameters
    ----------
    maxsize
        Most items that wait to be read.
    overflow
        When there are more: ``latest`` drops the oldest, ``error`` ends the feed with `error()`.
    error
        Makes the exception for that.
    on_close
        Called once when the feed is closed by its reader or ends.
    on_drop
        Called when the first item is dropped.

    Attributes
    ----------
    dropped : int
        How many items were dropped.

    Raises
    ------
    ValueError
        For a `maxsize` below 1, or an `overflow` that is neither.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        maxsize: int,
        overflow: Overflow,
        error: Callable[[], Exception],
        on_close: Callable[["Feed[T]"], None],
        on_drop: Callable[[], None],
    ) -> None:
        if maxsize < 1 or overflow not in ("latest", "error"):
            raise ValueError(f"maxsize {maxsize} must be >= 1, overflow 'latest' or 'error'")
        self.dropped = 0
        self._loop = loop
        self._maxsize = maxsize
        self._overflow = overflow
        self._error = error
        self._on_close = on_close
        self._on_drop = on_drop
        self._items: deque[T] = deque()
        self._failure: Exception | None = None
        self._ended = False
        self._reader: asyncio.Future[None] | None = None

    def put(self, item: T) -> None:
        """Add an item for the reader."""
        if self._ended:
            return
        if len(self._items) >= self._maxsize:
            if self._overflow == "error":
                self._failure = self._error()
                self.end()
                return
            self._items.popleft()
            self.dropped += 1
            if self.dropped == 1:
                self._on_drop()
        self._items.append(item)
        self._wake()

    def end(self) -> None:
        """No more will come; what waits can still be read."""
        if not self._ended:
            self._ended = True
            self._on_close(self)
            self._wake()

    async def aclose(self) -> None:
        """Stop reading: nothing more is kept."""
        self._items.clear()
        self.end()

    def __aiter__(self) -> "Feed[T]":
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if self._ended:
                raise StopAsyncIteration
            self._reader = self._loop.create_future()
            await self._reader
        return self._items.popleft()

    def _wake(self) -> None:
        if self._reader is not None:
            # Ctrl-C cancels between any two steps, so no `if not self._reader.done()`.
            with contextlib.suppress(asyncio.InvalidStateError):
                self._reader.set_result(None)
