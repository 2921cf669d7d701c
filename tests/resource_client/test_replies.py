"""Replies with types: words, rows and readings, of devices of version 4 and 5."""

import logging
import pickle
from typing import Any

import pytest
from serving import served

import katcp
import katcp.blocking
from katcp.errors import RequestFailed, UnexpectedReply
from katcp.resource import KATCPReply
from katcp.simulator import Antenna
from katcp.testing import FakeSensor, ScriptedDevice, resource_of
from katcp.wire import Message


def device(protocol: str = "5.1-MI") -> ScriptedDevice:
    sensors = {
        "a.float": FakeSensor("float", value="1.5", timestamp=1700000000.25),
        "a.bool": FakeSensor("boolean", value="1", status="warn"),
        "a.time": FakeSensor("timestamp", value="1700000000.5" if protocol != "4" else "1700000000500"),
        "an.address": FakeSensor("address", value="[::1]:80"),
        "a.mode": FakeSensor("discrete", params=("STOP", "GO"), value="GO"),
        "a.text": FakeSensor("string", value="\udcff"),
        "odd": FakeSensor("nosuchtype", value="x"),
    }  # fmt: skip
    scripted = ScriptedDevice(protocol, sensors)

    @scripted.request
    def adc(*words: str) -> Any:
        return list(words)

    scripted.help["list"] = "List."
    scripted.answers["list"] = lambda link, request: [
        *(f"#list{mid(request)} {line}" for line in ("a 1 0.5", "b 2 nan more", "c x 0")),
        f"!list{mid(request)} ok 3",
    ]
    return scripted


def mid(request: Message) -> str:
    return "" if request.mid is None else f"[{request.mid.decode()}]"


async def test_values() -> None:
    async with resource_of(device()) as dev:
        reply = await dev.req.adc(3, 0.5, True, "text", b"\xff", 1700000000.25, "host:80")
        assert reply.values() == ()
        assert reply.values(int, float, bool, str) == (3, 0.5, True, "text")
        assert reply.values("integer", "float", "boolean", "string", bytes, "timestamp", "address") == (
            (3, 0.5, True, "text", b"\xff", 1700000000.25, ("host", 80))
        )  # fmt: skip
        assert reply.values(str, float, str) == ("3", 0.5, "1")
        assert reply.reply.arguments[1] == b"3"  # as ever


async def test_milliseconds_of_version_4() -> None:
    async with resource_of(device("4")) as dev:
        reply = await dev.req.adc(1700000000250)
        assert reply.values("timestamp") == (1700000000.25,)
        assert reply.values(int) == (1700000000250,)


async def test_words_that_are_something_else() -> None:
    async with resource_of(device(), name="m000") as dev:
        reply = await dev.req.adc("x\x1b", 2)
        whole = "of the reply of m000 to ?adc after ok"
        with pytest.raises(UnexpectedReply) as raised:
            reply.values(int)
        assert str(raised.value) == rf"word 1 {whole}: 'x\x1b' is no integer"
        with pytest.raises(UnexpectedReply, match=r"has 2 words, and string, integer, bytes were"):
            reply.values(str, int, bytes)
        with pytest.raises(UnexpectedReply, match=r"word 2 .* is no boolean, which is 1 or 0"):
            reply.values(str, bool)
        for no_type in (list, "int", None, [int]):
            with pytest.raises(TypeError, match="is no type for a word: those are int, float"):
                reply.values(no_type)
        assert issubclass(UnexpectedReply, ValueError)


async def test_a_failed_reply_has_no_values() -> None:
    async with resource_of(device()) as dev:
        dev_reply = await dev.req.sensor_value("nosuch")
        for ask in (dev_reply.values, dev_reply.rows, dev_reply.readings):
            with pytest.raises(RequestFailed, match="unknown sensor"):
                ask()


