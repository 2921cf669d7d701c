"""What a `FaultProxy` can be told to do wrong in one direction."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field, fields

__all__ = ["Faults", "Lines"]


class Signal:
    """Wakes whoever waits for it at the moment."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        """Wake them."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the signal, at most so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()


@dataclass(slots=True)
class Lines:
    """Which lines a fault befalls; never a blank one.

    Parameters
    ----------
    which
        Type and name, ``"!watchdog"`` or ``"#sensor-status"``; or the type alone, ``"!"``; or all,
        ``""``; or what is given a line, without its end, and says whether it is meant.
    count
        How many lines are yet to be befallen; None: no limit. It counts down.
    chance
        Of each line, from 0 to 1.
    """

    which: str | Callable[[bytes], bool] = ""
    count: int | None = None
    chance: float = 1.0

    def hit(self, line: bytes, dice: random.Random) -> bool:
        """Whether the fault befalls this line; if so, `count` is one less."""
        text = line.rstrip(b"\r\n")
        if self.count == 0 or not text or not self._meant(text):
            return False
        if self.chance < 1 and dice.random() >= self.chance:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def _meant(self, line: bytes) -> bool:
        if callable(self.which):
            return self.which(line)
        wanted = self.which.encode()
        if len(wanted) < 2:
            return line.startswith(wanted)
        return line.startswith(wanted) and line[len(wanted) :][:1] in (b"", b" ", b"\t", b"[")


@dataclass(slots=True)
class Faults:
    """What goes wrong in one direction of every link; each attribute takes effect when it is set.

    Attributes
    ----------
    delay, jitter : float
        Seconds that bytes take, and seconds that they take longer, by chance, at most. They keep
        their order.
    throttle : float
        Bytes a second that pass; 0: as many as there are.
    split : int
        Bytes in one write at most; 0: as they come.
    swallow : bool
        Bytes vanish, and so does the end of the connection, until the client goes.
    stall : bool
        Nothing is read, so that the sender finds its buffers full.
    drop, duplicate, corrupt, merge : list of Lines
        Lines that do not arrive, arrive twice, have one byte wrong, run into the next.
    reorder : list of Lines
        Lines that arrive after the next one of their type, or `hold` seconds late if none comes.
    garbage : list of Lines
        Lines that come after a line of random bytes.
    cut_mid_line : list of Lines
        Lines of which one half arrives, and then the end of the connection.
    hold : float
        Seconds.
    flood : float
        Lines a second that the sender never sent, each of them `flood_line`.
    flood_line : str
        Without its end.
    """

    _changed: Signal = field(default_factory=Signal, init=False, repr=False, compare=False)
    delay: float = 0.0
    jitter: float = 0.0
    throttle: float = 0.0
    split: int = 0
    swallow: bool = False
    stall: bool = False
    drop: list[Lines] = field(default_factory=list)
    duplicate: list[Lines] = field(default_factory=list)
    corrupt: list[Lines] = field(default_factory=list)
    merge: list[Lines] = field(default_factory=list)
    reorder: list[Lines] = field(default_factory=list)
    garbage: list[Lines] = field(default_factory=list)
    cut_mid_line: list[Lines] = field(default_factory=list)
    hold: float = 1.0
    flood: float = 0.0
    flood_line: str = "#log warn 0 proxy flood"

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        self._changed.fire()

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        fresh = Faults()
        for each in fields(self):
            if each.init:
                setattr(self, each.name, getattr(fresh, each.name))

    def befall_lines(self) -> bool:
        """Whether any fault looks at lines."""
        return bool(
            self.drop
            or self.duplicate
            or self.corrupt
            or self.merge
            or self.reorder
            or self.garbage
            or self.cut_mid_line
        )
