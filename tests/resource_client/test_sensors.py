"""Sampling strategies, listeners, waits, readings."""

import asyncio
import gc
import weakref
from typing import Any

import pytest

from katcp import Sensor
from katcp.errors import KATCPSensorError, TimeoutError
from katcp.resource import KATCPSensor
from katcp.resource_client import (
    KATCPClientResource,
    KATCPClientResourceSensorsManager,
    ReplyWrappedInspectingClientAsync,
    SensorStale,
    StateChanged,
)
from katcp.testing import FakeSensor, ScriptedDevice, attach, virtual_time


def many(count: int) -> dict[str, FakeSensor]:
    return {f"s.{i:05}": FakeSensor(value=str(i)) for i in range(count)}


async def sync(make_resource: Any, device: ScriptedDevice, **spec: Any) -> Any:
    resource = make_resource(device, **spec)
    resource.start()
    await resource.until_synced(timeout=20)
    return resource


async def test_bulk(make_resource: Any) -> None:
    async with ScriptedDevice("5.1-MIB", many(2500)) as device:
        resource = await sync(make_resource, device)
        results = await resource.set_sampling_strategies("", "event")
        assert len(results) == 2500
        assert set(results.values()) == {(True, ("event",))}
        assert len(device.asked("sensor-sampling")) == 3
        assert all(s.value == int(s.name[2:]) for s in resource.sensor.values())


async def test_a_comma_in_a_name_costs_no_other_its_strategy(make_resource: Any) -> None:
    sensors = {name: FakeSensor("integer") for name in ("a", "b,c", "d.e", "f")}
    async with ScriptedDevice("5.1-MIB", sensors) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        results = await resource.set_sampling_strategies("", "event")
        assert {name for name, (done, _) in results.items() if not done} == {"b,c"}
        assert "has a comma" in str(results["b,c"][1][1])
        assert device.strategies.keys() == {"a", "d.e", "f"}


