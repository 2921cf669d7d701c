"""A client cannot tell a mimic from the device that it was learnt from."""

import asyncio
import contextlib
import math
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiokatcp
import pytest

from katcp.cli._doctor import doctor
from katcp.mimic import Learner, Likeness, MimicDevice, learn_recorded, read_likeness, text_of
from katcp.mimic._motions import Constant
from katcp.resource_client import KATCPClientResource
from katcp.simulator import Antenna
from katcp.testing import FakeSensor, Recording, Replayer, ScriptedDevice, attach, resource_of

SESSIONS = Path(__file__).parents[1] / "wire" / "transcripts"
RECORDED = ["ref-rich-v4", "ref-rich-v5.1-bulk", "aiokatcp-rich-v5.1", "c-rich-v4.9",
            "c-rich-v5.0", "ref-DeviceTestServerWithTimeoutHints-v5.1", "c-kcs-v4.9"]  # fmt: skip

Seen = dict[str, set[tuple[str, Any]]]


def through_a_file(likeness: Likeness, tmp_path: Path) -> Likeness:
    file = tmp_path / "device.toml"
    file.write_text(text_of(likeness), "utf-8")
    return read_likeness(file)


def listened_to(device: KATCPClientResource) -> Seen:
    """Give what sensors say from now on, and said last: statuses and values."""
    seen: Seen = defaultdict(set)
    for sensor in dict.values(device.sensor):
        if sensor.reading.received_timestamp:
            seen[sensor.name].add((sensor.status, sensor.value))
        sensor.register_listener(lambda s, r: seen[s.name].add((r.status, r.value)), reading=True)
    return seen


def check_plausible(real: Seen, mimicked: Seen) -> None:
    """Check that all that a mimic says could have been said by the device."""
    assert real.keys() == mimicked.keys()
    for name, readings in mimicked.items():
        statuses = {status for status, _ in real[name]}
        assert {status for status, _ in readings} <= statuses, name
        known, values = [v for _, v in real[name]], [v for _, v in readings]
        if all(isinstance(v, (int, float)) and math.isfinite(v) for v in known):
            assert min(known) <= min(values) <= max(values) <= max(known), name
        else:
            assert set(map(repr, values)) <= set(map(repr, known)), name


@contextlib.asynccontextmanager
async def learning(address: Any) -> AsyncIterator[tuple[Learner, KATCPClientResource]]:
    device = KATCPClientResource({"name": "dev", "address": address, "controlled": True})
    learner = Learner(device)
    device.start()
    try:
        await device.until_synced(10)
        yield learner, device
    finally:
        await device.stop()


async def test_a_mimic_of_the_antenna(tmp_path: Path, make_resource: Any, capsys: Any) -> None:
    async with Antenna(seed=1, speed=20) as antenna:
        address = ("127.0.0.1", antenna.port)
        async with learning(address) as (learner, device):
            real = listened_to(device)
            await learner.begin("auto")
            await device.req.target_azel(-20, 60)
            assert await device.wait("pos_actual_azim", lambda r: r.value > -30, timeout=30)
            likeness = await learner.finish(10)
            interface, versions = device.interface, device.versions
        assert await doctor(f"127.0.0.1:{antenna.port}", 5.0, as_json=False)
        complaints = findings(capsys)
    assert learner.notes == []
    assert learner.moving > 10
    assert {reply.reply for reply in likeness.answers.values()} == {("ok",)}
    async with MimicDevice(through_a_file(likeness, tmp_path), seed=2) as mimic:
        like = make_resource(mimic)
        like.start()
        await like.until_synced(10)
        assert like.interface == interface
        assert {**like.versions, "katcp-protocol": ()} == {**versions, "katcp-protocol": ()}
        said = listened_to(like)
        results = await like.set_sampling_strategies("", "auto")
        assert all(success for success, _ in results.values())
        azim = like.sensor.pos_actual_azim
        before = azim.value
        assert await azim.wait(lambda reading: reading.value != before, timeout=10)
        assert (await like.req.mode("POINT")).succeeded
        assert await doctor(f"127.0.0.1:{mimic.port}", 5.0, as_json=False)
        assert findings(capsys) <= complaints
    del said["net.own-address"], real["net.own-address"]  # which is not that of the original
    check_plausible(real, said)


def findings(capsys: Any) -> set[str]:
    """Give level and check of what the doctor found beside what is well."""
    lines = capsys.readouterr().out.splitlines()
    return {" ".join(line.split()[:2]) for line in lines if not line.startswith(("ok", " "))}


