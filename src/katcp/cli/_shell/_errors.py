"""Errors of the library are told in a line or two; ``%tb`` gives the whole traceback."""

import asyncio
import os
import re
import sys
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import katcp

from ..._display import in_colour
from ...errors import KatcpClientError, KATCPNameMissing, KATCPResourceError, SyncError
from ...resource_client import close_to
from ...wire import printable_lines

__all__ = ["ShortErrors"]

_OURS = (KatcpClientError, KATCPNameMissing, KATCPResourceError, SyncError, TimeoutError)
_INTERRUPTS = (KeyboardInterrupt, asyncio.CancelledError)
# What the library raises for bad input, besides its own; told shortly when it comes from there.
_COMMON = (AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError, re.error)
_LIBRARY = str(Path(katcp.__file__).parent) + os.sep
_PYTHON = tuple(sysconfig.get_paths()[key] + os.sep for key in ("stdlib", "purelib"))


class ShortErrors:
    """Mixed into a shell of IPython."""

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Tell an exception: one of the library in a line, others in full."""
        told = exc_tuple or sys.exc_info()
        # Without an exception it is %tb that asks.
        if told[1] is None or not _tell(*told):
            super().showtraceback(exc_tuple, *args, **kwargs)  # type: ignore[misc]


def _tell(kind: type[BaseException], exc: BaseException, trace: TracebackType) -> bool:
    """Say in a line what went wrong; False, and nothing said, if that is not for us."""
    if isinstance(exc, (BrokenPipeError, SystemExit)):
        return True  # nobody reads what would be said, or the status says it
    frames = traceback.extract_tb(trace)
    if not isinstance(exc, (*_OURS, *_INTERRUPTS)) and not (
        isinstance(exc, _COMMON) and _is_from_library(frames)
    ):
        return False
    sys.last_type, sys.last_value, sys.last_traceback = kind, exc, trace  # for %tb
    sys.last_exc = exc  # type: ignore[attr-defined]  # likewise, from Python 3.12 on
    if isinstance(exc, _INTERRUPTS):
        text = "Interrupted. Nobody waits for it any more; all stays usable."
    else:
        text = f"Error: {printable_lines(_words(exc, frames))}{_place(frames)}"
    sys.stdout.flush()  # so that they come in order
    print(f"\033[31m{text}\033[0m" if in_colour() else text, file=sys.stderr)
    return True


def _words(exc: BaseException, frames: traceback.StackSummary) -> str:
    words = str(exc) or type(exc).__name__
    match exc:
        case KATCPNameMissing() | KATCPResourceError():
            return words
        case AttributeError():
            public = [name for name in dir(exc.obj) if name[:1] != "_"]
            return words + close_to(exc.name, public)
        case re.error():
            return f"{exc.pattern!r} is no regular expression: {words}"
        case KeyError():
            return f"there is no {words}"
        case RuntimeError() if frames[-1].name == "call_in_ioloop":
            return "a cell with await must not block: use akat in place of kat, and await what it gives"
        case _:
            return words


def _is_from_library(frames: traceback.StackSummary) -> bool:
    """Whether the library, or what it called of Python's own, raised it."""
    files = [
        f.filename for f in frames if not f.filename.startswith(_PYTHON) or _is_ours(f.filename)
    ]
    return bool(files) and _is_ours(files[-1])


def _is_ours(filename: str) -> bool:
    return filename.startswith(_LIBRARY)


def _place(frames: traceback.StackSummary) -> str:
    """Say where in the user's code it was, unless that is a single line at the prompt."""
    mine = [frame for frame in frames if not frame.filename.startswith((_LIBRARY, *_PYTHON))]
    if not mine:
        return ""
    last, in_cell = mine[-1], mine[-1].filename.startswith("<")
    if in_cell and last.name.startswith("<") and last.lineno == 1:
        return ""
    file = "" if in_cell else f"{Path(last.filename).name}, "
    function = "" if last.name.startswith("<") else f", in {last.name}"
    return f" ({file}line {last.lineno}{function})"
