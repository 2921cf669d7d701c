"""`katcp top` as a process: on a terminal, on none, and once for a script."""

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cli.topping import antenna

from katcp.cli.top import top
from katcp.testing import ScriptedDevice

KATCP = [sys.executable, "-c", "from katcp.cli import main; main()", "top"]


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[Path]:
    """The file of a telescope: one antenna that is there, and a sensor of it in error."""
    device = antenna()
    device.sensors["lock"].status = "error"
    async with device:
        yield _telescope(tmp_path, m000=device)


def _telescope(where: Path, **devices: Any) -> Path:
    lines = [f'{name} = {{ address = "127.0.0.1:{d.port}" }}' for name, d in devices.items()]
    path = where / "telescope.toml"
    path.write_text("\n".join(["[defaults]", "controlled = true", "[clients]", *lines]))
    return path


class _Terminal:
    """A process on a terminal of 80 x 24."""

    def __init__(self, *words: str) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._master = master
        self._before = termios.tcgetattr(master)
        self.process = subprocess.Popen(
            [*KATCP, *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)
        self.shown = b""

    async def until(self, words: bytes) -> None:
        """Read until this has been shown."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            while words not in self.shown:
                self.shown += await loop.run_in_executor(None, self._read)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    async def left(self) -> int:
        """Wait until it has left; give the exit status."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(30):
            while data := await loop.run_in_executor(None, self._read):
                self.shown += data
        status = await loop.run_in_executor(None, self.process.wait)
        self.same_modes = termios.tcgetattr(self._master)[:4] == self._before[:4]
        os.close(self._master)
        return status

    def _read(self) -> bytes:
        try:
            return os.read(self._master, 65536)
        except OSError:  # nobody has the terminal any more
            return b""


@pytest.mark.parametrize(("how", "status"), [("q", 0), ("\x03", 130), (signal.SIGTERM, 143)])
async def test_it_leaves_the_terminal_as_it_was(file: Path, how: Any, status: int) -> None:
    there = _Terminal(str(file))
    await there.until(b"1 of 1 synced")
    assert b"\x1b[?1049h" in there.shown
    if isinstance(how, str):
        there.press(how.encode())
    else:
        there.process.send_signal(how)
    assert await there.left() == status
    last = there.shown[there.shown.index(b"1 of 1 synced") :]
    assert b"\x1b[?1049l" in last  # the screen from before
    assert b"\x1b[?25h" in last  # the cursor
    assert b"\x1b[?1003l" in last  # no reports of the mouse
    assert b"Traceback" not in there.shown
    assert there.same_modes


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["FILE"], 1, "katcp top needs a terminal; katcp watch"),
        (["nothing.toml", "--once"], 2, "cannot read the telescope file nothing.toml"),
    ],
)
async def test_what_is_wrong_is_one_line(
    file: Path, words: list[str], status: int, says: str
) -> None:
    words = [str(file) if word == "FILE" else word for word in words]
    done = await asyncio.to_thread(
        subprocess.run, [*KATCP, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (status, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("katcp: ")
    assert says in line


async def test_options_that_are_wrong(file: Path) -> None:
    with pytest.raises(ValueError, match="no sampling strategy"):
        await top(str(file), "sometimes", True, False, 10.0)
    with pytest.raises(ValueError, match="--json goes with --once"):
        await top(str(file), "", False, True, 10.0)


async def test_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await top(str(file), "", True, False, 10.0) is False
    assert capsys.readouterr().out.splitlines() == [
        "m000\tsynced\t3\t1\t",
        "",
        "m000.lock\terror\tTrue\t\tWhether it is on source",
    ]


async def test_once_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with antenna() as m000, antenna() as m001:
        m001.sensors["lock"].status = "warn"
        path = _telescope(tmp_path, m000=m000, m001=m001)
        assert await top(str(path), "", True, True, 10.0) is False
        first, second, sensor = map(json.loads, capsys.readouterr().out.splitlines())
        assert (first["device"], first["state"], first["not_nominal"]) == ("m000", "synced", 0)
        assert (second["device"], second["not_nominal"], second["last_error"]) == ("m001", 1, None)
        assert (sensor["device"], sensor["name"], sensor["status"]) == ("m001", "lock", "warn")
        assert await top(f"{path}:m000", "", True, True, 10.0) is True
        await m001.refuse()
        capsys.readouterr()
        assert await top(str(path), "", True, False, 0.2) is False
        assert "connection refused" in capsys.readouterr().out


async def test_once_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedDevice() as device:
        assert await top(f"127.0.0.1:{device.port}", "event", True, False, 10.0) is True
    assert capsys.readouterr().out == f"127.0.0.1:{device.port}\tsynced\t1\t0\t\n"
