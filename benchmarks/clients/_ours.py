"""What the programs of this library share."""

import asyncio
from collections.abc import Iterable

from katcp.resource_client import KATCPClientResource

from .. import load

__all__ = ["check_latest", "check_synced", "make", "synced", "synced_many"]


def make(port: int, number: int = 0) -> KATCPClientResource:
    """Make a resource, not started."""
    spec = {"name": f"dev{number}", "address": ("127.0.0.1", port), "controlled": True}
    return KATCPClientResource(spec)


async def synced(port: int, strategies: str = "after") -> KATCPClientResource:
    """Give a resource that is synced.

    Every sensor has a strategy, set ``after`` that, as most programs do, or ``before``, or
    ``never``.
    """
    resource = make(port)
    if strategies == "before":
        resource.set_sampling_strategies("", "event")
    resource.start()
    await resource.until_synced()
    if strategies == "after":
        await resource.set_sampling_strategies("", "event")
    return resource


async def synced_many(port: int, connections: int) -> list[KATCPClientResource]:
    """Give so many resources, synced at once; every sensor has a strategy."""
    resources = [make(port, number) for number in range(connections)]
    for resource in resources:
        resource.start()
    await asyncio.gather(*[resource.until_synced() for resource in resources])
    await asyncio.gather(*[r.set_sampling_strategies("", "event") for r in resources])
    return resources


def check_synced(
    resources: Iterable[KATCPClientResource], sensors: int, strategies: str = "after"
) -> None:
    """Raise AssertionError unless all sensors are there, sampled, and have a reading."""
    expected = ("unknown", ("none",)) if strategies == "never" else ("nominal", ("event",))
    for resource in resources:
        assert len(resource.sensor) == sensors
        for sensor in resource.sensor.values():
            assert (sensor.status, sensor.sampling_strategy) == expected


def check_latest(resource: KATCPClientResource, count: int, per_inform: int) -> None:
    """Raise AssertionError unless every sensor has the last of `count` updates."""
    sensors = {sensor.name: sensor for sensor in resource.sensor.values()}
    load.check_latest({n: s.reading.timestamp for n, s in sensors.items()}, count, per_inform)
    for i, name in enumerate(load.names(len(sensors))):
        expected = load.value(i, load.last_update(i, len(sensors), count))
        assert sensors[name].value == expected, (name, sensors[name].value, expected)
