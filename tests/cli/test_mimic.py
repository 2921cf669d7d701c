"""``katcp mimic``, ``katcp sim FILE``, ``katcp replay`` and ``katcp chaos --record``."""

import asyncio
import contextlib
import json
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import complaint, good, katcp, records, run, running, started

from katcp.mimic import read_likeness
from katcp.testing import FakeSensor, Recording, ScriptedDevice

SESSION = Path(__file__).parents[1] / "wire" / "transcripts" / "c-rich-v4.9.natural.jsonl"


@contextlib.contextmanager
def served(*words: str) -> Iterator[str]:
    """Serve a device meanwhile; gives its address."""
    with running(*words, "--json") as process:
        address = json.loads(process.stdout.readline())["listening"]
        yield address
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        assert (process.returncode, output) == (0, ""), errors


def test_learnt_and_served(address: str, tmp_path: Path) -> None:
    file = tmp_path / "antenna.toml"
    (record,) = records("mimic", address, "-o", str(file), "--duration", "1s")
    assert (record["file"], record["sensors"], record["requests"]) == (str(file), 58, 19)
    assert record["readings"] >= 3 * 58
    assert record["notes"] == []
    assert list(tmp_path.iterdir()) == [file]
    assert "exists; give another name, or --force" in complaint("mimic", address, "-o", str(file),
                                                                status=2)  # fmt: skip
    with served("sim", str(file), "--seed", "1") as mimic:
        shown = [{k: each[k] for k in ("name", "type", "units", "description")}
                 for each in records("sensors", mimic)]  # fmt: skip
        assert shown == [{k: each[k] for k in shown[0]} for each in records("sensors", address)]
        assert good("req", mimic, "target-azel", "1", "2") == ["!target-azel ok"]
        assert {line.split()[0] for line in good("doctor", mimic)} == {"ok"}
        assert good("icd", "diff", address, mimic) == []  # not even in what ?help NAME says


def test_from_a_recording(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    done = katcp("mimic", str(SESSION), "-o", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout == f"8 sensors (2 move) and 32 requests in {file}; katcp sim {file} serves it\n"
    )
    assert read_likeness(file).interface.protocol == "4.0"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_keeps_what_was_learnt(number: int, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    async with ScriptedDevice(sensors={"s": FakeSensor("string", value="a")}) as device:
        words = ("mimic", f"127.0.0.1:{device.port}", "-o", str(file), "--duration", "1h")
        async with started(*words) as process:
            await device.until_asked("sensor-sampling", timeout=60)
            device.set_sensor("s", "b")
            process.send_signal(number)
            output, errors = await process.communicate()
    assert (process.returncode, output) == (128 + number, b"")
    assert errors.decode().startswith("katcp: stopped; 1 sensors (")
    assert read_likeness(file).interface.sensors["s"].type == "string"
    assert os.listdir(tmp_path) == ["x.toml"]


def test_what_cannot_be_learnt(telescope: Path, tmp_path: Path) -> None:
    out = ("-o", str(tmp_path / "x.toml"))
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    line = complaint("mimic", str(empty), *out, status=2)
    assert line.endswith("empty.jsonl is empty: there is no session in it")
    line = complaint("mimic", str(telescope), *out, status=2)
    assert f"give {telescope}:DEVICE, of m000, " in line
    assert "No such file" in complaint("mimic", "nosuch.jsonl", *out, status=1)
    assert "refused" in complaint("mimic", "127.0.0.1:1", *out, "--timeout", "200ms", status=1)
    line = complaint("mimic", "127.0.0.1:1", "-o", "/nosuch/x.toml", status=2)
    assert line.endswith("/nosuch is no folder to write to")
    assert os.listdir(tmp_path) == ["empty.jsonl"]


def test_a_full_disk(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text("old")
    done = run("mimic", str(SESSION), "-o", str(file), "--force",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"katcp: cannot write {file}: File too large\n"
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_with_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    good("mimic", str(SESSION), "-o", str(file))
    file.write_text(file.read_text().replace('\nmotion = "constant"', '\nmotion = "still"', 1))
    line = complaint("sim", str(file), status=2)
    assert line.startswith(f"katcp: {file}: sensor ")
    assert ": motion is 'still'; it must be one of constant, states, " in line
    assert "greater than or equal to 0.001" in complaint("sim", str(file), "--speed", "0", status=2)
    assert "is one device" in complaint("sim", str(file), "--antennas", "2", status=2)
    assert "is one device" in complaint("sim", str(file), "--name", "m001", status=2)
    assert "No such file" in complaint("sim", "nosuch.toml", status=1)


def test_a_port_that_is_taken(address: str) -> None:
    port = address.rpartition(":")[2]
    line = complaint("replay", str(SESSION), "--port", port, status=1)
    assert line == f"katcp: cannot listen on {address}: Address already in use; give another --port"


async def test_recorded_and_replayed(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    async with ScriptedDevice(sensors={"s": FakeSensor("string", value="a")}) as device:
        to = f"127.0.0.1:{device.port}"
        words = ("chaos", "--listen", "127.0.0.1:0", "--to", to, "--record", str(file))
        async with started(*words) as process:
            assert process.stdout is not None
            proxy = (await process.stdout.readline()).decode().split()[1]
            watch = ("watch", proxy, "--count", "2", "--json")
            async with started(*watch) as watching:
                await device.until_asked("sensor-sampling", timeout=60)
                device.set_sensor("s", "b\udcff")
                watched, _ = await watching.communicate()
            assert not (await run_with("req", proxy, "nosuch")).startswith("!nosuch ok")
            process.send_signal(signal.SIGINT)
            await process.communicate()
            assert process.returncode == 0
    recording = Recording(file)
    assert recording.notes == []
    assert {exchange.request.name for exchange in recording.exchanges} >= {"help", "sensor-list"}
    again = await asyncio.to_thread(replayed, file)
    assert [json.loads(line)["value"] for line in again] == [
        json.loads(line)["value"] for line in watched.splitlines()
    ]


def test_a_recording_is_not_written_over(tmp_path: Path) -> None:
    words = ("chaos", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:1", "--record")
    line = complaint(*words, str(SESSION), status=1)
    assert line == f"katcp: {SESSION}: File exists"


async def run_with(*words: str) -> str:
    return str((await asyncio.to_thread(run, *words)).stdout)


def replayed(file: Path) -> list[str]:
    with served("replay", str(file), "--speed", "10") as address:
        done: Any = run("watch", address, "--count", "2", "--json")
    assert done.returncode == 0, done.stderr
    return list(done.stdout.splitlines())


def test_recording_on_a_full_disk(address: str, tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    words = ("chaos", "--listen", "127.0.0.1:0", "--to", address, "--record", str(file))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # noqa: E731
    with running(*words, preexec_fn=limit) as process:
        proxy = process.stdout.readline().split()[1]
        katcp("info", proxy, "--timeout", "500ms")
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.endswith("File too large\n")
    assert Recording(file).banner  # each line is whole
