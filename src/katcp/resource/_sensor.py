"""`KATCPSensor`: a sensor of a device, its latest reading, its listeners and waits."""

import asyncio
import logging
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .._feed import Feed, Overflow
from .._helpers import RAISED, hashable_identity, mapped
from .._loops import loop_of
from ..errors import KATCPSensorError, KatcpTypeError
from ..model import (
    STATUS_NAMES_RAW,
    KATCPSensorReading,
    escape_name,
    is_sampled,
    parse_status,
    status_name,
    strategy_text,
)
from ..wire import VALUE_TYPES, brief, decode_timestamp
from ._listener import Listener, Registered
from ._manager import KATCPSensorsManager
from ._readings import readings_of
from ._wait import Condition, wait

__all__ = ["KATCPSensor"]

log = logging.getLogger("katcp.resource")

NOMINAL = 1
#: At the number of each type: its name, and what decodes its values.
_TYPES = [(name, value_type.decode) for name, value_type in VALUE_TYPES.items()]
_NEVER = KATCPSensorReading(0, 0, 0, None)
_GONE = object()  # in place of a connection number
_named = tuple.__new__  # half the time of KATCPSensorReading(...)


class _Ends(Protocol):
    def end(self) -> None:
        """End, or go on with what has taken the place of the sensor."""


