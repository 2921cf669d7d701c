"""One resource through whatever may happen to it, against a model of its device, in virtual time.

`fuzz` runs the same machine for longer.
"""

import asyncio
import logging
from contextlib import ExitStack
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from katcp.client._connecting import ConnectFailed
from katcp.errors import KATCPSensorError, SyncError
from katcp.model import escape_name, normalize_strategy_parameters
from katcp.resource import KATCPReply
from katcp.resource_client import KATCPClientResource
from katcp.testing import FakeSensor, Link, ScriptedDevice, attach, reply, virtual_time
from katcp.wire import Message

PROTOCOLS = ["5.0-M", "5.0-MI", "5.1-MIB", "5.1-MB", "5.1-MIBT", "4"]
SENSORS = st.sampled_from(["s.0", "s.1", "s-1", "t", "no.0"])  # the second and third collide
REQUESTS = st.sampled_from(["r-0", "r1"])
STRATEGIES = st.sampled_from(["event", "auto", "none", "period 20", "differential 3"])
FILTERS = st.sampled_from(["", "s_", "t|no", "s_1"])
ANNOUNCED = st.sampled_from(["named", "list", "bare"])
TYPES = st.sampled_from(["integer", "float", "string"])
SECONDS = st.sampled_from([0.001, 1.0, 7.0, 100.0])


class Device(ScriptedDevice):
    """The model: it forgets strategies with a connection, refuses some, and may answer late."""

    def __init__(self, protocol: str, *, first_status: bool) -> None:
        super().__init__(protocol, {"s.0": FakeSensor()}, first_status=first_status)
        self.refusing = False
        self.latency = 0.0  # seconds before each request is looked at
        self.late: list[tuple[Link, Message]] = []
        self.help |= {"echo": "Answers", "never": "Does not", "late": "Does when told"}
        self.answers["echo"] = lambda link, request: [reply(request, "ok")]
        self.answers["never"] = lambda link, request: None
        self.answers["late"] = lambda link, request: self.late.append((link, request))

    async def _accept(self, reader: asyncio.StreamReader, writer: Any) -> None:
        self.strategies.clear()
        await super()._accept(reader, writer)

    async def _answer(self, link: Link, request: Message) -> None:
        if self.latency:
            await asyncio.sleep(self.latency)
        if not link.cut():
            await super()._answer(link, request)

    def _sampling(self, link: Link, request: Message) -> list[str]:
        if b"no." in request.arguments[0] and len(request.arguments) > 1:
            return [reply(request, "fail", "not this one")]
        return super()._sampling(link, request)

    def announce_change(self, how: str, kind: str, name: str) -> None:
        """Say that something changed, by name or not."""
        words = {"named": (kind, name, "modified"), "list": (f"{kind}-list",), "bare": ()}
        self.change(*words[how])


