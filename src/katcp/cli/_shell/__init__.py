"""``katcp shell``: IPython with the devices of a telescope in it."""

import asyncio
import sys
from pathlib import Path
from typing import Any, NoReturn

from ..._display import devices
from ..._loops import asyncio_loop
from ...resource_client import ThreadSafeKATCPClientResourceWrapper
from .._exit import exiting, fail
from ._banner import banner, not_up
from ._links import log_to_prompt
from ._start import started

__all__ = ["shell"]


def shell(where: str, script: Path | None, code: str | None, timeout: float) -> None:
    """Give a prompt, or run a script, some code, or what comes on standard input.

    Leaves with status 1 if what was run failed, and 130 at Ctrl-C before the prompt.
    """
    with exiting():
        from ._ipython import at_prompt, run_code

        log_to_prompt()
        given = _given(script, code)
        with started(where, timeout) as (resource, loop):
            kat = ThreadSafeKATCPClientResourceWrapper(resource, loop)
            namespace = {"kat": kat, "akat": resource, "asyncio": asyncio, "__name__": "__main__"}
            in_thread = asyncio_loop(loop.ioloop)
            if given is None:
                at_prompt(namespace, in_thread, "\n".join(banner(resource)) + "\n")
                return
            _say_what_is_down(resource)
            show = script is None or script.suffix == ".ipy"
            error = run_code(namespace, in_thread, given, show)
        if error is not None:
            _leave(error)


def _given(script: Path | None, code: str | None) -> str | None:
    """Give the code to run; None for a person at a terminal."""
    if script is not None:
        return _text_of(script)
    if code is not None:
        return code
    if sys.stdin is None:
        fail("standard input is closed; give a script, or --exec CODE", 2)
    return None if sys.stdin.isatty() else sys.stdin.read()


def _text_of(script: Path) -> str:
    try:
        return script.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        fail(f"cannot read the script {script}: {getattr(exc, 'strerror', None) or exc}")


def _say_what_is_down(resource: Any) -> None:
    if not any(device.synced for _, device in devices(resource)):
        fail("; ".join(not_up(resource)))
    for line in not_up(resource):
        print(f"katcp: {line}", file=sys.stderr)


def _leave(error: BaseException) -> NoReturn:
    """Leave as what was run did; its error has been shown."""
    match error:
        case SystemExit() | BrokenPipeError():
            raise error
        case KeyboardInterrupt() | asyncio.CancelledError():
            raise KeyboardInterrupt
        case _:
            sys.exit(1)
