"""Runs the blocks of a page as a reader would; the rules are in ``pages.py``."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from pages import Block, Command, commands_of
from pages_loosely import is_shown

__all__ = ["run_blocks", "seen"]

# What tornado's own IOLoop.current() says on Python 3.12 and newer outside of a running loop.
TORNADO = "ignore:There is no current event loop:DeprecationWarning"
# pytest-asyncio's word on a setting that a new project has not made.
UNSET_SCOPE = "ignore:The configuration option"
PYTHON = [sys.executable, "-W", "error", "-W", TORNADO]
PLUGINS = ["-p", "pytest_asyncio.plugin", "-p", "katcp.testing._plugin"]
PYTEST = [
    "-m",
    "pytest",
    "-q",
    *PLUGINS,
    "-o",
    "asyncio_mode=auto",
    "-W",
    "error",
    "-W",
    UNSET_SCOPE,
]
# A line, up to where a progress bar is drawn anew in it or, from the line below, removed.
ERASED = re.compile(r"^.*?(\n\x1b\[\?25h\r\x1b\[1A\x1b\[2K|\r\x1b\[2K)", re.MULTILINE)
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PATIENCE = 60.0  # seconds for one block


def run_blocks(page: str, blocks: list[Block]) -> None:
    """Run blocks in the current directory.

    Raises
    ------
    AssertionError
        If one fails, complains, or prints something other than what it shows; says where.
    """
    session = [b for b in blocks if b.language == "pycon"]
    for block in blocks:
        if block.language == "python" and not block.tests:
            _run_program(page, block)
        elif block.language in ("console", "sh"):
            for command in commands_of(block.text):
                _run_command(f"{page}:{block.line}", command, block.goes_on)
        elif block in session[:1]:
            _run_session(page, session)
    _run_tests(page, [b for b in blocks if b.tests])


def _run_program(page: str, block: Block) -> None:
    where = f"{page}:{block.line}"
    output = _output([*PYTHON, _file(f"program_{block.line}.py", [block])], where)
    assert not block.shown or is_shown(block.shown, output), _difference(where, block.shown, output)


def _run_session(page: str, blocks: list[Block]) -> None:
    _output([*PYTHON, "-m", "pages_loosely", _file("session.txt", blocks)], page, log=True)


def _run_tests(page: str, blocks: list[Block]) -> None:
    if blocks:
        files = [_file(f"test_{block.line}.py", [block]) for block in blocks]
        output = _output([sys.executable, *PYTEST, *files], page)
        tests = sum(block.text.count("def test_") for block in blocks)
        assert re.search(rf"^{tests} passed", output, re.MULTILINE), f"{page}\n{output}"


def _file(name: str, blocks: list[Block]) -> str:
    """Write blocks to a file, each on the lines that it has in its page."""
    text = ""
    for block in blocks:
        text += "\n" * (block.line - text.count("\n")) + block.text
    Path(name).write_text(text)
    return name


def _output(command: list[str], where: str, *, log: bool = False) -> str:
    """Give what a program prints; with `log` it may log something, too."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as exc:
        raise AssertionError(f"{where} did not end in {PATIENCE:g} s") from exc
    all_is_well = done.returncode == 0 and (log or not done.stderr)
    assert all_is_well, f"{where}\n{done.stdout}{done.stderr}"
    return done.stdout


def _run_command(where: str, command: Command, goes_on: bool) -> None:
    """Run a command on a terminal of 80 columns."""
    what, shown = command
    if goes_on:  # it may serve, and then on other ports than those of the page
        what = re.sub(r"--port \d+", "--port 0", what)
        shown = re.sub(r":\d+", ":...", shown)
        what = f"exec {what}"  # or Ctrl-C may come while the shell starts it, and be lost
    status, output = _on_terminal(f"stty cols 80; {what}", shown if goes_on else None)
    assert not shown or is_shown(shown, output), _difference(f"{where}: {what}", shown, output)
    assert status == 0 or goes_on, f"{where}: {what}: exit status {status}\n{output}"


def _on_terminal(what: str, until: str | None) -> tuple[int, str]:
    """Give exit status and output of a command, which is ended once `until` has come."""
    master, slave = pty.openpty()
    pipes = {"stdin": slave, "stdout": slave, "stderr": slave}
    with (
        open(master, "rb", buffering=0) as terminal,
        subprocess.Popen(["sh", "-c", what], start_new_session=True, **pipes) as process,
    ):
        os.close(slave)
        try:
            output = _read(terminal.fileno(), until)
            if until is not None:
                os.killpg(process.pid, signal.SIGINT)
            return process.wait(10), output
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def seen(raw: bytes) -> str:
    """Give what is left to be seen of what was written on a terminal, without styles."""
    text, erased = raw.decode(errors="replace").replace("\r\n", "\n"), 1
    while erased:
        text, erased = ERASED.subn("", text)
    return STYLE.sub("", text)


def _read(terminal: int, until: str | None) -> str:
    """Read what comes on a terminal to its end, or until it is what is waited for."""
    output, deadline = b"", time.monotonic() + PATIENCE
    while select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            more = b""
        output += more
        text = seen(output)
        if not more or (until is not None and is_shown(until, text)):
            return text
    raise AssertionError(f"this did not end in {PATIENCE:g} s:\n{output.decode(errors='replace')}")


def _difference(where: str, shown: str, output: str) -> str:
    return f"{where} shows:\n{shown}\nbut this came:\n{output}"
