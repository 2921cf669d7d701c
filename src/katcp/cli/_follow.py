"""Follows the readings of the sensors that match, those that come later too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ..errors import KATCPSensorError
from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ..resource_client import KATCPClientResource, SensorsChanged, StateChanged
from ._exit import warn
from ._sensors import matching, name_test, names_in
from ._target import Target

__all__ = ["Heard", "follow"]

#: Is called with the name that is shown, the sensor and the reading.
Heard = Callable[[str, KATCPSensor, KATCPSensorReading], None]


@asynccontextmanager
async def follow(
    target: Target, pattern: str, strategy: Any, heard: Heard
) -> "AsyncIterator[asyncio.Future[None]]":
    """Have `heard` called for each reading of what matches; lost links are said on stderr.

    Gives a future, to be awaited: it ends with the exception of `heard`, or by being cancelled or
    given a result.

    Raises
    ------
    KATCPSensorError
        If the device refuses the strategy.
    KATCPResourceError, ValueError
        As `matching`.
    """
    matching(target, pattern)  # so that it is said if there are none
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    followers = [
        _Follower(prefix, device, name_test(pattern), strategy, _guarded(heard, ended))
        for prefix, device in names_in(target)
    ]
    tasks = [asyncio.ensure_future(follower.run()) for follower in followers]
    for task in tasks:
        task.add_done_callback(lambda task: _pass_on(task, ended))
    try:
        for follower in followers:
            await follower.take()
        yield ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for follower in followers:
            follower.leave()


def _guarded(heard: Heard, ended: "asyncio.Future[None]") -> Heard:
    def call(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        if ended.done():
            return
        try:
            heard(name, sensor, reading)
        except Exception as exc:
            ended.set_exception(exc)

    return call


def _pass_on(task: "asyncio.Task[None]", ended: "asyncio.Future[None]") -> None:
    if not task.cancelled() and (trouble := task.exception()) and not ended.done():
        ended.set_exception(trouble)


class _Follower:
    """Listens to the sensors of one device."""

    def __init__(
        self,
        prefix: str,
        device: KATCPClientResource,
        matches: Callable[[str], bool],
        strategy: Any,
        heard: Heard,
    ) -> None:
        self._prefix = prefix
        self._device = device
        self._matches = matches
        self._strategy = strategy
        self._heard = heard
        self._changes = device.changes()
        self._listening: dict[KATCPSensor, Callable[..., None]] = {}

    async def run(self) -> None:
        """Follow what becomes of the device."""
        lost = False
        async for change in self._changes:
            match change:
                case SensorsChanged():
                    await self._take_more()
                case StateChanged("disconnected", reason):
                    lost = True
                    why = reason or "the link is lost"
                    warn(f"{self._device.name}: {why}; its readings are old now; trying again")
                case StateChanged("synced") if lost:
                    lost = False
                    warn(f"{self._device.name} is back")

    async def take(self) -> None:
        """Listen to what matches and is not listened to yet."""
        new = {}
        for identifier, sensor in dict.items(self._device.sensor):
            if sensor not in self._listening and self._matches(self._prefix + sensor.name):
                self._listening[sensor] = self._listen(self._prefix + sensor.name, sensor)
                new[identifier] = sensor
        results = await self._device.set_strategy_of(new, self._strategy)
        for success, why in results.values():
            if not success:
                raise KATCPSensorError(str(why[1]))

    def leave(self) -> None:
        """Listen no more."""
        for sensor, listener in self._listening.items():
            sensor.unregister_listener(listener)

    async def _take_more(self) -> None:
        try:
            await self.take()
        except KATCPSensorError as exc:
            warn(str(exc))

    def _listen(self, name: str, sensor: KATCPSensor) -> Callable[..., None]:
        def listener(sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
            self._heard(name, sensor, reading)

        sensor.register_listener(listener, reading=True)
        return listener
