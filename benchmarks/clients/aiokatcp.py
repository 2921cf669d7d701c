"""aiokatcp: its `SensorWatcher`, which mirrors all sensors of a device, and its `Client`."""

import asyncio
import time
from typing import Any

import aiokatcp

from .. import load
from ._asyncio import main
from ._program import Figures, Stopwatch, memory, percentile


class Mirror(aiokatcp.SensorWatcher):
    """Mirrors all sensors, with an observer on each or on none."""

    def __init__(self, client: aiokatcp.Client, observers: bool) -> None:
        super().__init__(client)
        self.calls = 0
        self._observers = observers

    def sensor_added(self, name: str, *description: Any) -> None:
        """Take a sensor that the device has."""
        super().sensor_added(name, *description)
        if self._observers:
            self.sensors[name].attach(self._on_reading)

    def _on_reading(self, sensor: Any, reading: Any) -> None:
        self.calls += 1


async def _mirrored(port: int, observers: bool = False) -> tuple[aiokatcp.Client, Mirror]:
    client = aiokatcp.Client("127.0.0.1", port)
    mirror = Mirror(client, observers)
    client.add_sensor_watcher(mirror)
    await mirror.synced.wait()
    return client, mirror


async def _close(*clients: aiokatcp.Client) -> None:
    for client in clients:
        client.close()
    await asyncio.gather(*[client.wait_closed() for client in clients])


async def updates(port: int, count: int, per_inform: int, listeners: bool) -> Figures:
    """Take updates, with an observer on each sensor or none."""
    client, mirror = await _mirrored(port, listeners)
    before = mirror.calls
    watch = Stopwatch()
    await client.request("updates", count, per_inform)
    figures = watch.stop(count)
    assert mirror.calls - before == count * listeners, (mirror.calls, before)
    latest = {name: sensor.timestamp for name, sensor in mirror.sensors.items()}
    load.check_latest(latest, count, per_inform)
    await _close(client)
    return figures


async def sync(port: int, sensors: int) -> Figures:
    """Connect, sync and sample all sensors."""
    before = memory()
    watch = Stopwatch()
    client, mirror = await _mirrored(port)
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    _check_sampled(mirror, sensors=sensors)
    await _close(client)
    return figures


def _check_sampled(*mirrors: Mirror, sensors: int) -> None:
    for mirror in mirrors:
        assert len(mirror.sensors) == sensors
        assert all(s.status == aiokatcp.Sensor.Status.NOMINAL for s in mirror.sensors.values())


async def many(port: int, sensors: int, connections: int) -> Figures:
    """Do the same with many devices at once."""
    watch = Stopwatch()
    made = await asyncio.gather(*[_mirrored(port) for _ in range(connections)])
    figures = watch.stop(sensors * connections)
    _check_sampled(*[mirror for _, mirror in made], sensors=sensors)
    await _close(*[client for client, _ in made])
    return figures


async def serial(port: int, count: int) -> Figures:
    """Send requests, each when the one before is answered."""
    client = await aiokatcp.Client.connect("127.0.0.1", port)
    took = []
    watch = Stopwatch()
    for _ in range(count):
        began = time.perf_counter()
        await client.request("watchdog")
        took.append(time.perf_counter() - began)
    figures = watch.stop(count)
    await _close(client)
    return {**figures, "p50": percentile(took, 50), "p99": percentile(took, 99)}


async def pipelined(port: int, count: int) -> Figures:
    """Send requests all at once."""
    client = await aiokatcp.Client.connect("127.0.0.1", port)
    watch = Stopwatch()
    await asyncio.gather(*[client.request("watchdog") for _ in range(count)])
    figures = watch.stop(count)
    await _close(client)
    return figures


if __name__ == "__main__":
    main([updates, sync, many, serial, pipelined])
