"""What a mimic does on the wire, in virtual time where time matters."""

import asyncio
import itertools
import time
from collections import defaultdict
from typing import Any

import pytest

from katcp.mimic import Answer, Likeness, MimicDevice
from katcp.mimic._motions import Constant, Motion, Ramp, Stage, States, StatusOf
from katcp.model import Interface, Request, SensorDescription
from katcp.resource_client import KATCPClientResource
from katcp.testing import resource_of, virtual_time
from katcp.testing._timers import Timers

NAMES = ["help", "sensor-list", "sensor-value", "sensor-sampling", "watchdog", "client-list",
         "log-level", "version-list", "sensor-sampling-clear", "request-timeout-hint"]  # fmt: skip


def ramp(every: float, high: float = 1e9) -> Ramp:
    statuses = (StatusOf("nominal", 1.0, 0.0, high),)
    return Ramp(every=every, low=0, high=high, step=1, digits=0, statuses=statuses)


def likeness(
    motions: dict[str, Motion], protocol: str = "5.1-MIBT", types: dict[str, str] | None = None
) -> Likeness:
    requests = {name: Request(name, f"Help of {name}", None) for name in NAMES}
    sensors = {
        name: SensorDescription(name, "d", "u", (types or {}).get(name, "integer"), ())
        for name in motions
    }
    return Likeness(Interface("dev", protocol, requests, sensors), motions)


async def ask(device: KATCPClientResource, *words: Any) -> tuple[str, list[str]]:
    reply, informs = await device._client().simple_request(*words, use_mid=False)
    return str(reply), list(map(str, informs))


class Heard:
    """When readings came, in virtual seconds, by sensor."""

    def __init__(self, device: KATCPClientResource) -> None:
        self.loop = asyncio.get_running_loop()
        self.of: dict[str, list[tuple[float, int]]] = defaultdict(list)
        for sensor in dict.values(device.sensor):
            sensor.register_listener(self._hear, reading=True)

    def _hear(self, sensor: Any, reading: Any) -> None:
        self.of[sensor.name].append((self.loop.time(), reading.value))


@pytest.mark.parametrize("protocol", ["4.0", "5.1-MIBT"])
async def test_sampling_strategies(protocol: str) -> None:
    names = ["event", "period", "none", "auto", "diff", "rate", "slow-rate", "still", "diff-rate"]
    motions: dict[str, Motion] = {name: ramp(1.0) for name in names}
    motions["still"] = Constant("7")
    second = 1 if protocol != "4.0" else 1000
    wanted = {
        "event": "event", "auto": "auto", "none": "none", "period": f"period {0.25 * second:g}",
        "diff": "differential 3", "still": f"period {10 * second:g}",
    }  # fmt: skip
    if protocol != "4.0":
        wanted |= {"rate": "event-rate 2.5 60", "slow-rate": "event-rate 0.1 0.4",
                   "diff-rate": "differential-rate 3 0.1 2"}  # fmt: skip
    mimic = MimicDevice(likeness(motions, protocol), seed=1)
    with virtual_time():
        async with resource_of(mimic) as device:
            for name, strategy in wanted.items():
                success, why = await device.sensor[name.replace("-", "_")].set_strategy(strategy)
                assert success, why
            heard = Heard(device)
            await asyncio.sleep(20.05)
            if protocol == "4.0":
                success, _ = await device.sensor.rate.set_strategy("event-rate 1 2")
                assert not success
            times = {name: len(readings) for name, readings in heard.of.items()}
    expected = {"event": 20, "auto": 20, "period": 80, "diff": 5, "still": 2}
    if protocol != "4.0":
        expected |= {"rate": 7, "slow-rate": 60, "diff-rate": 10}
    assert times.keys() == expected.keys()  # and none of those that are not sampled
    assert all(abs(times[name] - count) <= 1 for name, count in expected.items()), times
    for name, readings in heard.of.items():
        steps = [b - a for (_, a), (_, b) in itertools.pairwise(readings)]
        allowed = {"diff": {4}, "event": {1}, "auto": {1}, "still": {0}, "rate": {2, 3},
                   "diff-rate": {2}}.get(name, {0, 1})  # fmt: skip
        assert set(steps) <= allowed, name


