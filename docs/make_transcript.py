"""Runs the commands of the README's transcript, and writes into it what they show; makes plot.svg.

python docs/make_transcript.py
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from pages_run import seen  # noqa: E402 the tests run these commands, too

README = ROOT / "README.md"
TRANSCRIPT = re.compile(
    r"(?<=<!-- made by docs/make_transcript.py -->\n```console\n).*?(?=```)", re.S
)

_BIN = Path(sys.executable).parent
_SIZE = (24, 80)


def main() -> None:
    """Run them in a folder that has a telescope.toml, with the telescope that it names."""
    text = README.read_text(encoding="utf-8")
    found = TRANSCRIPT.search(text)
    assert found, f"{README} has no transcript"
    commands = re.findall(r"^\$ (.*)", found[0], re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder, _telescope():
        (Path(folder) / "telescope.toml").write_bytes(
            (ROOT / "examples/telescope.toml").read_bytes()
        )
        shown = "\n".join(f"$ {command}\n{_run(command, folder)}" for command in commands)
        _run(f"katcp plot track.parquet azim --out {ROOT}/docs/images/plot.svg --force", folder)
    README.write_text(text[: found.start()] + shown + text[found.end() :], encoding="utf-8")


@contextmanager
def _telescope() -> Iterator[None]:
    command = [_BIN / "katcp", *shlex.split("sim --antennas 8 --port 17100 --seed 1 --speed 8")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sim:
        assert sim.stdout
        for _ in range(9):
            assert sim.stdout.readline().startswith(b"listening")
        yield
        sim.terminate()


def _run(command: str, folder: str) -> str:
    """Give what is on the terminal in the end."""
    raw, status = pexpect.run(
        f"sh -c {shlex.quote(command)}",
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{_BIN}:{os.environ['PATH']}",
            "TERM": "xterm",
            "NO_COLOR": "1",
        },
        dimensions=_SIZE,
        timeout=60,
        withexitstatus=True,
    )
    shown = "\n".join(line.rstrip() for line in seen(raw).splitlines()).strip("\n")
    print(f"$ {command}\n{shown}\n")
    assert status == 0, status
    return shown + "\n"


if __name__ == "__main__":
    main()
