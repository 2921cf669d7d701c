"""Whatever is awaited may be cancelled at any moment; nothing is left behind, nothing half done."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

import katcp
from katcp.resource_client import KATCPClientResourceContainer, monitor_resource_sync_state
from katcp.testing import FakeSensor, ScriptedDevice, attach, resource_of

NAMES = [f"s.{i}" for i in range(5)]


def new_device(protocol: str) -> ScriptedDevice:
    return ScriptedDevice(protocol, {name: FakeSensor() for name in NAMES})


periods = itertools.count(1)


def another() -> str:
    """A strategy that was not asked for before."""
    return f"period {next(periods)}"


CALLS: dict[str, Callable[[Any], Any]] = {
    "req": lambda dev: dev.req.watchdog("x"),
    "list_sensors": lambda dev: dev.list_sensors(refresh=True),
    "set_sampling_strategy": lambda dev: dev.set_sampling_strategy("s.1", another()),
    "set_sampling_strategies": lambda dev: dev.set_sampling_strategies("s_", another()),
    "set_sensor_listener": lambda dev: dev.set_sensor_listener("s.1", print),
    "reapply": lambda dev: dev.reapply_sampling_strategies(),
    "sensor.set_strategy": lambda dev: dev.sensor.s_1.set_strategy(another()),
    "sensor.get_reading": lambda dev: dev.sensor.s_1.get_reading(),
    "sensor.get_value": lambda dev: dev.sensor.s_1.get_value(),
    "sensor.get_status": lambda dev: dev.sensor.s_1.get_status(),
    "sensor.wait": lambda dev: dev.sensor.s_0.wait(7, timeout=99),
    "wait": lambda dev: dev.wait("s.0", 7, timeout=99),
    "until_state": lambda dev: dev.until_state("disconnected", timeout=99),
    "until_synced": lambda dev: dev.until_synced(),
    "until_not_synced": lambda dev: dev.until_not_synced(timeout=99),
    "wait_connected": lambda dev: dev.wait_connected(),
    "until_stopped": lambda dev: dev.until_stopped(timeout=99),
    "readings": lambda dev: anext(dev.sensor.s_0.readings()),
    "changes": lambda dev: anext(dev.changes()),
    "monitor": lambda dev: monitor_resource_sync_state(dev, lambda _: None),
    "inspect": lambda dev: dev._inspecting_client.inspect(),
    "inspect_sensors": lambda dev: dev._inspecting_client.inspect_sensors("s.1"),
    "inspect_requests": lambda dev: dev._inspecting_client.inspect_requests("help", timeout=9),
    "future_get_sensor": lambda dev: dev._inspecting_client.future_get_sensor("no.such"),
    "future_get_request": lambda dev: dev._inspecting_client.future_get_request("no-such"),
    "simple_request": lambda dev: dev._inspecting_client.simple_request("watchdog"),
    "inspecting.until_state": lambda dev: dev._inspecting_client.until_not_synced(timeout=99),
    "client.until_protocol": lambda dev: dev._inspecting_client.katcp_client.until_protocol(),
    "client.until_stopped": lambda dev: dev._inspecting_client.katcp_client.until_stopped(99),
}


def left_behind(dev: Any) -> dict[str, Any]:
    """What there is that a call might leave: waiters, listeners, requests, timers."""
    inspecting = dev._inspecting_client
    low = inspecting.katcp_client
    loop: Any = asyncio.get_running_loop()
    return {
        "waiters": [
            len(observed._waiters)
            for observed in (dev._state, inspecting._follower.state, low._running, low._protocol)
        ],
        "listeners": {s.name: len(s._listeners or ()) for s in dev.sensor.values()},
        "requests": len(low._requests.pending),
        "exchanges": len(low._connection.session._by_mid) + len(low._connection.session._by_name),
        "timers": len([t for t in loop._scheduled if not t.cancelled()]),
        "tasks": len(asyncio.all_tasks()),
    }


def in_force(device: ScriptedDevice, dev: Any) -> bool:
    """Whether the device does what was asked for, no strategy being half set."""
    return all(
        device.strategies.get(sensor.name, ("none",)) == sensor.sampling_strategy
        for sensor in dev.sensor.values()
    )


async def settle() -> None:
    for _ in range(60):  # turns of the loop, more than anything here takes
        await asyncio.sleep(0)


async def cancelled_after(turns: int, call: Callable[[], Any]) -> bool:
    """Cancel a call after so many turns of the loop; False if it was done by then."""
    future = asyncio.ensure_future(call())
    for _ in range(turns):
        if future.done():
            break
        await asyncio.sleep(0)
    was_done = not future.cancel()
    await asyncio.gather(future, return_exceptions=True)
    return not was_done


@pytest.mark.parametrize("protocol", ["5.1-MIB", "5.0-M"])
@pytest.mark.parametrize("name", CALLS)
async def test_nothing_is_left_of_a_call(name: str, protocol: str) -> None:
    async with resource_of(device := new_device(protocol)) as dev:
        await dev.set_sampling_strategy("s.0", "event")
        if name == "set_sensor_listener":
            await CALLS[name](dev)
        await settle()
        before = left_behind(dev)
        for turns in range(40):
            cancelled = await cancelled_after(turns, partial(CALLS[name], dev))
            await settle()
            assert left_behind(dev) == before, f"after {turns} turns"
            assert in_force(device, dev), f"after {turns} turns"
            if not cancelled:
                break
        assert dev.synced
        assert await dev.sensor.s_1.get_value() == 0


@pytest.fixture
async def site() -> AsyncIterator[Any]:
    devices = {name: new_device("5.1-MI") for name in ("a", "b")}
    spec = {"name": "site", "clients": {n: {"address": ("m", 0), "controlled": True} for n in devices},
            "groups": {"all": ["a", "b"]}}  # fmt: skip
    site = KATCPClientResourceContainer(spec)
    site.devices = devices  # type: ignore[attr-defined]
    for name, device in devices.items():
        attach(site.children[name], device)
    site.start()
    await site.until_synced(timeout=10)
    yield site
    await site.stop()
    for device in devices.values():
        await device.give_up()


TOGETHER: dict[str, Callable[[Any], Any]] = {
    "group.req": lambda site: site.groups["all"].req.watchdog("x"),
    "group.wait": lambda site: site.groups["all"].wait("s.0", 7, timeout=99, quorum=0.5),
    "group.set": lambda site: site.groups["all"].set_sampling_strategy("s.1", another()),
    "group.sets": lambda site: site.groups["all"].set_sampling_strategies("s_[123]", another()),
    "set_sampling_strategy": lambda site: site.set_sampling_strategy("a_s_1", another()),
    "set_sampling_strategies": lambda site: site.set_sampling_strategies("s_[123]", another()),
    "list_sensors": lambda site: site.list_sensors(refresh=True),
    "wait": lambda site: site.wait("a_s_0", 7, timeout=99),
    "until_synced": lambda site: site.until_synced(timeout=99),
    "until_not_synced": lambda site: site.until_not_synced(timeout=99),
    "until_any": lambda site: site.until_any_child_in_state("syncing", timeout=99),
    "until_all": lambda site: site.until_all_children_in_state("syncing", timeout=99),
    "until_stopped": lambda site: site.until_stopped(timeout=99),
}


@pytest.mark.parametrize("name", TOGETHER)
async def test_nothing_is_left_of_a_call_on_many(site: Any, name: str) -> None:
    await site.groups["all"].set_sampling_strategy("s.0", "event")
    await settle()
    before = [left_behind(child) for child in site.children.values()]
    for turns in range(40):
        cancelled = await cancelled_after(turns, partial(TOGETHER[name], site))
        await settle()
        assert [left_behind(child) for child in site.children.values()] == before
        assert all(in_force(site.devices[name], child) for name, child in site.children.items())
        if not cancelled:
            break


async def test_connect_may_be_cancelled_at_any_moment() -> None:
    async with ScriptedDevice() as device:
        host, port = device.address

        async def use() -> None:
            async with katcp.connect(f"{host}:{port}") as resource:
                assert resource.synced

        for turns in range(60):  # the fixture of all tests sees to it that no socket is left
            await cancelled_after(turns, use)
        await use()


async def test_start_and_stop_at_any_moment() -> None:
    async with ScriptedDevice() as device:
        for turns in range(40):
            dev = katcp.KATCPClientResource({"name": "dev", "address": device.address})
            dev.start()
            for _ in range(turns):
                await asyncio.sleep(0)
            await dev.stop()
            assert dev.state == "disconnected"
