"""`OwnLoop`: the event loop that a client runs on, one that it was given or one in a thread of its own."""

import asyncio
from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

from .._loops import as_ioloop, asyncio_loop, block_on
from ..errors import TimeoutError
from ..ioloop_manager import IOLoopManager

__all__ = ["OwnLoop"]


class OwnLoop:
    """A loop that is chosen before it is needed, else run in a thread from `start` to `join`.

    Attributes
    ----------
    ioloop
        The loop; None until it is known.
    daemon
        Whether a thread of its own ends with the program.
    """

    def __init__(self) -> None:
        self.ioloop: IOLoop | None = None
        self.daemon = True
        self._manager: IOLoopManager | None = None  # of the thread

    def choose(self, ioloop: Any) -> None:
        """Run on this loop (an ``IOLoop`` or an asyncio loop; None: the current one)."""
        self.ioloop = as_ioloop(ioloop)

    def start(self, timeout: float | None) -> None:
        """Run a loop in a thread if none was chosen, waiting for it at most so many seconds."""
        if self.ioloop is None:
            self._manager = IOLoopManager()
            self._manager.setDaemon(self.daemon)
            self.ioloop = self._manager.get_ioloop()
            self._manager.start(10.0 if timeout is None else timeout)

    def stop(self, timeout: float | None) -> None:
        """Stop the loop if its thread is ours."""
        if self._manager is not None:
            self._manager.stop(timeout)

    def join(self, timeout: float | None) -> None:
        """Wait for that thread; there is no loop then."""
        if self._manager is not None:
            self._manager.join(timeout)
            self._manager = self.ioloop = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """Give the loop as asyncio has it; the current one until one is known."""
        return asyncio_loop(self.ioloop)

    def call(self, call: Callable[[], Any]) -> None:
        """Call in the loop: now if that is where we are, else soon; from any thread."""
        loop = self.loop()
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = not loop.is_running()
        if here:
            call()
        else:
            loop.call_soon_threadsafe(call)

    def block(self, until: Callable[[float | None], Any], timeout: float | None) -> bool:
        """Block, in another thread than the loop's, for what `until` gives; False in vain."""

        async def wait() -> bool:
            try:
                return bool(await until(timeout))
            except TimeoutError:
                return False

        return bool(block_on(self.loop(), wait()))
