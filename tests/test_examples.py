"""Every example is run as it stands, against the simulated telescope that it asks for."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
# What tornado's own IOLoop.current() says on Python 3.12 and newer outside of a running loop.
TORNADO = "ignore:There is no current event loop:DeprecationWarning"


@pytest.fixture(scope="module")
def telescope() -> Iterator[None]:
    command = [sys.executable, "-m", "katcp.simulator", "--antennas", "8", "--port", "17100"]
    process = subprocess.Popen([*command, "--speed", "8", "--seed", "1"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(9):
        assert process.stdout.readline().startswith(b"listening")
    yield
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_script(telescope: None, example: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", TORNADO, example], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout


def test_session(telescope: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", "examples/session.ipy"],
        cwd=EXAMPLES.parent, capture_output=True, timeout=60,
    )  # fmt: skip
    output = done.stdout.decode()
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert "Traceback" not in output
