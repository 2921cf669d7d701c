"""Runs a command's coroutine until it ends, or a signal ends it."""

import sys
from collections.abc import Coroutine
from typing import Any

from ._exit import exiting

__all__ = ["run"]


def run(work: Coroutine[Any, Any, bool | None]) -> None:
    """Run `work`; exit status 0 unless it gives False (1), fails, or is ended by a signal.

    Of the log errors are shown, and what a device does wrong.
    """
    import asyncio
    import logging

    handler = logging.StreamHandler()
    handler.addFilter(lambda r: r.levelno >= logging.ERROR or getattr(r, "complaint", False))
    logging.basicConfig(level=logging.WARNING, format="katcp: %(message)s", handlers=[handler])
    with exiting():
        if asyncio.run(_until_signalled(work)) is False:
            sys.stdout.flush()
            sys.exit(1)


async def _until_signalled(work: Coroutine[Any, Any, bool | None]) -> bool | None:
    """Run `work`; a signal lets it put things in order, a second Ctrl-C does not.

    asyncio's own handler of Ctrl-C cancels in the midst of whatever runs, and not between.
    """
    import asyncio
    import signal

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    came: list[int] = []

    def end(number: int) -> None:
        came.append(number)
        loop.remove_signal_handler(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            loop.add_signal_handler(number, end, number)
    try:
        return await work
    except asyncio.CancelledError:
        if not came:
            raise
        sys.exit(128 + came[0])
