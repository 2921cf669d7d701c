"""What a network may do, done by a proxy; each row is in docs/reliability.md."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from katcp.testing import FakeSensor, FaultProxy, Lines, ScriptedDevice

QUICK = {"keepalive_interval": 0.2, "keepalive_timeout": 0.5}
#: What the promise adds up to with these: silence, then the answer that does not come.
PROMISED = QUICK["keepalive_interval"] + QUICK["keepalive_timeout"]


@pytest.fixture
async def far() -> AsyncIterator[ScriptedDevice]:
    sensors = {f"s.{i}": FakeSensor(value=str(i)) for i in range(20)}
    async with ScriptedDevice("5.1-MIB", sensors) as device:
        device.help["slow"] = "Never answered"
        device.answers["slow"] = lambda link, request: None
        yield device


@pytest.fixture
async def proxy(far: ScriptedDevice) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(far, seed=1) as between:
        yield between


@pytest.fixture
async def dev(proxy: FaultProxy, make_resource: Any) -> Any:
    """A resource that is synced by way of the proxy, and samples everything."""
    resource = make_resource(proxy, **QUICK)
    resource.set_sampling_strategies("", "event")
    resource.start()
    await resource.until_synced(timeout=30)
    return resource


async def busy(far: ScriptedDevice) -> None:
    """Let a sensor change all the time."""
    for value in itertools.count():
        far.set_sensor("s.0", str(value))
        await asyncio.sleep(0.01)


def in_step(dev: Any, far: ScriptedDevice) -> bool:
    return {s.name: str(s.value) for s in dev.sensor.values() if not s.stale} == {
        name: sensor.value for name, sensor in far.sensors.items()
    }


@pytest.mark.parametrize("traffic", ["idle", "updates", "requests"])
@pytest.mark.parametrize("fault", ["half_open", "swallow to_client", "swallow to_device", "stall"])
async def test_a_dead_link_is_noticed(
    dev: Any, far: ScriptedDevice, proxy: FaultProxy, fault: str, traffic: str
) -> None:
    talking = asyncio.create_task(busy(far)) if traffic == "updates" else None
    pending = dev.req.slow(timeout=0.3)
    if fault == "half_open":
        proxy.half_open()
    elif fault == "stall":
        proxy.to_client.stall = True
    else:
        getattr(proxy, fault.split()[1]).swallow = True
    loop = asyncio.get_running_loop()
    began = loop.time()
    lost = dev.until_state("disconnected", timeout=30)
    while traffic == "requests" and not lost.done():
        dev.req.watchdog(timeout=0.2)
        await asyncio.sleep(0.02)
    await lost
    assert loop.time() - began >= QUICK["keepalive_timeout"] - 0.1  # not by chance, but by waiting
    assert "the link is taken for dead" in dev.last_error.what
    assert not await pending
    assert dev.sensor.s_1.stale
    assert dev.sensor.s_1.value == 1
    proxy.clear()
    await dev.until_synced(timeout=30)
    if talking is not None:
        talking.cancel()
    assert far.strategies["s.1"] == ("event",)
    await dev.sensor.s_0.get_value()
    assert in_step(dev, far)


async def test_slow_is_not_dead(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any, caplog: Any
) -> None:
    proxy.to_client.throttle = 3000.0  # the list alone takes longer than any step may be silent
    far.sensors |= {f"more.{i}": FakeSensor(description="x" * 60) for i in range(60)}
    dev = make_resource(proxy, **QUICK, sync_timeout=0.5)
    dev.start()
    await dev.until_synced(timeout=60)
    assert proxy.connections == 1
    assert len(dev.sensor) == 80


async def test_late_is_not_dead(dev: Any, far: ScriptedDevice, proxy: FaultProxy) -> None:
    for direction in (proxy.to_client, proxy.to_device):
        direction.delay, direction.jitter = 0.1, 0.1  # in all less than keepalive_timeout
    for _ in range(5):
        assert (await dev.req.watchdog(timeout=30)).succeeded
    assert proxy.connections == 1
    assert dev.synced


async def test_an_answer_that_is_behind_other_lines_is_waited_for(
    dev: Any, far: ScriptedDevice, proxy: FaultProxy
) -> None:
    proxy.to_client.throttle = 20_000.0
    far.send(*["#log warn 1 much to say"] * 1000)  # 1.2 s of it, and then the answer
    await far.until_asked("watchdog", len(far.asked("watchdog")) + 1)
    assert (await dev.req.watchdog(timeout=30)).succeeded
    assert proxy.connections == 1


async def test_a_device_that_does_not_read_any_more(
    dev: Any, far: ScriptedDevice, proxy: FaultProxy
) -> None:
    dev._inspecting_client.katcp_client.MAX_WRITE_BUFFER_SIZE = 8_000_000
    proxy.to_device.stall = True
    replies = [dev.req.slow(b"x" * 100_000, timeout=0.2) for _ in range(200)]
    refused = [reply for reply in replies if reply.done()]
    assert refused  # before more was piled up than may be
    assert b"does not take what is sent" in (await refused[0]).reply.arguments[1]
    await dev.until_state("disconnected", timeout=30)
    assert not any(await asyncio.gather(*replies))
    proxy.clear()
    await dev.until_synced(timeout=30)
    proxy.to_device.stall = True
    dev.req.slow(b"x" * 7_000_000)
    transport = dev._inspecting_client.katcp_client._connection._transport
    assert transport.get_write_buffer_size() > 0
    await dev.stop()  # does not wait for what will never be taken
    assert transport.get_write_buffer_size() == 0


@pytest.mark.parametrize("point", ["", "#help", "!help", "#sensor-list", "!sensor-list"])
async def test_silence_in_the_middle_of_a_sync(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any, point: str
) -> None:
    if point:
        proxy.to_client.drop = [Lines(point)]
    else:
        proxy.to_client.swallow = True
    dev = make_resource(proxy, **QUICK, sync_timeout=0.3, protocol_timeout=0.3)
    dev.set_sampling_strategies("", "event")
    dev.start()
    await proxy.until_injected("drop" if point else "swallow", timeout=30)
    if point.startswith("#"):
        # Every line of a list lost: it is asked for twice, and what the reply announces is said.
        await dev.until_synced(timeout=30)
        assert "announced" in dev.last_error.what
        proxy.clear()
        far.change()
        await dev.until_not_synced(timeout=30)
    else:
        await far.until_connected(2, timeout=30)  # the link is given up, not asked again and again
        assert not dev.synced
        assert dev.last_error is not None
        proxy.clear()
    await dev.until_synced(timeout=30)
    await asyncio.gather(*(sensor.get_value() for sensor in dev.sensor.values()))
    assert in_step(dev, far)


async def test_one_byte_at_a_time(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any
) -> None:
    proxy.to_client.split = proxy.to_device.split = 1
    dev = make_resource(proxy)
    dev.set_sampling_strategies("", "event")
    dev.start()
    await dev.until_synced(timeout=30)
    assert proxy.injected["split"]
    assert in_step(dev, far)


@pytest.mark.parametrize("times", [1, 2])
async def test_an_answer_to_a_strategy_that_got_lost(
    times: int, far: ScriptedDevice, proxy: FaultProxy, make_resource: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("katcp.resource_client._sampling._TIMEOUT_OF_MANY", 0.3)
    proxy.to_client.drop = [Lines("!sensor-sampling", count=times)]
    dev = make_resource(proxy)
    dev.set_sampling_strategies("", "event")
    dev.start()
    await dev.until_synced(timeout=30)
    assert set(far.strategies) == set(far.sensors)
    if times == 1:  # it was asked for once more
        assert dev.last_error is None
        return
    assert "Request sensor-sampling timed out" in dev.last_error.what
    far.strategies.clear()  # whether they had taken effect cannot be known
    far.change("sensor", "s.1", "modified")
    await dev.until_not_synced(timeout=30)
    await dev.until_synced(timeout=30)
    assert set(far.strategies) == set(far.sensors)


@pytest.mark.parametrize("line", ["#help", "#sensor-list", "!sensor-list", "#sensor-status"])
async def test_cut_in_the_middle_of_a_line(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any, line: str
) -> None:
    proxy.cut_mid_line(line)
    dev = make_resource(proxy)
    dev.set_sampling_strategies("", "event")
    seen = []
    dev.start()
    changes = dev.changes()
    await dev.until_synced(timeout=30)
    await changes.aclose()
    seen.append(len(dev.sensor))
    assert proxy.injected["cut_mid_line"] == 1
    assert far.connections == 2
    assert in_step(dev, far)


async def test_always_cut_in_the_middle_of_the_list(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any
) -> None:
    """The back-off grows, since a banner is no success."""
    proxy.to_client.cut_mid_line = [Lines("!sensor-list")]
    dev = make_resource(proxy, auto_reconnect_delay=0.01, auto_reconnect_max_delay=10.0)
    dev.start()
    await far.until_connected(6, timeout=30)
    assert dev._inspecting_client.katcp_client._backoff._base >= 0.01 * 2**5
    assert dev.sensor == {}  # nothing of a list that was cut is taken for the list
    proxy.clear()
    await dev.until_synced(timeout=30)
    proxy.cut()
    await far.until_connected(proxy.connections + 1, timeout=30)
    assert dev._inspecting_client.katcp_client._backoff._base == 0.02  # it began anew


@pytest.mark.parametrize("fault", ["garbage", "corrupt", "merge", "duplicate", "reorder", "drop"])
async def test_lines_that_are_wrong_in_every_way(
    far: ScriptedDevice, proxy: FaultProxy, make_resource: Any, fault: str
) -> None:
    setattr(proxy.to_client, fault, [Lines("", chance=0.2)])
    proxy.to_client.hold = 0.01
    dev = make_resource(proxy, **QUICK, sync_timeout=0.5, protocol_timeout=0.5)
    dev.set_sampling_strategies("", "event")
    dev.start()
    while proxy.injected[fault] < 60:
        await asyncio.sleep(0.01)
        for name in far.sensors:
            far.set_sensor(name, str(int(far.sensors[name].value) + 1))
        reply = dev.req.watchdog(timeout=0.05) if "watchdog" in dev.req else None
        assert reply is None or (await reply).reply.name == "watchdog"
    proxy.clear()
    proxy.cut()
    await dev.until_state("disconnected", timeout=30)
    await dev.until_synced(timeout=30)
    assert {s.name for s in dev.sensor.values()} == set(far.sensors)
    assert in_step(dev, far)


async def test_a_flood(dev: Any, far: ScriptedDevice, proxy: FaultProxy) -> None:
    await proxy.flood("#log warn 1 flood nonsense", 50_000)
    assert (await dev.req.watchdog(timeout=30)).succeeded
    assert dev.synced
    assert proxy.connections == 1


async def test_a_request_is_never_repeated(
    dev: Any, far: ScriptedDevice, proxy: FaultProxy
) -> None:
    pending = [dev.req.slow(number, timeout=30) for number in range(5)]
    await far.until_asked("slow", 5)
    proxy.cut()
    for reply in await asyncio.gather(*pending):
        assert b"whether the request took effect is not known" in reply.reply.arguments[1]
    await dev.until_synced(timeout=30)
    assert (await dev.req.watchdog()).succeeded
    assert len(far.asked("slow")) == 5


async def test_refused_and_back(dev: Any, far: ScriptedDevice, proxy: FaultProxy) -> None:
    await proxy.refuse()
    proxy.cut()
    await dev.until_state("disconnected", timeout=30)
    with pytest.raises(TimeoutError, match="connection refused"):
        await dev.until_synced(timeout=0.5)
    await proxy.listen()
    await dev.until_synced(timeout=30)
