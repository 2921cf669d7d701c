"""`KATCPResource`: anything with requests and sensors, a device or many."""

import abc
import asyncio
from typing import Any, NamedTuple

from .._loops import loop_of
from ..errors import KATCPNameMissing, KATCPSensorError, KATCPSensorMissing, TimeoutError
from ..model import KATCPSensorReading, escape_name
from ._sensor import KATCPSensor
from ._wait import Condition

__all__ = ["KATCPResource", "SensorResultTuple"]


class SensorResultTuple(NamedTuple):
    """A row of `KATCPResource.list_sensors`.

    Attributes
    ----------
    object : KATCPSensor
        The sensor.
    name : str
        KATCP name; in a container it begins with the name of the resource.
    python_identifier : str
        Key of the sensor in ``resource.sensor``.
    description, type, units : str
        As the device describes it.
    reading : KATCPSensorReading
        The latest reading.
    """

    object: KATCPSensor
    name: str
    python_identifier: str
    description: str
    type: str
    units: str
    reading: KATCPSensorReading


class KATCPResource(abc.ABC):
    """Something with requests (`req`) and sensors (`sensor`): one device, or a tree of them."""

    def __init__(self) -> None:
        self._active = True

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Name of the resource."""

    @property
    @abc.abstractmethod
    def description(self) -> str:
        """What the resource is."""

    @property
    @abc.abstractmethod
    def address(self) -> Any:
        """``(host, port)`` of the device, None for something that is no device."""

    @property
    @abc.abstractmethod
    def req(self) -> Any:
        """Requests by Python identifier."""

    @property
    @abc.abstractmethod
    def sensor(self) -> Any:
        """Sensors by Python identifier."""

    @property
    @abc.abstractmethod
    def parent(self) -> "KATCPResource | None":
        """The resource that this one is part of, or None."""

    @property
    @abc.abstractmethod
    def children(self) -> Any:
        """Resources that are part of this one, by Python identifier."""

    @abc.abstractmethod
    def is_connected(self) -> bool:
        """Whether there is a connection (for a tree, to all of it)."""

    @abc.abstractmethod
    def list_sensors(
        self,
        filter: str = "",
        strategy: bool = False,
        status: Any = "",
        use_python_identifiers: bool = True,
        tuple: bool = False,
        refresh: bool = False,
    ) -> "asyncio.Future[list[Any]]":
        """Future of the sensors that match, sorted by identifier.

        Parameters
        ----------
        filter
            Regular expression searched for in the Python identifiers.
        strategy
            True: only sensors with a sampling strategy.
        status
            Regular expression searched for in the status, or a collection of statuses.
        use_python_identifiers
            False: `filter` is searched for in the KATCP names.
        tuple
            True: give tuples (name, value, timestamp, type, units, received timestamp, status,
            strategy) in place of `SensorResultTuple`.
        refresh
            True: ask the device for each value first.

        Raises
        ------
        re.error
            In the future, for a bad regular expression.
        KATCPSensorError
            In the future, if a value cannot be refreshed.
        """

    def wait(
        self, sensor_name: str, condition_or_value: Condition, timeout: float | None = 5
    ) -> "asyncio.Future[bool]":
        """Future of True once a sensor meets a condition, of False if not within `timeout` s.

        See `KATCPSensor.wait` for the conditions.

        Raises
        ------
        KATCPSensorError
            In the future, if there is no such sensor (`KATCPSensorMissing`, a KeyError too), or it
            has no sampling strategy.
        """
        try:
            sensor = self._find_sensor(sensor_name)
            met = sensor.wait(condition_or_value, timeout)
        except KATCPSensorError as exc:
            failed: asyncio.Future[bool] = loop_of(self).create_future()
            failed.set_exception(exc)
            return failed
        if met.done():
            return met
        waiting = asyncio.ensure_future(_in_time(met), loop=met.get_loop())
        waiting.add_done_callback(lambda _: met.cancel())  # when it was given up before it began
        return waiting

    def set_sampling_strategies(
        self, filter: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of every sensor that matches `filter`.

        Future of ``{identifier: (success, info)}``, see `KATCPSensor.set_sampling_strategy`.
        """
        return asyncio.ensure_future(
            self._set_strategies(filter, strategy_and_params), loop=loop_of(self)
        )

    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of one sensor; as `set_sampling_strategies`, empty if there is none."""
        return self.set_sampling_strategies(f"^{escape_name(sensor_name)}$", strategy_and_params)

    def set_active(self, active: bool) -> None:
        """Allow requests on this resource and its children, or not."""
        self._active = bool(active)
        for child in dict.values(self.children):
            child.set_active(active)

    def is_active(self) -> bool:
        """Whether requests are allowed; they are at first."""
        return self._active

    def _find_sensor(self, name: str) -> KATCPSensor:
        try:
            found: KATCPSensor = self.sensor[escape_name(name)]
            return found
        except KATCPNameMissing as exc:
            raise KATCPSensorMissing(str(exc)) from None
        except KeyError:
            raise KATCPSensorMissing(f"{self.name} has no sensor {name!r}") from None

    async def _set_strategies(self, filter: str, strategy_and_params: Any) -> dict[str, Any]:
        results = {}
        for row in await self.list_sensors(filter):
            result = await row.object.set_sampling_strategy(strategy_and_params)
            results[row.python_identifier] = result
        return results


async def _in_time(met: "asyncio.Future[bool]") -> bool:
    try:
        return await met
    except TimeoutError:
        return False
