"""Flags and states to wait for."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from .._loops import asyncio_loop, block_on
from .._observe import Observed
from ..errors import TimeoutError

__all__ = ["AsyncCallbackEvent", "AsyncEvent", "AsyncState"]

log = logging.getLogger("katcp.core")


class AsyncEvent:
    """A flag to wait for; a waiter is released by `set` even if `clear` follows at once."""

    def __init__(self, ioloop: Any = None) -> None:
        self._flag = Observed(False, lambda: asyncio_loop(ioloop))

    def set(self) -> None:
        """Raise the flag."""
        self._flag.set(True)

    def clear(self) -> None:
        """Lower the flag."""
        self._flag.set(False)

    def is_set(self) -> bool:
        """Whether the flag is raised."""
        return self._flag.value

    isSet = is_set  # noqa: N815 the old name

    def until_set(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the flag is raised. `TimeoutError` after `timeout` seconds."""
        return self._flag.until(bool, timeout)

    def wait_with_ioloop(self, ioloop: Any, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until the flag is raised; False if it is not.

        Raises
        ------
        RuntimeError
            In the thread of the loop.
        """

        async def wait() -> bool:
            try:
                return await self.until_set(timeout)
            except TimeoutError:
                return False

        return block_on(asyncio_loop(ioloop), wait())


class AsyncCallbackEvent(AsyncEvent):
    """An `AsyncEvent` that calls ``callback(flag)`` at each `set` and `clear`."""

    def __init__(self, callback: Callable[[bool], Any], ioloop: Any = None) -> None:
        super().__init__(ioloop)
        self._callback = callback

    def set(self) -> None:
        """Raise the flag and call back with True."""
        super().set()
        self._call(True)

    def clear(self) -> None:
        """Lower the flag and call back with False."""
        super().clear()
        self._call(False)

    def _call(self, flag: bool) -> None:
        try:
            self._callback(flag)
        except Exception:
            log.exception("Callback %r raised an exception", self._callback)


class AsyncState:
    """One of several named states, to be waited for.

    Raises
    ------
    ValueError
        Wherever a state is given that is not one of `valid_states`.
    """

    def __init__(
        self, valid_states: Iterable[Any], initial_state: Any = None, ioloop: Any = None
    ) -> None:
        states = list(valid_states)
        self.valid_states = frozenset(states)
        first = states[0] if initial_state is None else initial_state
        self._check(first)
        self._state = Observed(first, lambda: asyncio_loop(ioloop))

    @property
    def state(self) -> Any:
        """The present state."""
        return self._state.value

    def set_state(self, state: Any) -> None:
        """Enter a state; whoever waits for it hears of it, however short it lasts."""
        self._check(state)
        self._state.set(state)

    def until_state(self, state: Any, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once in `state`. `TimeoutError` after `timeout` seconds."""
        return self.until_state_in(state, timeout=timeout)

    def until_state_in(self, *states: Any, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once in one of `states`. `TimeoutError` after `timeout` seconds."""
        for state in states:
            self._check(state)
        return self._state.until(
            lambda now: now in states,
            timeout,
            waiting_for=lambda now: f"waited for {' or '.join(map(str, states))}, still {now}",
        )

    def _check(self, state: Any) -> None:
        if state not in self.valid_states:
            raise ValueError(
                f"{state!r} is no state; states are {sorted(map(str, self.valid_states))}"
            )
