"""Times, strategies and conditions as they are typed."""

import asyncio
from typing import Any

import pytest

from katcp.cli._condition import parse_condition
from katcp.cli._quantities import parse_strategy, seconds
from katcp.model import KATCPSensorReading
from katcp.testing import FakeSensor, ScriptedDevice


def test_lengths_of_time() -> None:
    given = {"500ms": 0.5, "10s": 10, "2m": 120, "1h": 3600, "7": 7, "1.5 s": 1.5, ".5": 0.5, 3: 3}
    assert {text: seconds(text) for text in given} == given
    for text in ("10 parsec", "", "s", "-1s", "1e3", "nan", "1 h 2 m"):
        with pytest.raises(ValueError, match="ms, s, m, h, d"):
            seconds(text)


def test_times_of_strategies_have_units_or_are_seconds() -> None:
    assert parse_strategy("period 500ms") == ("period", "0.5")
    assert parse_strategy("event-rate 100 ms 10") == ("event-rate", "0.1", "10.0")
    assert parse_strategy("differential 5") == ("differential", "5.0")
    for text in ("sometimes", "period", "period 1h", "event 1"):
        with pytest.raises(ValueError):
            parse_strategy(text)


async def test_a_strategy_with_units_suits_version_4(make_resource: Any) -> None:
    async with ScriptedDevice("4") as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        results = await resource.set_strategy_of(["an_int"], parse_strategy("period 500ms"))
        assert results["an_int"][0]
        await resource.set_strategy_of(["an_int"], parse_strategy("period 2"))
        assert device.asked("sensor-sampling")[-2:] == [
            "?sensor-sampling an.int period 500",
            "?sensor-sampling an.int period 2000",
        ]


SENSORS = {
    "float": FakeSensor("float"),
    "integer": FakeSensor("integer"),
    "boolean": FakeSensor("boolean"),
    "string": FakeSensor("string"),
    "discrete": FakeSensor("discrete", params=("on", "off now"), value="on"),
    "lru": FakeSensor("lru", value="nominal"),
    "address": FakeSensor("address", value="a:1"),
    "timestamp": FakeSensor("timestamp", value="1.0"),
}
MET = [
    ("float", "> 3.5", 3.6, True),
    ("float", ">3.5", 3.5, False),
    ("float", "<= -1e3", -1000.0, True),
    ("float", "-5", -5.0, True),
    ("integer", ">= 3.5", 4, True),
    ("integer", "== 12345678901234567890", 12345678901234567890, True),
    ("integer", "!= 3", 3, False),
    ("boolean", "true", True, True),
    ("boolean", "== 0", False, True),
    ("boolean", "!= on", True, False),
    ("string", "== a b", "a b", True),
    ("string", "==", "", True),
    ("string", "is", "is", True),
    ("discrete", "off now", "off now", True),
    ("lru", "error", 1, True),
    ("address", "a:1", ("a", 1), True),
    ("timestamp", "> 5", 6.0, True),
    ("float", "> 0", None, False),
    ("float", "!= 0", None, False),
    ("float", "is nominal", 0.0, True),
    ("float", "is not nominal", 0.0, False),
    ("float", "is not error", 0.0, True),
]


@pytest.fixture
async def sensors(make_resource: Any) -> Any:
    async with ScriptedDevice(sensors=SENSORS) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        await resource.stop()
        yield resource.sensor


async def test_conditions(sensors: Any) -> None:
    for type_name, text, value, met in MET:
        condition = parse_condition(text, sensors[type_name])
        assert condition(KATCPSensorReading(1, 1, 1, value)) is met, (type_name, text)
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("type_name", "text", "says"),
    [
        ("float", "> x", "'x' is no float|is no float"),
        ("integer", "1.x", "of type integer: '1.x' is none"),
        ("boolean", "> 0", "use == or !=, not >"),
        ("boolean", "maybe", "is no boolean"),
        ("discrete", "of", "none of the options 'on', 'off now'"),
        ("string", "< a", "use == or !="),
        ("address", "a:b:c:", "is no address"),
        ("float", "is fine", "'fine' is no status; statuses are unknown, nominal"),
        ("float", ">", "give one like '> 3.5'"),
        ("float", "", "give one like '> 3.5'"),
    ],
)
async def test_what_is_no_condition(sensors: Any, type_name: str, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_condition(text, sensors[type_name])
