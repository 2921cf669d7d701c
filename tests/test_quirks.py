"""Faults of katcp-python, by their numbers, that are not copied; see the marker `quirk`.

Most of them are tested where what they are about is tested.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from katcp.resource_client import TimeoutError
from katcp.testing import FakeSensor, ScriptedDevice, resource_of, virtual_time

NUMBER_OF_QUIRKS = 26


def test_every_quirk_has_a_test() -> None:
    files = Path(__file__).parent.rglob("test_*.py")
    marks = [
        int(n)
        for f in files
        for n in re.findall(r"^@pytest.mark.quirk\((\d+)\)", f.read_text(), re.M)
    ]
    assert set(marks) == set(range(1, NUMBER_OF_QUIRKS + 1))


@pytest.mark.quirk(7)
async def test_a_float_difference_stays_one(katcp_device: ScriptedDevice) -> None:
    katcp_device.sensors = {"a.float": FakeSensor("float"), "an.int": FakeSensor()}
    async with resource_of(katcp_device) as dev:
        for name in ("an_int", "a_float"):
            assert await dev.sensor[name].set_strategy("differential", 2) == (
                True,
                ("differential", "2.0"),
            )
    sent = [line.partition(" ")[2] for line in katcp_device.asked("sensor-sampling")]
    assert sent == ["an.int differential 2", "a.float differential 2.0"]


@pytest.mark.quirk(13)
@pytest.mark.parametrize(
    "wait",
    [
        lambda dev: dev.until_state("disconnected", timeout=0),
        lambda dev: dev.until_not_synced(timeout=0),
        lambda dev: dev.sensor.an_int.wait(99, timeout=0),
    ],
)
async def test_no_time_at_all_is_over_at_once(
    katcp_device: ScriptedDevice, wait: Callable[[Any], Any]
) -> None:
    async with resource_of(katcp_device) as dev:
        await dev.sensor.an_int.set_strategy("event")
        loop = asyncio.get_running_loop()
        with virtual_time():
            began = loop.time()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wait(dev), 5000)
            assert loop.time() - began < 1000
        assert not dev.sensor.an_int._listeners


@pytest.mark.quirk(18)
async def test_a_strategy_is_sent_once_a_sync_and_a_listener_misses_nothing(
    katcp_device: ScriptedDevice,
) -> None:
    heard: list[Any] = []

    def sent() -> int:
        return len(katcp_device.asked("sensor-sampling"))

    async with resource_of(katcp_device, strategies={"an_int": "event"}) as dev:
        assert sent() == 1
        await dev.set_sensor_listener("an.int", lambda sensor, reading: heard.append(reading.value))
        sensor = katcp_device.sensors.pop("an.int")
        katcp_device.change()
        await dev.until_not_synced(timeout=10)
        await dev.until_synced(timeout=10)
        assert "an_int" not in dev.sensor
        sensor.value = "8"
        katcp_device.sensors["an.int"] = sensor
        katcp_device.change()
        await dev.until_not_synced(timeout=10)
        await dev.until_synced(timeout=10)
        assert sent() == 2
        assert heard == [8]


@pytest.mark.quirk(25)
async def test_debug_logging_takes_any_bytes(
    katcp_device: ScriptedDevice, caplog: pytest.LogCaptureFixture
) -> None:
    katcp_device.sensors["raw"] = FakeSensor("string")
    heard: list[Any] = []
    with caplog.at_level(logging.DEBUG):
        async with resource_of(katcp_device) as dev:
            await dev.sensor.raw.set_strategy("event")
            dev.sensor.raw.register_listener(lambda *reading: heard.append(reading))
            katcp_device.send(b"#sensor-status 1.0 1 raw nominal \xff\xfe", b"#odd \xff \\e")
            katcp_device.set_sensor("an.int", "5")
            assert (await dev.req.watchdog()).succeeded
    assert len(heard) == 1
    assert "Traceback" not in caplog.text