async def test_each_client_has_its_own_strategies() -> None:
    mimic = MimicDevice(likeness({"s": ramp(1.0)}))
    with virtual_time():
        async with resource_of(mimic) as one, resource_of(mimic) as other:
            await one.sensor.s.set_strategy("event")
            await other.sensor.s.set_strategy("period", 5)
            assert (await ask(one, "sensor-sampling", "s"))[0] == "!sensor-sampling ok s event"
            one_heard, other_heard = Heard(one), Heard(other)
            await asyncio.sleep(20.5)
            assert len(one_heard.of["s"]) in (20, 21)
            assert len(other_heard.of["s"]) == 4
            reply, informs = await ask(one, "client-list")
            assert (reply, informs) == ("!client-list ok 2", ["#client-list memory"] * 2)
            assert (await ask(one, "sensor-sampling-clear"))[0] == "!sensor-sampling-clear ok"
            assert (await ask(one, "sensor-sampling", "s"))[0] == "!sensor-sampling ok s none"
        assert mimic._moving["s"].watches == {}
        await asyncio.sleep(6)  # and then nothing moves any more
        assert mimic._timers._waiting == []


async def test_bulk_is_atomic_and_only_with_its_flag() -> None:
    motions: dict[str, Motion] = {"a": ramp(1.0), "b": ramp(1.0), "text": Constant("x")}
    types = {"text": "string"}
    async with resource_of(MimicDevice(likeness(motions, types=types))) as device:
        both = await ask(device, "sensor-sampling", "a,b", "period", "2")
        assert both == ("!sensor-sampling ok a,b period 2", [])
        for words in (
            ["a,text", "differential", "1"],
            ["a,nosuch", "event"],
            ["a,b"],
            ["a,", "event"],
        ):
            assert (await ask(device, "sensor-sampling", *words))[0].startswith(
                "!sensor-sampling fail"
            )
        assert (await ask(device, "sensor-sampling", "a"))[0] == "!sensor-sampling ok a period 2"
    async with resource_of(MimicDevice(likeness(motions, "5.0-MI", types))) as device:
        refused, _ = await ask(device, "sensor-sampling", "a,b", "event")
        assert refused.startswith("!sensor-sampling fail unknown\\_sensor\\_a,b")


async def test_speed_and_seed() -> None:
    motions: dict[str, Motion] = {"s": ramp(10.0)}
    with virtual_time():
        async with resource_of(MimicDevice(likeness(motions), speed=100)) as device:
            await device.sensor.s.set_strategy("event")
            heard = Heard(device)
            await asyncio.sleep(5.01)
            assert abs(len(heard.of["s"]) - 50) <= 1
            gaps = [b - a for (a, _), (b, _) in zip(heard.of["s"], heard.of["s"][1:], strict=False)]
            assert all(abs(gap - 0.1) < 0.01 for gap in gaps)


async def test_states_go_round() -> None:
    stages = (Stage("idle", "nominal", 3.0), Stage("busy", "warn", 1.0))
    mimic = MimicDevice(likeness({"s": States(stages)}, types={"s": "string"}))
    with virtual_time():
        async with resource_of(mimic) as device:
            await device.sensor.s.set_strategy("event")
            heard = Heard(device)
            await asyncio.sleep(40.5)
            values = [value for _, value in heard.of["s"]]
            assert len(values) in (20, 21)
            assert all({a, b} == {"idle", "busy"} for a, b in itertools.pairwise(values))


async def test_a_test_can_set_sensors_and_answer_requests() -> None:
    mimic = MimicDevice(likeness({"s": ramp(1.0), "still": Constant("1")}))

    @mimic.request
    def slew(azimuth: str) -> str:
        """Slew."""
        mimic.set_sensor("still", azimuth, "warn")
        return "done"

    with virtual_time():
        async with resource_of(mimic) as device:
            await device.set_sampling_strategies("", "event")
            mimic.set_sensor("s", "-5")
            assert await device.sensor.s.wait(-5, timeout=10)
            assert (await device.req.slew(7)).reply.arguments == [b"ok", b"done"]
            assert (device.sensor.still.value, device.sensor.still.status) == (7, "warn")
            assert abs(device.sensor.still.reading.timestamp - time.time()) < 60
            await asyncio.sleep(10)
            assert await device.sensor.s.get_value() == -5


