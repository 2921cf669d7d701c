"""A listener of a sensor: how it is called, and what becomes of a coroutine that it gives."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..wire import brief

if TYPE_CHECKING:
    from ._sensor import KATCPSensor

__all__ = ["Listener", "Registered"]

log = logging.getLogger("katcp.resource")

Listener = Callable[..., Any]

_MOST_TASKS = 1000  # coroutines of one listener that are not done


class Registered:
    """A listener as it was registered with a sensor.

    Attributes
    ----------
    listener
        What to call.
    whole
        Whether it is called as ``listener(sensor, reading)``, else as
        ``listener(received_timestamp, timestamp, status, value)``.
    barred
        Whether it is not to be called: it is not registered any more, or too slow. Tell `miss`.
    """

    __slots__ = ("_ended", "_missed", "_tasks", "barred", "listener", "whole")

    def __init__(self, listener: Listener, whole: bool) -> None:
        self.listener = listener
        self.whole = whole
        self.barred = False
        self._ended = False
        self._tasks: set[asyncio.Future[Any]] | None = None
        self._missed = 0  # readings that it was too slow for

    def end(self) -> None:
        """Call it no more."""
        self._ended = self.barred = True

    def answered(self, answer: Any) -> None:
        """Note what it returned; an awaitable is scheduled."""
        if not inspect.isawaitable(answer):
            return
        task = asyncio.ensure_future(answer)
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        self.barred = self._ended or len(self._tasks) >= _MOST_TASKS
        task.add_done_callback(self._done)

    def miss(self, sensor: "KATCPSensor") -> None:
        """Note that it was barred when there was a reading for it."""
        if self._ended:
            return
        self._missed += 1
        if self._missed == 1:
            log.warning(
                "%s: listener %r of sensor %s is too slow: %d of its coroutines are not done; "
                "it is not called until some are",
                *(sensor.parent_name, self.listener, brief(sensor.name), _MOST_TASKS),
            )

    def _done(self, task: "asyncio.Future[Any]") -> None:
        assert self._tasks is not None
        self._tasks.discard(task)
        self.barred = self._ended
        if not task.cancelled() and task.exception() is not None:
            log.error("Listener %r raised an exception", self.listener, exc_info=task.exception())
        if self._missed and not self._tasks:
            log.warning("Listener %r was too slow for %d readings", self.listener, self._missed)
            self._missed = 0
