"""`monitor_resource_sync_state`: tells a callback whether a resource is synced."""

import asyncio
from collections.abc import Callable
from typing import Any

from .._helpers import until_any
from .._loops import asyncio_loop

__all__ = ["monitor_resource_sync_state"]


def monitor_resource_sync_state(
    resource: Any, callback: Callable[[bool], Any], exit_event: Any = None
) -> "asyncio.Future[None]":
    """Call ``callback(False)`` now, then ``callback(True)`` or ``(False)`` at every change.

    An exception of `callback` ends it, and is in the future.

    Parameters
    ----------
    resource
        Has ``until_synced()`` and ``until_not_synced()``.
    exit_event
        An `AsyncEvent`; once it is set the future is done, and nothing is called any more.
    """
    loop = asyncio_loop(None)
    try:
        callback(False)
    except Exception as exc:
        failed: asyncio.Future[None] = loop.create_future()
        failed.set_exception(exc)
        return failed
    return asyncio.ensure_future(_monitor(resource, callback, exit_event), loop=loop)


async def _monitor(resource: Any, callback: Callable[[bool], Any], exit_event: Any) -> None:
    leave = exit_event.until_set() if exit_event is not None else None
    synced = False
    change = None
    try:
        while leave is None or not leave.done():
            change = resource.until_not_synced() if synced else resource.until_synced()
            await until_any(change, *([leave] if leave is not None else []))
            if leave is not None and leave.done():
                return
            synced = not synced
            callback(synced)
    finally:
        for wait in (change, leave):
            if wait is not None:
                wait.cancel()
