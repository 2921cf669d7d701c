"""`InspectingClientAsync`: keeps a model of a device in step with the device."""

import asyncio
import builtins
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from .._helpers import AttrDict
from .._loops import asyncio_loop, current_ioloop
from ..client import ExponentialRandomBackoff, Outcome, Progress
from ..errors import TimeoutError
from ..model import Interface, Request, SensorDescription, SensorDescriptions, SensorFields
from ..wire import Message, ProtocolFlags, Readings, decode_params, decode_text
from ._changes import EVERYTHING, NOTHING, Scope
from ._follower import Follower, StateCallback
from ._hooks import _InformHookDeviceClient
from ._model import Catalogue, Model
from ._reader import Reader
from ._sensor import Sensor
from ._state import LEGAL_STATES, InspectingClientStateType
from ._updates import Updates

__all__ = ["InspectingClientAsync", "RequestType"]

log = logging.getLogger("katcp.inspect_client")

RequestType = Request  # the name that katcp-python has for it


class InspectingClientAsync:
    """A client that knows which requests and sensors its device has, and follows their changes.

    All of it happens on one event loop.

    Parameters
    ----------
    host, port
        Where the device listens.
    ioloop
        Loop to run on, an ``IOLoop`` or an asyncio loop; None: the one current at `connect`.
    initial_inspection
        False: do not read the device when first connected, only from then on.
    auto_reconnect
        Whether to connect again after a lost connection.
    logger
        Where problems are logged.
    """

    #: Makes the sensor objects; called with name, sensor_type, description, units and params.
    sensor_factory: Callable[..., Any] = Sensor
    #: Makes the request objects; called with name, description and timeout_hint.
    request_factory: Callable[..., Any] = RequestType
    #: Longest silence in seconds within a step of reading the device; beyond, the link is dropped.
    sync_timeout: float = 20
    #: Seconds before a device that refused a step is asked again, first and at most.
    initial_resync_timeout: float = 5
    max_resync_timeout: float = 90
    #: Most sensors that a device may have; one with more is not synced.
    max_sensors: int = 2_000_000

    def __init__(
        self,
        host: str,
        port: int | str,
        ioloop: Any = None,
        initial_inspection: bool | None = None,
        auto_reconnect: bool = True,
        logger: logging.Logger = log,
    ) -> None:
        self._logger = logger
        self.katcp_client = self.inform_hook_client_factory(
            host, port, auto_reconnect=auto_reconnect, logger=logger
        )
        if ioloop is not None:
            self.katcp_client.set_ioloop(ioloop)
        self._model = Model(self._make_request, self._make_sensor)
        self._reader = Reader(self.katcp_client, self, self.katcp_client.progress)
        self._looker = Reader(self.katcp_client, self, Progress())  # beside the follower
        self._follower = Follower(
            self.katcp_client,
            self._model,
            self._reader,
            NOTHING if initial_inspection is False else EVERYTHING,
            logger,
            self._loop,
        )
        self._updates = Updates(
            self.katcp_client,
            self._model.sensors,
            self._follower.state,
            lambda *reading: self.update_sensor(*reading),
            logger,
        )
        self._started = False
        self.katcp_client.notify_connected = (  # type: ignore[method-assign]
            self._follower.connected
        )
        self.katcp_client.notify_protocol = (  # type: ignore[method-assign]
            lambda flags: self._follower.identified()
        )
        self.katcp_client.hook_inform("sensor-status", self._updates.on_message)
        self.katcp_client.readings = self._where_readings_go
        self.katcp_client.hook_inform("interface-changed", self._on_interface_changed)
        self.katcp_client.hook_inform("device-changed", self._on_device_changed)

    def inform_hook_client_factory(
        self, host: str, port: int | str, *args: Any, **kwargs: Any
    ) -> _InformHookDeviceClient:
        """Make the low-level client; override it to put another in its place."""
        return _InformHookDeviceClient(host, port, *args, **kwargs)

    # -- what is known

    @property
    def state(self) -> InspectingClientStateType:
        """The present state."""
        return self._follower.state.value

    @property
    def synced(self) -> bool:
        """Whether the model is current and its user has followed it."""
        return self._follower.state.value.synced

    @property
    def connected(self) -> bool:
        """Whether TCP is connected."""
        return self._follower.state.value.connected

    @property
    def scope(self) -> Scope:
        """What of the device was read for the present call of the state callback."""
        return self._follower.scope

    @property
    def resync_delay(self) -> ExponentialRandomBackoff | None:
        """How long to wait before asking a device again that refused; None before `connect`."""
        return self._follower.resync_delay

    @property
    def sensors(self) -> list[str]:
        """KATCP names of the sensors of the device."""
        return list(self._model.sensors.now)

    @property
    def requests(self) -> list[str]:
        """KATCP names of the requests of the device."""
        return list(self._model.requests.now)

    @property
    def interface(self) -> Interface:
        """What the device offers, as last read; a copy."""
        flags, model = self.katcp_client.protocol_flags, self._model
        return Interface(
            self.bind_address_string,
            str(flags or ""),
            dict(model.requests.now),
            dict(self.sensor_descriptions),
        )

    @property
    def sensor_descriptions(self) -> Mapping[str, SensorDescription]:
        """What the device says of its sensors, by KATCP name, as last read; it never changes."""
        return SensorDescriptions(self._model.sensors.now)

    @property
    def ioloop(self) -> Any:
        """The loop, an ``IOLoop``; None until it is known."""
        return self.katcp_client.ioloop

    @property
    def bind_address(self) -> tuple[str, int | str]:
        """``(host, port)`` of the device."""
        return self.katcp_client.bind_address

    @property
    def bind_address_string(self) -> str:
        """``"host:port"`` of the device."""
        return self.katcp_client.bind_address_string

    def is_connected(self) -> bool:
        """Whether TCP is connected."""
        return self.katcp_client.is_connected()

    # -- life

    def set_ioloop(self, ioloop: Any) -> None:
        """Choose the loop, before `connect`."""
        self.katcp_client.set_ioloop(ioloop)

    def preset_protocol_flags(self, protocol_flags: ProtocolFlags) -> None:
        """Fix the protocol; what the device says of it is only logged."""
        self.katcp_client.preset_protocol_flags(protocol_flags)

    def set_state_callback(self, cb: StateCallback | None) -> None:
        """Call ``cb(state, model_changes)`` at each new state.

        If it returns an awaitable, that is awaited before the next state. `model_changes` is None
        or has ``requests`` and/or ``sensors``, each with the sets ``added`` and ``removed`` of
        KATCP names; what was changed is in both.
        """
        self._follower.callback = cb

    def connect(self, timeout: float | None = None) -> "asyncio.Future[Any]":
        """Start; the future is done when the client runs, or with a `timeout` when TCP connects.

        Raises
        ------
        AssertionError
            In the future, if it was started before.
        TimeoutError
            In the future, if TCP did not connect within `timeout` seconds.
        """
        if self._started:
            failed = self._loop().create_future()
            failed.set_exception(AssertionError(f"{self!r} was started before"))
            return failed
        self._started = True
        if self.katcp_client.ioloop is None:
            self.katcp_client.set_ioloop(current_ioloop())
        self._follower.begin(
            ExponentialRandomBackoff(self.initial_resync_timeout, self.max_resync_timeout)
        )
        self.katcp_client.start()
        if timeout is not None:
            return self.katcp_client.until_connected(timeout)
        return self.katcp_client.until_running()

    def start(self, timeout: float | None = None) -> "asyncio.Future[Any]":
        """Same as `connect`; call `stop` when done with the client."""
        return self.connect(timeout)

    def stop(self, timeout: float | None = None) -> "asyncio.Future[Any]":
        """Stop for good, within `timeout` seconds if another thread waits for it.

        The state callback hears of the last state, all False. Future as of `until_stopped`.
        """
        if self._started:
            self._follower.end()
        self.katcp_client.stop(timeout)
        return self.until_stopped()

    def close(self) -> "asyncio.Future[Any]":
        """Same as `stop`."""
        return self.stop()

    def join(self, timeout: float | None = None) -> None:
        """Wait, at most `timeout` seconds, for the loop thread of the low-level client, if any."""
        self.katcp_client.join(timeout)

    # -- waits

    def until_state(
        self, desired_state: InspectingClientStateType, timeout: float | None = None
    ) -> "asyncio.Future[bool]":
        """Future of True once in exactly this state. `TimeoutError` after `timeout` seconds.

        Raises
        ------
        ValueError
            If there is no such state.
        """
        if desired_state not in LEGAL_STATES:
            raise ValueError(f"there is no state {desired_state}")
        return self._until(lambda state: state == desired_state, timeout)

    def until_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once synced. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda state: state.synced, timeout)

    def until_not_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once not synced. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda state: not state.synced, timeout)

    def until_data_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the model is current. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda state: state.data_synced, timeout)

    def until_connected(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the protocol of the device is known, not merely TCP connected.

        `TimeoutError` after `timeout` seconds.
        """
        return self.katcp_client.until_protocol(timeout)

    def until_stopped(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the client has stopped. `TimeoutError` after `timeout` seconds."""
        return self.katcp_client.until_stopped(timeout)

    # -- requests

    def simple_request(
        self,
        request: str,
        *args: Any,
        timeout: float | None = None,
        mid: Any = None,
        use_mid: bool | None = None,
        **_: Any,
    ) -> "asyncio.Future[Outcome]":
        """Send a request, now; gives the future of ``(reply, informs)``.

        Parameters
        ----------
        timeout
            Seconds; None is the time-out of the client.
        mid, use_mid
            Mid to use, or whether to use one; None: if the device supports mids.

        Raises
        ------
        KatcpSyntaxError
            If `request` is no name of a request or `mid` no number.
        """
        message = Message.request(request, *args, mid=mid)
        return self.katcp_client.future_request(message, timeout, use_mid)

    # -- the model

    def inspect(self) -> "asyncio.Future[AttrDict | None]":
        """Read the device now; future of the changes, as for the state callback, or None.

        Raises
        ------
        SyncError
            In the future, if a step fails; the model is then as it was.
        """
        return self._read_now(Scope(requests=None, sensors=None))

    def inspect_requests(
        self, name: str | None = None, timeout: float | None = None
    ) -> "asyncio.Future[AttrDict | None]":
        """Read all requests or one; future of ``AttrDict(added, removed)`` or None.

        One that the device does not have is removed from the model. `SyncError` as `inspect`;
        `TimeoutError` after `timeout` seconds.
        """
        names = None if name is None else frozenset({name})
        return self._read_now(Scope(requests=names), "requests", timeout)

    def inspect_sensors(
        self, name: str | None = None, timeout: float | None = None
    ) -> "asyncio.Future[AttrDict | None]":
        """Read all sensors or one; as `inspect_requests`."""
        names = None if name is None else frozenset({name})
        return self._read_now(Scope(sensors=names), "sensors", timeout)

    def future_check_sensor(self, name: str, update: bool | None = None) -> "asyncio.Future[bool]":
        """Future of whether the device has this sensor, once the model is current.

        The device is asked about a name that is not in the model, unless `update` is False.
        """
        return self._spawn(self._check(name, self._model.sensors, self.inspect_sensors, update))

    def future_check_request(self, name: str, update: bool | None = None) -> "asyncio.Future[bool]":
        """Future of whether the device has this request; as `future_check_sensor`."""
        return self._spawn(self._check(name, self._model.requests, self.inspect_requests, update))

    def future_get_sensor(self, name: str, update: bool | None = None) -> "asyncio.Future[Any]":
        """Future of the sensor object, or None; as `future_check_sensor`."""
        return self._spawn(self._get(self.future_check_sensor(name, update), self.get_sensor, name))

    def future_get_request(self, name: str, update: bool | None = None) -> "asyncio.Future[Any]":
        """Future of the request object, or None; as `future_check_request`."""
        return self._spawn(
            self._get(self.future_check_request(name, update), self.get_request, name)
        )

    def get_sensor(self, name: str) -> Any:
        """Give the object of a sensor that is in the model, made when first asked for; or None."""
        return self._model.sensors.get(name)

    def get_request(self, name: str) -> Any:
        """Give the object of a request that is in the model, made when first asked for; or None."""
        return self._model.requests.get(name)

    def update_sensor(self, name: str, timestamp: bytes, status: bytes, value: bytes) -> None:
        """Give a reading, as it came from the device, to the object of its sensor.

        One that cannot be understood, or is of no sensor in the model, changes nothing and is
        logged.
        """
        self._updates.update(name, timestamp, status, value)

    def handle_sensor_value(self) -> None:
        """Handle ``#sensor-value`` informs just like ``#sensor-status`` informs."""
        self.katcp_client.hook_inform("sensor-value", self._updates.on_message)

    # -- inside: what the low-level client tells

    def _on_interface_changed(self, msg: Message) -> None:
        words = list(map(decode_text, msg.arguments))
        self._follower.note_change(words)

    def _on_device_changed(self, msg: Message) -> None:
        self.katcp_client.complain("#device-changed, which is deprecated", str(msg))
        self._follower.note_change([])

    def _where_readings_go(self) -> Readings:
        usual = InspectingClientAsync.update_sensor
        is_usual = getattr(self.update_sensor, "__func__", None) is usual
        sensors = self._model.sensors.objects if is_usual else {}
        return Readings(sensors, self._updates.tell, time.time())

    # -- inside: the model

    def _read_now(
        self, scope: Scope, key: str | None = None, timeout: float | None = None
    ) -> "asyncio.Future[Any]":
        return self._spawn(self._read_between(scope, key, timeout))

    async def _read_between(self, scope: Scope, key: str | None, timeout: float | None) -> Any:
        before = self._model.now()
        try:
            async with asyncio.timeout(timeout):
                await self._model.read(self._looker, scope)
        except builtins.TimeoutError:
            raise TimeoutError(
                f"{self.bind_address_string}: not read within {timeout or 0:g} s; it is {self.state}"
            ) from None
        if (await self._model.news()).changes() is not None:  # its user has to hear of them, too
            for word, names in (("request", scope.requests), ("sensor", scope.sensors)):
                for words in [[f"{word}-list"]] if names is None else [[word, n] for n in names]:
                    self._follower.note_change(words)
        changes = (await self._model.since(before, scope)).changes()
        return changes if key is None or changes is None else changes.get(key)

    async def _check(
        self,
        name: str,
        catalogue: Catalogue[Any],
        look: Callable[[str], Any],
        update: bool | None,
    ) -> bool:
        await self.until_data_synced()
        if name not in catalogue.now and update is not False:
            await look(name)
        return name in catalogue.now

    async def _get(self, check: Any, get: Callable[[str], Any], name: str) -> Any:
        return get(name) if await check else None

    def _make_request(self, described: Request) -> Any:
        return self.request_factory(**described._asdict())

    def _make_sensor(self, described: SensorFields) -> Any:
        name, description, units, type_name, raw = described
        return self.sensor_factory(
            name=name,
            sensor_type=Sensor.SENSOR_TYPE_LOOKUP[type_name],
            description=description,
            units=units,
            params=decode_params(type_name, raw, self._updates.major()) if raw else [],
        )

    # -- inside: the loop

    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio_loop(self.katcp_client.ioloop)

    def _spawn(self, coroutine: Any) -> "asyncio.Task[Any]":
        return self._loop().create_task(coroutine)

    def _until(
        self, predicate: Callable[[InspectingClientStateType], bool], timeout: float | None
    ) -> "asyncio.Future[bool]":
        return self._follower.state.until(
            predicate,
            timeout,
            waiting_for=lambda state: f"{self.bind_address_string} is {state}",
        )