class KATCPSensor:
    """A sensor of a device. What is asked of it goes through its manager.

    Parameters
    ----------
    sensor_description
        Has what a ``sensor_factory`` is called with: ``name`` and ``sensor_type`` (a number, as
        ``katcp.Sensor.INTEGER``), and may have ``description``, ``units`` and ``params`` (decoded).
    sensor_manager
        Samples and polls it.
    """

    __slots__ = (
        "__dict__",  # for what users hang on a sensor; made when used
        "__weakref__",
        "_called",
        "_decode",
        "_description",
        "_ends",
        "_identifier",
        "_listeners",
        "_manager",
        "_name",
        "_params",
        "_read_on",
        "_reading",
        "_type",
        "_units",
    )

    def __init__(
        self, sensor_description: Mapping[str, Any], sensor_manager: KATCPSensorsManager
    ) -> None:
        self._name: str = sensor_description["name"]
        self._identifier = escape_name(self._name)
        self._type: str
        self._type, self._decode = _TYPES[sensor_description["sensor_type"]]
        self._description: str = sensor_description.get("description") or ""
        self._units: str = sensor_description.get("units") or ""
        self._params: tuple[Any, ...] = tuple(sensor_description.get("params") or ())
        self._manager = sensor_manager
        self._reading: KATCPSensorReading | tuple[float, float, int | None, Any] = _NEVER
        self._read_on: Any = None  # connection number that the reading came on
        self._listeners: dict[Any, Registered] | None = None
        self._called: tuple[Registered, ...] | None = ()  # the listeners; None: to be made anew
        self._ends: weakref.WeakSet[_Ends] | None = None  # what ends with it

    # -- what it is

    @property
    def name(self) -> str:
        """KATCP name."""
        return self._name

    @property
    def normalised_name(self) -> str:
        """Python identifier, the name with ``.`` and ``-`` as ``_``."""
        return self._identifier

    @property
    def parent_name(self) -> str:
        """Name of the resource that it belongs to."""
        return self._manager.resource_name

    @property
    def description(self) -> str:
        """What the device says the sensor is."""
        return self._description

    @property
    def units(self) -> str:
        """Units of the value; may be empty."""
        return self._units

    @property
    def type(self) -> str:
        """integer, float, boolean, lru, discrete, string, timestamp or address."""
        return self._type

    # -- what it reads

    @property
    def reading(self) -> KATCPSensorReading:
        """Latest reading; nothing is asked of the device. See `stale`."""
        # Other threads look, too: nothing is put back, or a reading that has just come were lost.
        reading = self._reading
        if isinstance(reading, KATCPSensorReading):
            return reading
        return _named(KATCPSensorReading, reading)

    @property
    def latest(self) -> object:
        """What is another object after each reading, and the same as long as none comes."""
        return self._reading

    @property
    def value(self) -> Any:
        """Value of the latest reading; None if there never was one."""
        return self._reading[3]

    @property
    def status(self) -> str:
        """Status of the latest reading; ``unknown`` if there never was one."""
        return status_name(self._reading[2])

    @property
    def stale(self) -> bool:
        """True when the latest reading was not received on the present connection."""
        return bool(self._read_on != getattr(self._manager, "connection_number", self._read_on))

    def get_reading(self) -> "asyncio.Future[KATCPSensorReading]":
        """Ask the device; future of the new reading. Listeners are called.

        Raises
        ------
        KATCPSensorError
            In the future, if the device does not give one.
        """
        return self._polled(lambda sensor: sensor.reading)

    def get_value(self) -> "asyncio.Future[Any]":
        """Ask the device; future of the new value. As `get_reading`."""
        return self._polled(lambda sensor: sensor.value)

    def get_status(self) -> "asyncio.Future[str]":
        """Ask the device; future of the name of the new status. As `get_reading`."""
        return self._polled(lambda sensor: sensor.status)

    # -- sampling

    @property
    def sampling_strategy(self) -> tuple[str, ...]:
        """Strategy that was asked for and is in force; ``('none',)`` if there is none."""
        return self._manager.get_sampling_strategy(self._name)

    @property
    def reported_strategy(self) -> tuple[str, ...] | None:
        """Strategy as the device last echoed it (it may have clamped a period); None if never."""
        return self._manager.get_reported_strategy(self._name)

    def set_sampling_strategy(self, strategy: Any) -> "asyncio.Future[tuple[bool, Any]]":
        """Ask for a sampling strategy like ``"period 0.5"`` or ``("event-rate", 1, 10)``.

        Times are in seconds; for version 4 devices in milliseconds. It is remembered, and set
        again after every reconnection. The future never raises: it gives ``(True, strategy)`` or
        ``(False, (type, value, traceback))`` of a `KATCPSensorError`.
        """
        return self._manager.set_sampling_strategy(self._name, strategy)

    def set_strategy(self, strategy: Any, params: Any = None) -> "asyncio.Future[tuple[bool, Any]]":
        """Ask for a sampling strategy, parameters apart: ``set_strategy("period", 0.5)``.

        Otherwise as `set_sampling_strategy`.
        """
        if params is not None:
            strategy = strategy_text(strategy, params)
        return self.set_sampling_strategy(strategy)

    def drop_sampling_strategy(self) -> None:
        """Forget the strategy; nothing is sent to the device."""
        self._manager.drop_sampling_strategy(self._name)

    # -- listeners

    def register_listener(self, listener: Listener, reading: bool = False) -> None:
        """Call `listener` at each reading from now on, whether or not it changed.

        With `reading` it is called as ``listener(sensor, reading)``, else as
        ``listener(received_timestamp, timestamp, status, value)``. If it gives an awaitable, that
        is scheduled; while 1000 of these are not done it is not called, which the log says.
        Registered again, it is called in the new way.
        """
        if self._listeners is None:
            self._listeners = {}
        key = hashable_identity(listener)
        if key in self._listeners:
            self._listeners[key].begin(reading)
        else:
            self._listeners[key] = Registered(listener, reading)
            self._called = None

    def unregister_listener(self, listener: Listener) -> None:
        """Do not call `listener` any more; no error if it was not registered."""
        if self._listeners is not None:
            registered = self._listeners.pop(hashable_identity(listener), None)
            if registered is not None:
                registered.end()
                self._called = None

    def is_listener(self, listener: Listener) -> bool:
        """Whether `listener` is registered."""
        return hashable_identity(listener) in (self._listeners or ())

    def clear_listeners(self) -> None:
        """Call no listener any more."""
        for registered in (self._listeners or {}).values():
            registered.end()
        self._listeners, self._called = None, ()

    def call_listeners(self, reading: KATCPSensorReading) -> None:
        """Call every listener with `reading`, in the order of registration.

        One that another has just unregistered is not called; an exception of one is logged.
        """
        called = self._called
        if called is None:
            called = self._called = tuple((self._listeners or {}).values())
        for registered in called:
            try:
                answer = registered.call(self, reading)
                if answer is not None:
                    registered.answered(answer)
            except RAISED:
                who, name = registered.listener, brief(self._name)
                log.exception("Listener %r of sensor %s raised an exception", who, name)

    def readings(
        self, *, maxsize: int = 1000, overflow: Overflow = "latest"
    ) -> Feed[KATCPSensorReading]:
        """Give an asynchronous iterator of the readings from now on; it sets no strategy.

        It ends when the resource is stopped or the sensor goes away.

        Parameters
        ----------
        maxsize
            Most readings that wait to be read.
        overflow
            When there are more: ``latest`` drops the oldest, counted in ``.dropped``; ``error``
            raises a `KATCPSensorError` once the others are read.

        Raises
        ------
        ValueError
            For a `maxsize` below 1, or an `overflow` that is neither.
        """
        feed = readings_of(self, loop_of(self._manager), maxsize, overflow)
        self.end_with_it(feed)
        return feed

    def end_with_it(self, what: "_Ends") -> None:
        """Call ``what.end()`` when the sensor is retired; it is not kept alive."""
        if self._ends is None:
            self._ends = weakref.WeakSet()
        self._ends.add(what)

    def retire(self) -> None:
        """End every iterator of readings: none will come any more, and the last is stale."""
        self._read_on = _GONE
        for what in list(self._ends or ()):
            what.end()

    def successor(self) -> "KATCPSensor | None":
        """Give what has taken its place at the device, if anything has."""
        sensor_of = getattr(self._manager, "sensor_of", None)
        there: KATCPSensor | None = sensor_of(self._name) if sensor_of is not None else None
        return there if there is not self else None

    # -- new readings

    def set(self, timestamp: float, status: int, value: Any) -> None:
        """Take a reading that is made here: `timestamp` in seconds, `status` a number."""
        self._take(KATCPSensorReading(self._manager.time(), timestamp, status, value))

    def set_value(self, value: Any, status: int = NOMINAL, timestamp: float | None = None) -> None:
        """Take a reading that is made here, by default of now."""
        self.set(self._manager.time() if timestamp is None else timestamp, status, value)

    def set_formatted(
        self, raw_timestamp: bytes, raw_status: bytes, raw_value: bytes, major: int = 5
    ) -> None:
        """Take a reading as it came on the wire from a device of protocol `major`.

        Raises
        ------
        ValueError
            If it cannot be understood; the reading is then as it was.
        """
        timestamp = decode_timestamp(raw_timestamp, major)
        self.take_reading(self._manager.time(), timestamp, raw_status, raw_value, major)

    def take_reading(
        self, received: float, timestamp: float, raw_status: bytes, raw_value: bytes, major: int
    ) -> None:
        """Take a reading whose times, in seconds since the Unix epoch, are known.

        As `set_formatted`; once for every reading that a device sends, so nothing is done twice.
        """
        try:
            status = STATUS_NAMES_RAW[raw_status]
        except KeyError:
            status = parse_status(raw_status)
        reading = (received, timestamp, status, self._decode(raw_value, major, self._params))
        self._read_on = self._manager.connection_number
        if self._listeners:
            self._reading = named = _named(KATCPSensorReading, reading)
            self.call_listeners(named)
        else:
            self._reading = reading

    def parse_value(self, s_value: bytes, major: int = 5) -> Any:
        """Decode a value of this sensor as it came on the wire.

        Raises
        ------
        ValueError
            If it is none; `KatcpTypeError` if `s_value` is not bytes.
        """
        if not isinstance(s_value, bytes):
            raise KatcpTypeError(f"a value on the wire is bytes, not {type(s_value).__name__}")
        return self._decode(s_value, major, self._params)

    # -- waiting

    def wait(
        self, condition_or_value: Condition, timeout: float | None = None
    ) -> "asyncio.Future[bool]":
        """Future of True once a reading meets a condition; the present one is looked at first.

        A stale reading never does.

        Parameters
        ----------
        condition_or_value
            A value that the value must equal, or a function of the reading, or a sequence of
            these, to be met one after the other (for an address sensor a tuple is a value).
        timeout
            Seconds for all of it; None waits for ever.

        Raises
        ------
        KATCPSensorError
            At once, if the sensor has no sampling strategy.
        TimeoutError
            In the future, when the time is over. An exception of the condition is passed on, too.
        """
        if not is_sampled(self.sampling_strategy):
            raise KATCPSensorError(
                f"{self.parent_name}: cannot wait on sensor {brief(self._name)}, which is not sampled; "
                "first give it a strategy, as with set_strategy('event')"
            )
        return wait(self, condition_or_value, timeout, loop_of(self._manager))

    # -- inside

    def _take(self, reading: KATCPSensorReading) -> None:
        self._reading = reading
        self._read_on = getattr(self._manager, "connection_number", None)
        if self._listeners:
            self.call_listeners(reading)

    def _polled(self, result: Callable[["KATCPSensor"], Any]) -> "asyncio.Future[Any]":
        return mapped(
            self._manager.poll_sensor(self._name), lambda _: result(self.successor() or self)
        )

    def __repr__(self) -> str:
        stale = ", stale" if self.stale else ""
        shown = brief(f"value={self.value!r}, status={self.status!r}")
        return (
            f"<{type(self).__module__}.{type(self).__name__}(name={self._name!r}, {shown}{stale})>"
        )
