"""What a device may do by itself; each row is in docs/reliability.md."""

import asyncio
from typing import Any

import pytest
from serving import served

from katcp.testing import FakeSensor, ScriptedDevice, reply, resource_of, virtual_time
from katcp.wire import Message

STATUS = "#sensor-status {} 1 an.int {} {}"


async def test_a_list_that_is_refused_is_not_asked_for_all_the_time() -> None:
    async with resource_of(device := ScriptedDevice()) as dev:
        usual = device.answers["sensor-list"]
        device.answers["sensor-list"] = lambda link, request: [reply(request, "fail", "busy")]
        device.requests.clear()
        with virtual_time():
            device.change("sensor-list")
            await dev.until_not_synced(timeout=60)
            with pytest.raises(TimeoutError, match="busy"):
                await dev.until_synced(timeout=3600)
            assert 30 < len(device.asked("sensor-list")) < 300
            assert device.connections == 1
            device.answers["sensor-list"] = usual
            await dev.until_synced(timeout=91)  # max_resync_timeout


async def test_what_waits_behind_a_barrier_has_its_time_after_it() -> None:
    device = ScriptedDevice("4")

    @device.request
    def slow() -> None:
        """Not answered, see below."""

    device.answers["slow"] = device.answers["watchdog"] = lambda link, request: None
    async with resource_of(device, keepalive_interval=0, keepalive_timeout=20) as dev:
        loop = asyncio.get_running_loop()
        with virtual_time():
            began = loop.time()
            assert not await dev.req.slow("first", timeout=1)
            held = dev.req.slow("second", timeout=1)
            await asyncio.sleep(5)
            assert not held.done()
            device.send("!watchdog ok")  # which answers the barrier
            reply = (await asyncio.wait_for(held, 60)).reply
            assert b"timed out after 1.0" in reply.arguments[1]
            assert 7 <= loop.time() - began < 7.1
            # A second barrier, which is not answered, ends the link.
            last = (await asyncio.wait_for(dev.req.slow("third", timeout=1), 60)).reply
            assert b"the request was not sent" in last.arguments[1]
            assert 27 <= loop.time() - began < 27.1
        assert device.asked("slow") == ["?slow first", "?slow second"]


async def test_answers_that_nobody_asked_for() -> None:
    async with served(device := ScriptedDevice()) as dev:
        device.help["twice"] = "Answers twice"
        device.answers["twice"] = lambda link, request: [
            reply(Message.request("other-name", mid=request.mid), "ok"),
            "!twice[99999] ok foreign",
            "!twice ok without-mid",
            reply(request, "ok", "first"),
            reply(request, "ok", "second"),
        ]
        device.change("request", "twice", "added")
        await dev.until_not_synced(timeout=10)
        await dev.until_synced(timeout=10)
        answers = [(await dev.req.twice()).reply.arguments[1] for _ in range(3)]
        assert answers == [b"first"] * 3
        device.send("?are-you-there", "?help[1]")  # requests to a client
        assert (await dev.req.watchdog()).succeeded


@pytest.mark.parametrize("bad", [
    STATUS.format("1.0", "splendid", "5"), STATUS.format("1.0", "nominal", "five"),
    STATUS.format("soon", "nominal", "5"), STATUS.format("nan", "nominal", "5"),
    "#sensor-status 1.0 2 an.int nominal 5", "#sensor-status", "#sensor-status 1.0 1 other nominal 5",
])  # fmt: skip
async def test_a_reading_that_is_none_leaves_the_last_one(bad: str) -> None:
    async with served(device := ScriptedDevice()) as dev:
        device.send(STATUS.format("1.0", "nominal", "4"), bad)
        await dev.req.watchdog()
        assert dev.sensor.an_int.reading[1:] == (1.0, 1, 4)
        assert dev.last_error is not None
        device.send(STATUS.format("2.0", "warn", "6"))
        await dev.req.watchdog()
        assert dev.sensor.an_int.reading[1:] == (2.0, 2, 6)


