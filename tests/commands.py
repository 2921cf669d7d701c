"""Runs the ``katcp`` command of this checkout: as a user does, or within this process, for speed."""

import asyncio
import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple
from unittest import mock

from katcp.cli import main

KATCP = [sys.executable, "-c", "from katcp.cli import main; main()"]


class Done(NamedTuple):
    """How a command ended."""

    returncode: Any
    stdout: str
    stderr: str


def run(*words: str, env: dict[str, str] | None = None, **kwargs: Any) -> Any:
    """Run a command to its end, in a process; gives what `subprocess.run` gives, as text."""
    options = {"capture_output": True, "text": True, "timeout": 60, "check": False, **kwargs}
    return subprocess.run([*KATCP, *words], env={**os.environ, **(env or {})}, **options)


def katcp(*words: str) -> Done:
    """Run a command to its end, in this process; errors that are logged are on stderr, too."""
    output, errors = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(errors)
    handler.setLevel(logging.ERROR)
    logging.getLogger().addHandler(handler)
    status: Any = 0
    try:
        with (
            mock.patch.object(sys, "argv", ["katcp", *words]),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
        ):
            main()
    except SystemExit as exc:
        status = exc.code or 0
    finally:
        logging.getLogger().removeHandler(handler)
    return Done(status, output.getvalue(), errors.getvalue())


def good(*words: str) -> list[str]:
    """Run a command that succeeds and complains of nothing; gives its lines."""
    done = katcp(*words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def records(*words: str) -> list[Any]:
    """Run a command that succeeds with ``--json``; gives its values."""
    return [json.loads(line) for line in good(*words, "--json")]


def complaint(*words: str, status: int) -> str:
    """Run a command that fails with this status, and gives one line on stderr and none else."""
    done = katcp(*words)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("katcp: ")
    return line


@contextlib.asynccontextmanager
async def started(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command meanwhile, in a process that is awaited; it is killed if it does not end."""
    pipe = subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*KATCP, *words, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        process._transport.close()  # type: ignore[attr-defined]  # or it warns that it is not


@contextlib.contextmanager
def running(*words: str, **kwargs: Any) -> Iterator[Any]:
    """Run a command meanwhile, in a process; it is killed if it does not end."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **kwargs}
    with subprocess.Popen([*KATCP, *words], **pipes) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
