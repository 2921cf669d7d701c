"""`OwnLoop`: the event loop that a client runs on, one that it was given or one in a thread of its own."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tornado.ioloop import IOLoop

from .._loops import as_ioloop, asyncio_loop, block_on
from ..errors import TimeoutError
from ..ioloop_manager import IOLoopManager

__all__ = ["OwnLoop"]

T = TypeVar("T")


class OwnLoop:
    """A loop that is chosen before it is needed, else run in a thread from `start` to `join`.

    Parameters
    ----------
    whose
        The client that runs on it, for errors.

    Attributes
    ----------
    ioloop
        The loop; None until it is known.
    daemon
        Whether a thread of its own ends with the program.
    """

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self.ioloop: IOLoop | None = None
        self.daemon = True
        self._manager: IOLoopManager | None = None  # of the thread
        self._ending = False  # the thread was told to stop

    def choose(self, ioloop: Any) -> None:
        """Run on this loop (an ``IOLoop`` or an asyncio loop; None: the current one)."""
        self.ioloop = as_ioloop(ioloop)

    def start(self, timeout: float | None) -> None:
        """Run a loop in a thread if none was chosen, waiting for it at most so many seconds.

        Raises
        ------
        RuntimeError
            If that thread was stopped and not joined.
        """
        if self._ending:
            raise RuntimeError(f"{self._whose}: the client was stopped: call join() first")
        if self.ioloop is None:
            self._manager = IOLoopManager()
            self._manager.setDaemon(self.daemon)
            self.ioloop = self._manager.get_ioloop()
            self._manager.start(10.0 if timeout is None else timeout)

    def stop(self, timeout: float | None) -> None:
        """Stop the loop if its thread is ours."""
        if self._manager is not None:
            self._ending = True
            self._manager.stop(timeout)

    def join(self, timeout: float | None) -> None:
        """Wait for that thread; there is no loop then."""
        if self._manager is not None:
            self._manager.join(timeout)
            self._manager = self.ioloop = None
            self._ending = False

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

    def require(self) -> None:
        """Raise `RuntimeError` unless there is a loop, which alone can give an answer."""
        if self.ioloop is None or self._ending or self.loop().is_closed():
            raise RuntimeError(f"{self._whose}: the client is not started: call start() first")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop, and block this thread, another than the loop's, until it is done.

        Raises
        ------
        RuntimeError
            Before `start`, after `stop`, and if it is stopped meanwhile.
        """
        try:
            self.require()
        except RuntimeError:
            work.close()
            raise
        try:
            return block_on(self.loop(), work)
        except concurrent.futures.CancelledError:
            raise RuntimeError(f"{self._whose}: the client was stopped meanwhile") from None

    def block(self, until: Callable[[float | None], Any], timeout: float | None) -> bool:
        """Block, in another thread than the loop's, for what `until` gives; False in vain."""

        async def wait() -> bool:
            try:
                return bool(await until(timeout))
            except TimeoutError:
                return False

        return self.run(wait())
