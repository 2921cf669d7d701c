"""The client of a long run: a container of all devices, and users that do with it what they can."""

import asyncio
import contextlib
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from katcp.errors import KATCPResourceError, KATCPSensorError, TimeoutError
from katcp.inspecting_client import InspectingClientAsync
from katcp.resource import KATCPReply
from katcp.resource_client import KATCPClientResource, KATCPClientResourceContainer
from katcp.wire import LocalReply

from .device import SIZES, sensor_name
from .watch import Promises, Troubles

__all__ = ["KEPT", "Telescope", "Users"]

#: What the sensors of this filter are set to, always.
KEPT = ("^kept_", "event")
SPEC = {
    "controlled": True,
    "auto_reconnect_delay": 0.1,
    "auto_reconnect_max_delay": 1.0,
    "keepalive_interval": 3.0,
    "keepalive_timeout": 3.0,
    "connect_timeout": 4.0,
    "protocol_timeout": 4.0,
    "sync_timeout": 6.0,
}
STRATEGIES = ("event", "event", "auto", "none", "period 1", "differential 3", "event-rate 1 10")
FILTERS = ("^a_", "^b_[0-4]", "^c_.*[13579]$", "^d_", "_no$", "^[abcd]_.*7$")
_MARGIN = 5.0  # seconds beyond a time-out: the barrier of a device without mids, and a slow machine
_SETTING = 60.0  # seconds for the setting of strategies, whose requests have 20 s in bulk

Action = Callable[[], Awaitable[None]]


class Child(KATCPClientResource):
    """A device that is asked again soon if it refuses a step of the sync."""

    def inspecting_client_factory(self, *args: Any) -> Any:
        """Make the client."""
        client: InspectingClientAsync = super().inspecting_client_factory(*args)
        client.initial_resync_timeout, client.max_resync_timeout = 0.5, 5.0
        return client


class Telescope(KATCPClientResourceContainer):
    """All devices, in groups; counts what its children go through."""

    def __init__(self, ports: list[int]) -> None:
        self.counts: Counter[str] = Counter()
        self.places = {f"dev-{i}": i for i in range(len(ports))}
        self._ports = ports
        self._states: dict[str, str] = {}
        super().__init__(
            {"name": "soak", "clients": {name: self.spec(name) for name in self.places}}
        )
        for name in self.places:
            self.prepare(name)
        self.regroup()

    def client_resource_factory(self, res_spec: Any, parent: Any, logger: logging.Logger) -> Any:
        """Make a child."""
        return Child(res_spec, parent=parent, logger=logger)

    def spec(self, name: str) -> dict[str, Any]:
        """Give the spec of a child."""
        return {**SPEC, "address": ("127.0.0.1", self._ports[self.places[name]])}

    def child(self, name: str) -> Any:
        """Give a child by name; None while it is out."""
        return self.children.get(name.replace("-", "_"))

    def prepare(self, name: str) -> None:
        """Set what a child is to remember from the beginning."""
        child = self.child(name)
        child.set_sampling_strategies(*KEPT)
        child.set_sampling_strategies("^[abcd]_", "event")
        for number in range(SIZES[1]):
            child.set_sensor_listener(sensor_name(number), self._on_reading)

    def regroup(self) -> None:
        """Make the groups anew, of the children that are in."""
        there = [name for name in self.places if self.child(name) is not None]
        for number in range(4):
            self.add_group(f"g{number}", there[number::4])
        self.add_group("all", there)

    def differences(self) -> list[str]:
        """Say in what the container and its groups are not what their members are."""
        wrong = []
        for kind in ("req", "sensor"):
            of_children = {
                f"{child}_{name}": item
                for child, resource in self.children.items()
                for name, item in getattr(resource, kind).items()
            }
            if of_children != dict(getattr(self, kind)):
                wrong.append(f"{kind} is not that of its children")
        return wrong + [
            f"group {group.name} has {sorted(group.req)}"
            for group in self.groups.values()
            if set(group.req) != {name for client in group for name in client.req}
        ]

    def state_changed(self, resource: Any) -> None:
        """Count."""
        super().state_changed(resource)
        if self._states.get(resource.name) != resource.state:
            self._states[resource.name] = resource.state
            self.counts[resource.state] += 1

    def _on_reading(self, sensor: Any, reading: Any) -> None:
        self.counts["updates"] += 1


