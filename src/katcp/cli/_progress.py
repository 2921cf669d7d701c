"""How far it is, for somebody at a terminal."""

import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable

__all__ = ["progress"]


@contextlib.asynccontextmanager
async def progress(duration: float | None) -> "AsyncIterator[Callable[[str], None]]":
    """Give what shows a line on stderr, with the time and how much of `duration` is over.

    Nothing is shown if nobody would see it.
    """
    if not sys.stderr.isatty():
        yield lambda said: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = [SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()]
    if duration is not None:
        columns.insert(2, BarColumn())
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=duration)
        yield lambda said: shown.update(task, description=said, completed=time.monotonic() - began)
