"""A listener of a sensor: how it is called, and what becomes of a coroutine that it gives."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..model import KATCPSensorReading
from ..wire import brief

if TYPE_CHECKING:
    from ._sensor import KATCPSensor

__all__ = ["Listener", "Registered"]

log = logging.getLogger("katcp.resource")

Listener = Callable[..., Any]

_MOST_TASKS = 1000  # coroutines of one listener that are not done


class Registered:
    """A listener as it was registered with a sensor.

    Parameters
    ----------
    whole
        Whether it is called as ``listener(sensor, reading)``, else as
        ``listener(received_timestamp, timestamp, status, value)``.
    """

    __slots__ = ("_missed", "_tasks", "_whole", "listener")

    def __init__(self, listener: Listener, whole: bool) -> None:
        self.listener = listener
        self._whole = whole
        self._tasks: set[asyncio.Future[Any]] | None = None
        self._missed = 0  # readings that it was too slow for

    def call(self, sensor: "KATCPSensor", reading: KATCPSensorReading) -> None:
        """Call it; an awaitable that it gives is scheduled."""
        if self._tasks is not None and len(self._tasks) >= _MOST_TASKS:
            self._miss(sensor)
            return
        if self._whole:
            answer = self.listener(sensor, reading)
        else:
            received, timestamp, _, value = reading
            answer = self.listener(received, timestamp, reading.status, value)
        if answer is not None and inspect.isawaitable(answer):
            self._schedule(answer)

    def _schedule(self, answer: Any) -> None:
        task = asyncio.ensure_future(answer)
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Future[Any]") -> None:
        assert self._tasks is not None
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("Listener %r raised an exception", self.listener, exc_info=task.exception())
        if self._missed and not self._tasks:
            log.warning("Listener %r was too slow for %d readings", self.listener, self._missed)
            self._missed = 0

    def _miss(self, sensor: "KATCPSensor") -> None:
        self._missed += 1
        if self._missed == 1:
            log.warning(
                "%s: listener %r of sensor %s is too slow: %d of its coroutines are not done; "
                "it is not called until some are",
                *(sensor.parent_name, self.listener, brief(sensor.name), _MOST_TASKS),
            )