@pytest.mark.parametrize("name", RECORDED)
async def test_a_mimic_of_a_recorded_server(name: str, tmp_path: Path, capsys: Any) -> None:
    path = SESSIONS / f"{name}.natural.jsonl"
    learner, likeness = await learn_recorded(path, 10)
    assert not [note for note in learner.notes if "gave no reading" not in note]
    async with Replayer(path) as original, resource_of(original) as device:
        interface = device.interface
        await doctor(f"127.0.0.1:{original.port}", 5.0, as_json=False)
    complaints = findings(capsys)
    real = recorded_readings(path, device)
    async with MimicDevice(through_a_file(likeness, tmp_path), speed=50) as mimic:
        assert sorted(mimic.banner) == sorted(original.banner) or "aiokatcp" in name
        async with resource_of(mimic) as like:
            assert like.interface == interface
            said = listened_to(like)
            results = await like.set_sampling_strategies("", "event")
            assert all(success for success, _ in results.values())
            await like._client().simple_request("sensor-value")
            for sensor in moving(likeness, like)[:1]:
                assert await sensor.wait(lambda r, before=sensor.value: r.value != before, 20)
        await doctor(f"127.0.0.1:{mimic.port}", 5.0, as_json=False)
    assert findings(capsys) <= complaints
    unread = said.keys() - real.keys()
    assert bool(unread) == bool(learner.notes)
    for each in unread:
        assert {status for status, _ in said.pop(each)} == {"unknown"}
    check_plausible(real, said)


def moving(likeness: Likeness, device: KATCPClientResource) -> list[Any]:
    """Give the sensors that are not constant."""
    still = {name for name, motion in likeness.motions.items() if isinstance(motion, Constant)}
    return [sensor for sensor in dict.values(device.sensor) if sensor.name not in still]


def recorded_readings(path: Path, device: KATCPClientResource) -> Seen:
    """Give what was recorded, as the sensors of a client understand it."""
    seen: Seen = defaultdict(set)
    sensors = {sensor.name: sensor for sensor in dict.values(device.sensor)}
    major = 4 if "-v4" in path.name else 5
    for _, words in Recording(path).readings():
        for i in range(2, len(words) - 2, 3):
            sensor = sensors.get(words[i].decode())
            with contextlib.suppress(ValueError):
                if sensor is not None:
                    sensor.take_reading(0.0, 0.0, words[i + 1], words[i + 2], major)
                    seen[sensor.name].add((sensor.status, sensor.value))
    return seen


async def test_another_client_judges(tmp_path: Path) -> None:
    """aiokatcp's client, which has nothing in common with this library, sees no difference."""
    async with Antenna(seed=1) as antenna:
        original = await seen_by_aiokatcp(antenna.port)
        async with learning(("127.0.0.1", antenna.port)) as (learner, _):
            await learner.begin("event")
            likeness = await learner.finish(10)
    async with MimicDevice(through_a_file(likeness, tmp_path)) as mimic:
        assert await seen_by_aiokatcp(mimic.port) == original


async def seen_by_aiokatcp(port: int) -> Any:
    client = await aiokatcp.Client.connect("127.0.0.1", port)
    try:
        watcher = aiokatcp.SensorWatcher(client)
        client.add_sensor_watcher(watcher)
        async with asyncio.timeout(20):
            await watcher.synced.wait()
            replies = [await client.request(name) for name in ("help", "version-list", "watchdog")]
        sensors = {
            s.name: (s.description, s.units, s.type_name, s.status.name)
            for s in watcher.sensors.values()
        }
        informs = [sorted(tuple(i.arguments) for i in informs) for _, informs in replies]
        informs[1] = [words for words in informs[1] if words[0] != b"katcp-protocol"]
        return sensors, informs
    finally:
        client.close()
        await client.wait_closed()


# -- devices that are odd


async def learnt(device: ScriptedDevice, meanwhile: Any = None) -> tuple[Learner, Likeness]:
    resource = KATCPClientResource({"name": "dev", "address": ("memory", 0), "controlled": True})
    attach(resource, device)
    learner = Learner(resource)
    resource.start()
    try:
        await resource.until_synced(10)
        await learner.begin("auto")
        if meanwhile is not None:
            await meanwhile(resource)
        return learner, await learner.finish(10)
    finally:
        await resource.stop()
        await device.give_up()


def odd_sensors() -> dict[str, FakeSensor]:
    return {
        "a.b": FakeSensor("integer", "one", value="1"),
        "a_b": FakeSensor("integer", "another of that identifier", value="2"),
        "class": FakeSensor("string", "a keyword", value="x y"),
        "temp": FakeSensor("float", "caf\udce9", "\udcb0C", ("-1", "1"), value="0.5"),
        "über\udcff.\\x41": FakeSensor("string", 'all\n\r\t\x1b\x00 "quoted" \\n', value="\udcfe"),
        "lru": FakeSensor("lru", value="error"),
        "when": FakeSensor("timestamp", value="1700000000.25"),
        "where": FakeSensor("address", value="[::1]:80"),
        "free": FakeSensor("discrete", "no options", value="any"),
        "complex": FakeSensor("complex", value="1+2j"),
        "bad": FakeSensor("float", "does not parse", value="NotANumber"),
        "nan": FakeSensor("float", value="nan"),
        "inf": FakeSensor("float", value="-inf", status="inactive"),
        "huge": FakeSensor("integer", value=str(10**30)),
    }


