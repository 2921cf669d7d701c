"""A telescope on a loop of its own, started, with what is up for the prompt to begin."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from ..._display import devices
from ...blocking import loop_in_thread
from ...ioloop_manager import IOLoopThreadWrapper
from ...wire import printable
from .._target import open_target
from ._links import Links

__all__ = ["started"]

_LOOK = 0.05  # seconds between looks at phases, which nothing tells


@contextlib.contextmanager
def started(where: str, timeout: float) -> Iterator[tuple[Any, IOLoopThreadWrapper]]:
    """Give the resource of a WHERE and what calls into its loop; some devices may be down.

    It waits until each device is synced or has failed for the first time, at most `timeout` s.

    Raises
    ------
    ValueError
        If `where` is wrong.
    """
    with loop_in_thread() as loop:
        resource = loop.call_in_ioloop(_start, (where,), {})
        try:
            loop.call_in_ioloop(_settle, (resource, timeout), {})
            links = loop.call_in_ioloop(Links, (resource, _say), {})
            yield resource, loop
            del links
        finally:
            loop.call_in_ioloop(resource.stop, (), {})


def _start(where: str) -> Any:
    resource = open_target(where)
    resource.start()
    return resource


async def _settle(resource: Any, timeout: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            while not all(d.synced or d.last_error for _, d in devices(resource)):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK)


def _say(line: str) -> None:
    print(f"katcp: {printable(line)}", file=sys.stderr, flush=True)
