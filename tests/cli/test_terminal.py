"""The command on a terminal: colours, progress; and what a device must not do to it."""

import asyncio
import contextlib
import os
import pty
import re
from typing import Any

import pytest
from commands import KATCP

from katcp.testing import FakeSensor, ScriptedDevice

EVIL = "\x1b[31mred\x1b]0;title\x07 \x9b2J \u202e"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]")


async def on_terminal(*words: str, **environment: str) -> tuple[int, str]:
    """Run a command on a terminal of its own; gives its status and all that it wrote there."""
    master, slave = pty.openpty()
    base = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    process = await asyncio.create_subprocess_exec(
        *KATCP,
        *words,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**base, "TERM": "xterm", "COLUMNS": "100", **environment},
    )
    os.close(slave)
    written = await asyncio.get_running_loop().run_in_executor(None, _read, master)
    status = await process.wait()
    process._transport.close()  # type: ignore[attr-defined]
    return status, written.decode().replace("\r\n", "\n")


def _read(master: int) -> bytes:
    parts = []
    with contextlib.suppress(OSError):  # nobody has it open any more
        while part := os.read(master, 65536):
            parts.append(part)
    os.close(master)
    return b"".join(parts)


async def test_colours(address: str) -> None:
    for words in (["watch", address, "mode", "--count", "1"], ["sensors", address, "mode"]):
        status, written = await on_terminal(*words)
        assert (status, "\x1b[32m" in written) == (0, True)
        status, written = await on_terminal(*words, NO_COLOR="1")
        assert (status, re.search(r"\x1b\[3[0-9]", written)) == (0, None)
        status, written = await on_terminal(*words, TERM="dumb")
        assert (status, "\x1b" in written) == (0, False)


async def test_a_narrow_terminal(address: str, telescope: Any) -> None:
    _, written = await on_terminal("sensors", str(telescope), "m000.weather", COLUMNS="80")
    assert "m000.weather.wind-direction " in written
    assert "Wind speed at" in written
    status, written = await on_terminal("sensors", address, "cryo", COLUMNS="60")
    assert status == 0
    assert "description" not in written
    assert "1.2e-06" in written
    _, written = await on_terminal("sensors", address, "cryo", COLUMNS="50")
    assert "1.2e-\u2026" in written  # no other number


async def test_that_there_is_none_is_said(address: str) -> None:
    status, written = await on_terminal("sensors", address, "wind", "--status", "failure,error")
    said = "katcp: of 2 sensors none has the status error or failure\n"
    assert (status, written) == (0, said)


async def test_what_is_waited_for_is_said() -> None:
    status, written = await on_terminal("info", "127.0.0.1:1", "--timeout", "2100ms")
    first, second = written.splitlines()
    assert status == 1
    assert first.startswith("katcp: waiting for 127.0.0.1:1 (Ctrl-C ends it): cannot connect")
    assert second.endswith("is this its port? katcp doctor 127.0.0.1:1 looks closer")


async def test_progress_of_a_recording(address: str, tmp_path: Any) -> None:
    file = str(tmp_path / "x.csv")
    status, written = await on_terminal("record", address, "pos", "-o", file, "--duration", "1s")
    assert status == 0
    assert "\u2501" in written  # the bar
    assert f"readings of 10 sensors in {file}\n" in written


async def hostile() -> ScriptedDevice:
    device = ScriptedDevice(
        sensors={
            f"s.{EVIL}": FakeSensor("string", value=EVIL, description=EVIL, units=EVIL),
            "odd": FakeSensor("complex", value=EVIL, description=EVIL),
            "plain": FakeSensor("string", value=EVIL, description=EVIL, units=EVIL),
        }
    )
    device.help["evil"] = EVIL

    @device.request
    def evil() -> None:
        "Fail."
        raise ValueError(EVIL)

    device.help["evil"] = EVIL
    return device


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("info ADDRESS", 0),
        ("sensors ADDRESS", 0),
        ("req ADDRESS evil", 1),
        ("watch ADDRESS --count 2", 0),
        ("wait ADDRESS plain x --timeout 0.3s", 1),
        ("wait ADDRESS zzz x --timeout 0.3s", 1),
        ("doctor ADDRESS", 0),
    ],
)
async def test_no_escape_of_a_device_reaches_the_terminal(words: str, status: int) -> None:
    async with await hostile() as device:
        given = words.replace("ADDRESS", f"127.0.0.1:{device.port}").split()
        done, written = await on_terminal(*given, NO_COLOR="1")
    assert done == status, written
    assert "red" in written
    if words.startswith("doctor"):
        assert "unknown type, taken for string" in " ".join(written.split())
    without_style = re.sub(r"\x1b\[[0-9;]*m", "", written)  # bold heads of tables
    assert CONTROL.findall(without_style) == []
    assert "\x1b[31m" not in written


async def test_nor_the_file_of_a_recording(tmp_path: Any) -> None:
    file = tmp_path / "x.csv"
    async with await hostile() as device:
        address = f"127.0.0.1:{device.port}"
        await on_terminal("record", address, "-o", str(file), "--duration", "0.3s")
    assert r"\x1b[31mred" in file.read_text()
    assert CONTROL.findall(file.read_text()) == []
