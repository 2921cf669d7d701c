"""`KATCPClientResourceSensorsManager`: samples and polls the sensors of one device."""

import asyncio
import functools
import itertools
import logging
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from .._helpers import detached, mapped
from .._loops import loop_of
from .._unhurried import unhurried, unhurried_slices
from ..errors import KATCPSensorError
from ..inspecting_client import InspectingClientAsync, Scope
from ..model import escape_name, is_sampled, normalize_strategy_parameters
from ..resource import KATCPSensor, KATCPSensorsManager
from ..wire import Message, brief, encode_text
from ._sampling import ASKED_SINCE, NOT_NOW, Order, Sampler
from ._strategies import Setting, Strategy, StrategyBook

__all__ = ["KATCPClientResourceSensorsManager", "Result"]

log = logging.getLogger("katcp.resource_client")

#: ``(True, strategy)`` or ``(False, (type, value, traceback))``.
Result = tuple[bool, Any]

_NO_RESULT: Result = (False, None)
_AT_ONCE = 200  # sensors up to which the requests are written before the call returns
_SEED_ALL = 10  # lacking readings beyond which one request asks for all sensors
_SEED_TIMEOUT = 20.0  # seconds of silence
_MOST_QUERIES = 1000  # sampled sensors up to which each is asked whether its strategy survived