async def test_what_is_left_of_one_block_goes_with_the_next(
    make_resource: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("katcp.resource_client._sampling._BULK", 10)
    types = ["integer", "float", "float"] * 9
    sensors = {f"s{i:02}": FakeSensor(kind) for i, kind in enumerate(types)}
    async with ScriptedDevice("5.1-MIB", sensors) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        results = await resource.set_sampling_strategies("", "differential 2")
        assert all(done for done, _ in results.values())
        words = {"integer": ("differential", "2"), "float": ("differential", "2.0")}
        assert device.strategies == {name: words[s.type] for name, s in sensors.items()}
        asked = [line.count(",") + 1 for line in device.asked("sensor-sampling")]
        assert sorted(asked) == [8, 9, 10]


async def test_bulk_finds_the_bad_names(make_resource: Any) -> None:
    async with ScriptedDevice("5.1-MIB", many(50)) as device:
        resource = await sync(make_resource, device)
        for name in ("s.00007", "s.00031"):
            del device.sensors[name]
        results = await resource.set_sampling_strategies("", "event")
        assert {name for name, (ok, _) in results.items() if not ok} == {"s_00007", "s_00031"}
        ok, (kind, value, trace) = results["s_00007"]
        assert (ok, kind) == (False, KATCPSensorError)
        assert "s.00007" in str(value)
        assert trace is not None
        assert resource.sensor.s_00007.sampling_strategy == ("none",)


async def test_without_bulk_pipelined(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI", many(300)) as device:
        resource = await sync(make_resource, device)
        await resource.set_sampling_strategies("", "event")
        assert len(device.asked("sensor-sampling")) == 300


async def test_c_servers_send_no_first_status(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-M", many(20), first_status=False) as device:
        resource = make_resource(device)
        await resource.set_sampling_strategies("^s_0001", "event")
        await resource.set_sampling_strategy("s_00001", "event")
        resource.start()
        await resource.until_synced(timeout=10)
        assert resource.sensor.s_00012.value == 12
        assert resource.sensor.s_00001.value == 1
        assert device.asked("sensor-value") == ["?sensor-value"]  # one for all eleven


async def test_c_servers_are_asked_for_what_changed_while_it_was_not_sampled(
    make_resource: Any,
) -> None:
    async with ScriptedDevice(first_status=False) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        sensor = resource.sensor.an_int
        assert await sensor.get_value() == 3
        device.set_sensor("an.int", "4")
        await sensor.set_sampling_strategy("event")
        assert sensor.value == 4


async def test_strategy_whose_request_got_lost_in_a_sync_is_sent_again() -> None:
    device = ScriptedDevice()
    usual, lost = device.answers["sensor-sampling"], []

    def lose_one(link: Any, request: Any) -> Any:
        if lost:
            return usual(link, request)
        return lost.append(request)

    device.answers["sensor-sampling"] = lose_one
    resource = KATCPClientResource({"name": "dev", "address": ("memory", 0)})
    attach(resource, device)
    await resource.set_sampling_strategy("an.int", "event")
    with virtual_time():
        resource.start()
        await resource.until_synced(timeout=60)
        assert device.strategies == {"an.int": ("event",)}
        assert device.connections == 1
        assert resource.sensor.an_int.value == 3
        await resource.stop()


async def test_unseen_sensors_match_a_filter_later(synced: Any, device: ScriptedDevice) -> None:
    await synced.set_sampling_strategies("^later", "period 2")
    await synced.set_sampling_strategy("later_b", "auto")
    device.sensors |= {"later.a": FakeSensor(value="5"), "later.b": FakeSensor()}
    device.change("sensor-list")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert synced.sensor.later_a.sampling_strategy == ("period", "2.0")
    assert synced.sensor.later_b.sampling_strategy == ("auto",)
    assert synced.sensor.later_a.value == 5
    synced.drop_sampling_strategy("later.a")
    assert synced.sensor.later_a.sampling_strategy == ("none",)


async def test_bare_change_asks_whether_strategies_survived(synced: Any, device: Any) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    device.requests.clear()
    device.change("sensor-list")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert [line.split(" ", 1)[1] for line in device.asked("sensor-sampling")] == ["an.int"]
    device.strategies.clear()  # as aiokatcp does when a sensor is defined again
    device.requests.clear()
    device.change("sensor-list")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    asked = [line.split(" ", 1)[1] for line in device.asked("sensor-sampling")]
    assert asked == ["an.int", "an.int event"]


@pytest.mark.quirk(16)
async def test_refused_strategy_leaves_the_one_in_force(synced: Any, device: Any) -> None:
    sensor = synced.sensor.an_int
    assert await sensor.set_sampling_strategy("period 1") == (True, ("period", "1.0"))
    usual = device.answers["sensor-sampling"]
    device.answers["sensor-sampling"] = lambda link, r: [
        f"!sensor-sampling[{r.mid.decode()}] fail no"
    ]
    ok, info = await sensor.set_sampling_strategy("bogus")
    assert not ok
    assert issubclass(info[0], KATCPSensorError)
    assert sensor.sampling_strategy == ("period", "1.0")
    device.answers["sensor-sampling"] = usual


async def test_clamped_strategy_is_reported(synced: Any, device: Any) -> None:
    device.answers["sensor-sampling"] = lambda link, r: [
        f"!sensor-sampling[{r.mid.decode()}] ok an.int period 0.252500"
    ]
    await synced.sensor.an_int.set_strategy("period", 0.2)
    assert synced.sensor.an_int.sampling_strategy == ("period", "0.2")
    assert synced.sensor.an_int.reported_strategy == ("period", "0.252500")


@pytest.mark.quirk(19)
async def test_the_latest_asking_wins_however_it_was_made(synced: Any, device: Any) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    await synced.sensor.an_int.set_sampling_strategy("auto")
    device.sensors["an.int"] = FakeSensor(description="another")
    device.change("sensor", "an.int", "modified")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert synced.sensor.an_int.sampling_strategy == ("auto",)
    synced.sensor.an_int.drop_sampling_strategy()
    device.requests.clear()
    device.drop()
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert device.asked("sensor-sampling") == []


async def test_asking_that_was_overtaken_is_not_called_a_success(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-M", many(3)) as device:
        resource = await sync(make_resource, device)
        first = resource.set_sampling_strategies("", "period 1")
        second = resource.set_sampling_strategies("", "event")
        assert [ok for ok, _ in (await first).values()] == [True, False, False]
        assert [ok for ok, _ in (await second).values()] == [True] * 3
        assert set(device.strategies.values()) == {("event",)}


@pytest.mark.quirk(7)
async def test_difference_of_an_integer_sensor_is_whole(synced: Any, device: Any) -> None:
    assert await synced.sensor.an_int.set_strategy("differential", 2) == (
        True,
        ("differential", "2.0"),
    )
    assert device.asked("sensor-sampling")[-1].endswith("an.int differential 2")


async def test_strategy_while_disconnected(synced: Any, device: ScriptedDevice) -> None:
    await device.refuse()
    await synced.until_state("disconnected", timeout=10)
    ok, info = await synced.sensor.an_int.set_sampling_strategy("event")
    assert not ok
    assert "on reconnect" in str(info[1])
    await device.listen()
    await synced.until_synced(timeout=10)
    assert device.strategies == {"an.int": ("event",)}


async def test_stale(synced: Any, device: ScriptedDevice) -> None:
    sensor = synced.sensor.an_int
    assert sensor.stale
    await sensor.set_strategy("event")
    assert not sensor.stale
    changes = synced.changes()
    await device.refuse()
    await synced.until_state("disconnected", timeout=10)
    assert sensor.stale
    assert (sensor.value, sensor.status) == (3, "nominal")
    waiting = synced.wait("an_int", 3, timeout=10)
    await asyncio.sleep(0)
    assert not waiting.done()
    await device.listen()
    assert await waiting
    await synced.until_synced(timeout=10)
    got = [await anext(changes) for _ in range(4)]
    assert SensorStale(("an.int",)) in got
    assert [c.state for c in got if isinstance(c, StateChanged)] == [
        "disconnected",
        "syncing",
        "synced",
    ]


async def test_waits(synced: Any, device: ScriptedDevice) -> None:
    sensor = synced.sensor.an_int
    with pytest.raises(KATCPSensorError, match="not sampled"):
        sensor.wait(3)
    with pytest.raises(KeyError):
        await synced.wait("nothing", 3)
    await sensor.set_strategy("event")
    assert sensor.wait(3).done()
    assert not await synced.wait("an.int", 99, timeout=0)
    with pytest.raises(TimeoutError, match="last value is 3"):
        await sensor.wait(99, timeout=0.01)
    with pytest.raises(ZeroDivisionError):
        await sensor.wait(lambda reading: 1 / 0)
    steps = sensor.wait([3, lambda r: r.value > 4, 1], timeout=10)
    for value in ("1", "5", "2"):
        device.set_sensor("an.int", value)
    assert not steps.done()
    device.set_sensor("an.int", "1")
    assert await steps
    sensor.wait(99).cancel()
    await asyncio.sleep(0)
    assert not sensor._listeners


async def test_listeners(synced: Any, device: ScriptedDevice) -> None:
    sensor = synced.sensor.an_int
    calls: list[Any] = []

    async def coroutine(sensor: Any, reading: Any) -> None:
        calls.append(("coroutine", reading.value))

    def raising(sensor: Any, reading: Any) -> None:
        raise ValueError("in a listener")

    def once(sensor: Any, reading: Any) -> None:
        calls.append(("once", reading.value))
        sensor.unregister_listener(once)

    def old(received: float, timestamp: float, status: str, value: Any) -> None:
        calls.append(("old", status, value))

    for listener in (raising, once, coroutine):
        sensor.register_listener(listener, reading=True)
    sensor.register_listener(old)
    await sensor.get_value()
    await sensor.get_value()
    await asyncio.sleep(0)
    assert calls.count(("old", "nominal", 3)) == 2
    assert calls.count(("once", 3)) == 1
    assert calls.count(("coroutine", 3)) == 2


async def test_readings(synced: Any, device: ScriptedDevice) -> None:
    sensor = synced.sensor.an_int
    readings = sensor.readings(maxsize=2)
    await sensor.set_strategy("event")
    for value in ("4", "5"):
        device.set_sensor("an.int", value)
    await synced.req.watchdog()
    assert [(await anext(readings)).value for _ in range(2)] == [4, 5]
    assert readings.dropped == 1
    del readings
    gc.collect()
    assert not sensor._listeners
    last = sensor.readings(overflow="error", maxsize=1)
    await sensor.get_value()
    await sensor.get_value()
    assert (await anext(last)).value == 5
    with pytest.raises(KATCPSensorError, match="faster"):
        await anext(last)
    ending = sensor.readings()
    await synced.stop()
    assert [r async for r in ending] == []


def test_a_sensor_with_a_manager_of_its_own() -> None:
    """Programs make sensors of what does not speak KATCP, described as to a `sensor_factory`."""

    class Manager:
        resource_name = "weather"
        connection_number = 0

        def time(self) -> float:
            return 2e9

    heard: list[Any] = []
    described = {"name": "wind.speed-max", "sensor_type": Sensor.FLOAT, "params": [0.0, 60.0]}
    sensor = KATCPSensor(described, Manager())  # type: ignore[arg-type]
    sensor.register_listener(lambda *reading: heard.append(reading))
    sensor.set_formatted(b"1000000000.5", b"warn", b"21.5")
    assert (sensor.type, sensor.units, sensor.normalised_name, sensor.parent_name) == (
        "float", "", "wind_speed_max", "weather",
    )  # fmt: skip
    assert heard == [(2e9, 1000000000.5, "warn", 21.5)]


async def test_a_manager_without_a_resource(device: ScriptedDevice, caplog: Any) -> None:
    """Programs that do with an inspecting client alone have its sensors sampled so."""
    client = ReplyWrappedInspectingClientAsync(*device.address)
    manager = KATCPClientResourceSensorsManager(client, "dev")
    client.sensor_factory = manager.sensor_factory
    client.connect()
    await client.until_synced(timeout=10)
    sensor = client.get_sensor("an.int")
    assert await sensor.set_sampling_strategy("event") == (True, ("event",))
    assert sensor.sampling_strategy == ("event",)
    device.strategies.clear()
    await manager.reapply_sampling_strategies()
    assert device.strategies == {"an.int": ("event",)}
    assert not caplog.records
    await client.stop()


async def test_failed_poll(synced: Any, device: ScriptedDevice) -> None:
    sensor = synced.sensor.an_int
    del device.sensors["an.int"]
    with pytest.raises(KATCPSensorError, match=r"an\.int.*unknown"):
        await sensor.get_value()


async def test_list_sensors(make_resource: Any) -> None:
    sensors = {
        "b.two": FakeSensor(status="warn"),
        "a-one": FakeSensor("float", value="1.5", units="V"),
    }
    async with ScriptedDevice(sensors=sensors) as device:
        resource = await sync(make_resource, device)
        rows = await resource.list_sensors(refresh=True)
        assert [(r.name, r.python_identifier, r.units) for r in rows] == [
            ("a-one", "a_one", "V"),
            ("b.two", "b_two", ""),
        ]
        for filter, status, count in [("^a", "", 1), ("", "^w", 1), ("", ["warn", "nominal"], 2),
                                      ("", "nom", 1), ("nothing", "", 0)]:  # fmt: skip
            assert len(await resource.list_sensors(filter, status=status)) == count
        assert await resource.list_sensors(r"a-", use_python_identifiers=False)
        await resource.set_sampling_strategy("b_two", "event")
        (row,) = await resource.list_sensors(strategy=True, tuple=True)
        assert row[0] == "b.two"
        assert row[6:] == ("warn", ("event",))
        with pytest.raises(Exception, match="unterminated"):
            await resource.list_sensors("[")


@pytest.mark.parametrize("winner", ["a.b", "a-b"])
async def test_names_that_collide(make_resource: Any, winner: str, caplog: Any) -> None:
    async with ScriptedDevice(sensors={"a.b": FakeSensor(), "a-b": FakeSensor()}) as device:
        resource = await sync(make_resource, device)
        assert "a_b in Python" in caplog.text
        assert list(resource.sensor) == ["a_b"]
        gone = next(name for name in ("a.b", "a-b") if name != winner)
        del device.sensors[gone]
        device.change("sensor", gone, "removed")
        await resource.until_not_synced(timeout=10)
        await resource.until_synced(timeout=10)
        assert resource.sensor.a_b.name == winner
        await resource.sensor.a_b.get_value()
        device.sensors.clear()
        device.change()
        await resource.until_not_synced(timeout=10)
        await resource.until_synced(timeout=10)
        assert not resource.sensor


async def test_sensors_may_have_the_names_of_methods_of_dicts(make_resource: Any) -> None:
    names = ["get", "items", "keys", "values"]
    async with ScriptedDevice(sensors={name: FakeSensor() for name in names}) as device:
        resource = await sync(make_resource, device)
        results = await resource.set_strategy_of(names, "event")
        assert results == dict.fromkeys(names, (True, ("event",)))
        with pytest.raises(KeyError):
            await resource.set_strategy_of(["pop"], "event")


async def test_stopped_resource_is_collected(make_resource: Any, device: ScriptedDevice) -> None:
    from katcp.resource_client import KATCPClientResource

    resource = KATCPClientResource({"name": "x", "address": device.address})
    resource.start()
    await resource.until_synced(timeout=10)
    outstanding = resource.until_not_synced(timeout=1000)
    forever = resource.until_state("syncing")
    await resource.stop()
    there = weakref.ref(resource)
    del resource
    gc.collect()
    assert there() is None
    assert outstanding.done()
    forever.cancel()


async def test_a_setting_in_slices_counts_at_once(make_resource: Any) -> None:
    async with ScriptedDevice("5.1-MIB", many(1000)) as device:
        resource = await sync(make_resource, device)
        setting = resource.set_sampling_strategies("", "event")
        sensor = resource.sensor
        assert sensor.s_00999.sampling_strategy == ("event",)
        assert sensor.s_00500.wait(lambda _: True)  # it is sampled
        later = resource.set_sampling_strategy("s.00998", "none")
        resource.drop_sampling_strategy("s.00997")
        results = await setting
        await later
        assert sensor.s_00998.sampling_strategy == ("none",)
        assert device.strategies["s.00998"] == ("none",)
        assert "s.00997" not in device.strategies
        assert {i for i, (ok, _) in results.items() if not ok} == {"s_00998", "s_00997"}
        assert "another strategy was asked for since" in str(results["s_00998"][1][1])
        assert device.strategies["s.00000"] == ("event",)


async def test_to_look_at_a_reading_loses_none_that_comes_meanwhile(
    make_resource: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        sensor = resource.sensor.an_int

        def while_another_thread_looks(kind: Any, parts: Any) -> Any:
            sensor.take_reading(2.0, 2.0, b"error", b"2", 5)
            return tuple.__new__(kind, parts)

        sensor.take_reading(1.0, 1.0, b"nominal", b"1", 5)
        monkeypatch.setattr("katcp.resource._sensor._named", while_another_thread_looks)
        assert sensor.reading.value == 1
        monkeypatch.undo()
        assert (sensor.value, sensor.status) == (2, "error")


async def test_a_sensor_object_that_was_replaced_gives_what_the_device_says(
    synced: Any, device: ScriptedDevice
) -> None:
    old = synced.sensor.an_int
    feed = old.readings()
    device.sensors["an.int"] = FakeSensor("discrete", params=["stop", "track"], value="track")
    device.change("sensor", "an.int", "modified")
    await synced.until_state("syncing", timeout=10)
    await synced.until_synced(timeout=10)
    assert synced.sensor.an_int is not old
    assert [reading async for reading in feed] == []
    assert old.stale
    assert await old.get_value() == "track"
    assert await old.get_status() == "nominal"
    assert (await old.get_reading()).value == "track"


@pytest.mark.parametrize("whose", ["resource", "sensor"])
async def test_a_wait_goes_on_when_the_sensor_object_is_replaced(
    synced: Any, device: ScriptedDevice, whose: str
) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    old = synced.sensor.an_int
    conditions = [3, lambda reading: reading.value == "track", "stop"]
    asked: Any = synced if whose == "resource" else None
    waiting = asked.wait("an_int", conditions, 10) if asked else old.wait(conditions, 10)
    device.sensors["an.int"] = FakeSensor("discrete", params=["stop", "track"], value="track")
    device.change("sensor", "an.int", "modified")
    await synced.until_state("syncing", timeout=10)
    await synced.until_synced(timeout=10)
    assert not waiting.done()
    device.set_sensor("an.int", "stop")
    assert await waiting is True
    for sensor in (old, synced.sensor.an_int):
        assert not sensor._listeners


async def test_a_wait_on_a_sensor_that_went_away_says_so(
    synced: Any, device: ScriptedDevice
) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    waiting = synced.sensor.an_int.wait(99, timeout=0.2)
    del device.sensors["an.int"]
    device.change("sensor", "an.int", "removed")
    with pytest.raises(TimeoutError, match=r"its last value is 3 \(nominal\), which is stale"):
        await waiting


async def test_registered_again_by_a_listener_it_is_called_in_its_turn(
    synced: Any, device: ScriptedDevice
) -> None:
    sensor, heard = synced.sensor.an_int, []

    def second(*reading: Any) -> None:
        heard.append(("second", len(reading)))

    def first(sensor: Any, reading: Any) -> None:
        heard.append(("first", reading.value))
        sensor.register_listener(second, reading=True)

    sensor.register_listener(first, reading=True)
    sensor.register_listener(second)
    for value in (1, 2):
        sensor.set_value(value)
    assert heard == [("first", 1), ("second", 2), ("first", 2), ("second", 2)]


async def test_a_wait_for_no_condition_is_over(synced: Any) -> None:
    await synced.set_sampling_strategy("an_int", "event")
    assert await synced.wait("an_int", [], timeout=1) is True


async def test_a_refusal_is_logged_though_nobody_waits(
    synced: Any, device: ScriptedDevice, caplog: Any
) -> None:
    device.answers["sensor-sampling"] = lambda _, request: [
        f"!sensor-sampling[{request.mid.decode()}] fail no\\_such\\_strategy"
    ]
    await synced.set_sampling_strategy("an_int", "event")
    (record,) = caplog.records
    assert record.getMessage() == (
        "dev: sampling strategy 'event' of sensor an.int: no such strategy"
    )
    await synced.stop()
    caplog.clear()
    await synced.set_sampling_strategy("an_int", "event")  # it is remembered
    assert caplog.records == []


@pytest.mark.parametrize(
    ("words", "given"),
    [(("period", 0.5), "period 0.5"), (("event-rate 1", 2), "event-rate 1 2"),
     ((["event-rate", 1], [b"2"]), "event-rate 1 2"), (("event",), "event")],
)  # fmt: skip
async def test_a_manager_gets_strategy_and_parameters_as_text(
    synced: Any, monkeypatch: Any, words: Any, given: str
) -> None:
    got = []
    sensor = synced.sensor.an_int
    monkeypatch.setattr(sensor._manager, "set_sampling_strategy", lambda *a: got.append(a))
    sensor.set_strategy(*words)
    assert got == [("an.int", given)]


async def test_strategies_set_before_are_sent_in_the_order_of_the_device(
    make_resource: Any,
) -> None:
    sensors = {f"s.{name}": FakeSensor() for name in "qwertyuiopasdfghjklzxcvbnm"}
    async with ScriptedDevice("5.1-MI", sensors) as device:
        resource = make_resource(device)
        resource.set_sampling_strategies("s", "event")
        resource.start()
        await resource.until_synced(timeout=10)
        assert device.asked("sensor-sampling")
        sent = [line.split(" ")[1] for line in device.asked("sensor-sampling")]
        assert sent == list(sensors)