@pytest.mark.parametrize("protocol", ["4", "5.0-MI", "5.1-BIMT"])
async def test_names_texts_and_values_that_are_odd(protocol: str, tmp_path: Path) -> None:
    device = ScriptedDevice(protocol, odd_sensors())
    device.help |= {"do-it": "\udcb0 help\r\nof \x1b[31m \\_ anything\n", "do": ""}
    device.hints = {"do-it": 12.5}
    async with resource_of(device) as original:
        interface = original.interface._replace(name="dev")
    learner, likeness = await learnt(device)
    assert learner.notes == []
    mimic = MimicDevice(through_a_file(likeness, tmp_path))
    async with resource_of(mimic, name="dev") as like:
        assert like.interface == interface
        _, informs = await like._client().simple_request("sensor-value")
    said = {i.arguments[2]: (i.arguments[3], i.arguments[4]) for i in informs}
    assert said == {
        name.encode("utf-8", "surrogateescape"):
        (s.status.encode(), s.value.encode("utf-8", "surrogateescape"))
        for name, s in device.sensors.items()
    }  # fmt: skip


async def test_an_empty_device(tmp_path: Path) -> None:
    learner, likeness = await learnt(ScriptedDevice("5.0-MI", {}))
    assert (learner.notes, learner.readings) == ([], 0)
    async with resource_of(MimicDevice(through_a_file(likeness, tmp_path))) as like:
        assert (len(like.sensor), len(like.req)) == (0, 5)


async def test_a_device_that_changes_meanwhile(tmp_path: Path) -> None:
    sensors = {"stays": FakeSensor(), "goes": FakeSensor(), "other": FakeSensor(value="5")}
    device = ScriptedDevice("5.1-MIB", sensors)

    async def change(resource: KATCPClientResource) -> None:
        device.set_sensor("goes", "7")
        await resource.sensor.goes.wait(7, timeout=10)
        del device.sensors["goes"]
        device.sensors["comes"] = FakeSensor("string", value="here")
        device.sensors["other"] = FakeSensor("discrete", params=("x", "y"), value="x")
        device.change()
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        device.set_sensor("other", "y")
        device.set_sensor("comes", "there")
        await resource.sensor.comes.wait("there", timeout=10)

    learner, likeness = await learnt(device, change)
    (note,) = learner.notes
    assert note == (
        "the sensors changed meanwhile (1 came, 1 went, 1 are described otherwise); the file has "
        "them as they were at the end"
    )
    assert learner.moving == 2  # and not what went
    likeness = through_a_file(likeness, tmp_path)
    assert (
        likeness.interface.sensors.keys() == likeness.motions.keys() == {"stays", "comes", "other"}
    )
    stages: Any = likeness.motions["other"]
    assert [stage.value for stage in stages.stages] == ["x", "y"]  # and no 5, of before


async def test_readings_that_are_none() -> None:
    device = ScriptedDevice(sensors={"a": FakeSensor(), "b": FakeSensor(status="odd")})

    async def meanwhile(resource: KATCPClientResource) -> None:
        device.send("#sensor-status soon 1 a nominal 5", "#sensor-status", "#sensor-status 1 1 c")
        await resource._client().simple_request("watchdog")

    learner, likeness = await learnt(device, meanwhile)
    assert learner.notes == [
        "1 of 2 sensors gave no reading, among them b; the file has them with status unknown"
    ]
    assert {motion.reading(0, 0.0, float) for motion in likeness.motions.values()} == {
        ("0", "nominal"),
        ("0", "unknown"),
    }


async def test_a_device_that_goes_away_meanwhile() -> None:
    async with ScriptedDevice() as device, learning(device.address) as (learner, resource):
        await learner.begin("auto")
        await device.refuse()
        await resource.until_not_synced(10)
        likeness = await learner.finish(0.01)
    assert learner.notes[0].startswith("the end was not seen: ")
    assert likeness.motions.keys() == {"an.int"}


async def test_a_device_that_refuses() -> None:
    device = ScriptedDevice(sensors={"a.b": FakeSensor(), "a_b": FakeSensor(), "c": FakeSensor()})
    sampling = device.answers["sensor-sampling"]
    device.answers["sensor-sampling"] = lambda link, request: (
        sampling(link, request)
        if request.arguments[0] == b"c"
        else [f"!sensor-sampling[{request.mid.decode()}] fail no"]
    )
    learner, likeness = await learnt(device)
    assert [note.split(",")[0] for note in learner.notes] == ["2 sensors refuse strategy auto"]
    assert likeness.first_status


async def test_no_first_status_is_learnt() -> None:
    _, likeness = await learnt(ScriptedDevice(first_status=False))
    assert not likeness.first_status
    async with resource_of(MimicDevice(likeness)) as like:
        mimic_learner = await like._client().simple_request("sensor-sampling", "an.int", "event")
        reply, _ = mimic_learner
        assert reply.reply_ok()


async def test_only_few_requests_are_made() -> None:
    sensors = {f"s{i}": FakeSensor() for i in range(500)}
    device = ScriptedDevice("5.1-MIB", sensors)
    await learnt(device)
    assert len(device.asked("sensor-sampling")) == 1
    assert len(device.asked("sensor-value")) == 2
    assert len(device.requests) == 5
    assert set(device.strategies.values()) == {("auto",)}