class KATCPClientResourceSensorsManager(KATCPSensorsManager):
    """Remembers the strategies of a device's sensors, sets them, and polls. For one event loop.

    Parameters
    ----------
    inspecting_client
        The client to the device.
    resource_name
        Name of the resource.
    book
        What is remembered; it may outlive the client.
    sensors
        The sensors by Python identifier, kept up by whoever gives it; None: those made here.
    """

    def __init__(
        self,
        inspecting_client: InspectingClientAsync,
        resource_name: str,
        logger: logging.Logger = log,
        book: StrategyBook | None = None,
        sensors: dict[str, KATCPSensor] | None = None,
    ) -> None:
        self.resource_name = resource_name
        self._client = inspecting_client
        self._logger = logger
        self._book = StrategyBook() if book is None else book
        self._sampler = Sampler(inspecting_client)
        self._made: dict[str, KATCPSensor] | None = {} if sensors is None else None
        self._sensor_of = functools.partial(dict.get, self._made if sensors is None else sensors)

    @property
    def ioloop(self) -> Any:
        """The loop that the client runs on; None is the current one."""
        return self._client.ioloop

    def time(self) -> float:
        """Give the time, in seconds since the Unix epoch."""
        return time.time()

    def sensor_factory(self, **description: Any) -> KATCPSensor:
        """Make a sensor of this device; a strategy remembered for it is set by the next sync.

        Parameters
        ----------
        description
            As `KATCPSensor` takes it.
        """
        sensor = KATCPSensor(description, self)
        if self._made is not None:
            self._made[sensor.normalised_name] = sensor
        return sensor

    def sensor_of(self, sensor_name: str) -> Any:
        """Give the object that a sensor has now; None if the device has no such sensor."""
        return self._client.get_sensor(sensor_name)

    # -- strategies, as users ask for them

    def get_sampling_strategy(self, sensor_name: str) -> tuple[str, ...]:
        """Give the strategy of a sensor, by KATCP name or identifier; ``('none',)`` if none."""
        return self._book.get(escape_name(sensor_name)).shown

    def get_reported_strategy(self, sensor_name: str) -> tuple[str, ...] | None:
        """Give the strategy of a sensor as the device last echoed it; None if it never did."""
        return self._book.get(escape_name(sensor_name)).reported

    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[Result]":
        """Remember a strategy and set it, now; future of ``(True, strategy)`` or ``(False, info)``.

        `info` is ``(type, value, traceback)`` of a `KATCPSensorError`. Never raises.
        """
        identifier = escape_name(sensor_name)
        sensor = self._sensor_of(identifier)
        if sensor is None or sensor.name != sensor_name:  # there may be two of one identifier
            sensor = self._client.get_sensor(sensor_name)
        setting = self._set([identifier], strategy_and_params, lambda _: sensor)
        return mapped(setting, lambda results: results[identifier])

    def set_strategy_of(
        self, identifiers: Collection[str], strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Result]]":
        """Remember and set the strategy of sensors, by Python identifier, with few requests.

        Future of the results by identifier.
        """
        return self._set(identifiers, strategy_and_params, self._sensor_of)

    def drop_sampling_strategy(self, sensor_name: str) -> None:
        """Forget the strategy of a sensor, by KATCP name or identifier; nothing is sent."""
        self._book.drop(escape_name(sensor_name))

    def reapply_sampling_strategies(self) -> "asyncio.Future[None]":
        """Send every remembered strategy again; what fails is logged."""
        return self._spawn(self._reapply())

    def poll_sensor(self, sensor_name: str) -> "asyncio.Future[None]":
        """Ask the device for a reading, now; its sensor has it when the future is done.

        Raises
        ------
        KATCPSensorError
            In the future, if the reply is a failure.
        """
        outcome = self._client.simple_request("sensor-value", encode_text(sensor_name))
        return self._spawn(self._polled(sensor_name, outcome))

    # -- strategies, in step with the device

    def connection_changed(self, connected: bool) -> None:
        """Note that the connection came or went: no reading is of this one, no strategy holds."""
        self.connection_number += 1
        if not connected:
            self._book.disconnected()

    async def sync_strategies(
        self, scope: Scope, added: Collection[str] = (), removed: Collection[str] = ()
    ) -> None:
        """Put the remembered strategies in force, as far as `scope` leaves it open whether.

        `added` and `removed` are KATCP names of sensors.
        """
        if not self._book:
            return
        async for names in unhurried_slices(added):
            self._book.appeared([escape_name(name) for name in names])
        changed: Iterable[str] = itertools.chain(added, removed, scope.sensors or ())
        if scope.connection:  # nothing holds but what was set since, of sensors that may be gone
            changed = removed
        async for names in unhurried_slices(changed):
            self._book.lost(map(escape_name, names))
        order, doubtful = Order(self._book), Order(self._book)
        unsure = scope.sensors is None and not scope.connection  # whether what holds still does
        sensor_of = self._sensor_of
        async for part in unhurried_slices(self._book):
            there = [(i, s, e) for i, e in part if (s := sensor_of(i)) is not None]
            order.add([item for item in there if item[2].in_force != item[2].wanted])
            if unsure:
                holds = [item for item in there if item[2].in_force == item[2].wanted]
                doubtful.add([item for item in holds if is_sampled(item[2].wanted)])
        if len(doubtful) <= _MOST_QUERIES:
            doubtful = await self._sampler.lost(doubtful)
        order.extend(doubtful)
        await self._carry_out(order)

    # -- inside

    async def _reapply(self) -> None:
        order = Order(self._book)
        async for identifier, entry in unhurried(self._book):
            sensor = self._sensor_of(identifier)
            if sensor is not None:
                order.add([(identifier, sensor, entry)])
            else:
                self._logger.warning(
                    "%s: no sensor %s now; its strategy is kept",
                    self.resource_name,
                    brief(identifier),
                )
        await self._carry_out(order)

    async def _carry_out(self, order: Order) -> None:
        """Send an order; log what is refused."""
        sent = await self._sampler.send(order)
        once_more = Order(self._book)
        for part in sent:
            if part.unanswered and part.linked:
                once_more.extend(part)
        if once_more:
            sent = [part for part in sent if not part.unanswered]
            sent += await self._sampler.send(once_more)
        lacking: list[KATCPSensor] = []
        refused: list[tuple[str, Strategy, str]] = []
        async for part in unhurried(sent, every=4):
            lacking += part.lacking()
            if part.refusal is not None:
                current = part.current()
                there = zip(current.sensors, current.entries, strict=True)
                refused += [(s.name, e.wanted, part.refusal) for s, e in there]
        await self._seed(lacking)
        self._log(refused)

    def _log(self, refused: list[tuple[str, Strategy, str]]) -> None:
        for name, strategy, refusal in refused[:10]:
            what = f"{self.resource_name}: {_what(name, strategy, refusal)}"
            self._client.katcp_client.progress.failed(what, self._logger.warning)
        if len(refused) > 10:
            self._logger.warning(
                "%s: %d more strategies were not set", self.resource_name, len(refused) - 10
            )

    def _set(
        self,
        identifiers: Collection[str],
        given: Any,
        sensor_of: Callable[[str], KATCPSensor | None],
    ) -> "asyncio.Future[dict[str, Result]]":
        """Set a strategy: of a few sensors now, of many once they are noted, slice by slice."""
        try:
            strategy = normalize_strategy_parameters(given)
        except TypeError as exc:
            text = f"{given!r} is no sampling strategy: {exc}"
            return self._spawn(self._failures(identifiers, text))
        results = dict.fromkeys(identifiers, _NO_RESULT)  # in the order of the asking
        names = tuple(results)
        setting = self._book.begin(results, strategy)
        few = len(names) <= _AT_ONCE
        order = Order(self._book, setting.age)
        self._add_to(order, setting, sensor_of, results, names if few else ())
        sent = self._sampler.send(order)
        later = () if few else names
        return self._spawn(self._see_through(setting, sent, later, sensor_of, results))

    def _add_to(
        self,
        order: Order,
        setting: Setting,
        sensor_of: Callable[[str], KATCPSensor | None],
        results: dict[str, Result],
        identifiers: Sequence[str],
    ) -> None:
        """Note what is asked for these sensors, and order it; a result for those where one cannot."""
        self._book.note(identifiers, setting)
        entries = self._book.entries(identifiers)
        there = list(zip(identifiers, map(sensor_of, identifiers), entries, strict=True))
        able = [(i, s, e) for i, s, e in there if s is not None and e.age == setting.age]
        order.add(able)
        if len(able) == len(there):
            return
        for identifier, sensor, entry in there:
            if sensor is None:
                text = "the device has no such sensor now; it will be applied if one appears"
                results[identifier] = self._failure(identifier, text)
            elif entry.age != setting.age:
                results[identifier] = self._failure(sensor.name, ASKED_SINCE)

    async def _see_through(
        self,
        setting: Setting,
        sent: "asyncio.Future[list[Order]]",
        later: Sequence[str],
        sensor_of: Callable[[str], KATCPSensor | None],
        results: dict[str, Result],
    ) -> dict[str, Result]:
        try:
            lacking = await self._conclude(await sent, setting.strategy, results)
            if later:
                order = Order(self._book, setting.age)
                async for names in unhurried_slices(later):
                    self._add_to(order, setting, sensor_of, results, names)
                sent = self._sampler.send(order)
                lacking += await self._conclude(await sent, setting.strategy, results)
        finally:
            self._book.finish(setting)
        await self._seed(lacking)
        return results

    async def _conclude(
        self, sent: list[Order], strategy: Strategy, results: dict[str, Result]
    ) -> list[KATCPSensor]:
        """Note the results of what was sent; gives the sensors that got no reading by it."""
        lacking: list[KATCPSensor] = []
        refused: list[tuple[str, Strategy, str]] = []
        good: Result = (True, strategy)
        async for part, places in unhurried(_in_pieces(sent), every=4):
            if part.refusal is None:
                results.update(zip(part.identifiers[places], itertools.repeat(good)))
                continue
            for sensor in part.sensors[places]:
                text = _what(sensor.name, strategy, part.refusal)
                results[sensor.normalised_name] = self._failure(sensor.name, text)
                if part.refusal not in NOT_NOW and (part.linked or not part.unanswered):
                    refused.append((sensor.name, strategy, part.refusal))
        self._log(refused)
        async for part in unhurried(sent, every=4):
            lacking += part.lacking()
        return lacking

    async def _failures(self, identifiers: Collection[str], text: str) -> dict[str, Result]:
        return {i: self._failure(i, text) async for i in unhurried(identifiers)}

    async def _seed(self, lacking: list[KATCPSensor]) -> None:
        """Poll the sensors that are sampled now but got no reading by it: some servers send none."""
        if len(lacking) > _SEED_ALL:
            everything = Message.request("sensor-value")
            await self._client.katcp_client.future_request(
                everything, timeout=_SEED_TIMEOUT, silence=True, on_words=lambda _: None
            )
            return
        for sensor in lacking:
            await self._client.simple_request("sensor-value", encode_text(sensor.name))

    async def _polled(self, name: str, outcome: "asyncio.Future[Any]") -> None:
        reply, _ = await outcome
        if not reply.reply_ok():
            raise KATCPSensorError(
                brief(f"{self.resource_name}: cannot read sensor {name}: {reply}")
            )

    def _failure(self, name: str, text: str) -> Result:
        name = brief(name)
        what = text if name in text else f"sensor {name}: {text}"
        try:
            raise KATCPSensorError(f"{self.resource_name}: {what}")
        except KATCPSensorError:
            return (False, sys.exc_info())

    def _spawn(self, coroutine: Any) -> "asyncio.Future[Any]":
        return detached(coroutine, loop_of(self))


def _what(name: str, strategy: Strategy, refusal: str) -> str:
    return f"sampling strategy {' '.join(strategy)!r} of sensor {brief(name)}: {refusal}"


def _in_pieces(orders: Iterable[Order]) -> Iterator[tuple[Order, slice]]:
    """Give what is ordered, with the places of a few of its sensors at a time."""
    for order in orders:
        for i in range(0, len(order), 64):
            yield order, slice(i, i + 64)
