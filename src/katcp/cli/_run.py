"""Runs a command's coroutine; whatever goes wrong is one line and an exit status."""

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

from ..errors import KATCPResourceError, TimeoutError
from ..wire import printable

__all__ = ["fail", "run"]


def run(work: Coroutine[Any, Any, bool | None]) -> None:
    """Run `work`; exit status 0 unless it gives False or fails."""
    logging.basicConfig(level=logging.ERROR, format="katcp: %(message)s")
    try:
        if asyncio.run(work) is False:
            sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except (KATCPResourceError, TimeoutError, ValueError, OSError) as exc:
        fail(str(exc))


def fail(text: str) -> NoReturn:
    """Say what is wrong in one line, and leave with status 1."""
    print(f"katcp: {printable(text)}", file=sys.stderr)
    sys.exit(1)