class Troubles(logging.Handler):
    """Notes what is logged with an exception."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        text = record.getMessage()
        if record.exc_info or "syncing failed" in text or not text.isprintable():
            self.found.append(f"{text!r}: {record.exc_info}")


class Machine(RuleBasedStateMachine):
    """Rules are what device and user do, in turns; `wait` lets time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.loop = self.runner.get_loop()
        self.stack.callback(self.leave_virtual_time)
        self.time = ExitStack()
        self.troubles = Troubles()
        self.logger = logging.Logger("state machine")  # noqa: LOG001 one for each run
        self.logger.addHandler(self.troubles)
        self.loop.set_exception_handler(lambda _, c: self.troubles.found.append(str(c)))
        self.replies: list[asyncio.Future[Any]] = []
        self.inspections: list[asyncio.Future[Any]] = []
        self.readings: list[asyncio.Future[Any]] = []
        self.settings: list[asyncio.Future[Any]] = []
        self.settled = True

    @initialize(protocol=st.sampled_from(PROTOCOLS), first_status=st.booleans())
    def begin(self, protocol: str, first_status: bool) -> None:
        """Start, without waiting for anything."""

        async def start() -> None:
            self.loop.time = lambda: 0.0  # type: ignore[method-assign]
            self.time.enter_context(virtual_time())  # the same in every run of the same steps
            self.device = Device(protocol, first_status=first_status)
            self.resource = KATCPClientResource(
                {"name": "dev", "address": ("memory", 0), "controlled": True}, logger=self.logger
            )
            attach(self.resource, self.device)
            self.let_it_refuse()
            self.resource.start()

        self.runner.run(start())

    # -- what the device does

    @rule(hasty=st.booleans())
    def drop(self, hasty: bool) -> None:
        """Cut the connection."""
        self.device.drop()
        self.turn(hasty)

    @rule(refusing=st.booleans())
    def refuse(self, refusing: bool) -> None:
        """Refuse new connections and cut the present one, or accept again."""
        self.device.refusing = refusing
        if refusing:
            self.device.drop()
        self.turn()

    @rule()
    def say_goodbye(self) -> None:
        """Say that the connection is about to end, and leave it open."""
        self.device.send("#disconnect bye")
        self.turn()

    @rule(hanging=st.booleans())
    def hang(self, hanging: bool) -> None:
        """Take what is asked and answer nothing, or answer again."""
        client = self.client.katcp_client
        without_mids = client.protocol_flags is not None and not client.protocol_flags.message_ids
        if self.device.hanging and not hanging and without_mids and client._requests.pending:
            # What leaves a request unanswered and answers the next of its name cannot be told from
            # what answers the first, until that has timed out.
            self.device.drop()
        self.device.hanging = hanging
        self.turn()

    @rule(latency=st.sampled_from([0.0, 0.001, 0.4, 3.0, 6.0]))
    def be_slow(self, latency: float) -> None:
        """Take some time over each request, or none."""
        self.device.latency = latency
        self.turn()

    @rule(protocol=st.sampled_from(PROTOCOLS))
    def upgrade(self, protocol: str) -> None:
        """Speak another protocol after a restart."""
        self.device.announce(protocol)
        self.device.drop()
        self.turn()

    @rule(name=SENSORS, type=TYPES, how=ANNOUNCED, hasty=st.booleans())
    def define_sensor(self, name: str, type: str, how: str, hasty: bool) -> None:
        """Add a sensor, or make it anew: its strategy is forgotten."""
        self.device.sensors[name] = FakeSensor(type, value="1")
        self.device.strategies.pop(name, None)
        self.device.announce_change(how, "sensor", name)
        self.turn(hasty)

    @rule(name=SENSORS, how=ANNOUNCED, hasty=st.booleans())
    def remove_sensor(self, name: str, how: str, hasty: bool) -> None:
        """Remove a sensor."""
        self.device.sensors.pop(name, None)
        self.device.strategies.pop(name, None)
        self.device.announce_change(how, "sensor", name)
        self.turn(hasty)

    @rule(name=REQUESTS, text=st.sampled_from(["One", "Two", None]), how=ANNOUNCED)
    def define_request(self, name: str, text: str | None, how: str) -> None:
        """Add, change or remove a request."""
        self.device.help.pop(name, None)
        if text is not None:
            self.device.help[name] = text
        self.device.announce_change(how, "request", name)
        self.turn()

    @rule(value=st.integers(0, 9))
    def read_otherwise(self, value: int) -> None:
        """Let every sensor have another value."""
        for name in self.device.sensors:
            self.device.set_sensor(name, str(value))
        self.turn()

    @rule()
    def answer_late(self) -> None:
        """Answer what was kept waiting, in whatever connection."""
        for link, request in self.device.late:
            link.send(reply(request, "ok", "late"))
        self.device.late.clear()
        self.turn()

    # -- what the user does

    @rule(name=SENSORS, strategy=STRATEGIES, cancel=st.booleans())
    def set_strategy(self, name: str, strategy: str, cancel: bool) -> None:
        """Set the strategy of a sensor, there or not."""
        self.settings.append(self.call(self.resource.set_sampling_strategy, name, strategy))
        self.finish(self.settings, cancel)

    @rule(filter=FILTERS, strategy=STRATEGIES, hasty=st.booleans())
    def set_strategies(self, filter: str, strategy: str, hasty: bool) -> None:
        """Set the strategy of whatever matches."""
        self.settings.append(self.call(self.resource.set_sampling_strategies, filter, strategy))
        self.turn(hasty)

    @rule(name=SENSORS)
    def drop_strategy(self, name: str) -> None:
        """Forget a strategy."""
        self.resource.drop_sampling_strategy(name)

    @rule()
    def reapply(self) -> None:
        """Send all strategies again."""
        self.settings.append(self.call(self.resource.reapply_sampling_strategies))
        self.turn()

    @rule(
        name=st.sampled_from(["echo", "never", "late", "watchdog", "sensor_list", "help"]),
        timeout=st.sampled_from([0.0005, 2.0, None]),
        cancel=st.booleans(),
    )
    def ask(self, name: str, timeout: float | None, cancel: bool) -> None:
        """Call a request, if it is there."""
        request = self.resource.req.get(name)
        if request is not None:
            self.replies.append(self.call(request, timeout=timeout))
            self.finish(self.replies, cancel)

    @rule(cancel=st.booleans())
    def poll(self, cancel: bool) -> None:
        """Ask for a reading of each sensor."""
        for sensor in list(self.resource.sensor.values()):
            self.readings.append(self.call(sensor.get_reading))
        self.finish(self.readings, cancel)

    @rule(
        name=SENSORS,
        what=st.sampled_from(["all", "sensors", "requests", "one", "get"]),
        hasty=st.booleans(),
    )
    def inspect(self, name: str, what: str, hasty: bool) -> None:
        """Look at the device by oneself."""
        client = self.client
        looks: dict[str, Any] = {
            "all": client.inspect,
            "sensors": client.inspect_sensors,
            "requests": client.inspect_requests,
            "one": lambda: client.inspect_sensors(name),
            "get": lambda: client.future_get_sensor(name),
        }
        look = self.call(looks[what])
        self.inspections.append(look)
        self.turn(hasty)

    @rule()
    def restart(self) -> None:
        """Stop, and start again."""
        self.stop()
        self.call(self.resource.start)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.runner.run(asyncio.sleep(seconds))
        self.turn()

    # -- what always holds

    @invariant()
    def nothing_was_raised(self) -> None:
        """No exception was logged, and none got as far as the loop."""
        assert self.troubles.found == []

    @invariant()
    def finished_futures_hold_what_they_should(self) -> None:
        """A reply is a reply, never an exception; other waits fail as they are said to."""
        for future in self.replies:
            if future.done() and not future.cancelled():
                assert isinstance(future.result(), KATCPReply)
        for futures, error in ((self.readings, KATCPSensorError), (self.inspections, SyncError)):
            for future in futures:
                if future.done() and not future.cancelled() and future.exception():
                    assert isinstance(future.exception(), error)
        for future in self.settings:
            if future.done() and not future.cancelled():
                assert future.exception() is None
        for futures in (self.replies, self.readings, self.inspections, self.settings):
            futures[:] = [future for future in futures if not future.done()]

    @invariant()
    def state_is_consistent(self) -> None:
        """The resource is where its client is, and has what its client has."""
        state = self.client.state
        assert self.resource.is_connected() == state.connected
        assert self.resource.synced == state.synced
        if self.settled:
            assert (self.resource.phase == "synced") == state.synced
        if state.synced:
            assert self.resource._sensors.names() == set(self.client.sensors)
            assert self.resource._requests.names() == set(self.client.requests)
            for name, sensor in self.resource.sensor.items():
                assert self.client.get_sensor(sensor.name) is sensor
                assert name == sensor.normalised_name

    @invariant()
    def synced_means_in_step(self) -> None:
        """What the resource says it has is what the device has."""
        if self.settled and self.resource.synced:
            self.in_step()

    def in_step(self) -> None:
        """Compare with the device."""
        assert set(self.client.sensors) == set(self.device.sensors)
        assert set(self.client.requests) == set(self.device.help)
        for sensor in self.resource.sensor.values():
            there = self.device.sensors[sensor.name]
            assert (sensor.type, sensor.description) == (there.type, there.description)
            entry = self.resource._book.get(sensor.normalised_name)
            if entry is not None and entry.in_force == entry.wanted and not self.settings:
                assert self.in_force(sensor.name) == entry.wanted

    def teardown(self) -> None:
        """The device behaves; the resource gets in step, and stops without a trace."""
        try:
            if hasattr(self, "resource") and self.resource.running():
                self.settle()
                self.stop()
        finally:
            self.stack.close()

    # -- inside

    @property
    def client(self) -> Any:
        """The inspecting client of the resource."""
        return self.resource._inspecting_client

    def in_force(self, name: str) -> tuple[str, ...]:
        """What the device has in force for a sensor, in the normal form."""
        return normalize_strategy_parameters(self.device.strategies.get(name, ("none",)))

    def call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Call a function with the loop running."""

        async def call() -> Any:
            return (function(*args, **kwargs),)  # not to be awaited

        return self.runner.run(call())[0]

    def finish(self, futures: list[asyncio.Future[Any]], cancel: bool) -> None:
        """Cancel the latest of these, if so, and go on."""
        if cancel and futures:
            futures[-1].cancel()
        self.turn()

    def turn(self, hasty: bool = False) -> None:
        """Let what was sent arrive, unless in haste."""

        async def turns() -> None:
            for _ in range(8):
                await asyncio.sleep(0)

        self.settled = not hasty
        if not hasty:
            self.runner.run(turns())

    def let_it_refuse(self) -> None:
        """Put the refusals of the device between it and the resource."""
        make = self.resource.inspecting_client_factory

        def factory(*args: Any) -> Any:
            client = make(*args)
            connect = client.katcp_client.open_connection

            async def open_connection(*args: Any) -> Any:
                if self.device.refusing:
                    raise ConnectFailed("refused")
                return await connect(*args)

            client.katcp_client.open_connection = open_connection
            return client

        self.resource.inspecting_client_factory = factory  # type: ignore[method-assign]

    def settle(self) -> None:
        """Let the device behave, and wait until the resource is in step with it."""

        async def behave() -> None:
            self.device.hanging = self.device.refusing = False
            self.device.latency = 0.0
            await asyncio.sleep(300)
            self.device.drop()
            await asyncio.sleep(1)
            await self.resource.until_synced(300)
            await asyncio.sleep(300)

        self.runner.run(behave())
        self.nothing_was_raised()
        self.finished_futures_hold_what_they_should()
        assert self.resource.synced
        assert self.resource.phase == "synced"
        assert self.replies + self.readings + self.inspections + self.settings == []
        self.state_is_consistent()
        self.in_step()
        for name, sensor in self.resource.sensor.items():
            entry = self.resource._book.get(escape_name(name))
            if entry is not None and not sensor.name.startswith("no."):
                assert self.in_force(sensor.name) == entry.wanted == sensor.sampling_strategy
                if sensor.sampling_strategy != ("none",):
                    assert not sensor.stale
                    assert sensor.value == sensor.parse_value(
                        self.device.sensors[sensor.name].value.encode()
                    )

    def stop(self) -> None:
        """Stop; no task and no timer may be left, and no wait unfinished."""
        for look in self.inspections:
            look.cancel()  # it waits for data, without a time-out

        async def stop() -> None:
            await self.resource.stop()
            await self.device.give_up()
            for _ in range(8):
                await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert left == set(), "tasks were left running"
            timers = [timer for timer in self.loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
            assert timers == [], "timers were left"

        self.runner.run(stop())
        self.finished_futures_hold_what_they_should()
        assert self.replies + self.readings + self.inspections + self.settings == []
        assert self.resource.state == "disconnected"

    def leave_virtual_time(self) -> None:
        """Give the loop its own clock back."""
        self.time.close()


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