class Users:
    """Some tasks that each do one thing after the other with a telescope, unless they are held."""

    def __init__(
        self, telescope: Telescope, seed: int, troubles: Troubles, promises: Promises
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.sent: dict[tuple[str, str], str] = {}  # device and token -> what became of it
        self.to_repeat: dict[str, dict[str, str]] = {}  # device -> strategies that were not set
        self._telescope = telescope
        self._troubles = troubles
        self._promises = promises
        self._dice = random.Random(seed)
        self._serial = 0
        self._busy = 0
        self._open = asyncio.Event()
        self._actions: list[Action] = [
            getattr(self, name) for name in sorted(dir(self)) if name.startswith("do_")
        ]

    async def run(self) -> None:
        """Be one user, until cancelled."""
        while True:
            await self._open.wait()
            self._busy += 1
            action = self._dice.choice(self._actions)
            try:
                await action()
            except (TimeoutError, KATCPSensorError):
                self.counts["waits in vain"] += 1
            except Exception as exc:
                self._troubles.add("exception for a user", action.__name__, repr(exc))
            finally:
                self._busy -= 1
            await asyncio.sleep(self._dice.random() * 0.5)

    def go(self) -> None:
        """Let them act."""
        self._open.set()

    async def hold(self) -> None:
        """Let them finish, and do nothing more."""
        self._open.clear()
        while self._busy or len(self._promises):  # noqa: ASYNC110 who is busy need not know of us
            await asyncio.sleep(0.1)

    # -- what they do

    async def do_ask(self) -> None:
        future = self._ask()
        if future is not None:
            await self._perhaps(future)

    async def do_ask_many_at_once(self) -> None:
        futures = [self._ask() for _ in range(20)]
        await asyncio.sleep(self._dice.random())
        for future in futures[:5]:
            if future is not None:
                future.cancel()

    async def do_ask_group(self) -> None:
        group = self._group()
        name = self._request()
        request = group.req.get(name)
        if request is None:
            return
        token, timeout = self._token(), self._timeout()
        try:
            future = request(token, timeout=timeout)
        except KATCPResourceError:
            return
        asked = [c.name for c in group.clients if name in c.req]
        for device in asked:
            self._sent(device, token)
        self._promises.keep(future, timeout + _MARGIN, group.name, f"?{name} {token}")
        future.add_done_callback(lambda f: self._group_answered(f, asked, name, token))
        await self._perhaps(future)

    async def do_poll(self) -> None:
        sensor = self._sensor()
        if sensor is not None:
            what = self._dice.choice([sensor.get_reading, sensor.get_value, sensor.get_status])()
            self._promises.keep(what, 5 + _MARGIN, sensor.parent_name, f"poll of {sensor.name}")
            await self._perhaps(what)

    async def do_wait(self) -> None:
        sensor = self._sensor()
        if sensor is not None:
            future = sensor.wait(lambda reading: reading.value == 7, timeout=1)
            self._promises.keep(future, 1 + _MARGIN, sensor.parent_name, f"wait on {sensor.name}")
            await self._perhaps(future)

    async def do_wait_of_group(self) -> None:
        name = f"kept_{self._dice.randrange(3)}0"
        group = self._group()
        quorum = self._dice.choice([None, 1, 0.5])
        future = group.wait(name, lambda reading: reading.value, timeout=2, quorum=quorum)
        self._promises.keep(future, 2 + _MARGIN, group.name, f"wait on {name}")
        await self._perhaps(future)

    async def do_wait_for_state(self) -> None:
        child = self._child()
        if child is None:
            return
        wait = self._dice.choice(
            [child.until_synced, child.until_not_synced, child.wait_connected,
             self._telescope.until_synced, self._telescope.until_not_synced]
        )  # fmt: skip
        future = self._promises.keep(wait(timeout=2), 2 + _MARGIN, child.name, "wait for a state")
        await self._perhaps(future)

    async def do_iterate(self) -> None:
        sensor = self._sensor()
        if sensor is None:
            return
        feed = sensor.readings(maxsize=self._dice.choice([1, 1000]))
        await self._read(feed, self._dice.random() * 3)
        if self._dice.random() < 0.7:
            await feed.aclose()

    async def do_iterate_changes(self) -> None:
        child = self._child()
        if child is not None:
            await self._read(child.changes(), self._dice.random() * 3)

    async def do_set_strategy(self) -> None:
        sensor = self._sensor()
        child = sensor and self._telescope.child(sensor.parent_name)
        if child is None or sensor.name.startswith("kept"):
            return
        strategy = self._dice.choice(STRATEGIES)
        by_name = self._dice.random() < 0.5
        if by_name:
            future = child.set_sampling_strategy(sensor.name, strategy)
        else:
            future = sensor.set_sampling_strategy(strategy)
        await self._setting([child.name], future, {sensor.normalised_name: strategy})

    async def do_set_strategies(self) -> None:
        child, strategy = self._child(), self._dice.choice(STRATEGIES)
        if child is not None:
            pattern = self._dice.choice(FILTERS)
            future = child.set_sampling_strategies(pattern, strategy)
            await self._setting([child.name], future, {pattern: strategy})

    async def do_set_strategies_of_group(self) -> None:
        group, strategy = self._group(), self._dice.choice(STRATEGIES)
        if self._dice.random() < 0.3:
            pattern = self._dice.choice(FILTERS)
            members = [client.name for client in group.clients]
            future = group.set_sampling_strategies(pattern, strategy)
            await self._setting(members, future, {pattern: strategy})

    async def do_reapply(self) -> None:
        child = self._child()
        if child is not None and child.running():
            future = child.reapply_sampling_strategies()
            await self._perhaps(self._promises.keep(future, _SETTING, child.name, "reapply"))

    async def do_list(self) -> None:
        target = self._child() or self._telescope
        future = target.list_sensors(self._dice.choice(["", "a_1", "kept"]), strategy=True)
        await self._promises.keep(future, 10, target.name, "list_sensors")

    async def do_stop_and_start(self) -> None:
        child = self._child()
        if child is None or self._dice.random() < 0.7 or not child.running():
            return
        await self._promises.keep(child.stop(), _MARGIN, child.name, "stop")
        await asyncio.sleep(self._dice.choice([0, 0.01, 1]))
        if self._telescope.child(child.name) is child and not child.running():
            child.start()

    async def do_remove_and_add(self) -> None:
        child = self._child()
        if child is None or self._dice.random() < 0.8:
            return
        stopped = self._telescope.remove_child_resource_client(child.name)
        await self._promises.keep(stopped, _MARGIN, child.name, "removal")
        await asyncio.sleep(self._dice.choice([0, 0.01, 1]))
        self._telescope.add_child_resource_client(child.name, self._telescope.spec(child.name))
        self.to_repeat.pop(child.name, None)
        self._telescope.prepare(child.name)
        self._telescope.regroup()

    async def repeat(self) -> None:
        """Set again what was not known to be set."""
        repeated, self.to_repeat = self.to_repeat, {}
        for device, wanted in repeated.items():
            child = self._telescope.child(device)
            for key, strategy in wanted.items():
                several = key in FILTERS
                call = child.set_sampling_strategies if several else child.set_sampling_strategy
                await asyncio.wait([call(key, strategy)])

    # -- inside

    def _child(self) -> Any:
        return self._telescope.child(self._dice.choice(list(self._telescope.places)))

    def _group(self) -> Any:
        return self._dice.choice(list(self._telescope.groups.values()))

    def _sensor(self) -> Any:
        child = self._child()
        return self._dice.choice(list(child.sensor.values())) if child and child.sensor else None

    def _request(self) -> str:
        return self._dice.choice(["echo", "echo", "echo", "slow", "many", "never"])

    def _token(self) -> str:
        self._serial += 1
        return f"token-{self._serial}-{self._serial * 7919 % 99991}"

    def _timeout(self) -> float:
        return self._dice.choice([0.02, 0.5, 2.0, 4.0])

    async def _perhaps(self, future: Any) -> None:
        """Wait for a future, a while, and now and then give it up."""
        done, _ = await asyncio.wait([future], timeout=self._dice.choice([0, 0.1, 3]))
        if done and not future.cancelled():
            future.result()
        elif self._dice.random() < 0.3:
            future.cancel()

    async def _read(self, feed: Any, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in feed:
                    self.counts["items read"] += 1

    def _ask(self) -> Any:
        child, name = self._child(), self._request()
        request = child.req.get(name) if child is not None else None
        if request is None:
            return None
        token, timeout = self._token(), self._timeout()
        self._sent(child.name, token)
        future = request(token, timeout=timeout)
        self._promises.keep(future, timeout + _MARGIN, child.name, f"?{name} {token}")
        future.add_done_callback(lambda f: self._answered(f, child.name, name, token))
        return future

    def _sent(self, device: str, token: str) -> None:
        self.counts["requests"] += 1
        self.sent[device, token] = "given up"

    def _group_answered(self, future: Any, asked: list[str], name: str, token: str) -> None:
        if future.cancelled():
            return
        if future.exception() is not None:
            self._troubles.add("reply", ",".join(asked), repr(future.exception()))
            return
        for device in asked:
            self._take(future.result().get(device), device, name, token)

    def _answered(self, future: Any, device: str, name: str, token: str) -> None:
        if not future.cancelled():
            self._take(future.result(), device, name, token)

    def _take(self, reply: KATCPReply | None, device: str, name: str, token: str) -> None:
        if reply is None:
            self._troubles.add("reply", device, f"None for ?{name} {token}")
            return
        message = reply.reply
        if reply.succeeded:
            outcome = "ok"
            if token.encode() not in message.arguments:
                outcome = f"of another: {message}"
            elif name == "many" and len(reply.informs) != 20:
                outcome = "incomplete"
        elif not isinstance(message, LocalReply):
            outcome = "failed"
        else:
            outcome = "unknown" if message.sent else "not sent"
        self.counts[outcome.split(":")[0]] += 1
        self.sent[device, token] = outcome

    async def _setting(self, devices: list[str], future: Any, wanted: dict[str, str]) -> None:
        """See a strategy through; what is not known to be set is to be repeated."""
        self._promises.keep(future, _SETTING, ",".join(devices), f"set of {wanted}")

        def done(_: Any) -> None:
            if future.cancelled() or future.exception() or not _all_set(future.result()):
                for device in devices:
                    self.to_repeat.setdefault(device, {}).update(wanted)

        future.add_done_callback(done)
        await self._perhaps(future)


def _all_set(result: Any) -> bool:
    """Whether all of a setting, of whatever kind, succeeded."""
    if isinstance(result, dict):
        return all(map(_all_set, result.values()))
    return bool(result[0])
