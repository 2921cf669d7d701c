"""A value that can be awaited. Knows nothing of KATCP."""

import asyncio
import contextlib
import weakref
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .errors import TimeoutError

__all__ = ["Observed"]

T = TypeVar("T")


class Observed(Generic[T]):
    """A value with exactly one writer, and any number of independent waiters.

    Parameters
    ----------
    value
        The first value.
    loop
        Called when a future is needed; gives the asyncio loop it shall belong to.
    """

    __slots__ = ("__weakref__", "_loop", "_waiters", "value")

    def __init__(self, value: T, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self.value = value
        self._loop = loop
        self._waiters: dict[asyncio.Future[Any], tuple[Callable[[T], Any], Any]] = {}

    def set(self, value: T) -> None:
        """Store `value` and release every waiter that it satisfies, however short it lasts."""
        self.value = value
        for future, (predicate, result) in list(self._waiters.items()):
            if predicate(value):
                self._waiters.pop(future, None)
                # Ctrl-C cancels between any two steps, so no `if not future.done()`.
                with contextlib.suppress(asyncio.InvalidStateError):
                    future.set_result(result)

    def until(
        self,
        predicate: Callable[[T], Any],
        timeout: float | None = None,
        *,
        result: Any = True,
        waiting_for: Callable[[T], str] | None = None,
    ) -> "asyncio.Future[Any]":
        """Future of `result` once `predicate(value)` holds; it may hold already.

        Raises (in the future) `katcp.errors.TimeoutError` after `timeout` seconds, with the text
        that `waiting_for(last value)` gives.
        """
        loop = self._loop()
        future = loop.create_future()
        if predicate(self.value):
            future.set_result(result)
            return future
        self._waiters[future] = (predicate, result)
        timer = None
        if timeout is not None:
            # Only the timer knows of us, weakly: a waiter must not keep its owner alive.
            timer = loop.call_later(
                max(0.0, timeout), _expire, weakref.ref(self), future, timeout, waiting_for
            )
        future.add_done_callback(_Forget(weakref.ref(self), timer))
        return future


class _Forget:
    """Done-callback of a waiter: drop it, and its timer."""

    __slots__ = ("_observed", "_timer")

    def __init__(self, observed: Any, timer: asyncio.TimerHandle | None) -> None:
        self._observed = observed
        self._timer = timer

    def __call__(self, future: "asyncio.Future[Any]") -> None:
        observed = self._observed()
        if observed is not None:
            observed._waiters.pop(future, None)
        if self._timer is not None:
            self._timer.cancel()


def _expire(
    observed: "weakref.ref[Observed[Any]]",
    future: "asyncio.Future[Any]",
    timeout: float,
    waiting_for: Callable[[Any], str] | None,
) -> None:
    if future.done():
        return
    owner = observed()
    if owner is None:
        what = "what was waited for is gone"
    elif waiting_for is not None:
        what = waiting_for(owner.value)
    else:
        what = f"last value {owner.value!r}"
    future.set_exception(TimeoutError(f"not within {timeout:g} s: {what}"))
