"""The simulated devices that the commands talk to."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


def _simulated(*options: str, lines: int = 1) -> Iterator[list[list[str]]]:
    command = [sys.executable, "-m", "katcp.simulator", "--seed", "1", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield [process.stdout.readline().split() for _ in range(lines)]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """``HOST:PORT`` of a simulated antenna."""
    for lines in _simulated():
        yield lines[0][1]


@pytest.fixture(scope="session")
def telescope(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of two simulated antennas, a correlator, and a device that is not there."""
    for lines in _simulated("--antennas", "2", lines=3):
        file = tmp_path_factory.mktemp("telescope") / "telescope.toml"
        clients = [f'{name} = {{ address = "{where}" }}' for _, where, name in lines]
        clients.append('gone = { address = "127.0.0.1:1" }')
        file.write_text("\n".join(['name = "telescope"', "[clients]", *clients]))
        yield file
