"""What is watched all the time: the loop, the log, memory, futures that must end, requests."""

import asyncio
import gc
import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = ["Footprint", "Holds", "Log", "Promises", "Trouble", "Troubles", "growth", "leftovers"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A check that failed: after how many seconds, on which device."""

    seconds: float
    check: str
    device: str
    what: str

    def __str__(self) -> str:
        return f"FAILED after {self.seconds:.1f} s: {self.check}: {self.device}: {self.what}"


class Troubles(list[Trouble]):
    """Every check that failed; each is printed at once."""

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()

    def add(self, check: str, device: str, what: str) -> None:
        """Note that a check failed."""
        self.append(Trouble(time.monotonic() - self.began, check, device, what))
        print(self[-1], flush=True)


class Log(logging.Handler):
    """Takes what `katcp` and `asyncio` log, and what gets to the handler of the loop."""

    def __init__(self, troubles: Troubles) -> None:
        super().__init__(logging.WARNING)
        self.lines = 0
        self._troubles = troubles

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._before = self._loop.get_exception_handler()
        self._loop.set_exception_handler(self._on_exception)
        for name in ("katcp", "asyncio"):
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.set_exception_handler(self._before)
        for name in ("katcp", "asyncio"):
            logger = logging.getLogger(name)
            logger.removeHandler(self)
            logger.propagate = True

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self.lines += 1
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        if record.exc_info or "syncing failed" in text or not record.getMessage().isprintable():
            self._troubles.add("log", record.name, text)

    def _on_exception(self, _: object, context: dict[str, Any]) -> None:
        exc = context.get("exception")
        self._troubles.add("handler of the loop", "", f"{context.get('message')}: {exc!r}")


class Holds:
    """How long the loop was held: wall clock, and CPU time, which others on the machine leave alone."""

    _TICK = 0.01

    def __init__(self) -> None:
        self.longest = self.longest_cpu = 0.0
        self.paused = False

    async def run(self) -> None:
        """Look all the time."""
        loop = asyncio.get_running_loop()
        while True:
            wall, cpu = loop.time(), time.thread_time()
            await asyncio.sleep(self._TICK)
            if not self.paused:
                self.longest = max(self.longest, loop.time() - wall - self._TICK)
                self.longest_cpu = max(self.longest_cpu, time.thread_time() - cpu)


class Promises:
    """Futures, each with the time by which it must be done."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._pending: dict[asyncio.Future[Any], tuple[float, str, str]] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def keep(self, future: Any, seconds: float, device: str, what: str) -> Any:
        """Note a future; gives it."""
        self._pending[future] = (time.monotonic() + seconds, device, what)
        future.add_done_callback(self._done)
        return future

    def _done(self, future: "asyncio.Future[Any]") -> None:
        self._pending.pop(future, None)
        if not future.cancelled():
            future.exception()  # whoever waited for it may have gone

    async def run(self) -> None:
        """Look for what is overdue."""
        while True:
            await asyncio.sleep(0.5)
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        for future, (due, device, what) in list(self._pending.items()):
            if now > due:
                del self._pending[future]
                self._troubles.add("future not done in time", device, what)


@dataclass
class Footprint:
    """What the process takes: MiB, and objects by type."""

    mib: float
    objects: Counter[str] = field(default_factory=Counter)

    @classmethod
    def now(cls) -> Self:
        """Collect garbage and count."""
        gc.collect()
        counts = Counter(f"{type(o).__module__}.{type(o).__name__}" for o in gc.get_objects())
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        return cls(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, counts)

    @property
    def total(self) -> int:
        """All objects that the garbage collector knows."""
        return sum(self.objects.values())


def growth(values: list[float]) -> float:
    """Give how much values grow from first to last, by the line that fits them best."""
    count = len(values)
    if count < 2:
        return 0.0
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((i - middle) ** 2 for i in range(count))
    slope = sum((i - middle) * (value - mean) for i, value in enumerate(values)) / spread
    return slope * (count - 1)


_OF_THE_LOOP = {"katcp._unhurried.Turn"}  # one, as long as the loop lives


@dataclass
class Leftovers:
    """What must be at the end as it was at the beginning."""

    tasks: set[str]
    timers: set[str]
    files: set[str]
    threads: set[str]
    objects: set[str]

    def beside(self, before: "Leftovers") -> dict[str, list[str]]:
        """Give what is more than `before`, by kind."""
        more = {
            "tasks": self.tasks - before.tasks,
            "timers": self.timers - before.timers,
            "files": self.files - before.files,
            "threads": self.threads - before.threads,
            "objects": self.objects - before.objects,
        }
        return {kind: sorted(names) for kind, names in more.items() if names}


def leftovers() -> Leftovers:
    """Give the tasks, open files and threads of now; those of asyncio's own pool do not count."""
    tasks = {t for t in asyncio.all_tasks() if t is not asyncio.current_task() and not t.done()}
    timers: Any = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
    return Leftovers(
        {f"{task.get_name()} {task.get_coro()}" for task in tasks},
        {str(timer) for timer in timers if not timer.cancelled()},
        set(_open_files()),
        {t.name for t in threading.enumerate() if not t.name.startswith("asyncio_")},
        {type for type in Footprint.now().objects if type.startswith("katcp.")} - _OF_THE_LOOP,
    )


def _open_files() -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
        except OSError:  # that of the listing
            continue
    return found
