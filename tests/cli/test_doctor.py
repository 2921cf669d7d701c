"""``katcp doctor`` finds what is planted, and nothing in what is healthy."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from commands import good, katcp, records

from katcp.cli._doctor import doctor
from katcp.testing import FakeSensor, Responder, ScriptedDevice
from katcp.testing import reply as answer


def test_healthy(address: str) -> None:
    lines = good("doctor", address)
    assert {line.split()[0] for line in lines} == {"ok"}
    found = records("doctor", address)
    assert {each["level"] for each in found} == {"ok"}
    assert {each["check"] for each in found} == {"link", "protocol", "latency", "requests",
                                                "readings", "sampling"}  # fmt: skip


def test_a_telescope(telescope: Path) -> None:
    done = katcp("doctor", str(telescope), "--timeout", "500ms", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [each["device"] for each in found if each["level"] != "ok"] == ["gone"]
    assert "--- m001 at 127.0.0.1:" in katcp("doctor", str(telescope), "--timeout", "0.2").stdout


async def examined(device: Responder, capsys: Any, timeout: float = 5.0) -> tuple[bool, list[Any]]:
    """Give whether it is healthy, and what is found beside what is well."""
    healthy = await doctor(f"127.0.0.1:{device.port}", timeout, True)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return healthy, [each for each in found if each["level"] != "ok"]


@pytest.mark.parametrize("protocol", ["4", "5.0-MI", "5.1-MIB"])
async def test_scripted_devices_are_healthy(protocol: str, capsys: Any) -> None:
    async with ScriptedDevice(protocol) as device:
        healthy, found = await examined(device, capsys)
    assert healthy
    assert [(each["level"], each["check"]) for each in found] == (
        [("note", "protocol")] if protocol == "4" else []
    )


def no_first_status(device: ScriptedDevice) -> None:
    device.first_status = False


def a_bad_description(device: ScriptedDevice) -> None:
    device.answers["sensor-list"] = lambda link, request: [
        f"#sensor-list{mid(request)} an.int \\@ \\@ integer",
        f"#sensor-list{mid(request)} half",
        answer(request, "ok", "2"),
    ]


def an_unknown_type(device: ScriptedDevice) -> None:
    device.sensors["odd"] = FakeSensor("complex")


def colliding_sensors(device: ScriptedDevice) -> None:
    device.sensors |= {"a.b": FakeSensor(), "a-b": FakeSensor()}


def colliding_requests(device: ScriptedDevice) -> None:
    device.help |= {"do-it": "x", "do": "x"}
    device.sensors |= {"x.y": FakeSensor(), "x_y": FakeSensor()}


def a_reading_that_is_none(device: ScriptedDevice) -> None:
    device.sensors["bad"] = FakeSensor("float", value="NotANumber")


def a_slow_request(device: ScriptedDevice) -> None:
    listing = device.answers["sensor-value"]

    async def late(link: Any, request: Any) -> Any:
        await asyncio.sleep(1.1)
        return listing(link, request)

    device.answers["sensor-value"] = late


def a_far_device(device: ScriptedDevice) -> None:
    async def late(link: Any, request: Any) -> Any:
        await asyncio.sleep(0.25)
        return [answer(request, "ok")]

    device.answers["watchdog"] = late


def a_deaf_device(device: ScriptedDevice) -> None:
    device.answers["watchdog"] = lambda link, request: None


def no_watchdog(device: ScriptedDevice) -> None:
    del device.answers["watchdog"], device.help["watchdog"]


def a_failing_request(device: ScriptedDevice) -> None:
    device.answers["sensor-value"] = lambda link, request: [answer(request, "fail", "no \x1b[31m")]


def no_sampling(device: ScriptedDevice) -> None:
    device.answers["sensor-sampling"] = lambda link, request: [answer(request, "fail", "never")]


def a_clock_ahead(device: ScriptedDevice) -> None:
    device.sensors["an.int"].timestamp = 4e9


def a_clock_not_set(device: ScriptedDevice) -> None:
    device.sensors["an.int"].timestamp = 1_700_000.0


def sick_sensors(device: ScriptedDevice) -> None:
    device.sensors["hot"] = FakeSensor(status="error")


def a_wrong_count(device: ScriptedDevice) -> None:
    device.answers["help"] = lambda link, request: [
        *(f"#help{mid(request)} {name} x" for name in device.help),
        answer(request, "ok", "99"),
    ]


def garbage(device: ScriptedDevice) -> None:
    device.banner.append("%&/ what is this")


def slow_by_its_own_word(device: ScriptedDevice) -> None:
    device.announce("5.1-MIT")
    device.hints["help"] = 60.0


def mid(request: Any) -> str:
    return "" if request.mid is None else f"[{request.mid.decode()}]"


PLANTED: list[tuple[Any, str, str, str]] = [
    (no_first_status, "warning", "sampling", "no first #sensor-status after ?sensor-sampling"),
    (a_bad_description, "problem", "descriptions", "half: a sensor needs name, description"),
    (an_unknown_type, "warning", "descriptions", "unknown type, taken for string"),
    (colliding_sensors, "problem", "names", "sensors a-b, a.b are all a_b in Python"),
    (colliding_requests, "problem", "names", "sensors x.y, x_y are all x_y"),
    (a_reading_that_is_none, "problem", "readings", "1 of 2 sensors give no reading that can be"),
    (a_slow_request, "warning", "requests", "?sensor-value takes 1."),
    (a_far_device, "warning", "latency", "?watchdog is answered in 25"),
    (a_deaf_device, "problem", "latency", "no answer to ?watchdog in 1 s, after 0 that came"),
    (no_watchdog, "warning", "requests", "?help does not list ?watchdog"),
    (a_failing_request, "problem", "requests", r"?sensor-value fails: !sensor-value"),
    (no_sampling, "problem", "sampling", "1 sensors refuse strategy event: an_int"),
    (a_clock_ahead, "warning", "clock", "s in the future"),
    (a_clock_not_set, "warning", "clock", "the newest timestamp is of 1970-01-20"),
    (sick_sensors, "note", "status", "not well, as the device says: hot (error)"),
    (a_wrong_count, "warning", "said", "wrong number of #help informs"),
    (garbage, "problem", "said", "line that cannot be used"),
]


@pytest.mark.parametrize("protocol", ["4", "5.0-MI"])
@pytest.mark.parametrize(
    ("plant", "level", "check", "says"), PLANTED, ids=[each[0].__name__ for each in PLANTED]
)
async def test_what_is_planted_is_found(
    protocol: str, plant: Any, level: str, check: str, says: str, capsys: Any
) -> None:
    device = ScriptedDevice(protocol)
    plant(device)
    async with device:
        healthy, found = await examined(device, capsys, 1.0 if plant is a_deaf_device else 5.0)
    assert healthy == all(each["level"] != "problem" for each in found)
    assert [each for each in found if (each["level"], each["check"]) == (level, check)
            and says in each["what"]], found  # fmt: skip
    assert all("\x1b" not in each["what"] for each in found)


async def test_what_the_device_says_to_be_slow(capsys: Any) -> None:
    device = ScriptedDevice()
    slow_by_its_own_word(device)
    async with device:
        _, found = await examined(device, capsys)
    assert [each["what"] for each in found] == ["said by the device to take long: help 60 s"]


async def test_a_device_without_message_ids(capsys: Any) -> None:
    async with ScriptedDevice("5.0-M") as device:
        healthy, found = await examined(device, capsys)
    assert healthy
    assert [(each["level"], each["check"]) for each in found] == [("warning", "protocol")]


async def test_what_is_no_katcp_device(capsys: Any) -> None:
    async with ScriptedDevice(None) as device:
        healthy, found = await examined(device, capsys, 0.5)
    assert not healthy
    assert [(each["level"], each["check"]) for each in found] == [("problem", "protocol")]
    assert "does not say what it speaks" in found[0]["what"]


async def test_a_device_that_answers_nothing(capsys: Any) -> None:
    async with ScriptedDevice() as device:
        device.hanging = True
        healthy, found = await examined(device, capsys, 0.5)
    assert not healthy
    assert [(each["level"], each["check"]) for each in found] == [("problem", "sync")]
    assert "in phase 'help'" in found[0]["what"]
