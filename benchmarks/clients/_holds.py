"""How long the event loop is held at a time, with the pauses of the garbage collector told apart."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator
from typing import Any

from ._program import Figures

__all__ = ["Holds"]

_EVERY = 0.001  # seconds


class Holds:
    """Looks at the clocks every millisecond, as soon as the loop lets it."""

    def __init__(self) -> None:
        self._wall = self._cpu = self._pause = 0.0  # the longest, in seconds
        self._collected = self._began = 0.0

    def figures(self) -> Figures:
        """Give the longest times in ms.

        They are: ``hold`` and ``hold_cpu``, by the clock and of CPU, so that it does not matter
        what else the machine does, without garbage collection; ``pause``, that of CPU for garbage.
        """
        longest = {"hold": self._wall, "hold_cpu": self._cpu, "pause": self._pause}
        return {name: 1e3 * seconds for name, seconds in longest.items()}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the running loop."""
        gc.callbacks.append(self._on_collection)
        task = asyncio.get_running_loop().create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            gc.callbacks.remove(self._on_collection)

    async def _watch(self) -> None:
        while True:
            wall, cpu, collected = time.monotonic(), time.thread_time(), self._collected
            await asyncio.sleep(_EVERY)
            collected = self._collected - collected
            self._wall = max(self._wall, time.monotonic() - wall - _EVERY - collected)
            self._cpu = max(self._cpu, time.thread_time() - cpu - collected)

    def _on_collection(self, phase: str, _: Any) -> None:
        if phase == "start":
            self._began = time.thread_time()
            return
        took = time.thread_time() - self._began
        self._collected += took
        self._pause = max(self._pause, took)
