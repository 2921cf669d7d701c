"""The ``katcp`` command, run as a user runs it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

KATCP = [sys.executable, "-c", "from katcp.cli import main; main()"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    command = [sys.executable, "-m", "katcp.simulator", "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def katcp(*words: str, **kwargs: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*KATCP, *words], capture_output=True, text=True, timeout=60, check=False, **kwargs
    )


def good(*words: str) -> list[str]:
    done = katcp(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_info(address: str) -> None:
    lines = good("info", address)
    assert "protocol\t5.1-BIM" in lines
    assert any(line.startswith("target-azel\tPoint at") for line in lines)
    (line,) = good("info", address, "--json")
    assert "target-azel" in json.loads(line)["requests"]


def test_sensors(address: str) -> None:
    lines = good("sensors", address, "^pos_actual")
    assert [line.split("\t")[0] for line in lines] == ["pos.actual-azim", "pos.actual-elev"]
    records = [json.loads(line) for line in good("sensors", address, "--json")]
    assert len(records) > 55
    assert {"name", "status", "value", "timestamp", "units"} <= set(records[0])


def test_req(address: str) -> None:
    assert good("req", address, "target-azel", "-20", "60") == ["!target-azel ok"]
    assert good("req", address, "target_azel", "-20", "60", "--json") == [
        '{"type": "reply", "name": "target-azel", "arguments": ["ok"]}'
    ]
    assert len(good("req", address, "watchdog")) == 1


def test_watch(address: str) -> None:
    lines = good("watch", address, "^weather_pressure$", "--count", "1")
    assert "hPa" in lines[0]
    (line,) = good("watch", address, "^weather_pressure$", "--count", "1", "--json")
    assert json.loads(line)["name"] == "weather.pressure"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["info", "nonsense"], "host:port"),
        (["info", "127.0.0.1:1", "--timeout", "0.3"], "connection refused"),
        (["sensors", "ADDRESS", "["], "no regular expression"),
        (["sensors", "ADDRESS", "no_such"], "no sensor"),
        (["watch", "ADDRESS", "lock", "--strategy", "sometimes"], "lock"),
        (["req", "ADDRESS", "no-such"], "no request"),
    ],
)
def test_what_is_wrong_is_one_line(address: str, words: list[str], says: str) -> None:
    done = katcp(*(address if word == "ADDRESS" else word for word in words))
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("katcp: ")
    assert says in line


def test_failed_request_is_shown(address: str) -> None:
    done = katcp("req", address, "target-azel", "0", "5")
    assert done.returncode == 1
    assert "beyond the limits" in done.stdout


def test_interrupted_watch(address: str) -> None:
    with subprocess.Popen(
        [*KATCP, "watch", address, "pressure"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == ""


def test_a_lost_link_is_said_while_watching(address: str) -> None:
    with subprocess.Popen(
        [*KATCP, "watch", address, "weather_pressure", "--strategy", "period 0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        good("req", address, "sim-drop", "0.2")
        assert "what was shown is old from now on" in process.stderr.readline()
        assert "is back" in process.stderr.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def test_reader_goes_away(address: str) -> None:
    with subprocess.Popen(
        [*KATCP, "watch", address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_help() -> None:
    for words in (["--help"], ["watch", "--help"]):
        done = katcp(*words, env={**os.environ, "TERM": "dumb"})
        assert done.returncode == 0
        assert "KATCP" in done.stdout or "readings" in done.stdout


def test_demo_ends_by_itself() -> None:
    done = katcp("demo", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "stale: True" in done.stdout
    assert done.stdout.rstrip().endswith("--- Done")


def test_the_demo_of_a_telescope() -> None:
    file = Path(__file__).parents[2] / "examples" / "telescope.toml"
    done = katcp("demo", str(file), stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    for words in ("m007  absent   is disconnected", "of 8 locked", "m003  fail     Not connected"):
        assert words in done.stdout
    assert done.stdout.rstrip().endswith("--- Done")
