"""What README and documentation show is run as it stands, page by page (see ``pages.py``).

Each page has a simulated telescope of its own, quick and always the same, and a directory with
``telescope.toml`` and ``examples/``. Addresses are replaced by those of the moment: ``localhost:5000``
is an antenna, ``127.0.0.1:17100`` and the ports after it are those of ``telescope.toml``.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pages import PAGES, ROOT, blocks_of
from pages_run import run_blocks

MOST_NOT_RUN = 12

BLOCKS = {page.relative_to(ROOT).as_posix(): list(blocks_of(page)) for page in PAGES}
RUN = {page: [b for b in blocks if not b.not_run] for page, blocks in BLOCKS.items()}

Ports = Mapping[str, str]


@pytest.fixture
def ports() -> Iterator[Ports]:
    """Which port is there for one that a page names."""
    options = ["--antennas", "8", "--port", "0", "--seed", "1", "--speed", "8"]
    command = [sys.executable, "-m", "katcp.simulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().split() for _ in range(9)]
        there = {name: address.rpartition(":")[2] for _, address, name in lines}
        found = [there[name] for name in (*(f"m00{i}" for i in range(8)), "cbf")]
        yield {"5000": found[0]} | {str(17100 + i): port for i, port in enumerate(found)}
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the reader works; ``katcp`` and ``python`` are on the path."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "bin").mkdir()
    for name, words in (("katcp", "-c 'from katcp.cli import main; main()'"), ("python", "")):
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # many are slow to import
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", [page for page, blocks in RUN.items() if blocks])
def test_page(page: str, home: Path, ports: Ports) -> None:
    (home / "examples").mkdir()
    for file in (f for f in (ROOT / "examples").iterdir() if f.is_file()):
        (home / "examples" / file.name).write_text(_placed(file.read_text(), ports))
    telescope = (home / "examples/telescope.toml").read_text()
    (home / "telescope.toml").write_text(telescope)
    placed = [
        b._replace(text=_placed(b.text, ports), shown=_placed(b.shown, ports)) for b in RUN[page]
    ]
    run_blocks(page, placed)


def test_few_blocks_are_not_run() -> None:
    not_run = [f"{p}:{b.line}: {b.not_run}" for p, bs in BLOCKS.items() for b in bs if b.not_run]
    assert len(not_run) <= MOST_NOT_RUN, not_run


def _placed(text: str, ports: Ports) -> str:
    """Replace the addresses in an example by those of the moment."""
    known = "|".join(ports)
    for pattern, new in (
        (rf"(?:localhost|127\.0\.0\.1):({known})\b", "127.0.0.1:{}"),
        (rf'\("(?:localhost|127\.0\.0\.1)", ({known})\)', '("127.0.0.1", {})'),
    ):
        text = re.sub(pattern, lambda match, new=new: new.format(ports[match[1]]), text)
    return text


def fenced(language: str, text: str, comment: str = "") -> str:
    return f"Words.\n\n{comment}\n```{language}\n{text}\n```\n"


GOES_ON = "print('here 9', flush=True); import time; time.sleep(60)"
RIGHT = [
    fenced("python", "print(6 * 7, 1 / 3)") + "```text\n4... 1.5\n```\n",
    fenced("python", "raise SystemExit(1)", "<!-- not run: it fails -->"),
    fenced("python", "def test_it():\n    assert 1"),
    fenced("pycon", ">>> a = 6") + fenced("pycon", ">>> a * 7, a / 5\n(42, 0.1)"),
    fenced("console", "$ echo one \\\n   two\none    two\n$ false; echo $?\n1"),
    fenced("console", f'$ python -c "{GOES_ON}"\nhere ...\n', "<!-- goes on -->"),
]
WRONG = [
    fenced("python", "print(6 * 7)") + "```text\n43\n```\n",
    fenced("python", "raise SystemExit(1)"),
    fenced("python", "import warnings; warnings.warn('old')"),
    fenced("python", "def test_it():\n    assert 0"),
    fenced("python", "import pytest\n\n\n@pytest.mark.skip\ndef test_it():\n    pass"),
    fenced("pycon", ">>> a = 6") + fenced("pycon", ">>> a * 7\n43"),
    fenced("console", "$ echo one\ntwo"),
    fenced("console", "$ false"),
    fenced("console", "$ true\n$ echo one; false\none"),
    fenced("console", "$ echo gone\nhere", "<!-- goes on -->"),
]


@pytest.mark.parametrize("text", RIGHT, ids=range(len(RIGHT)))
def test_what_is_right_passes(text: str, home: Path) -> None:
    Path("page.md").write_text(text)
    run_blocks("page.md", [block for block in blocks_of(Path("page.md")) if not block.not_run])


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_fails(text: str, home: Path) -> None:
    Path("page.md").write_text(text)
    with pytest.raises(AssertionError, match=r"page\.md"):
        run_blocks("page.md", list(blocks_of(Path("page.md"))))
