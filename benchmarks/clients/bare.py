"""The ceilings: asyncio alone, doing the least that has to be done, for one device that does no wrong.

There is no matching of replies, no check of what comes, no care for a lost link: they bound what a
library can reach, they do not compare.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any

from .. import load
from ._asyncio import main
from ._program import Figures, Stopwatch, memory, percentile

STATUSES = {b"unknown": 0, b"nominal": 1, b"warn": 2, b"error": 3, b"failure": 4,
            b"unreachable": 5, b"inactive": 6}  # fmt: skip


def _text(raw: bytes) -> str:
    return raw.replace(b"\\_", b" ").decode()


DECODERS: dict[bytes, Callable[[bytes], Any]] = {
    b"float": float,
    b"integer": int,
    b"boolean": lambda raw: raw == b"1",
    b"discrete": _text,
    b"string": _text,
}


class Sensor:
    """The least that a sensor is."""

    __slots__ = ("decode", "description", "listener", "name", "params", "reading", "type", "units")

    def __init__(self, words: list[bytes]) -> None:
        self.name, self.description, self.units = map(_text, words[1:4])
        self.type, self.params = words[4], words[5:]
        self.decode = DECODERS[words[4]]
        self.reading: Any = None
        self.listener: Any = None


class Lines(asyncio.BufferedProtocol):
    """Splits what comes into lines, and gives them to `take`."""

    def __init__(self) -> None:
        self._view = memoryview(bytearray(1 << 18))
        self._rest = b""
        self.take: Callable[[list[bytes]], None] = lambda lines: None

    def connection_made(self, transport: Any) -> None:
        """Set up the connection."""
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to read to."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        lines = (self._rest + self._view[:nbytes]).split(b"\n")
        self._rest = lines.pop()
        self.take(lines)

    async def ask(self, line: bytes) -> list[bytes]:
        """Send a request; gives all lines until the read that has its reply."""
        answered = asyncio.get_running_loop().create_future()
        reply = b"!" + line.split()[0][1:]
        taken: list[bytes] = []

        def take(lines: list[bytes]) -> None:
            taken.extend(lines)
            if lines and lines[-1].startswith(reply):
                answered.set_result(None)

        self.take = take
        self.transport.write(line)
        await answered
        return taken


class Count(Lines):
    """Does not even split; counts the bytes until the reply."""

    def count(self) -> "asyncio.Future[int]":
        """Give a future of the number."""
        self._count = 0
        self._counted: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        return self._counted

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        self._count += nbytes
        if b"!updates" in self._view[max(0, nbytes - 32) : nbytes].tobytes():
            self._counted.set_result(self._count)


async def _connect(port: int, kind: type[Lines] = Lines) -> Any:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_connection(kind, "127.0.0.1", port)
    return protocol


Sensors = dict[bytes, Sensor]


async def _sync(lines: Lines) -> Sensors:
    await lines.ask(b"?help[1]\n")
    await lines.ask(b"?request-timeout-hint[2]\n")
    sensors = {}
    for line in await lines.ask(b"?sensor-list[3]\n"):
        if line.startswith(b"#sensor-list"):
            words = line.split(b" ")
            sensors[words[1]] = Sensor(words)
    _eager(sensors, await lines.ask(b"?sensor-sampling[4] " + b",".join(sensors) + b" event\n"))
    return sensors


def _eager(sensors: Sensors, lines: list[bytes]) -> None:
    """Decode updates; store each as the reading and call the listener if there is one."""
    now = time.time()
    for line in lines:
        if line.startswith(b"#sensor-status"):
            words = line.split(b" ")
            timestamp = float(words[1])
            for i in range(3, len(words), 3):
                sensor = sensors[words[i]]
                status, value = STATUSES[words[i + 1]], sensor.decode(words[i + 2])
                sensor.reading = reading = (now, timestamp, status, value)
                if sensor.listener is not None:
                    sensor.listener(sensor, reading)


def _lazy(sensors: Sensors, lines: list[bytes]) -> None:
    """Store the fields of updates as they came."""
    now = time.time()
    for line in lines:
        if line.startswith(b"#sensor-status"):
            words = line.split(b" ")
            timestamp = words[1]
            for i in range(3, len(words), 3):
                sensors[words[i]].reading = (now, timestamp, words[i + 1], words[i + 2])


async def updates(port: int, count: int, per_inform: int, listeners: bool) -> Figures:
    """Take updates: decode them and call a listener, or only store what came."""
    lines = await _connect(port)
    sensors = await _sync(lines)
    calls = 0

    def listener(sensor: Any, reading: Any) -> None:
        nonlocal calls
        calls += 1

    for sensor in sensors.values():
        sensor.listener = listener
    done = asyncio.get_running_loop().create_future()
    store = _eager if listeners else _lazy

    def take(taken: list[bytes]) -> None:
        store(sensors, taken)
        if taken and taken[-1].startswith(b"!updates"):
            done.set_result(None)

    lines.take = take
    watch = Stopwatch()
    lines.transport.write(b"?updates[5] %d %d\n" % (count, per_inform))
    await done
    figures = watch.stop(count)
    assert calls == count * listeners, calls
    latest = {sensor.name: float(sensor.reading[1]) for sensor in sensors.values()}
    load.check_latest(latest, count, per_inform)
    return figures


async def reader(port: int, count: int, per_inform: int) -> Figures:
    """Take the bytes of updates and do nothing with them: what the server can send."""
    lines = await _connect(port, Count)
    counted = lines.count()
    watch = Stopwatch()
    lines.transport.write(b"?updates[1] %d %d\n" % (count, per_inform))
    received = await counted
    figures = watch.stop(count)
    assert received > count * len("name nominal 1")
    return {**figures, "bytes": float(received)}


async def sync(port: int, sensors: int) -> Figures:
    """Connect, sync and sample all sensors."""
    before = memory()
    watch = Stopwatch()
    synced = await _sync(await _connect(port))
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    assert sum(sensor.reading is not None for sensor in synced.values()) == sensors
    return figures


async def many(port: int, sensors: int, connections: int) -> Figures:
    """Do the same with many devices at once."""
    watch = Stopwatch()
    made = await asyncio.gather(*[_connect(port) for _ in range(connections)])
    synced = await asyncio.gather(*map(_sync, made))
    figures = watch.stop(sensors * connections)
    assert sum(len(sensors) for sensors in synced) == sensors * connections
    return figures


async def serial(port: int, count: int) -> Figures:
    """Send requests, each when the one before is answered."""
    lines = await _connect(port)
    await lines.ask(b"?watchdog\n")
    loop = asyncio.get_running_loop()
    answered = loop.create_future()
    lines.take = lambda taken: answered.set_result(None)
    took = []
    watch = Stopwatch()
    for _ in range(count):
        began = time.perf_counter()
        answered = loop.create_future()
        lines.transport.write(b"?watchdog[1]\n")
        await answered
        took.append(time.perf_counter() - began)
    figures = watch.stop(count)
    return {**figures, "p50": percentile(took, 50), "p99": percentile(took, 99)}


async def pipelined(port: int, count: int) -> Figures:
    """Send requests all at once."""
    lines = await _connect(port)
    await lines.ask(b"?watchdog\n")
    left, done = count, asyncio.get_running_loop().create_future()

    def take(taken: list[bytes]) -> None:
        nonlocal left
        left -= len(taken)
        if left == 0:
            done.set_result(None)

    lines.take = take
    watch = Stopwatch()
    for mid in range(count):
        lines.transport.write(b"?watchdog[%d]\n" % mid)
    await done
    return watch.stop(count)


if __name__ == "__main__":
    main([updates, reader, sync, many, serial, pipelined])
