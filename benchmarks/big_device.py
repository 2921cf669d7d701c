"""One device with very many sensors: how long the sync takes, how long it holds the loop, memory.

The device runs in a process of its own and sends bytes that were made beforehand:

    python benchmarks/big_device.py 1000000 [STRATEGY]
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from katcp.resource_client import KATCPClientResource

TYPES = ("integer", "float", "boolean", "string", "discrete")
PARAMS = {"discrete": " idle busy"}
VALUES = {"integer": "7", "float": "1.5", "boolean": "1", "string": "some\\_text",
          "discrete": "busy"}  # fmt: skip


def names(count: int) -> list[tuple[str, str]]:
    """Give the names and types of the sensors."""
    return [(f"dev.group{i // 100:05d}.sensor-{i % 100}", TYPES[i % 5]) for i in range(count)]


async def serve(count: int, port: Any) -> None:
    """Serve the device."""
    sensors = names(count)
    listing = "".join(
        f"#sensor-list[MID] {name} A\\_sensor\\_of\\_a\\_big\\_device m {kind}{PARAMS.get(kind, '')}\n"
        for name, kind in sensors
    ).encode()
    status = {
        name: f"#sensor-status 1700000000.5 1 {name} nominal {VALUES[kind]}\n".encode()
        for name, kind in sensors
    }

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"#version-connect katcp-protocol 5.1-MIB\n")
        async for line in reader:
            head, *words = line.split()
            name, _, mid = head[1:].rstrip(b"]").partition(b"[")
            reply = b"!%s[%s] ok" % (name, mid)
            if name == b"sensor-list":
                writer.write(listing.replace(b"[MID]", b"[%s]" % mid))
                writer.write(reply + b" %d\n" % count)
            elif name == b"sensor-sampling":
                writer.writelines([status[word.decode()] for word in words[0].split(b",")])
                writer.write(b"%s %s\n" % (reply, b" ".join(words)))
            elif name == b"help":
                writer.write(b"#help[%s] help Help\n%s 1\n" % (mid, reply))
            else:
                writer.write(reply + b"\n")
            await writer.drain()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 26)
    port.value = server.sockets[0].getsockname()[1]
    await server.serve_forever()


class Holds:
    """The longest time for which the loop did nothing else, garbage collection told apart.

    In seconds of CPU, so that it does not matter what else the machine does.
    """

    def __init__(self) -> None:
        self.longest = self.longest_collection = self._collected = self._began = 0.0
        self.phase = ""

    def _collecting(self, phase: str, _: Any) -> None:
        if phase == "start":
            self._began = time.thread_time()
            return
        took = time.thread_time() - self._began
        self._collected += took
        self.longest_collection = max(self.longest_collection, took)

    async def watch(self, resource: KATCPClientResource) -> None:
        """Look at the clock every millisecond."""
        while True:
            since, collected, phase = time.thread_time(), self._collected, resource.phase
            await asyncio.sleep(0.001)
            held = time.thread_time() - since - (self._collected - collected)
            if held > self.longest:
                self.longest, self.phase = held, phase

    @contextlib.contextmanager
    def watching(self, resource: KATCPClientResource) -> Iterator[None]:
        """Watch while `resource` syncs."""
        gc.callbacks.append(self._collecting)
        task = asyncio.get_running_loop().create_task(self.watch(resource))
        try:
            yield
        finally:
            task.cancel()
            gc.callbacks.remove(self._collecting)


def memory() -> int:
    """Bytes of memory in use by this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def measure(count: int, strategy: str | None, port: int) -> None:
    """Sync with the device, and print what it took."""
    spec = {"name": "big", "address": ("127.0.0.1", port), "controlled": True}
    resource, holds, before = KATCPClientResource(spec), Holds(), memory()
    if strategy is not None:
        resource.set_sampling_strategies("", strategy)
    with holds.watching(resource):
        began = time.perf_counter()
        resource.start()
        await resource.until_synced(timeout=600)
        took = time.perf_counter() - began
        peak = memory()
        await asyncio.sleep(0.5)
    gc.collect()
    print(
        f"{len(resource.sensor)} sensors: synced after {took:.1f} s; "
        f"loop held at most {holds.longest * 1000:.0f} ms (in phase {holds.phase}), "
        f"by garbage collection {holds.longest_collection * 1000:.0f} ms; "
        f"{(memory() - before) / count:.0f} bytes a sensor, {(peak - before) / count:.0f} at the peak"
    )
    await resource.stop()


def main(count: int, strategy: str | None = None) -> None:
    """Run the device and measure."""
    port = multiprocessing.Value("i", 0)
    device = multiprocessing.Process(target=lambda: asyncio.run(serve(count, port)), daemon=True)
    device.start()
    while not port.value:
        time.sleep(0.01)
    try:
        asyncio.run(measure(count, strategy, port.value))
    finally:
        device.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, *sys.argv[2:3])
