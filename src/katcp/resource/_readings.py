"""`readings_of`: the readings of a sensor as an asynchronous iterator."""

import asyncio
import logging
import weakref
from typing import TYPE_CHECKING

from .._feed import Feed, Overflow
from ..errors import KATCPSensorError
from ..model import KATCPSensorReading
from ..wire import brief

if TYPE_CHECKING:
    from ._sensor import KATCPSensor

__all__ = ["readings_of"]

log = logging.getLogger("katcp.resource")


def readings_of(
    sensor: "KATCPSensor", loop: asyncio.AbstractEventLoop, maxsize: int, overflow: Overflow
) -> Feed[KATCPSensorReading]:
    """Give a feed of the readings from now on; the sensor forgets it when nobody has it any more.

    Raises
    ------
    ValueError
        For a `maxsize` below 1, or an `overflow` that is none.
    """
    whose, name = sensor.parent_name, brief(sensor.name)

    def too_slow() -> KATCPSensorError:
        return KATCPSensorError(
            f"{whose}: readings of sensor {name} came faster than they were "
            f"read: more than {maxsize} were waiting"
        )

    feed: Feed[KATCPSensorReading] = Feed(
        loop,
        maxsize,
        overflow,
        too_slow,
        lambda _: sensor.unregister_listener(put),
        lambda: log.warning(
            "%s: readings of sensor %s come faster than they are read; the oldest are dropped",
            whose,
            name,
        ),
    )
    reference = weakref.ref(feed, lambda _: sensor.unregister_listener(put))

    def put(_: "KATCPSensor", reading: KATCPSensorReading) -> None:
        there = reference()
        if there is not None:
            there.put(reading)

    sensor.register_listener(put, reading=True)
    return feed