async def test_one_bad_reading_of_many_in_an_inform_costs_no_other() -> None:
    sensors = {name: FakeSensor() for name in "abc"}
    async with served(device := ScriptedDevice(sensors=sensors)) as dev:
        device.send("#sensor-status 1.0 3 a nominal 1 b nominal one c nominal 3")
        await dev.req.watchdog()
        assert (dev.sensor.a.value, dev.sensor.b.value, dev.sensor.c.value) == (1, None, 3)


@pytest.mark.parametrize("when", [0.0, 5.0, 32503680000.0])
async def test_times_of_the_past_and_of_the_future_are_kept(when: float) -> None:
    async with served(device := ScriptedDevice()) as dev:
        device.send(STATUS.format(when, "nominal", "4"))
        await dev.req.watchdog()
        assert dev.sensor.an_int.reading.timestamp == when
        assert not dev.sensor.an_int.stale


async def test_a_sensor_that_comes_and_goes_all_the_time() -> None:
    async with resource_of(device := ScriptedDevice()) as dev:
        await dev.set_sampling_strategy("other", "event")
        with virtual_time():
            for _ in range(100):
                device.sensors["other"] = FakeSensor()
                device.change("sensor", "other", "added")
                await asyncio.sleep(0.005)
                del device.sensors["other"]
                device.strategies.pop("other", None)
                device.change("sensor", "other", "removed")
                await asyncio.sleep(0.005)
            await dev.until_synced(timeout=60)
            assert set(dev.sensor) == {"an_int"}
            device.sensors["other"] = FakeSensor()
            device.change("sensor", "other", "added")
            await dev.until_not_synced(timeout=60)
            await dev.until_synced(timeout=60)
        assert device.strategies == {"other": ("event",)}
        assert len(device.asked("sensor-list")) < 60


async def test_a_device_without_a_banner_is_tried_again_and_again_but_not_often() -> None:
    async with resource_of(device := ScriptedDevice()) as dev:
        await dev.stop()
        device.announce(None)
        device.connections = 0
        with virtual_time():
            dev.start()
            with pytest.raises(TimeoutError, match="did not say which protocol"):
                await dev.until_synced(timeout=600)
            assert 20 <= device.connections <= 32  # every protocol_timeout, and a pause
            device.announce("5.0-MI")
            await dev.until_synced(timeout=26)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "\x07", "\x9b31m", "\u202e"])
async def test_text_of_a_device_is_harmless_where_it_is_shown(text: str, caplog: Any) -> None:
    sensors = {"s": FakeSensor("string", description=text, units=text, value=text)}
    async with served(device := ScriptedDevice(sensors=sensors)) as dev:
        device.help["odd"] = text
        device.answers["odd"] = lambda link, request: [reply(request, "fail", text)]
        device.change("request", "odd", "added")
        await dev.until_not_synced(timeout=10)
        await dev.until_synced(timeout=10)
        assert await dev.sensor.s.get_value() == text  # the value itself is as it came
        await dev.sensor.s.set_strategy("event")
        device.send(f"#nonsense \\q{text}", f"!nobody {text}")
        answer = await dev.req.odd()
        met = dev.sensor.s.wait("never", timeout=0.01)
        with pytest.raises(TimeoutError) as caught:
            await met
        shown = [repr(dev.sensor.s), repr(answer), str(caught.value), str(dev.last_error)]
        shown += [record.getMessage() for record in caplog.records]
        assert not any(text in words for words in shown)
        assert text not in (dev.req.odd.__doc__ or "")


async def test_a_device_that_takes_its_time_for_each_of_many_strategies() -> None:
    sensors = {f"s{i}": FakeSensor() for i in range(250)}
    async with resource_of(device := ScriptedDevice("5.0-MI", sensors)) as dev:
        usual = device.answers["sensor-sampling"]

        async def slowly(link: Any, request: Any) -> Any:
            await asyncio.sleep(0.05)
            return usual(link, request)

        device.answers["sensor-sampling"] = slowly
        with virtual_time():
            results = await dev.set_sampling_strategies("", "event")
        assert all(success for success, _ in results.values())
        assert len(results) == 250
