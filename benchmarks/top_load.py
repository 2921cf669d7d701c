"""`katcp top` under load: 64 devices of 1000 sensors, 10 000 updates a second; what it costs.

The devices run in a process of their own. The client runs three times, each in a process of its
own: the library alone, with the board that the screen looks at, and with the screen (80 x 24,
headless). For each: updates that were sent and received, whether the last values are equal, how
old readings are when they come, and the CPU of the process.

    python benchmarks/top_load.py [--devices 64] [--sensors 1000] [--rate 10000] [--seconds 20]
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from katcp.cli.top._app import TopApp
from katcp.cli.top._model import Board
from katcp.cli.top._run import sample
from katcp.resource_client import KATCPClientResourceContainer

TICK = 0.02  # seconds between bursts
EVERY = 20  # of so many sensors one has its lag measured


class Device:
    """A device on a port: what it answers, and how many updates it sent."""

    def __init__(self, sensors: int) -> None:
        self.names = [b"dev.group%02d.sensor-%d" % (i // 100, i % 100) for i in range(sensors)]
        self.values = dict.fromkeys(self.names, 0)
        self.sent = 0
        self._next = 0
        self._writer: asyncio.StreamWriter | None = None

    def status(self, name: bytes, head: bytes = b"#sensor-status") -> bytes:
        """Give the line that says what a sensor reads."""
        return b"%s %.6f 1 %s nominal %d\n" % (head, time.time(), name, self.values[name])

    def update(self, count: int) -> None:
        """Send so many updates, of one sensor after the other."""
        lines = []
        for _ in range(count):
            name = self.names[self._next]
            self._next = (self._next + 1) % len(self.names)
            self.values[name] += 1
            lines.append(self.status(name))
        if self._writer is not None:
            self._writer.write(b"".join(lines))
            self.sent += count

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a client."""
        writer.write(b"#version-connect katcp-protocol 5.1-MIB\n")
        self._writer = writer
        async for line in reader:
            head, *words = line.split()
            name, _, mid = head[1:].rstrip(b"]").partition(b"[")
            writer.write(b"".join(self.answer(name, mid, words)))
            await writer.drain()
        self._writer = None

    def answer(self, name: bytes, mid: bytes, words: list[bytes]) -> list[bytes]:
        """Give the lines that answer a request."""
        tag = b"%s[%s]" % (name, mid)
        if name == b"sensor-list":
            rows = [b"#%s %s A\\_sensor m integer\n" % (tag, n) for n in self.names]
        elif name == b"sensor-sampling":
            rows = [self.status(n) for n in words[0].split(b",")]
            return [*rows, b"!%s ok %s\n" % (tag, b" ".join(words))]
        elif name == b"sensor-value":
            rows = [self.status(n, b"#" + tag) for n in self.names]
        elif name == b"help":
            rows = [b"#%s help Help\n" % tag]
        elif name == b"sent":
            return [b"!%s ok %d\n" % (tag, self.sent)]
        else:
            rows = []
        return [*rows, b"!%s ok %d\n" % (tag, len(rows))]


async def serve(count: int, sensors: int, rate: float, ports: Any, running: Any) -> None:
    """Serve the devices; while `running` they send updates at `rate` a second in total."""
    devices = [Device(sensors) for _ in range(count)]
    servers = [await asyncio.start_server(d.accept, "127.0.0.1", 0, limit=1 << 26) for d in devices]
    for i, server in enumerate(servers):
        ports[i] = server.sockets[0].getsockname()[1]
    due = then = 0.0
    turn = 0
    while True:
        await asyncio.sleep(TICK)
        now = time.monotonic()
        due = due + rate * (now - then) if running.value and then else 0.0
        then = now if running.value else 0.0
        while due >= 10:
            devices[turn].update(10)
            turn, due = (turn + 1) % count, due - 10


