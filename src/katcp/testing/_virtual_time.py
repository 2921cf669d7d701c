"""Time that passes as fast as nothing happens, for tests of time-outs, delays and periods."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["virtual_time"]

_TURN = 1e-6  # seconds


@contextlib.contextmanager
def virtual_time() -> Iterator[None]:
    """Let the time of the running loop jump to its next timer when there is nothing else to do.

    Until then each turn of the loop takes a microsecond, whatever it does, so it does not matter
    how fast the machine is. For what stays in memory (see `attach`): a network, a process or a
    thread needs real time, and would find all time-outs over. Timestamps of readings stay those of the wall clock.

    Raises
    ------
    RuntimeError
        If no loop runs, or it is not one of asyncio's own that wait with a selector.
    """
    loop: Any = asyncio.get_running_loop()
    if not hasattr(loop, "_selector"):
        raise RuntimeError(
            f"{type(loop).__name__} waits in ways of its own; use asyncio's own loop"
        )
    selector, clock = loop._selector, loop.time
    now = clock()

    class Impatient:
        """Passes on to the loop's selector, which is never to wait for time to pass."""

        def __getattr__(self, name: str) -> Any:
            return getattr(selector, name)

        def select(self, timeout: float | None = None) -> Any:
            nonlocal now
            events = selector.select(None if timeout is None else 0)
            now += timeout if not events and timeout else _TURN
            return events

    loop._selector, loop.time = Impatient(), lambda: now
    try:
        yield
    finally:
        ahead = max(0.0, loop.time() - clock())  # and stays so: timers must not find time run back
        loop._selector, loop.time = selector, lambda: clock() + ahead
