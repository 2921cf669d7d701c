"""One direction of a link through a `FaultProxy`."""

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING

from ..wire import encode_text
from ._faults import Faults
from ._framer import Framer

if TYPE_CHECKING:
    from ._link import FaultyLink

__all__ = ["Pump"]

_CHUNK = 4096  # bytes in one read
_WAITING = 1024  # reads that may wait to be passed on
_SLICE = 0.05  # seconds between the writes of what is throttled or a flood


class Pump:
    """Reads from one side of a link and writes to the other, with the faults of its direction."""

    def __init__(
        self,
        link: "FaultyLink",
        faults: Faults,
        ends: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        seed: str,
    ) -> None:
        self._link = link
        self._faults = faults
        self._reader, self._writer = ends
        self._dice = random.Random(seed)
        self._jitter_dice = random.Random(f"{seed} jitter")  # drawn as the network divides bytes
        self._queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)
        self._framer = Framer()
        self._turn = asyncio.Condition()  # who writes; notified when a line may begin
        self._midline = False
        self._held = b""
        self._held_until = 0.0
        self._reset = False
        self._over = False
        self._last = (0.0, 0, 0.0)  # write: when, bytes, seconds that they take

    async def run(self) -> None:
        """Pass on what comes until it ends.

        Raises
        ------
        ExceptionGroup
            Of OSError, if the connection that is written to is lost.
        """
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(self._receive()), group.create_task(self._flood())]
            await self._pass_on()
            for task in others:
                task.cancel()

    async def inject(self, fault: str, data: bytes, times: int = 1) -> None:
        """Write what was not sent, between two lines."""
        async with self._turn:
            await self._turn.wait_for(lambda: self._over or not self._midline)
            for _ in range(times):
                if self._over:
                    return
                self._link.note(fault)
                await self._send(data)

    async def _receive(self) -> None:
        data = b"-"
        while data:
            try:
                data = await self._reader.read(_CHUNK)
            except OSError:
                data, self._reset = b"", True
            self._link.received(self, data)
            if not data:
                self._link.ended(self)
            if data and self._faults.stall:
                self._link.note("stall")
            while self._faults.stall and not self._link.client_gone:
                await self._faults._changed.wait()
            await self._queue.put((_now(), data))

    async def _flood(self) -> None:
        while True:
            rate = self._faults.flood
            if rate <= 0:
                await self._faults._changed.wait()
                continue
            lines = max(1, int(rate * _SLICE))
            line = encode_text(self._faults.flood_line) + b"\n"
            await self.inject("flood", line, lines)
            await self._faults._changed.wait(lines / rate)

    async def _pass_on(self) -> None:
        data = b"-"
        while data:
            arrived, data = await self._next()
            if data and (self._faults.delay or self._faults.jitter):
                self._link.note("delay")
            await self._wait_for(arrived)
            keep = self._faults.befall_lines()
            for piece, is_line in self._framer.feed(data, keep):
                async with self._turn:
                    await self._deliver(piece, is_line)
                    self._turn.notify_all()
        async with self._turn:
            await self._let_go()
            await self._send(self._framer.rest())
        while self._swallows() and not (self._link.client_gone or self._link.closing):
            await self._faults._changed.wait()
        async with self._turn:
            self._over = True
            self._end()
            self._turn.notify_all()

    async def _next(self) -> tuple[float, bytes]:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._held_until if self._held else None):
                return await self._queue.get()
        async with self._turn:
            await self._let_go()
        return await self._queue.get()

    async def _wait_for(self, arrived: float) -> None:
        share, faults = self._jitter_dice.random(), self._faults
        while (left := arrived + faults.delay + share * faults.jitter - _now()) > 0:
            await faults._changed.wait(left)

    async def _deliver(self, piece: bytes, is_line: bool) -> None:
        if is_line:
            await self._deliver_line(piece)
        else:
            await self._let_go()
            await self._send(piece)

    async def _deliver_line(self, line: bytes) -> None:
        if self._hit("drop", line):
            return
        if self._hit("garbage", line):
            await self._send(self.garbage())
        if self._hit("cut_mid_line", line):
            await self._send(line[: len(line) // 2])
            self._link.close()
            return
        if self._hit("corrupt", line):
            line = self._corrupted(line)
        if self._hit("merge", line):
            line = line.rstrip(b"\r\n")
        if not self._held and self._hit("reorder", line):
            self._held, self._held_until = line, _now() + self._faults.hold
            return
        await self._send(line * 2 if self._hit("duplicate", line) else line)
        if not self._midline and line[:1] == self._held[:1]:
            await self._let_go()

    def _hit(self, fault: str, line: bytes) -> bool:
        rules = getattr(self._faults, fault)
        if not any(lines.hit(line, self._dice) for lines in rules):
            return False
        self._link.note(fault, line)
        return True

    def garbage(self, size: int | None = None) -> bytes:
        """Give a line of random bytes, `size` of them or from 1 to 64."""
        return self._dice.randbytes(size or self._dice.randint(1, 64)) + b"\n"

    def _corrupted(self, line: bytes) -> bytes:
        at = self._dice.randrange(max(1, len(line.rstrip(b"\r\n"))))
        wrong = self._dice.choice([b for b in range(256) if b not in (line[at], 10, 13)])
        return line[:at] + bytes([wrong]) + line[at + 1 :]

    async def _let_go(self) -> None:
        held, self._held = self._held, b""
        await self._send(held)

    async def _send(self, data: bytes) -> None:
        start = 0
        while start < len(data):
            piece = data[start : start + self._size(len(data))]
            start += len(piece)
            await self._pay(len(piece))
            if self._link.closing:
                return
            if self._swallows():
                self._link.note("swallow")
                continue
            self._writer.write(piece)
            self._midline = not piece.endswith(b"\n")
            await self._writer.drain()
            if self._faults.split and len(piece) < len(data):
                self._link.note("split")
                await asyncio.sleep(0)

    def _swallows(self) -> bool:
        return self._faults.swallow or self._link.half_open

    def _size(self, most: int) -> int:
        if self._faults.split:
            most = min(most, self._faults.split)
        if self._faults.throttle:
            most = min(most, int(self._faults.throttle * _SLICE))
        return max(1, most)

    async def _pay(self, size: int) -> None:
        """Wait until the bytes of the last write are through, before so many more are written."""
        while (left := self._left()) > 0:
            self._link.note("throttle")
            await self._faults._changed.wait(left)
        rate = self._faults.throttle
        self._last = (_now(), size, size / rate if rate else 0.0)

    def _left(self) -> float:
        """Seconds that the last write still takes, at the rate of now if that is higher."""
        (when, size, seconds), rate = self._last, self._faults.throttle
        return when + min(seconds, size / rate) - _now() if rate else 0.0

    def _end(self) -> None:
        """Pass the end of the connection on, as it came."""
        if self._link.closing:
            return
        if self._reset:
            self._link.cut()
        else:
            self._writer.write_eof()


def _now() -> float:
    return asyncio.get_running_loop().time()
