"""The holds of the event loop by the library."""

import asyncio

from ._asyncio import main
from ._holds import Holds
from ._ours import check_latest, check_synced, synced, synced_many
from ._program import Figures, Stopwatch, memory


async def sync(port: int, sensors: int, strategies: str = "after") -> Figures:
    """Connect, sync and sample all sensors."""
    holds, before = Holds(), memory()
    watch = Stopwatch()
    with holds.watching():
        resource = await synced(port, strategies)
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    check_synced([resource], sensors, strategies)
    await resource.stop()
    return {**figures, **holds.figures()}


async def many(port: int, sensors: int, connections: int) -> Figures:
    """Connect, sync and sample the sensors of many devices at once."""
    holds, watch = Holds(), Stopwatch()
    with holds.watching():
        resources = await synced_many(port, connections)
    figures = watch.stop(sensors * connections)
    check_synced(resources, sensors)
    await asyncio.gather(*[resource.stop() for resource in resources])
    return {**figures, **holds.figures()}


async def relist(port: int, sensors: int) -> Figures:
    """Read the whole list of sensors once more, in which nothing has changed."""
    resource, holds = await synced(port), Holds()
    watch = Stopwatch()
    with holds.watching():
        reply = await resource.req.announce("sensor-list")
        await resource.until_not_synced()
        await resource.until_synced()
    figures = watch.stop(sensors)
    assert reply.succeeded, reply
    check_synced([resource], sensors)
    await resource.stop()
    return {**figures, **holds.figures()}


async def reconnect(port: int, sensors: int) -> Figures:
    """Lose the link and sync once more; then stop."""
    resource, holds = await synced(port), Holds()
    watch = Stopwatch()
    with holds.watching():
        reply = await resource.req.drop()
        await resource.until_not_synced()
        await resource.until_synced()
        figures = watch.stop(sensors)
        await resource.stop()
    assert not reply.succeeded, reply
    check_synced([resource], sensors)
    return {**figures, **holds.figures()}


async def updates(port: int, count: int, per_inform: int) -> Figures:
    """Take updates, with a listener on each sensor."""
    resource, holds = await synced(port), Holds()
    for sensor in resource.sensor.values():
        sensor.register_listener(lambda sensor, reading: None, reading=True)
    watch = Stopwatch()
    with holds.watching():
        reply = await resource.req.updates(count, per_inform, timeout=600)
    figures = watch.stop(count)
    assert reply.succeeded, reply
    check_latest(resource, count, per_inform)
    await resource.stop()
    return {**figures, **holds.figures()}


if __name__ == "__main__":
    main([sync, many, relist, reconnect, updates])
