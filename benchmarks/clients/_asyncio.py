"""Runs the workloads that are coroutines, on the loop that is asked for."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from . import _program
from ._program import Figures

__all__ = ["main"]

Workload = Callable[..., Awaitable[Figures]]


def main(workloads: Iterable[Workload]) -> None:
    """Run the program; each workload has the name of its function."""
    _program.main({w.__name__: functools.partial(_on_a_loop, w) for w in workloads})


def _on_a_loop(workload: Workload, port: int, uvloop: bool = False, **parameters: Any) -> Figures:
    with asyncio.Runner(loop_factory=_uvloop() if uvloop else None) as runner:
        return runner.run(_started(workload, port, parameters))


async def _started(workload: Workload, port: int, parameters: dict[str, Any]) -> Figures:
    return await workload(port, **parameters)


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    return uvloop.new_event_loop
