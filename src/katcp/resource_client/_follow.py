"""Follows the readings of the sensors that match, those that come later too."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

from ..errors import KATCPSensorError
from ..model import KATCPSensorReading, normalize_strategy_parameters
from ..resource import KATCPSensor
from ._changes import SensorsChanged, StateChanged
from ._resource import KATCPClientResource

__all__ = ["Followed", "Heard", "follow"]

#: Is called with the name that a sensor is given, the sensor and the reading.
Heard = Callable[[str, KATCPSensor, KATCPSensorReading], None]

_IN_FULL = 3  # refusals of one device that are said one by one

#: A device, and what gives the names of its sensors.
Followed = tuple[KATCPClientResource, Callable[[KATCPSensor], str]]


@asynccontextmanager
async def follow(
    devices: Iterable[Followed],
    matches: Callable[[str], bool],
    strategy: Any,
    heard: Heard,
    say: Callable[[str], object],
    *,
    give_back: bool = False,
) -> "AsyncIterator[asyncio.Future[None]]":
    """Have `heard` called for each reading of the sensors whose names match, now or later.

    Gives a future, to be awaited: it ends with the exception of `heard`, or by being cancelled or
    given a result.

    Parameters
    ----------
    strategy
        Sampling strategy to be set; None leaves them as they are.
    say
        Told in a line of text when a link is lost, when it is back, and which sensors refuse the
        strategy, if others take it.
    give_back
        At the end set the strategies that were there, where nobody has set another since.

    Raises
    ------
    KATCPSensorError
        If all sensors refuse the strategy.
    """
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    guarded = _guarded(heard, ended)
    followers = [
        _Follower(device, name_of, matches, strategy, guarded, say) for device, name_of in devices
    ]
    tasks = [asyncio.ensure_future(follower.run()) for follower in followers]
    for task in tasks:
        task.add_done_callback(lambda task: _pass_on(task, ended))
    try:
        await _all(follower.take() for follower in followers)
        if not any(follower.sampled for follower in followers):
            for follower in followers:
                follower.raise_refusal()
        for follower in followers:
            follower.say_refusals()
        yield ended
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for follower in followers:
            follower.leave()
        if give_back:
            await _all(follower.give_back() for follower in followers)


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Do these at once, each to its end, and raise the first exception."""
    for result in await asyncio.gather(*works, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


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
        device: KATCPClientResource,
        name_of: Callable[[KATCPSensor], str],
        matches: Callable[[str], bool],
        strategy: Any,
        heard: Heard,
        say: Callable[[str], object],
    ) -> None:
        self._device = device
        self._name_of = name_of
        self._matches = matches
        self._strategy = strategy
        self._heard = heard
        self._say = say
        self._changes = device.changes()
        self._listening: dict[KATCPSensor, Callable[..., None]] = {}
        self._before: dict[str, tuple[str, ...]] = {}  # strategies, by identifier
        self.sampled = False  # whether the strategy was taken by any
        self._refusals: list[str] = []  # that were not said

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
                    self._say(f"{self._device.name}: {why}; its readings are old now; trying again")
                case StateChanged("synced") if lost:
                    lost = False
                    self._say(f"{self._device.name} is back")

    async def take(self) -> None:
        """Listen to what matches and is not listened to yet."""
        there = set(dict.values(self._device.sensor))
        for gone in [sensor for sensor in self._listening if sensor not in there]:
            gone.unregister_listener(self._listening.pop(gone))
        new = {}
        for identifier, sensor in dict.items(self._device.sensor):
            if sensor not in self._listening and self._matches(name := self._name_of(sensor)):
                self._listening[sensor] = functools.partial(self._heard, name)
                sensor.register_listener(self._listening[sensor], reading=True)
                new[identifier] = sensor
        if self._strategy is None:
            return
        self._before = {i: s.sampling_strategy for i, s in new.items()} | self._before
        results = await self._device.set_strategy_of(new, self._strategy)
        for success, why in results.values():
            if success:
                self.sampled = True
            elif self._device.is_connected():  # else it is set when it is back
                self._refusals.append(str(why[1]))

    def raise_refusal(self) -> None:
        """Raise KATCPSensorError if a sensor refused the strategy."""
        if self._refusals:
            raise KATCPSensorError(self._refusals[0])

    def say_refusals(self) -> None:
        """Say which sensors refused the strategy since that was last said."""
        for refusal in self._refusals[:_IN_FULL]:
            self._say(refusal)
        if len(self._refusals) > _IN_FULL:
            more = len(self._refusals) - _IN_FULL
            self._say(f"{self._device.name}: {more} more sensors refuse their strategy")
        self._refusals.clear()

    def leave(self) -> None:
        """Listen no more."""
        for sensor, listener in self._listening.items():
            sensor.unregister_listener(listener)

    async def give_back(self) -> None:
        """Set the strategies that were there, where they are still those that were set here."""
        ours = normalize_strategy_parameters(self._strategy or "none")
        before: dict[tuple[str, ...], list[str]] = {}
        for identifier, strategy in self._before.items():
            sensor = dict.get(self._device.sensor, identifier)
            if sensor is not None and sensor.sampling_strategy == ours != strategy:
                before.setdefault(strategy, []).append(identifier)
        for strategy, identifiers in before.items():
            still = [i for i in identifiers if i in self._device.sensor]  # after the last of these
            await self._device.set_strategy_of(still, strategy)

    async def _take_more(self) -> None:
        await self.take()
        self.say_refusals()