async def test_requests() -> None:
    like = likeness({"a.x": Constant("1"), "a.y": Constant("2"), "b": Constant("3")})
    for name in ("slew", "slow", "other"):
        like.interface.requests[name] = Request(name, name, 12.0 if name == "slow" else None)
    del like.interface.requests["client-list"]
    like.answers["slew"] = Answer(("fail", "too windy"))
    like.answers["slow"] = Answer(("ok", "a b"), (("20%",), ("40%",)), after=3.0)
    like.answers["watchdog"] = Answer(("ok", "woof"))
    with virtual_time():
        async with resource_of(MimicDevice(like)) as device:
            assert await ask(device, "slew", "1") == ("!slew fail too\\_windy", [])
            assert await ask(device, "other") == ("!other ok", [])
            assert await ask(device, "watchdog") == ("!watchdog ok woof", [])
            assert (await ask(device, "client-list"))[0].startswith("!client-list invalid")
            assert (await ask(device, "nosuch"))[0].startswith("!nosuch invalid")
            began = asyncio.get_running_loop().time()
            slow = asyncio.ensure_future(ask(device, "slow"))
            assert (await ask(device, "help", "slow"))[1] == ["#help slow slow"]  # meanwhile
            assert not slow.done()
            assert await slow == ("!slow ok a\\_b", ["#slow 20%", "#slow 40%"])
            assert 3.0 <= asyncio.get_running_loop().time() - began < 3.5
            assert device.req.slow.timeout_hint == 12.0
            assert await ask(device, "log-level") == ("!log-level ok warn", [])
            assert await ask(device, "log-level", "info") == ("!log-level ok info", [])
            assert (await ask(device, "log-level", "loud"))[0].startswith("!log-level fail")
            assert await ask(device, "log-level") == ("!log-level ok info", [])
            found = [len((await ask(device, "sensor-value", w))[1]) for w in ("/^a/", "b", "/x|b/")]
            assert found == [2, 1, 2]
            assert (await ask(device, "sensor-value", "/nosuch/"))[0] == "!sensor-value ok 0"
            assert (await ask(device, "sensor-value", "a"))[0].startswith("!sensor-value fail")
            assert (await ask(device, "version-list"))[1] == [
                "#version-list katcp-protocol 5.1-MIBT"
            ]


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("katcp.testing._responder._MOST_UNREAD", 100_000)
    motions: dict[str, Motion] = {f"s{i}": ramp(0.001) for i in range(200)}
    async with MimicDevice(likeness(motions)) as mimic:
        reader, writer = await asyncio.open_connection(*mimic.address)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(f"?sensor-sampling {','.join(motions)} event\n".encode())
        await mimic.until_connected()
        async with asyncio.timeout(30):
            while mimic._links:  # noqa: ASYNC110 it tells nobody
                await asyncio.sleep(0.01)
        writer.transport.abort()
        del reader


async def test_ten_thousand_sensors_need_one_timer() -> None:
    motions: dict[str, Motion] = {f"s{i}": ramp(1.0) for i in range(10_000)}
    tasks = asyncio.all_tasks()
    with virtual_time():
        async with resource_of(MimicDevice(likeness(motions))) as device:
            results = await device.set_sampling_strategies("", "event")
            assert all(success for success, _ in results.values())
            assert len(asyncio.all_tasks() - tasks) < 10
            heard = Heard(device)
            await asyncio.sleep(2.5)
            assert len(heard.of) == 10_000
            assert {len(readings) for readings in heard.of.values()} <= {2, 3}


async def test_timers() -> None:
    called: list[str] = []
    turns: list[int] = []
    timers = Timers(lambda: turns.append(len(called)))
    with virtual_time():
        now = asyncio.get_running_loop().time()
        for wait, name in [(3, "d"), (1, "a"), (2, "b"), (2, "c"), (float("inf"), "never")]:
            timers.at(now + wait, lambda when, name=name: called.append(name))  # type: ignore[misc]
        await asyncio.sleep(2.5)
        assert (called, turns) == (["a", "b", "c"], [1, 3])
        timers.at(now, lambda when: called.append("late"))
        await asyncio.sleep(0.1)
        timers.close()
        await asyncio.sleep(5)
    assert called == ["a", "b", "c", "late"]


async def test_a_mimic_that_is_back_moves_again(make_resource: Any) -> None:
    async with MimicDevice(likeness({"a": ramp(0.05)})) as device:
        dev = make_resource(device)
        dev.start()
        await dev.until_synced(timeout=10)
        await dev.set_sampling_strategy("a", "event")
        await device.refuse()
        await dev.until_state("disconnected", timeout=5)
        await device.listen()
        await dev.until_synced(timeout=10)
        before = dev.sensor.a.value
        assert await dev.sensor.a.wait(lambda reading: reading.value > before + 2, timeout=10)
