"""The library itself, used as a program for it would."""

import asyncio
import time
from typing import Any

from katcp.resource_client import KATCPClientResource

from .. import load
from ._asyncio import main
from ._program import Figures, Stopwatch, memory, percentile


def _resource(port: int, number: int = 0) -> KATCPClientResource:
    spec = {"name": f"dev{number}", "address": ("127.0.0.1", port), "controlled": True}
    return KATCPClientResource(spec)


async def _sampled(port: int) -> KATCPClientResource:
    """Give a resource that is synced and has a strategy on every sensor."""
    resource = _resource(port)
    resource.start()
    await resource.until_synced()
    await resource.set_sampling_strategies("", "event")
    return resource


def _check_sampled(*resources: KATCPClientResource, sensors: int) -> None:
    for resource in resources:
        assert len(resource.sensor) == sensors
        for sensor in resource.sensor.values():
            assert sensor.status == "nominal"
            assert sensor.sampling_strategy == ("event",)


async def updates(port: int, count: int, per_inform: int, listeners: bool) -> Figures:
    """Take updates, with a listener on each sensor or none."""
    resource = await _sampled(port)
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
    _check_latest(resource, count, per_inform)
    await resource.stop()
    return figures


def _check_latest(resource: KATCPClientResource, count: int, per_inform: int) -> None:
    sensors = {sensor.name: sensor for sensor in resource.sensor.values()}
    load.check_latest({n: s.reading.timestamp for n, s in sensors.items()}, count, per_inform)
    for i, name in enumerate(load.names(len(sensors))):
        expected = load.value(i, load.last_update(i, len(sensors), count))
        assert sensors[name].value == expected, (name, sensors[name].value, expected)


async def sync(port: int, sensors: int, early: bool = False) -> Figures:
    """Connect, sync and sample all sensors; with strategies set before or, as most do, after."""
    before = memory()
    watch = Stopwatch()
    resource = _resource(port)
    if early:
        resource.set_sampling_strategies("", "event")
    resource.start()
    await resource.until_synced()
    if not early:
        await resource.set_sampling_strategies("", "event")
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    _check_sampled(resource, sensors=sensors)
    await resource.stop()
    return figures


async def many(port: int, sensors: int, connections: int) -> Figures:
    """Do the same with many devices at once."""
    watch = Stopwatch()
    resources = [_resource(port, number) for number in range(connections)]
    for resource in resources:
        resource.start()
    await asyncio.gather(*[resource.until_synced() for resource in resources])
    await asyncio.gather(*[r.set_sampling_strategies("", "event") for r in resources])
    figures = watch.stop(sensors * connections)
    _check_sampled(*resources, sensors=sensors)
    await asyncio.gather(*[resource.stop() for resource in resources])
    return figures


async def serial(port: int, count: int) -> Figures:
    """Send requests, each when the one before is answered."""
    resource = _resource(port)
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
    resource = _resource(port)
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
