"""`wait`: until a reading of a sensor meets a condition, or several one after the other."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._helpers import RAISED
from ..errors import TimeoutError
from ..model import KATCPSensorReading
from ..wire import brief

if TYPE_CHECKING:
    from ._sensor import KATCPSensor

__all__ = ["Condition", "wait"]

#: What `KATCPSensor.wait` takes: a value, a function of the reading, or a sequence of these.
Condition = Any


def wait(
    sensor: "KATCPSensor",
    condition: Condition,
    timeout: float | None,
    loop: asyncio.AbstractEventLoop,
) -> "asyncio.Future[bool]":
    """Future of True once it is met, the present reading being looked at first unless it is stale.

    If another object takes the place of `sensor` meanwhile, its readings are looked at.

    Raises
    ------
    TimeoutError
        In the future, after `timeout` seconds. An exception of the condition is passed on, too.
    """
    conditions = _conditions(sensor, condition)
    future: asyncio.Future[bool] = loop.create_future()
    if conditions:
        _Wait(future, conditions).begin(sensor, timeout)
    else:
        future.set_result(True)
    return future


class _Wait:
    """A wait for conditions, one after the other."""

    def __init__(
        self, future: "asyncio.Future[bool]", conditions: list[Callable[[KATCPSensorReading], bool]]
    ) -> None:
        self._future = future
        self._remaining = conditions
        self._sensor: KATCPSensor | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, sensor: "KATCPSensor", timeout: float | None) -> None:
        """Wait, `timeout` seconds at most."""
        self._watch(sensor)
        if self._future.done():
            return
        if timeout is not None:
            loop = self._future.get_loop()
            self._timer = loop.call_later(max(0.0, timeout), self._expire, timeout)
        self._future.add_done_callback(self._done)

    def end(self) -> None:
        """Go on with what has taken the place of the sensor, if anything has (it calls this)."""
        there = self._sensor.successor() if self._sensor is not None else None
        if there is not None and not self._future.done():
            self._leave()
            self._watch(there)

    def _watch(self, sensor: "KATCPSensor") -> None:
        if not sensor.stale:
            self._look(sensor, sensor.reading)
        if not self._future.done():
            self._sensor = sensor
            sensor.register_listener(self._look, reading=True)
            sensor.end_with_it(self)

    def _look(self, _: Any, reading: KATCPSensorReading) -> None:
        future, remaining = self._future, self._remaining
        if future.done():
            return
        try:
            if remaining[0](reading):
                del remaining[0]  # the next condition is for a later reading
        except RAISED as exc:
            future.set_exception(exc)
        if not remaining:
            future.set_result(True)

    def _leave(self) -> None:
        if self._sensor is not None:
            self._sensor.unregister_listener(self._look)

    def _done(self, _: Any) -> None:
        self._leave()
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self, timeout: float) -> None:
        sensor = self._sensor
        if sensor is None or self._future.done():
            return
        stale = ", which is stale" if sensor.stale else ""
        name, last = brief(sensor.name), brief(f"{sensor.value!r} ({sensor.status})")
        self._future.set_exception(
            TimeoutError(
                f"{sensor.parent_name}: sensor {name} did not meet the condition within "
                f"{timeout:g} s; its last value is {last}{stale}"
            )
        )


def _conditions(
    sensor: "KATCPSensor", condition: Condition
) -> list[Callable[[KATCPSensorReading], bool]]:
    is_value = isinstance(condition, (str, bytes)) or not isinstance(condition, Sequence)
    if is_value or (sensor.type == "address" and isinstance(condition, tuple)):
        conditions = [condition]
    else:
        conditions = list(condition)
    return [c if callable(c) else _equals(c) for c in conditions]


def _equals(value: Any) -> Callable[[KATCPSensorReading], bool]:
    return lambda reading: bool(reading.value == value)
