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

    Raises
    ------
    TimeoutError
        In the future, after `timeout` seconds. An exception of the condition is passed on, too.
    """
    future: asyncio.Future[bool] = loop.create_future()
    remaining = _conditions(sensor, condition)

    def look(_: Any, reading: KATCPSensorReading) -> None:
        if future.done():
            return
        try:
            if remaining[0](reading):
                del remaining[0]  # the next condition is for a later reading
        except RAISED as exc:
            future.set_exception(exc)
        if not remaining:
            future.set_result(True)

    if not remaining:
        future.set_result(True)
    elif not sensor.stale:
        look(sensor, sensor.reading)
    if not future.done():
        _watch(sensor, future, look, timeout)
    return future


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


def _watch(
    sensor: "KATCPSensor",
    future: "asyncio.Future[bool]",
    look: Callable[[Any, KATCPSensorReading], None],
    timeout: float | None,
) -> None:
    sensor.register_listener(look, reading=True)
    timer = None
    if timeout is not None:
        timer = future.get_loop().call_later(max(0.0, timeout), _expire, sensor, future, timeout)

    def done(_: Any) -> None:
        sensor.unregister_listener(look)
        if timer is not None:
            timer.cancel()

    future.add_done_callback(done)


def _expire(sensor: "KATCPSensor", future: "asyncio.Future[bool]", timeout: float) -> None:
    if not future.done():
        stale = ", which is stale" if sensor.stale else ""
        name, last = brief(sensor.name), brief(f"{sensor.value!r} ({sensor.status})")
        future.set_exception(
            TimeoutError(
                f"{sensor.parent_name}: sensor {name} did not meet the condition within "
                f"{timeout:g} s; its last value is {last}{stale}"
            )
        )
