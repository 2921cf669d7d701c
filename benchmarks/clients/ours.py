"""The library itself, used as a program for it would."""

import asyncio
import time
from typing import Any

from ._asyncio import main
from ._ours import check_latest, check_synced, make, synced, synced_many
from ._program import Figures, Stopwatch, memory, percentile


async def updates(port: int, count: int, per_inform: int, listeners: bool) -> Figures:
    """Take updates, with a listener on each sensor or none."""
    resource = await synced(port)
    calls = 0

    def listener(sensor: Any, reading: Any) -> None:
        nonlocal calls
        calls += 1

    for sensor in resource.sensor.values() if listeners else ():
        sensor.register_listener(listener, reading=True)
    before = calls
    watch = Stopwatch()
    reply = await resource.req.updates(count, per_inform, timeout=600)
    figures = watch.stop(count)
    assert reply.succeeded, reply
    assert calls - before == count * listeners, (calls, before)
    check_latest(resource, count, per_inform)
    await resource.stop()
    return figures


async def sync(port: int, sensors: int, strategies: str = "after") -> Figures:
    """Connect, sync and sample all sensors."""
    before = memory()
    watch = Stopwatch()
    resource = await synced(port, strategies)
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    check_synced([resource], sensors, strategies)
    await resource.stop()
    return figures


async def many(port: int, sensors: int, connections: int) -> Figures:
    """Do the same with many devices at once."""
    watch = Stopwatch()
    resources = await synced_many(port, connections)
    figures = watch.stop(sensors * connections)
    check_synced(resources, sensors)
    await asyncio.gather(*[resource.stop() for resource in resources])
    return figures


async def serial(port: int, count: int) -> Figures:
    """Send requests, each when the one before is answered."""
    resource = make(port)
    resource.start()
    await resource.until_synced()
    took = []
    watch = Stopwatch()
    for _ in range(count):
        began = time.perf_counter()
        reply = await resource.req.watchdog()
        took.append(time.perf_counter() - began)
        assert reply.succeeded, reply
    figures = watch.stop(count)
    await resource.stop()
    return {**figures, "p50": percentile(took, 50), "p99": percentile(took, 99)}


async def pipelined(port: int, count: int) -> Figures:
    """Send requests all at once."""
    resource = make(port)
    resource.start()
    await resource.until_synced()
    watch = Stopwatch()
    replies = await asyncio.gather(*[resource.req.watchdog() for _ in range(count)])
    figures = watch.stop(count)
    assert all(reply.succeeded for reply in replies)
    await resource.stop()
    return figures


if __name__ == "__main__":
    main([updates, sync, many, serial, pipelined])
