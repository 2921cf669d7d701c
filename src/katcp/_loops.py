"""Which event loop: tornado's ``IOLoop`` objects on the outside, asyncio's loops inside."""

import asyncio
import warnings
from collections.abc import Coroutine
from typing import Any, TypeVar

from tornado.ioloop import IOLoop
from tornado.platform.asyncio import AsyncIOLoop, BaseAsyncIOLoop

__all__ = ["as_ioloop", "asyncio_loop", "block_on", "current_ioloop", "loop_of", "runs_here"]

T = TypeVar("T")


def current_ioloop() -> IOLoop:
    """The ``IOLoop`` of this thread, made if there is none; never a deprecation warning."""
    try:
        return as_ioloop(asyncio.get_running_loop())
    except RuntimeError:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return IOLoop.current()


def as_ioloop(loop: Any) -> IOLoop:
    """Give tornado's face of `loop`, an ``IOLoop`` or a bare asyncio loop; None means current."""
    if loop is None:
        return current_ioloop()
    if isinstance(loop, IOLoop):
        return loop
    known = IOLoop._ioloop_for_asyncio.get(loop)
    return known if known is not None else AsyncIOLoop(asyncio_loop=loop, make_current=False)


def asyncio_loop(loop: Any) -> asyncio.AbstractEventLoop:
    """Give the asyncio loop under `loop`, an ``IOLoop`` or a bare asyncio loop; None means current."""
    ioloop = as_ioloop(loop)
    assert isinstance(ioloop, BaseAsyncIOLoop)
    return ioloop.asyncio_loop


def loop_of(owner: Any) -> asyncio.AbstractEventLoop:
    """Give the asyncio loop that `owner` runs on, by its ``ioloop``; if it has none, the current."""
    own = getattr(owner, "ioloop", None)
    return asyncio_loop(own if isinstance(own, IOLoop) else None)


def runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether it is the loop of this thread, in which it cannot be waited for."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def block_on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on a loop that runs in another thread, and block this thread until it is done.

    Raises
    ------
    RuntimeError
        If this is the thread of the loop, which would then wait for itself.
    """
    if runs_here(loop):
        work.close()
        raise RuntimeError("this blocks, and would block its own event loop: await it there")
    return asyncio.run_coroutine_threadsafe(work, loop).result()
