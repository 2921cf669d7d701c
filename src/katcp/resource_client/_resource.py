"""`KATCPClientResource`: one device as Python objects."""

import asyncio
import functools
import logging
import re
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import Any

from .._feed import Feed
from .._helpers import AttrDict
from .._loops import as_ioloop
from .._observe import Observed
from .._unhurried import unhurried, unhurried_slices
from ..client import LastError
from ..errors import KATCPResourceError
from ..inspecting_client import InspectingClientStateType
from ..model import Interface, escape_name, normalize_strategy_parameters
from ..resource import KATCPResource, KATCPSensor
from ._changes import Change, RequestsChanged, SensorsChanged, SensorStale, StateChanged
from ._client_resource import ClientResource, check_state
from ._inspecting import ReplyWrappedInspectingClientAsync
from ._inventory import Inventory
from ._items import Items
from ._request import DummyRequests, KATCPClientResourceRequest
from ._sensors import KATCPClientResourceSensorsManager
from ._spec import ResourceSpec
from ._strategies import StrategyBook

__all__ = ["KATCPClientResource"]

log = logging.getLogger("katcp.resource_client")

_FEW = 1000  # items that are sorted at once
_REMINDER = 60.0  # seconds between what the log says of a wait without time-out


class KATCPClientResource(ClientResource):
    """One device: its requests in `req`, its sensors in `sensor`, kept in step with the device.

    Its state is ``disconnected``, ``syncing`` (connected, but what is known of the device may be
    incomplete) or ``synced``. Everything remembered for a sensor, strategies and listeners, is put
    back whenever the device or the sensor comes back.

    Parameters
    ----------
    resource_spec
        ``name`` and ``address`` (host, port) are required; see the documentation for the others.
    parent
        The container that it is part of.
    logger
        Where problems are logged.
    """

    #: For programs that look at it; long work lets others have the loop more often, whatever this is.
    MAX_LOOP_LATENCY = 0.03

    def __init__(
        self,
        resource_spec: Mapping[str, Any],
        parent: KATCPResource | None = None,
        logger: logging.Logger = log,
    ) -> None:
        super().__init__()
        self._spec = ResourceSpec.checked(resource_spec, logger)
        self._parent = parent
        self._logger = logger
        self.always_allowed_requests = set(self._spec.always_allowed_requests)
        self.always_excluded_requests = set(self._spec.always_excluded_requests)
        self.auto_reconnect = self._spec.auto_reconnect
        self.auto_reconnect_delay = self._spec.auto_reconnect_delay
        self._inspecting_client: ReplyWrappedInspectingClientAsync | None = None
        self._followed: ReplyWrappedInspectingClientAsync | None = None  # that the items are of
        self._manager: KATCPClientResourceSensorsManager | None = None
        self._book = StrategyBook()
        for pattern, strategy in self._spec.strategies.items():
            self._book.want_matching(re.compile(pattern), strategy)
        self._listeners: dict[str, list[Callable[..., Any]]] = {}
        dummies = self._spec.dummy_unknown_requests
        self._req: AttrDict = DummyRequests() if dummies else Inventory("request", self)
        self._sensor = Inventory("sensor", self)
        tell = functools.partial(functools.partial, self._tell_item)
        self._requests = Items(self._req, "requests", self.name, logger, tell("req"))
        self._sensors = Items(self._sensor, "sensors", self.name, logger, tell("sensor"))
        self._state = Observed("disconnected", self._loop)
        self._feeds: weakref.WeakSet[Feed[Change]] = weakref.WeakSet()

    # -- what it is

    @property
    def name(self) -> str:
        """Name of the resource."""
        return self._spec.name

    @property
    def description(self) -> str:
        """What the resource is."""
        return self._spec.description

    @property
    def address(self) -> Any:
        """``(host, port)`` of the device as given."""
        return self._spec.address

    @property
    def host(self) -> str:
        """Host of the device."""
        return self._spec.address[0]

    @property
    def port(self) -> int | str:
        """Port of the device as given."""
        return self._spec.address[1]

    @property
    def address_string(self) -> str:
        """``"host:port"`` of the device."""
        return f"{self.host}:{self.port}"

    @property
    def controlled(self) -> bool:
        """Whether all requests of the device are exposed."""
        return self._spec.controlled

    @property
    def dummy_unknown_requests(self) -> bool:
        """Whether requests that the device lacks succeed as dummies."""
        return self._spec.dummy_unknown_requests

    @property
    def parent(self) -> KATCPResource | None:
        """The container that it is part of, or None."""
        return self._parent

    @property
    def parent_name(self) -> str | None:
        """Name of the container that it is part of, or None."""
        return self._parent.name if self._parent is not None else None

    @property
    def children(self) -> dict[str, Any]:
        """A device has none."""
        return {}

    @property
    def req(self) -> Any:
        """Requests by Python identifier, as items or attributes; the same dict for life."""
        return self._req

    @property
    def sensor(self) -> Any:
        """Sensors by Python identifier, as items or attributes; the same dict for life.

        They are in the order in which the device lists them; those that come later come after them.
        """
        return self._sensor

    # -- how it is

    @property
    def state(self) -> str:
        """``disconnected``, ``syncing`` or ``synced``."""
        return self._state.value

    @property
    def synced(self) -> bool:
        """Whether the state is ``synced``."""
        return self.state == "synced"

    def is_connected(self) -> bool:
        """Whether the state is ``syncing`` or ``synced``."""
        return self.state != "disconnected"

    @property
    def phase(self) -> str:
        """What is being done.

        One of idle, resolving, connecting, protocol, help, hints, sensor-list, strategies, synced,
        waiting (for the next try).
        """
        client = self._inspecting_client
        return client.katcp_client.progress.phase if client is not None else "idle"

    @property
    def last_error(self) -> LastError | None:
        """The last thing that went wrong, with `when` and `what`; None if nothing did."""
        client = self._inspecting_client
        return client.katcp_client.progress.last_error if client is not None else None

    @property
    def versions(self) -> dict[str, tuple[str, ...]]:
        """What the device said of its versions, component -> (version, build state).

        Raises
        ------
        RuntimeError
            Before `start`.
        """
        return self._client().katcp_client.versions

    @property
    def interface(self) -> Interface:
        """What the device offers, as last read, a copy; RuntimeError before `start`."""
        return self._client().interface._replace(name=self.name)

    def exposes(self, request: str) -> bool:
        """Whether a request of this KATCP name is in `req` if the device has it."""
        return self._spec.exposes(
            request, self.always_allowed_requests, self.always_excluded_requests
        )

    @property
    def last_connect_time(self) -> float | None:
        """When TCP last connected, seconds since the epoch; RuntimeError before `start`."""
        return self._client().katcp_client.last_connect_time

    # -- life

    def inspecting_client_factory(
        self, host: str, port: int | str, ioloop_set_to: Any
    ) -> ReplyWrappedInspectingClientAsync:
        """Make the inspecting client; may be replaced before `start`, for tests."""
        return ReplyWrappedInspectingClientAsync(
            host,
            port,
            ioloop=ioloop_set_to,
            auto_reconnect=self.auto_reconnect,
            logger=self._logger,
        )

    def start(self) -> None:
        """Start connecting; returns at once.

        Raises
        ------
        RuntimeError
            If it was started and not stopped.
        """
        if self.running():
            raise RuntimeError(f"{self.name} was started before; stop it first")
        self._ioloop = as_ioloop(self._ioloop)
        client = self.inspecting_client_factory(self.host, self.port, self._ioloop)
        self._inspecting_client = client
        self._manager = KATCPClientResourceSensorsManager(
            client, self.name, self._logger, self._book, self._sensor
        )
        self._configure(client)
        client.connect()

    def running(self) -> bool:
        """Whether it is started and not stopped."""
        client = self._inspecting_client
        return client is not None and client.katcp_client.running()

    def stop(self) -> "asyncio.Future[bool]":
        """Stop: requests fail, the state is ``disconnected``; future as of `until_stopped`."""
        if self._inspecting_client is not None:
            self._inspecting_client.stop()
            for sensor in dict.values(self._sensor):
                sensor.retire()
            for feed in list(self._feeds):
                feed.end()
        return self.until_stopped()

    def until_stopped(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once stopped (at once if not started). `TimeoutError` after `timeout` s."""
        if self._inspecting_client is None:
            return self._done(True)
        return self._inspecting_client.until_stopped(timeout)

    # -- waits

    def until_state(self, state: str, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once in `state`, however short it lasts. `TimeoutError` after `timeout` s.

        Raises
        ------
        ValueError
            If `state` is none of ``disconnected``, ``syncing``, ``synced``.
        """
        check_state(state)
        return self._until(lambda now: now == state, timeout, state)

    def until_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once synced. `TimeoutError` after `timeout` seconds.

        Without a time-out the log says once a minute what it is waiting for.
        """
        future = self.until_state("synced", timeout)
        if timeout is None and not future.done():
            _remind(weakref.ref(self), future)
        return future

    def until_not_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once not synced. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda now: now != "synced", timeout, "not synced")

    def wait_connected(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once syncing or synced. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda now: now != "disconnected", timeout, "connected")

    def changes(self, *, maxsize: int = 1000) -> Feed[Change]:
        """Give an asynchronous iterator of what happens to this resource from now on.

        It gives `StateChanged`, `RequestsChanged`, `SensorsChanged` and `SensorStale` records, and
        ends when the resource is stopped. Over `maxsize` unread ones the oldest are dropped,
        counted in ``.dropped``.
        """
        feed: Feed[Change] = Feed(
            self._loop(),
            maxsize,
            "latest",
            lambda: KATCPResourceError("changes were not read"),
            self._feeds.discard,
            lambda: self._logger.warning(
                "%s: changes come faster than they are read; the oldest are dropped", self.name
            ),
        )
        self._feeds.add(feed)
        return feed

    # -- sensors

    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of a sensor, by KATCP name or identifier, known yet or not.

        It is remembered and set whenever the sensor or the device comes back. Future of
        ``{identifier: (success, info)}``, see `KATCPSensor.set_sampling_strategy`; empty if the
        device has no such sensor now.
        """
        identifier = escape_name(sensor_name)
        sensor = dict.get(self._sensor, identifier)
        if sensor is not None:
            return self.set_strategy_of([identifier], strategy_and_params)
        try:
            self._book.want(identifier, normalize_strategy_parameters(strategy_and_params))
        except TypeError as exc:
            return self._failed(exc)
        return self._done({})

    def set_sampling_strategies(
        self, filter: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of every sensor whose identifier matches, those to come as well.

        Otherwise as `set_sampling_strategy`. A bad regular expression is ``re.error`` in the
        future.
        """
        try:
            pattern = re.compile(filter)
            strategy = normalize_strategy_parameters(strategy_and_params)
        except (re.error, TypeError) as exc:
            return self._failed(exc)
        self._book.want_matching(pattern, strategy)
        there = list(self._sensor)
        if filter:  # to look at each of 50 000 holds the loop for ten milliseconds and more
            there = [i for i in there if pattern.search(i)]
        return self._set_strategy_of(there, strategy)

    def set_strategy_of(
        self, identifiers: Iterable[str], strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of these sensors, by Python identifier, with few requests.

        Otherwise as `set_sampling_strategy`.

        Raises
        ------
        KeyError
            If there is no such sensor.
        """
        asked = dict.fromkeys(identifiers)
        missing = asked.keys() - set(self._sensor)
        if missing:
            raise KeyError(sorted(missing)[0])
        return self._set_strategy_of(asked, strategy_and_params)

    def _set_strategy_of(
        self, there: Collection[str], strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        if self._manager is None or not there:
            return self._done({})
        return self._manager.set_strategy_of(there, strategy_and_params)

    def drop_sampling_strategy(self, sensor_name: str) -> None:
        """Forget the strategy of a sensor; nothing is sent to the device."""
        self._book.drop(escape_name(sensor_name))

    def reapply_sampling_strategies(self) -> "asyncio.Future[None]":
        """Send every remembered strategy to the device again; RuntimeError before `start`."""
        self._client()
        assert self._manager is not None
        return self._manager.reapply_sampling_strategies()

    def set_sensor_listener(
        self, sensor_name: str, listener: Callable[..., Any]
    ) -> "asyncio.Future[dict[str, Any]]":
        """Call ``listener(sensor, reading)`` at each reading of a sensor, known yet or not.

        It is remembered for whenever the sensor comes back. Future of ``{identifier: listener}``,
        empty if the device has no such sensor now.
        """
        identifier = escape_name(sensor_name)
        remembered = self._listeners.setdefault(identifier, [])
        if listener not in remembered:
            remembered.append(listener)
        sensor = dict.get(self._sensor, identifier)
        if sensor is None:
            return self._done({})
        sensor.register_listener(listener, reading=True)
        return self._done({identifier: listener})

    def unset_sensor_listener(self, sensor_name: str, listener: Callable[..., Any]) -> None:
        """Undo `set_sensor_listener`; no error if it was not done."""
        identifier = escape_name(sensor_name)
        if listener in self._listeners.get(identifier, ()):
            self._listeners[identifier].remove(listener)
        if identifier in self._sensor:
            self._sensor[identifier].unregister_listener(listener)

    # -- inside

    def _client(self) -> ReplyWrappedInspectingClientAsync:
        if self._inspecting_client is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._inspecting_client

    def _configure(self, client: ReplyWrappedInspectingClientAsync) -> None:
        spec, low = self._spec, client.katcp_client
        client.resource_name = self.name
        assert self._manager is not None
        client.sensor_factory = self._manager.sensor_factory
        client.request_factory = self._request_for
        client.handle_sensor_value()
        client.set_state_callback(self._on_state)
        low.auto_reconnect_delay = self.auto_reconnect_delay
        low.tls = spec.ssl
        settings = {
            "auto_reconnect_max_delay": spec.auto_reconnect_max_delay,
            "connect_timeout": spec.connect_timeout,
            "protocol_timeout": spec.protocol_timeout,
            "keepalive_interval": spec.keepalive_interval,
            "keepalive_timeout": spec.keepalive_timeout,
            "MAX_MSG_SIZE": spec.max_message_size,
            "MAX_WRITE_BUFFER_SIZE": spec.max_write_buffer,
            "max_informs": spec.max_informs,
            "max_pending_requests": spec.max_pending_requests,
        }
        for key, value in settings.items():
            if value is not None:
                setattr(low, key, value)
        if spec.sync_timeout is not None:
            client.sync_timeout = spec.sync_timeout
        if spec.max_sensors is not None:
            client.max_sensors = spec.max_sensors
        if spec.preset_protocol_flags is not None:
            client.preset_protocol_flags(spec.preset_protocol_flags)

    def _request_for(self, **description: Any) -> KATCPClientResourceRequest:
        return KATCPClientResourceRequest(description, self._client(), self.is_active)

    def _until(
        self, predicate: Callable[[str], bool], timeout: float | None, wanted: str
    ) -> "asyncio.Future[bool]":
        me = weakref.ref(self)

        def waiting_for(state: str) -> str:
            there = me()
            why = there.why() if there is not None else ""
            return f"waited to be {wanted}, is {state}{why}"

        return self._state.until(predicate, timeout, waiting_for=waiting_for)

    def why(self) -> str:
        """Say what it is doing and what went wrong last, for a message."""
        error = f"; last error: {self.last_error}" if self.last_error else ""
        return f": {self.name} ({self.address_string}) is in phase {self.phase!r}{error}"

    # -- inside: following the inspecting client

    def _on_state(self, state: InspectingClientStateType, changes: AttrDict | None) -> Any:
        assert self._manager is not None
        if not state.connected:
            if self.is_connected():
                self._manager.connection_changed(False)
                self._announce(
                    lambda: SensorStale(tuple(s.name for s in dict.values(self._sensor)))
                )
            self._enter("disconnected")
        elif state.synced:
            self._enter("synced")
        elif state.data_synced:
            return self._follow(changes or AttrDict())
        else:
            if not self.is_connected():
                self._manager.connection_changed(True)
            self._enter("syncing")
        return None

    def _enter(self, state: str) -> None:
        if state != self.state:
            reason = self.last_error.what if state == "disconnected" and self.last_error else ""
            self._state.set(state)
            self._announce(lambda: StateChanged(state, reason))
        else:
            self._state.set(state)
        self._tell_state()

    def _announce(self, change: Callable[[], Change]) -> None:
        for feed in list(self._feeds):
            feed.put(change())

    async def _follow(self, changes: AttrDict) -> None:
        """Bring `req`, `sensor` and the strategies in step with the device."""
        client, manager = self._client(), self._manager
        assert manager is not None
        if self._followed is not client:
            changes, self._followed = self._with_leftovers(changes), client
        requests, sensors = dict.get(changes, "requests"), dict.get(changes, "sensors")
        if requests is not None:
            async for name in unhurried(requests.removed):
                self._requests.remove(name, lambda _: None)
            async for name in unhurried(_in_order(requests.added, client.requests)):
                if self.exposes(name):
                    self._add_request(client.get_request(name))
            self._announce(
                lambda: RequestsChanged(frozenset(requests.added), frozenset(requests.removed))
            )
        if sensors is not None:
            async for name in unhurried(sensors.removed):
                self._sensors.remove(name, KATCPSensor.retire)
            async for names in unhurried_slices(_in_order(sensors.added, client.sensors)):
                for name in names:
                    self._add_sensor(client.get_sensor(name))
            self._announce(
                lambda: SensorsChanged(frozenset(sensors.added), frozenset(sensors.removed))
            )
        client.katcp_client.progress.enter("strategies")
        if sensors is None:
            await manager.sync_strategies(client.scope)
        else:
            added = _in_order(sensors.added, client.sensors) if self._book else ()
            await manager.sync_strategies(client.scope, tuple(added), sensors.removed)

    def _with_leftovers(self, changes: AttrDict) -> AttrDict:
        """Give the first changes of a new client, with what the old one had among the removed."""
        held = {"requests": self._requests.names(), "sensors": self._sensors.names()}
        whole = AttrDict()
        for kind, names in held.items():
            there = dict.get(changes, kind) or AttrDict(added=set(), removed=set())
            if names or there.added or there.removed:
                whole[kind] = AttrDict(added=there.added, removed=there.removed | names)
        return whole

    # None stands for an item that is not there any more, as is told next.

    def _add_request(self, request: KATCPClientResourceRequest | None) -> None:
        if request is not None:
            self._requests.add(escape_name(request.name), request)

    def _add_sensor(self, sensor: KATCPSensor | None) -> None:
        if sensor is None:
            return
        identifier = sensor.normalised_name
        self._sensors.add(identifier, sensor)
        for listener in self._listeners.get(identifier, ()):
            sensor.register_listener(listener, reading=True)


def _in_order(names: Set[str], device: Collection[str]) -> Iterable[str]:
    """Give names in the order of the device; a few of many are sorted, which is less work."""
    if len(names) <= min(_FEW, len(device) // 8):
        return sorted(names)
    return filter(names.__contains__, device)


def _remind(resource: "weakref.ref[KATCPClientResource]", future: "asyncio.Future[bool]") -> None:
    """Log once a minute what a wait without time-out is waiting for."""

    def say() -> None:
        there = resource()
        if there is not None and not future.done():
            there._logger.warning("Still waiting to be synced%s", there.why())
            _remind(resource, future)

    timer = future.get_loop().call_later(_REMINDER, say)
    future.add_done_callback(lambda _: timer.cancel())