@dataclass
class Measured:
    """What one run measured."""

    kind: str
    sent: int = 0
    received: int = 0
    wrong: int = 0
    cpu: float = 0.0
    lags: list[float] = field(default_factory=list)

    def row(self) -> str:
        """Give it as a line of the table."""
        median = statistics.median(self.lags) * 1000
        late = statistics.quantiles(self.lags, n=100)[98] * 1000
        return (
            f"{self.kind:8} {self.sent:9} {self.received:9} {self.wrong:6} "
            f"{median:8.1f} ms {late:8.1f} ms {self.cpu:6.1f} %"
        )


async def measure(kind: str, ports: list[int], running: Any, seconds: float) -> Measured:
    """Run the client in one of its kinds."""
    clients = {f"d{i:02}": {"address": ("127.0.0.1", p), "controlled": True}
               for i, p in enumerate(ports)}  # fmt: skip
    telescope = KATCPClientResourceContainer({"name": "load", "clients": clients})
    result, board = Measured(kind), Board(telescope) if kind != "library" else None
    counted = 0

    def count(sensor: Any, reading: Any) -> None:
        nonlocal counted
        counted += 1

    sampled = board or Board(telescope)
    sample(sampled, "")
    if board is None:
        sampled.close()
    telescope.start()
    await telescope.until_synced(timeout=120)
    for i, sensor in enumerate(telescope.sensor.values()):
        if board is None:
            sensor.register_listener(count, reading=True)
        if i % EVERY == 0:
            sensor.register_listener(
                lambda _, r: result.lags.append(r.received_timestamp - r.timestamp), reading=True
            )
    if kind == "screen":
        assert board is not None
        app = TopApp(board)
        async with app.run_test(size=(80, 24)):
            await load(result, board, running, seconds, lambda: board.updates)
    else:
        await load(result, board, running, seconds,
                   (lambda: counted) if board is None else lambda: board.updates)  # fmt: skip
    await check(result, telescope)
    await telescope.stop()
    return result


async def load(result: Measured, board: Any, running: Any, seconds: float, count: Any) -> None:
    """Let the devices send for so many seconds, and see what came."""
    await asyncio.sleep(2)  # what starting left to do is done
    before, result.lags[:] = count(), []
    cpu, wall = time.process_time(), time.perf_counter()
    running.value = 1
    await asyncio.sleep(seconds)
    running.value = 0
    result.cpu = 100 * (time.process_time() - cpu) / (time.perf_counter() - wall)
    await asyncio.sleep(2)
    result.received = count() - before


async def check(result: Measured, telescope: Any) -> None:
    """Compare with what the devices sent."""
    for device in telescope.children.values():
        client = device._client()
        reply, _ = await client.simple_request("sent")
        result.sent += int(reply.arguments[1])
        before = {name: sensor.value for name, sensor in device.sensor.items()}
        await client.simple_request("sensor-value")
        result.wrong += sum(before[name] != s.value for name, s in device.sensor.items())


def run(kind: str, ports: list[int], running: Any, seconds: float) -> None:
    """Measure one kind, and print it."""
    print(asyncio.run(measure(kind, ports, running, seconds)).row(), flush=True)


def main() -> None:
    """Run the devices, and each kind of client against devices of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=64)
    parser.add_argument("--sensors", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=10_000.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    print(f"{given.devices} devices of {given.sensors} sensors, {given.rate:g} updates a second")
    print("client        sent  received  wrong   lag median    lag 99 %    CPU")
    for kind in ("library", "board", "screen"):
        ports, running = multiprocessing.Array("i", given.devices), multiprocessing.Value("i", 0)
        what = (given.devices, given.sensors, given.rate, ports, running)
        devices = multiprocessing.Process(target=lambda w=what: asyncio.run(serve(*w)), daemon=True)
        devices.start()
        while not all(ports[:]):
            time.sleep(0.01)
        client = multiprocessing.Process(target=run, args=(kind, ports[:], running, given.seconds))
        client.start()
        client.join()
        devices.kill()


if __name__ == "__main__":
    main()
