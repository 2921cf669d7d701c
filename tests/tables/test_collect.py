"""`tables.collect`: for the length of a block, in both faces, through whatever becomes of a device."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

import katcp
import katcp.blocking
from katcp import tables
from katcp.errors import KATCPResourceError, KATCPSensorError
from katcp.simulator import Antenna
from katcp.testing import FakeSensor, ScriptedDevice, reply


@pytest.fixture
async def device() -> AsyncIterator[ScriptedDevice]:
    sensors = {name: FakeSensor("float", units="deg") for name in ("pos.azim", "pos.elev", "temp")}
    async with ScriptedDevice(sensors=sensors) as scripted:
        yield scripted


@pytest.fixture
async def resource(device: ScriptedDevice) -> AsyncIterator[Any]:
    async with katcp.connect({"address": device.address, "auto_reconnect_delay": 0.02}) as there:
        yield there


async def test_for_the_length_of_a_block(resource: Any, device: ScriptedDevice) -> None:
    async with tables.collect(resource, "pos") as readings:
        device.set_sensor("pos.azim", "1.5", "warn")
        device.set_sensor("temp", "3")
        await readings.until(3, timeout=10)
        assert resource.sensor.pos_azim.sampling_strategy == ("event",)
    device.set_sensor("pos.azim", "2.5")
    assert await resource.sensor.pos_azim.get_value() == 2.5
    columns = readings.table().to_pydict()
    assert columns["sensor"] == ["pos.azim", "pos.elev", "pos.azim"]
    assert columns["value"] == [0.0, 0.0, 1.5]
    assert columns["status"] == ["nominal", "nominal", "warn"]
    assert device.strategies == {"pos.azim": ("none",), "pos.elev": ("none",)}


@pytest.mark.parametrize("pattern", [r"pos\.azim", "pos_azim"])
async def test_names_are_those_of_katcp_or_python(resource: Any, pattern: str) -> None:
    async with tables.collect(resource, pattern) as readings:
        await readings.until(1, timeout=10)
    assert readings.table()["sensor"].to_pylist() == ["pos.azim"]


async def test_strategies_are_given_back(resource: Any, device: ScriptedDevice) -> None:
    await resource.set_sampling_strategy("pos_azim", "period 10")
    async with tables.collect(resource):
        await resource.set_sampling_strategy("temp", "period 20")
        assert set(device.strategies.values()) == {("event",), ("period", "20.0")}
    assert {name: strategy[0] for name, strategy in device.strategies.items()} == {
        "pos.azim": "period",
        "pos.elev": "none",
        "temp": "period",  # that somebody set meanwhile
    }


async def test_strategies_may_be_left_as_they_are(resource: Any, device: ScriptedDevice) -> None:
    await resource.set_sampling_strategy("temp", "event")
    async with tables.collect(resource, strategy=None) as readings:
        for number in range(3):
            device.set_sensor("temp", str(number))
            device.set_sensor("pos.azim", str(number))
        await readings.until(3, timeout=10)
    assert readings.table()["value"].to_pylist() == [0, 1, 2]
    assert device.strategies == {"temp": ("event",)}


async def test_a_sensor_that_comes_later_and_a_link_that_is_lost(
    resource: Any, device: ScriptedDevice, caplog: pytest.LogCaptureFixture
) -> None:
    async with tables.collect(resource, "^pos", limit=2) as readings:
        await readings.until(2, timeout=10)
        device.sensors["pos.new"] = FakeSensor("string", value="hello")
        device.send("#interface-changed")
        await readings.until(3, timeout=10)
        device.drop()
        await readings.until(6, timeout=10)
        assert readings.dropped == 4
        device.set_sensor("pos.new", "there")
        await readings.until(7, timeout=10)
    assert readings.table()["text"].to_pylist()[-1] == "there"
    assert device.strategies["pos.new"] == ("none",)
    assert "its readings are old now; trying again" in caplog.text


async def test_what_cannot_be_collected(resource: Any, device: ScriptedDevice) -> None:
    with pytest.raises(KATCPResourceError, match=r"no sensor of 127.* matches 'nothing'"):
        async with tables.collect(resource, "nothing"):
            pass
    with pytest.raises(re.error):
        tables.collect(resource, "[")
    with pytest.raises(TypeError, match="use `async with`"), tables.collect(resource):
        pass
    device.answers["sensor-sampling"] = lambda link, request: [reply(request, "fail", "not now")]
    with pytest.raises(KATCPSensorError, match="not now"):
        async with tables.collect(resource, "temp"):
            pass
    assert not resource.sensor.temp._listeners


async def test_sensors_that_refuse_are_said_and_the_others_collected(caplog: Any) -> None:
    sensors = {name: FakeSensor(value="1") for name in ("a", "b", "c", "d", "e", "f")}
    async with ScriptedDevice("5.1-MI", sensors) as device:
        usual = device.answers["sensor-sampling"]

        def some(link: Any, request: Any) -> Any:
            refused = request.arguments[0] != b"c"
            return [reply(request, "fail", "not now")] if refused else usual(link, request)

        device.answers["sensor-sampling"] = some
        async with katcp.connect({"address": device.address, "name": "dev"}) as resource:
            caplog.clear()
            async with tables.collect(resource, "") as readings:
                await readings.until(1, timeout=5)
            assert set(readings.table()["sensor"].to_pylist()) == {"c"}
    said = [r.getMessage() for r in caplog.records if r.name == "katcp.tables"]
    assert len(said) == 4
    assert "sensor a: not now" in said[0]
    assert said[3] == "dev: 2 more sensors refuse their strategy"


async def test_a_device_that_is_away_is_collected_when_it_is_back() -> None:
    sensors = {"x": FakeSensor("integer", value="1")}
    async with ScriptedDevice(sensors=sensors) as here, ScriptedDevice(sensors=sensors) as away:
        spec = {
            name: {"address": device.address, "auto_reconnect_delay": 0.02}
            for name, device in {"here": here, "away": away}.items()
        }
        async with katcp.connect({"clients": spec}) as telescope:
            await away.refuse()
            away.drop()
            await telescope.children.away.until_not_synced(timeout=10)
            async with tables.collect(telescope, "x") as readings:
                await readings.until(1, timeout=10)
                assert readings.table()["sensor"].to_pylist() == ["here.x"]
                await away.listen()
                await readings.until(2, timeout=10)
    assert readings.table()["sensor"].to_pylist() == ["here.x", "away.x"]


async def test_a_group() -> None:
    async with ScriptedDevice() as one, ScriptedDevice() as two, ScriptedDevice() as three:
        spec = {
            "clients": {f"m{n}": {"address": d.address} for n, d in enumerate((one, two, three))},
            "groups": {"ants": ["m0", "m2"]},
        }

        def program() -> tables.Readings:
            with (
                katcp.blocking.connect(spec) as telescope,
                tables.collect(telescope.groups.ants, "an_int") as readings,
            ):
                readings.until(2, timeout=10)
            return readings

        table = (await asyncio.to_thread(program)).table()
    assert sorted(table["sensor"].to_pylist()) == ["m0.an.int", "m2.an.int"]


async def test_the_blocking_face() -> None:
    async with Antenna(seed=1) as antenna:

        def program() -> tables.Readings:
            with katcp.blocking.connect(f"127.0.0.1:{antenna.port}") as ant:
                with tables.collect(ant, "pos_actual", "period 0.01") as readings:
                    assert readings.until(20, timeout=10) is True
                    assert readings.table().num_rows >= 20
                    with pytest.raises(TimeoutError, match="of 1000000 readings"):
                        readings.until(1_000_000, timeout=0.01)
                assert ant.sensor.pos_actual_azim.sampling_strategy == ("none",)
                with (
                    pytest.raises(KATCPResourceError, match="no sensor"),
                    tables.collect(ant, "!"),
                ):
                    pass
                rows = ant.list_sensors("pos_actual")
                assert tables.sensors(rows)["units"].to_pylist() == ["deg"] * 2
                with pytest.raises(TypeError, match="this resource blocks"):
                    asyncio.run(tables.collect(ant).__aenter__())
            return readings

        readings = await asyncio.to_thread(program)
        assert set(readings.table()["sensor"].to_pylist()) == {"pos.actual-azim", "pos.actual-elev"}


async def test_tables_from_another_thread_lack_nothing() -> None:
    sensors = {"n": FakeSensor("integer")}
    async with ScriptedDevice(sensors=sensors) as device:

        def program() -> list[Any]:
            with (
                katcp.blocking.connect(f"127.0.0.1:{device.port}") as dev,
                tables.collect(dev, "n", limit=None) as readings,
            ):
                loop.call_soon_threadsafe(begun.set)
                made = []
                while len(readings) < 3001:
                    made.append(readings.table()["value"].to_pylist())
                return [*made, readings.table()["value"].to_pylist()]

        loop, begun = asyncio.get_running_loop(), asyncio.Event()
        running = asyncio.ensure_future(asyncio.to_thread(program))
        await begun.wait()
        for number in range(1, 3001):
            device.set_sensor("n", str(number))
            if number % 100 == 0:
                await asyncio.sleep(0)
        made = await running
    assert all(values == list(range(len(values))) for values in made)
    assert len(made[-1]) == 3001