async def test_rows() -> None:
    async with resource_of(device(), name="m000") as dev:
        reply = await dev.req.list()
        assert reply.rows(str) == [("a",), ("b",), ("c",)]
        assert reply.values(int) == (3,)
        with pytest.raises(UnexpectedReply) as raised:
            reply.rows(str, int, float)
        assert str(raised.value) == "word 2 of inform 3 of m000 to ?list: 'x' is no integer"


@pytest.mark.parametrize("protocol", ["5.1-MI", "4"])
async def test_readings(protocol: str) -> None:
    async with served(device(protocol)) as dev:
        reply = await dev.req.sensor_value()
        found = reply.readings()
        assert {name: reading.value for name, reading in found.items()} == {
            "a.float": 1.5,
            "a.bool": True,
            "a.time": 1700000000.5,
            "an.address": ("::1", 80),
            "a.mode": "GO",
            "a.text": "\udcff",
            "odd": "x",
        }
        assert found["a.float"].timestamp == 1700000000.25
        assert found["a.bool"].status == "warn"
        assert found["a.bool"].received_timestamp >= found["a.bool"].timestamp - 1
        for name, sensor in dev.sensor.items():
            assert found[sensor.name].value == sensor.value, name
        assert pickle.loads(pickle.dumps(reply)).readings() == found


async def test_one_bad_reading_does_not_hide_the_others(caplog: pytest.LogCaptureFixture) -> None:
    async with resource_of(scripted := device(), name="m000") as dev:
        scripted.sensors["a.mode"].value = "ELSE\x1b"
        scripted.sensors["new"] = FakeSensor()
        reply = await dev.req.sensor_value()
        with pytest.raises(
            UnexpectedReply, match=r"sensor a.mode in inform 5 of m000 to \?sensor-value"
        ):
            reply.readings()
        caplog.set_level(logging.WARNING, "katcp.resource")
        assert len(reply.readings(skip=True)) == 6
        said = [r.getMessage() for r in caplog.records if r.name == "katcp.resource"]
        assert said[0].endswith("is none of the options 'STOP', 'GO'")
        assert said[1].endswith("the device has not said of what type it is")


@pytest.mark.parametrize("line", ["x 1 a nominal 0", "1 x", "1 2 a nominal 0", "1", ""])
def test_what_is_no_reading(line: str) -> None:
    inform = Message.inform("sensor-value", *line.split())
    reply = KATCPReply(Message.reply("sensor-value", "ok", 1), [inform])
    with pytest.raises(UnexpectedReply, match=r"inform 1 of device to \?sensor-value"):
        reply.readings(skip=True)


async def test_several_in_one_inform() -> None:
    scripted = device()
    line = "#sensor-value{} 1700000000 2 a.float nominal 2.5 a.bool error 0"
    scripted.answers["sensor-value"] = lambda link, request: [
        line.format(mid(request)), f"!sensor-value{mid(request)} ok 2"
    ]  # fmt: skip
    async with resource_of(scripted) as dev:
        found = (await dev.req.sensor_value("/a/")).readings()
        assert [(name, r.status, r.value) for name, r in found.items()] == [
            ("a.float", "nominal", 2.5),
            ("a.bool", "error", False),
        ]


async def test_of_a_real_server_and_from_other_threads() -> None:
    import asyncio

    def in_thread(port: int) -> None:
        with katcp.blocking.connect(f"127.0.0.1:{port}") as dev:
            rows = dev.req.client_list().rows("address")
            assert rows[0][0][0] == "127.0.0.1"
            found = dev.req.sensor_value("/^pos/").readings()
            assert isinstance(found["pos.actual-azim"].value, float)
            assert dev.req.mode().values(str) == (dev.sensor.mode.get_value(),)

    async with Antenna(seed=1) as antenna:
        await asyncio.to_thread(in_thread, antenna.port)


async def test_it_remains_a_pair() -> None:
    async with resource_of(device()) as dev:
        reply, informs = whole = await dev.req.adc(1)
        assert (reply.arguments, informs, len(whole)) == ([b"ok", b"1"], [], 2)
        assert whole == (reply, informs)
