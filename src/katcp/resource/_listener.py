"""A listener of a sensor: how it is called, and what becomes of a coroutine that it gives."""

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..model import KATCPSensorReading, status_name
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
        What was registered.
    call
        What to call with sensor and reading; nothing comes of it once it is not registered any
        more, nor while it is too slow.
    """

    __slots__ = ("_call", "_ended", "_missed", "_tasks", "call", "listener")

    def __init__(self, listener: Listener, whole: bool) -> None:
        """Take a listener: of the reading `whole` with its sensor, or of its four parts."""
        self.listener = listener
        self._ended = False
        self._tasks: set[asyncio.Future[Any]] | None = None
        self._missed = 0  # readings that it was too slow for
        self.begin(whole)

    def begin(self, whole: bool) -> None:
        """Call it from now on with the `whole` reading, or with its parts."""
        listener = self.listener
        self.call = self._call = listener if whole else functools.partial(_in_parts, listener)
        if self._tasks is not None and len(self._tasks) >= _MOST_TASKS:
            self.call = self._miss

    def end(self) -> None:
        """Call it no more."""
        self._ended = True
        self.call = _nothing

    def answered(self, answer: Any) -> None:
        """Note what it returned; an awaitable is scheduled."""
        if not inspect.isawaitable(answer):
            return
        task = asyncio.ensure_future(answer)
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        if len(self._tasks) >= _MOST_TASKS and not self._ended:
            self.call = self._miss
        task.add_done_callback(self._done)

    def _miss(self, sensor: "KATCPSensor", _: KATCPSensorReading) -> None:
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
        if not self._ended:
            self.call = self._call
        if not task.cancelled() and task.exception() is not None:
            log.error("Listener %r raised an exception", self.listener, exc_info=task.exception())
        if self._missed and not self._tasks:
            log.warning("Listener %r was too slow for %d readings", self.listener, self._missed)
            self._missed = 0


def _in_parts(listener: Listener, _: "KATCPSensor", reading: KATCPSensorReading) -> Any:
    received, timestamp, istatus, value = reading
    return listener(received, timestamp, status_name(istatus), value)


def _nothing(_: "KATCPSensor", reading: KATCPSensorReading) -> None:
    pass
