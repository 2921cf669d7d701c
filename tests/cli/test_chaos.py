"""``katcp chaos``, run as a user runs it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import pytest
from commands import KATCP, started

from katcp.testing import Responder, ScriptedDevice


class Chaos:
    """The command while it runs."""

    def __init__(self, process: asyncio.subprocess.Process, address: tuple[str, int]) -> None:
        self.process = process
        self.address = address
        self.said: list[str] = []

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            self.said.append((await self.process.stdout.readline()).decode().rstrip())
        return self.said[-1]

    async def says(self, words: str) -> str:
        while words not in await self.line():
            assert self.said[-1], self.said
        return self.said[-1]

    async def end(self, number: int = signal.SIGINT) -> list[str]:
        """Interrupt it; gives the lines that were left."""
        self.process.send_signal(number)
        async with asyncio.timeout(60):
            output, errors = await self.process.communicate()
        assert (self.process.returncode, errors) == (0, b"")
        return output.decode().splitlines()


@contextlib.asynccontextmanager
async def chaos(device: Any, *options: str) -> AsyncIterator[Chaos]:
    to = f"127.0.0.1:{device.address[1]}"
    words = ("chaos", "--listen", "127.0.0.1:0", "--to", to, *options)
    async with started(*words) as process:
        running = Chaos(process, ("", 0))
        said = (await running.line()).replace('{"listening": "', "listening ").replace('",', " ")
        first, address, *_ = said.split()
        assert first == "listening", await process.communicate()
        host, port = address.split(":")
        running.address = (host, int(port))
        yield running


async def test_faults_events_and_counts(device: ScriptedDevice) -> None:
    options = "--delay 0.001 --jitter 0.002 --split --drop-reply 0.2 --duplicate 0.3 --seed 3"
    async with chaos(device, *options.split()) as running:
        assert running.said[0].endswith("seed 3")
        reader, writer = await asyncio.open_connection(*running.address)
        writer.writelines(b"?watchdog[%d]\n" % number for number in range(1, 41))
        writer.write_eof()
        async with asyncio.timeout(60):
            await reader.read()
        writer.close()
        await running.says("link 1 disconnect")
        last = await running.end()
    assert running.said[1].endswith(" link 1 connect")
    counts = dict(line.split("\t") for line in last)
    assert set(counts) == {"delay", "drop", "duplicate", "split"}
    for fault in ("drop", "duplicate"):
        shown = [line for line in running.said if f" link 1 {fault} !watchdog[" in line]
        assert 1 <= len(shown) == int(counts[fault])
    assert len(running.said) == 3 + int(counts["drop"]) + int(counts["duplicate"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--cut-every 0.2", "link 1 cut"),
        ("--end-every 0.2", "link 1 end"),
        ("--half-open-every 0.2", "link 1 half_open"),
        ("--stall-every 0.1 --pause 60 --flood 0", "link 1 stall"),
        ("--refuse-every 0.2 --pause 0.01", " listen"),
        ("--accept-then-close 1", "link 1 accept_then_close"),
        ("--drop-inform 1", "link 1 drop #version-connect"),
        ("--corrupt 1", "link 1 corrupt #version-connect"),
        ("--merge 1", "link 1 merge #version-connect"),
        ("--garbage 1", "link 1 garbage #version-connect"),
        ("--cut-mid-line 1", "link 1 cut_mid_line #version-connect"),
    ],
)
async def test_each_option(device: ScriptedDevice, options: str, says: str) -> None:
    async with chaos(device, *options.split()) as running:
        reader, writer = await asyncio.open_connection(*running.address)
        await running.says("link 1")
        device.send("#log warn 1 x y")
        if says not in running.said[-1]:
            sending = asyncio.create_task(keep_sending(device))
            await running.says(says)
            sending.cancel()
        last = await running.end(signal.SIGTERM)
        assert any("\t" in line for line in last)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()


async def keep_sending(device: Responder) -> None:
    while True:
        device.send("#log warn 1 x y")
        await asyncio.sleep(0.05)


async def test_faults_of_bytes_and_of_requests_reach_the_client(device: ScriptedDevice) -> None:
    options = ["--throttle", "100000", "--chunk", "7", "--reorder", "1", "--hold", "0.01"]
    options += ["--direction", "to-client", "--drop-request", "1", "--flood", "100"]
    options += ["--flood-line", "#noise"]
    async with chaos(device, *options) as running:
        reader, writer = await asyncio.open_connection(*running.address)
        writer.write(b"?watchdog[1]\n")
        await running.says("drop ?watchdog[1]")
        async with asyncio.timeout(30):
            awaited = {b"#noise\n", b"#version-connect katcp-protocol 5.0-MI\n"}
            while awaited:
                awaited.discard(await reader.readline())
        last = await running.end()
        writer.transport.abort()
    assert {"split", "drop", "flood"} <= {line.split("\t")[0] for line in last}
    assert device.requests == []


@pytest.mark.parametrize("option", ["--swallow", "--stall"])
async def test_nothing_arrives(device: ScriptedDevice, option: str) -> None:
    async with chaos(device, option, "to-device") as running:
        reader, writer = await asyncio.open_connection(*running.address)
        writer.write(b"?watchdog[1]\n")
        async with asyncio.timeout(30):
            assert (await reader.readline()).startswith(b"#version-connect")
        await running.says("link 1")
        if option == "--stall":
            await running.says("stall")
        last = await running.end()
        writer.transport.abort()
    assert last[-1].split("\t")[0] == option[2:]
    assert device.requests == []


async def test_no_escape_of_a_device_reaches_the_terminal() -> None:
    device = Responder(["#log \x1b[31m red \x9b \u202e"])
    async with device, chaos(device, "--drop-inform", "1") as running:
        _, writer = await asyncio.open_connection(*running.address)
        assert r"drop #log \x1b[31m red \x9b \u202e" in await running.says("drop")
        await running.end()
        writer.transport.abort()


async def test_a_device_that_is_not_there() -> None:
    async with Responder() as device:
        pass
    async with chaos(device) as running:
        reader, writer = await asyncio.open_connection(*running.address)
        assert await reader.read() == b""
        writer.transport.abort()
        assert "no device" in await running.says("link 1")
        assert await running.end() == []


async def test_the_reader_of_its_output_goes_away(device: ScriptedDevice) -> None:
    read, write = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *KATCP, "chaos", "--listen", "127.0.0.1:0", "--to", f"127.0.0.1:{device.port}",
        stdout=write, stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(write)
    loop = asyncio.get_running_loop()
    said = await loop.run_in_executor(None, os.read, read, 1000)
    os.close(read)
    port = int(said.split()[1].split(b":")[1])
    with contextlib.suppress(ConnectionError):  # it may be gone as soon as it has accepted
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.abort()
    async with asyncio.timeout(60):
        _, errors = await process.communicate()
    assert (process.returncode, errors) == (141, b"")


@pytest.mark.parametrize(
    ("listen", "to", "status", "says"),
    [
        ("127.0.0.1:TAKEN", "127.0.0.1:1", 1, "address already in use"),
        ("nonsense", "127.0.0.1:1", 2, "host:port"),
        ("127.0.0.1:0", "127.0.0.1:0", 2, "host:port"),
        ("127.0.0.1:0", ":5000", 2, "host:port"),
        ("no-such-host.invalid:0", "127.0.0.1:1", 1, "cannot listen on no-such-host.invalid:0"),
    ],
)
async def test_what_is_wrong_is_one_line(
    device: ScriptedDevice, listen: str, to: str, status: int, says: str
) -> None:
    listen = listen.replace("TAKEN", str(device.port))
    command = [*KATCP, "chaos", "--listen", listen, "--to", to]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (status, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("katcp: ")
    assert says in line


def test_help_has_units_and_an_example() -> None:
    env = {**os.environ, "TERM": "dumb", "COLUMNS": "120"}
    done = subprocess.run(
        [*KATCP, "chaos", "--help"], capture_output=True, text=True, timeout=60, check=True, env=env
    )
    for words in ("SECONDS", "BYTES/S", "0..1", "Examples:", "katcp chaos --listen"):
        assert words in done.stdout


async def test_json(device: ScriptedDevice) -> None:
    async with chaos(device, "--drop-inform", "1", "--json", "--seed", "5") as running:
        _, writer = await asyncio.open_connection(*running.address)
        event = json.loads(await running.says("drop"))
        last = await running.end()
        writer.transport.abort()
    assert (event["link"], event["event"]) == (1, "drop")
    assert event["line"].startswith("#version-connect")
    assert json.loads(last[-1])["injected"]["drop"] >= 1
