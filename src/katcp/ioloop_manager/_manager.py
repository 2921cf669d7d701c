"""`IOLoopManager`: an event loop of one's own, in a thread, or one that is there."""

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

from .._loops import as_ioloop, asyncio_loop, current_ioloop
from ..errors import TimeoutError

__all__ = ["IOLoopManager", "with_relative_timeout"]

log = logging.getLogger("katcp.ioloop_manager")


class IOLoopManager:
    """Runs an event loop in a thread (`managed`), or adopts one that others run.

    Parameters
    ----------
    managed_default
        What `get_ioloop` does when no loop was set: make a managed one, or adopt the current one.
    """

    def __init__(self, managed_default: bool = True, logger: logging.Logger = log) -> None:
        self.managed = managed_default
        self._managed_default = managed_default
        self._logger = logger
        self._ioloop: IOLoop | None = None
        self._thread: threading.Thread | None = None
        self._started = False
        self._daemon = False

    def setDaemon(self, daemonic: bool) -> None:  # noqa: N802 the old name
        """Say, before `start`, whether the thread may be left running at the end of the program."""
        self._daemon = daemonic

    def get_ioloop(self) -> IOLoop:
        """Give the loop, the same one until it is stopped; work may be scheduled on it already."""
        if self._ioloop is None:
            self.managed = self._managed_default
            self._ioloop = IOLoop(make_current=False) if self.managed else current_ioloop()
        return self._ioloop

    def set_ioloop(self, ioloop: Any, managed: bool | None = None) -> None:
        """Take a loop; `managed` says whether to run it in a thread.

        Raises
        ------
        RuntimeError
            If there is a loop already.
        """
        if self._ioloop is not None:
            raise RuntimeError("the manager has its ioloop already")
        self.managed = self._managed_default if managed is None else managed
        self._ioloop = as_ioloop(ioloop)

    def start(self, timeout: float | None = None) -> None:
        """Run a managed loop in a thread; with `timeout` wait so many seconds until it runs.

        Raises
        ------
        RuntimeError
            If there is no loop yet, or it was started before.
        """
        if self._ioloop is None:
            raise RuntimeError("no ioloop: call get_ioloop() or set_ioloop() first")
        if self._started:
            raise RuntimeError("the manager was started before; stop and join it first")
        self._started = True
        if not self.managed:
            return
        running = threading.Event()
        self._ioloop.add_callback(running.set)
        self._thread = threading.Thread(
            target=_run, args=(self._ioloop,), name="katcp ioloop", daemon=self._daemon
        )
        self._thread.start()
        if timeout is not None:
            running.wait(timeout)

    def stop(
        self, timeout: float | None = None, callback: Callable[[], Any] | None = None
    ) -> "concurrent.futures.Future[None]":
        """Call `callback` in the loop and stop the loop if it is managed; the future is of that."""
        stopped: concurrent.futures.Future[None] = concurrent.futures.Future()
        ioloop = self._ioloop
        if ioloop is None or asyncio_loop(ioloop).is_closed():
            stopped.set_result(None)
            return stopped

        def stop() -> None:
            try:
                if callback is not None:
                    callback()
            except Exception:
                self._logger.exception("Callback at the stop of the ioloop raised an exception")
            if self.managed:
                ioloop.stop()
            stopped.set_result(None)

        ioloop.add_callback(stop)
        if not self.managed:
            self._forget()
        return stopped

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread of a stopped managed loop; a new one can then be started.

        Raises
        ------
        RuntimeError
            If it was never started.
        """
        if not self.managed:
            return
        if self._thread is None:
            raise RuntimeError("the manager was not started")
        self._thread.join(timeout)
        if not self._thread.is_alive():
            self._forget()

    def _forget(self) -> None:
        self._ioloop = self._thread = None
        self._started = False


def _run(ioloop: IOLoop) -> None:
    """Run the loop until it is stopped, then end what still runs on it."""
    loop = asyncio_loop(ioloop)
    asyncio.set_event_loop(loop)
    try:
        ioloop.start()
        loop.run_until_complete(loop.shutdown_default_executor())
        while left := asyncio.all_tasks(loop):  # another thread may add some meanwhile
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    finally:
        asyncio.set_event_loop(None)
        ioloop.close()


def with_relative_timeout(timeout: float, future: Any, io_loop: Any = None) -> Any:
    """Give a future of the outcome of `future`; `TimeoutError` in it after `timeout` seconds."""
    loop = asyncio_loop(io_loop)
    bounded: asyncio.Future[Any] = loop.create_future()
    waiting = asyncio.ensure_future(future, loop=loop)

    def expire() -> None:
        if not bounded.done():
            bounded.set_exception(TimeoutError(f"not done within {timeout:g} s"))

    def done(source: "asyncio.Future[Any]") -> None:
        timer.cancel()
        if bounded.done():
            return
        if source.cancelled():
            bounded.cancel()
        elif (exc := source.exception()) is not None:
            bounded.set_exception(exc)
        else:
            bounded.set_result(source.result())

    timer = loop.call_later(max(0.0, timeout), expire)
    waiting.add_done_callback(done)
    return bounded
