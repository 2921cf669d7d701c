"""Every example is run as it stands, against the simulated telescope that it asks for."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
RUN = Path(__file__).parent / "run_notebook.py"
NAMES = [*(f"m00{number}" for number in range(8)), "cbf"]  # of the devices, from port 17100 on
# What tornado's own IOLoop.current() says on Python 3.12 and newer outside of a running loop.
TORNADO = "ignore:There is no current event loop:DeprecationWarning"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The examples, with the ports of a telescope that runs on free ones."""
    command = [sys.executable, "-m", "katcp.simulator", "--antennas", "8", "--port", "0"]
    with subprocess.Popen(
        [*command, "--speed", "8", "--seed", "1"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        there = [process.stdout.readline().split() for _ in NAMES]
        ports = {name: address.rpartition(":")[2] for _, address, name in there}
        folder = tmp_path_factory.mktemp("telescope") / "examples"
        folder.mkdir()
        for file in EXAMPLES.iterdir():
            text = re.sub(
                r"\b171\d\d\b", lambda m: ports[NAMES[int(m[0]) - 17100]], file.read_text()
            )
            (folder / file.name).write_text(text)
        yield folder
        process.terminate()


@pytest.mark.parametrize("name", [file.name for file in sorted(EXAMPLES.glob("*.py"))])
def test_script(examples: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", TORNADO, examples / name],
        capture_output=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert done.stdout


def test_session(examples: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--colors=NoColor", "examples/session.ipy"],
        cwd=examples.parent, capture_output=True, timeout=60,
    )  # fmt: skip
    output = done.stdout.decode()
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert "Traceback" not in output


def run_notebook(file: Path) -> list[Any]:
    """Run a notebook in a kernel of this interpreter; gives the outputs of its cells."""
    done = subprocess.run([sys.executable, RUN, file], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout)["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def shown(outputs: list[Any]) -> list[tuple[str, str]]:
    """Give what was shown as a table, as HTML and as text; nothing else may have been but text."""
    assert {o["output_type"] for o in outputs} <= {"execute_result", "stream"}, outputs
    tables = [o["data"] for o in outputs if "text/html" in o.get("data", {})]
    return [("".join(t["text/html"]), "".join(t["text/plain"])) for t in tables]


def test_notebook_that_blocks(examples: Path) -> None:
    telescope, target, sensors, lock, locked, stopped = shown(
        run_notebook(examples / "notebook-blocking.ipynb")
    )
    assert telescope[0].startswith('<div><span style="color:green">9 of 9 up</span></div><table>')
    assert telescope[1].startswith("9 of 9 up\ndevice")
    assert "8 of 8 succeeded" in target[0]
    assert len(re.findall("<tr>", sensors[0])) == 11
    assert "never read" not in sensors[0]
    assert lock[1].startswith("m000 lock  =  ")
    assert "met the condition (6 needed)" in locked[0]
    assert "8 of 8 succeeded" in stopped[0]


def test_notebook_that_awaits(examples: Path) -> None:
    outputs = run_notebook(examples / "notebook-async.ipynb")
    antenna, mode, sensors, strategies = shown(outputs)
    assert antenna[1].startswith("m000 at 127.0.0.1:")
    assert mode[1].startswith("m000:  ?mode  ok  after ")
    assert "never read" not in sensors[0]
    assert strategies[1].split()[:2] == ["lock", "set"]
    (printed,) = [o["text"] for o in outputs if o["output_type"] == "stream"]
    values = re.fullmatch(r"\d+ readings, from (\S+) to (\S+) deg\n", "".join(printed))
    assert values is not None
    assert float(values[1]) < float(values[2])
