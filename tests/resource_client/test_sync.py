"""Getting in step with a device and staying so."""

import asyncio
import itertools
from typing import Any

import pytest

from katcp.errors import TimeoutError
from katcp.model import Request, SensorDescription
from katcp.resource_client import (
    AsyncEvent,
    SensorsChanged,
    StateChanged,
    monitor_resource_sync_state,
)
from katcp.testing import FakeSensor, ScriptedDevice
from katcp.wire import ProtocolFlags


def lines(device: Any, *names: str) -> list[str]:
    return [r.line for r in device.requests if not names or r.message.name in names]


async def test_first_sync_asks_what_it_must_and_no_more(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = make_resource(device)
        changes = resource.changes()
        await resource.set_sampling_strategy("an.int", "event")
        assert resource.state == "disconnected"
        resource.start()
        await resource.until_synced(timeout=10)
        assert lines(device) == ["?help[1]", "?sensor-list[2]", "?sensor-sampling[3] an.int event"]
        await resource.stop()
        states = [change.state async for change in changes if isinstance(change, StateChanged)]
        assert states == ["syncing", "synced", "disconnected"]
        assert resource.sensor.an_int.value == 3


async def test_sensors_come_in_the_order_of_the_device(make_resource: Any) -> None:
    names = [f"s{i * 7 % 40}" for i in range(40)]
    async with ScriptedDevice(sensors={name: FakeSensor() for name in names}) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert list(resource.sensor) == names
        device.sensors |= {name: FakeSensor() for name in ("z", "b", "a")}
        device.change()
        await resource.until_not_synced(timeout=10)
        await resource.until_synced(timeout=10)
        assert list(resource.sensor) == [*names, "a", "b", "z"]


async def test_hints_are_asked_with_flag_t(make_resource: Any) -> None:
    async with ScriptedDevice("5.1-MIT") as device:
        device.help |= {"slow": "Slow", "quick": "Quick"}
        device.hints = {"slow": 30.5, "quick": 0}
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert lines(device)[1] == "?request-timeout-hint[2]"
        assert resource.req.slow.timeout_hint == 30.5
        assert resource.req.quick.timeout_hint is None


async def test_version_4(make_resource: Any) -> None:
    sensors = {
        "fan": FakeSensor(value="7", timestamp=5.0),
        "boot": FakeSensor("timestamp", value="5000"),
    }
    async with ScriptedDevice("4", sensors) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert all("[" not in line for line in lines(device))
        assert await resource.sensor.fan.get_value() == 7
        assert resource.sensor.fan.reading.timestamp == 5.0
        assert await resource.sensor.boot.get_value() == 5.0
        reply = await resource.req.watchdog(mid=5)
        assert reply.reply.arguments == [b"fail", b"Message IDs not supported by server"]
        assert reply.reply.mid is None
        assert (await resource.sensor.fan.set_strategy("period", 250))[0]
        assert device.asked("sensor-sampling")[-1] == "?sensor-sampling fan period 250"
        success, info = await resource.sensor.fan.set_strategy("period", 0.5)
        assert not success
        assert "milliseconds" in str(info[1])
        assert resource.sensor.fan.sampling_strategy == ("period", "250.0")


async def test_silent_device_is_said_and_tried_again(make_resource: Any) -> None:
    async with ScriptedDevice(None) as device:
        resource = make_resource(device, protocol_timeout=0.05)
        resource.start()
        await device.until_connected(2)
        assert not resource.synced
        assert "which protocol" in resource.last_error.what
        with pytest.raises(TimeoutError, match="which protocol"):
            await resource.until_synced(timeout=0.01)


async def test_silent_device_syncs_with_preset_flags(make_resource: Any) -> None:
    async with ScriptedDevice(None) as device:
        resource = make_resource(device, preset_protocol_flags=ProtocolFlags(5, 0, "M"))
        resource.start()
        await resource.until_synced(timeout=10)
        assert lines(device) == ["?help", "?sensor-list"]


@pytest.mark.quirk(4)
async def test_device_comes_back_as_another(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = make_resource(device)
        heard = []
        await resource.set_sensor_listener(
            "an.int", lambda sensor, reading: heard.append(reading.value)
        )
        await resource.set_sampling_strategy("an.int", "event")
        resource.start()
        await resource.until_synced(timeout=10)
        kept = resource.sensor.an_int
        await device.refuse()
        await resource.until_state("disconnected", timeout=10)
        device.announce("5.1-MIB")
        device.sensors["new"] = FakeSensor("string", value="hello")
        device.sensors["an.int"].value = "8"
        device.requests.clear()
        await device.listen()
        await resource.until_synced(timeout=10)
        assert resource.sensor.an_int is kept
        assert kept.value == 8
        assert heard == [3, 8]
        assert set(resource.sensor) == {"an_int", "new"}
        assert resource._inspecting_client.katcp_client.protocol_flags == ProtocolFlags(5, 1, "MIB")
        assert len(device.asked("sensor-sampling")) == 1


async def test_protocol_that_turns_out_to_be_another(make_resource: Any) -> None:
    async with ScriptedDevice("4") as device:
        usual = device.answers["help"]

        def announce_first(link: Any, request: Any) -> Any:
            device.answers["help"] = usual
            return ["#version-connect katcp-protocol 5.0-MI"]  # and no answer to ?help

        device.answers["help"] = announce_first
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert resource._inspecting_client.katcp_client.protocol_flags.major == 5
        assert device.asked("help") == ["?help", "?help[1]"]


async def test_bursts_of_changes_are_one_reading(synced: Any, device: ScriptedDevice) -> None:
    device.requests.clear()
    device.sensors["more"] = FakeSensor()
    device.send(*["#interface-changed sensor-list"] * 5)
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert len(device.asked("sensor-list")) == 1
    assert "more" in synced.sensor


@pytest.mark.parametrize("words", [(), ("sensor-list",), ("sensor", "an.int", "modified")])
async def test_a_hundred_changes_a_second_are_a_few_readings(
    synced: Any, device: ScriptedDevice, words: tuple[str, ...]
) -> None:
    await synced.set_sampling_strategy("an.int", "event")
    device.requests.clear()
    for i in range(100):
        device.sensors[f"more.{i}"] = FakeSensor()
        device.change(*words)
        if i == 50:
            device.strategies.clear()  # what it does with strategies is its affair
        await asyncio.sleep(0.01)
    device.change("sensor-list")
    await synced.until_synced(timeout=10)
    assert len(device.asked("sensor-list")) < 20
    assert {s.name for s in synced.sensor.values()} == set(device.sensors)
    assert device.strategies == {"an.int": ("event",)}


async def test_change_while_reading_is_read_before_synced(
    synced: Any, device: ScriptedDevice
) -> None:
    device.requests.clear()
    usual = device.answers["sensor-list"]

    def list_and_change(link: Any, request: Any) -> Any:
        device.answers["sensor-list"] = usual
        answer = usual(link, request)
        device.sensors["late"] = FakeSensor()
        return ["#interface-changed", *answer]

    device.answers["sensor-list"] = list_and_change
    seen = []
    monitor = monitor_resource_sync_state(synced, seen.append, exit_event=(leave := AsyncEvent()))
    device.change("sensor-list")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert "late" in synced.sensor
    assert len(device.asked("sensor-list")) == 2
    leave.set()
    await monitor


async def test_a_named_sensor_whose_line_got_lost_is_asked_for_again(
    synced: Any, device: ScriptedDevice
) -> None:
    usual = device.answers["sensor-list"]

    def without_its_line(link: Any, request: Any) -> Any:
        device.answers["sensor-list"] = usual
        return usual(link, request)[-1:]

    device.answers["sensor-list"] = without_its_line
    device.change("sensor", "an.int", "modified")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert "an_int" in synced.sensor
    assert "announced 1" in synced.last_error.what


async def test_named_change_reads_what_it_names(synced: Any, device: ScriptedDevice) -> None:
    device.sensors |= {"b": FakeSensor(), "c": FakeSensor()}
    device.requests.clear()
    device.change("sensor", "b", "added")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert lines(device) == ["?sensor-list[3] b"]
    assert set(synced.sensor) == {"an_int", "b"}
    del device.sensors["an.int"]
    device.change("sensor", "an.int", "removed")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert set(synced.sensor) == {"b"}


@pytest.mark.quirk(3)
async def test_changed_description_makes_a_new_sensor(synced: Any, device: ScriptedDevice) -> None:
    heard = []
    await synced.set_sensor_listener("an_int", lambda sensor, reading: heard.append(reading.value))
    await synced.set_sampling_strategy("an_int", "event")
    old = synced.sensor.an_int
    device.sensors["an.int"] = FakeSensor("float", "Now a float", "V", value="2.5")
    device.strategies.clear()
    device.change("sensor", "an.int", "modified")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    new = synced.sensor.an_int
    assert new is not old
    assert (new.type, new.description, new.units, new.value) == ("float", "Now a float", "V", 2.5)
    assert heard == [3, 2.5]
    assert device.strategies == {"an.int": ("event",)}


async def test_hook_sees_synced_and_what_it_schedules_sees_syncing(
    synced: Any, device: Any
) -> None:
    states: list[str] = []
    scheduled = asyncio.Event()

    def later() -> None:
        states.append(synced.state)
        scheduled.set()

    def hook(msg: Any) -> None:
        states.append(synced.state)
        synced.ioloop.add_callback(later)

    synced._inspecting_client.katcp_client.hook_inform("interface-changed", hook)
    device.change()
    await asyncio.wait_for(scheduled.wait(), 10)
    assert states == ["synced", "syncing"]


@pytest.mark.quirk(2)
async def test_every_waiter_wakes(synced: Any, device: Any) -> None:
    leave = AsyncEvent()
    seen: list[bool] = []
    monitor = monitor_resource_sync_state(synced, seen.append, leave)
    waiters = [synced.until_not_synced(timeout=10) for _ in range(3)]
    waiters[0].cancel()
    device.drop()
    assert await asyncio.gather(*waiters[1:]) == [True, True]
    assert await asyncio.gather(*(synced.until_synced(timeout=10) for _ in range(3))) == [True] * 3
    await asyncio.sleep(0)
    leave.set()
    await monitor
    assert seen[:2] == [False, True]


async def test_failed_step_is_retried_on_the_same_link(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        usual = device.answers["help"]

        def once(link: Any, request: Any) -> Any:
            device.answers["help"] = usual
            return [f"!help[{request.mid.decode()}] fail busy"]

        device.answers["help"] = once
        resource = make_resource(device)
        made = resource.inspecting_client_factory

        def impatient(*args: Any) -> Any:
            client = made(*args)
            client.initial_resync_timeout = 0.02
            return client

        resource.inspecting_client_factory = impatient
        resource.start()
        await resource.until_synced(timeout=10)
        assert device.connections == 1
        assert "busy" in resource.last_error.what


async def test_silence_in_a_step_drops_the_link(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        usual = device.answers.pop("sensor-list")
        device.answers["sensor-list"] = lambda link, request: None
        resource = make_resource(device, sync_timeout=0.05)
        resource.start()
        await device.until_asked("sensor-list")
        device.answers["sensor-list"] = usual
        await resource.until_synced(timeout=10)
        assert device.connections >= 2
        assert "sensor-list" in resource.last_error.what


@pytest.mark.quirk(5)
async def test_drop_while_syncing_is_disconnected_at_once(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        usual = device.answers["sensor-list"]
        device.answers["sensor-list"] = lambda link, request: link.drop()
        resource = make_resource(device)
        resource.start()
        await resource.until_state("syncing", timeout=10)
        await resource.until_state("disconnected", timeout=10)
        device.answers["sensor-list"] = usual
        await resource.until_synced(timeout=10)


async def test_dead_link_is_noticed_when_idle(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device, keepalive_interval=0.05, keepalive_timeout=1.0)
        resource.start()
        await resource.until_synced(timeout=10)
        await device.until_asked("watchdog", 2)
        assert device.connections == 1
        device.hanging = True
        await resource.until_state("disconnected", timeout=10)
        assert "watchdog" in resource.last_error.what
        device.hanging = False
        await resource.until_synced(timeout=10)


async def test_deaf_device_that_still_sends_its_sensors_is_noticed(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device, keepalive_interval=0.05, keepalive_timeout=0.3)
        resource.start()
        await resource.until_synced(timeout=10)
        await resource.set_sampling_strategy("an.int", "event")
        device.hanging = True
        lost = resource.until_state("disconnected", timeout=10)
        for value in itertools.count():
            if lost.done():
                break
            device.set_sensor("an.int", str(value))
            await asyncio.sleep(0.005)
        await lost
        assert resource.sensor.an_int.value > 0
        assert "watchdog" in resource.last_error.what
        device.hanging = False
        await resource.until_synced(timeout=10)


async def test_a_link_that_dies_after_a_full_reading_is_noticed(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device, keepalive_interval=0.05, keepalive_timeout=0.3)
        resource.start()
        await resource.until_synced(timeout=10)
        low = resource._inspecting_client.katcp_client
        device.hanging = True
        low._connection.buffer_updated(0)
        low._connection.behind = True  # as after bytes that fill the buffer to the last
        await resource.until_state("disconnected", timeout=10)


async def test_requests_that_go_on_do_not_hide_a_dead_link(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device, keepalive_interval=0.05, keepalive_timeout=0.3)
        resource.start()
        await resource.until_synced(timeout=10)
        device.hanging = True
        lost = resource.until_state("disconnected", timeout=10)
        while not lost.done():  # one of them always has its time before it
            resource.req.watchdog(timeout=0.5)
            await asyncio.sleep(0.01)
        await lost


async def test_long_list_is_no_dead_link(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-M") as device:
        usual = device.answers["sensor-list"]

        async def dribble(link: Any, request: Any) -> None:
            *informs, last = usual(link, request)
            for number in range(40):  # longer than the device has for an answer
                link.send(f"#sensor-list more.{number} d u integer")
                await asyncio.sleep(0.02)
            link.send(*informs, last.replace("ok 1", "ok 41"))

        device.answers["sensor-list"] = dribble
        resource = make_resource(device, keepalive_interval=0.1, keepalive_timeout=0.3)
        resource.start()
        await resource.until_synced(timeout=10)
        assert device.connections == 1


async def test_long_request_keeps_the_link(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        device.help["slow"] = "Slow"
        done = asyncio.Event()

        async def slow(link: Any, request: Any) -> Any:
            await done.wait()  # and meanwhile nothing else is answered
            return [f"!slow[{request.mid.decode()}] ok"]

        device.answers["slow"] = slow
        resource = make_resource(device, keepalive_interval=0.02, keepalive_timeout=0.5)
        resource.start()
        await resource.until_synced(timeout=10)
        reply = resource.req.slow(timeout=30)
        await asyncio.sleep(1.0)  # more than would otherwise end the link
        assert resource.synced
        done.set()
        assert (await reply).succeeded


async def test_sensor_of_a_sync_that_was_cut_short(synced: Any, device: ScriptedDevice) -> None:
    await synced.set_sampling_strategy("brief", "event")
    device.sensors["brief"] = FakeSensor()
    usual = device.answers["sensor-sampling"]
    device.answers["sensor-sampling"] = lambda link, request: None
    device.change("sensor-list")
    await device.until_asked("sensor-sampling")  # so it has been added, and nobody told synced
    device.answers["sensor-sampling"] = usual
    del device.sensors["brief"]
    device.drop()
    await synced.until_state("disconnected", timeout=10)
    await synced.until_synced(timeout=10)
    assert set(synced.sensor) == {"an_int"}


async def test_restart(synced: Any, device: ScriptedDevice) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    await synced.stop()
    assert synced.state == "disconnected"
    device.requests.clear()
    synced.start()
    with pytest.raises(RuntimeError):
        synced.start()
    await synced.until_synced(timeout=10)
    assert lines(device)[0] == "?help[1]"
    assert lines(device)[-1] == "?sensor-sampling[3] an.int event"


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_restart_at_once(synced: Any, device: ScriptedDevice, turns: int) -> None:
    stopped = synced.stop()
    assert (synced.state, synced.running()) == ("disconnected", False)
    for _ in range(turns):
        await asyncio.sleep(0)
    synced.start()
    assert await stopped is True
    await synced.until_synced(timeout=10)
    assert (synced.running(), device.connections) == (True, 2)


async def test_the_delay_before_a_new_try_can_be_set_while_it_runs(
    make_resource: Any, device: ScriptedDevice
) -> None:
    resource = make_resource(device, auto_reconnect_delay=60)
    resource.start()
    resource._inspecting_client.katcp_client.auto_reconnect_delay = 0.02
    await resource.until_synced(timeout=10)
    device.drop()
    await resource.until_not_synced(timeout=10)
    await resource.until_synced(timeout=10)


async def test_without_auto_reconnect(make_resource: Any, device: ScriptedDevice) -> None:
    resource = make_resource(device, auto_reconnect=False)
    resource.start()
    await resource.until_synced(timeout=10)
    device.drop()
    await resource.until_stopped(timeout=10)
    assert resource.state == "disconnected"
    assert device.connections == 1


async def test_wait_without_end_says_why(make_resource: Any, caplog: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("katcp.resource_client._resource._REMINDER", 0.02)
    async with ScriptedDevice(None) as device:
        resource = make_resource(device)
        resource.start()
        waiting = resource.until_synced()
        await device.until_connected()
        async with asyncio.timeout(10):
            while caplog.text.count("Still waiting") < 2:  # noqa: ASYNC110 a log has no event
                await asyncio.sleep(0.01)
        assert "phase 'protocol'" in caplog.text
        waiting.cancel()


async def test_the_interface_is_what_the_device_offers_now(make_resource: Any) -> None:
    device = ScriptedDevice("5.1-MIT", {"a": FakeSensor("discrete", "An a", "V", ("on", "of f"))})
    device.help, device.hints = {"slow": "Slow"}, {"slow": 30.5}
    async with device:
        resource = make_resource(device)
        with pytest.raises(RuntimeError):
            _ = resource.interface
        resource.start()
        await resource.until_synced(timeout=10)
        sensor = SensorDescription("a", "An a", "V", "discrete", (b"on", b"of f"))
        slow = Request("slow", "Slow", 30.5)
        before = resource.interface
        assert before == (resource.name, "5.1-IMT", {"slow": slow}, {"a": sensor})
        changes = resource.changes()
        device.sensors["b"] = FakeSensor()
        device.change("sensor", "b", "added")
        await anext(c async for c in changes if isinstance(c, SensorsChanged))
        assert set(resource.interface.sensors) == {"a", "b"}
        assert set(before.sensors) == {"a"}


def test_started_before_the_loop_runs() -> None:
    import tornado.ioloop

    from katcp.resource_client import KATCPClientResource

    device = ScriptedDevice()
    loop = tornado.ioloop.IOLoop(make_current=False)
    loop.run_sync(device.listen)
    resource = KATCPClientResource({"name": "x", "address": device.address})
    resource.set_ioloop(loop)
    resource.start()
    assert resource.state == "disconnected"
    assert loop.run_sync(lambda: resource.until_synced(timeout=10))
    assert resource.ioloop is loop
    assert repr(resource).startswith("<katcp.resource_client.KATCPClientResource(name=x) at ")

    async def end() -> None:
        await resource.stop()
        await device.__aexit__()

    loop.run_sync(end)
    loop.close(all_fds=True)
