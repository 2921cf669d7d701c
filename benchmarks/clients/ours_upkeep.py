"""What this library costs while a device does nothing, or changes a little."""

import asyncio
import time
from collections import Counter
from typing import Any

from katcp.resource_client import (
    KATCPClientResource,
    KATCPClientResourceContainer,
    SensorsChanged,
)

from ._asyncio import main
from ._ours import check_synced, synced
from ._program import Figures, Stopwatch

_CHANGES = 3
#: Requests that are not those of a change.
_OTHERS = ("change", "seen", "watchdog")


async def idle(port: int, sensors: int, seconds: float) -> Figures:
    """Stay synced; gives the ``percent`` of a core, and the ``tasks`` and ``timers`` there are."""
    resource = await synced(port)
    check_synced([resource], sensors)
    watch = Stopwatch()
    await asyncio.sleep(seconds)
    figures = watch.stop(1)
    loop: Any = asyncio.get_running_loop()
    timers = sum(not handle.cancelled() for handle in loop._scheduled)
    tasks = len(asyncio.all_tasks()) - 1
    await resource.stop()
    return {
        "seconds": figures["seconds"],
        "percent": 100 * figures["busy"],
        "tasks": tasks,
        "timers": timers,
    }


async def change(port: int, sensors: int) -> Figures:
    """Take a few changes of one sensor; gives what the device was asked for, for each.

    That is: ``listings`` (requests for lists of sensors), ``listed`` (sensors in these) and
    ``requests`` (all).
    """
    resource = await synced(port)
    check_synced([resource], sensors)
    before, watch = await _seen(resource), Stopwatch()
    for number in range(_CHANGES):
        await _changed(resource, f"dev.sub-0.sens-{number}", f"change {number}")
    figures, after = watch.stop(_CHANGES), await _seen(resource)
    more = after - before
    await resource.stop()
    return {
        **figures,
        "listings": more["sensor-list"] / _CHANGES,
        "listed": more.pop("listed") / _CHANGES,
        "requests": sum(n for name, n in more.items() if name not in _OTHERS) / _CHANGES,
    }


async def _seen(resource: KATCPClientResource) -> Counter[str]:
    """Give what the device was asked for on this connection."""
    reply = await resource.req.seen()
    words = [word.decode() for word in reply.reply.arguments[1:]]
    return Counter({name: int(n) for name, n in zip(words[::2], words[1::2], strict=True)})


async def _changed(resource: KATCPClientResource, name: str, description: str) -> None:
    """Have the device change, or add, a sensor; return when the client knows."""
    feed = resource.changes()
    reply = await resource.req.change(name, description)
    assert reply.succeeded, reply
    async for told in feed:
        if isinstance(told, SensorsChanged) and name in told.added:
            return


async def container(port: int, sensors: int, connections: int) -> Figures:
    """Read a sensor of a container right after a child changed; gives the longest ``read``, ms."""
    address = {"address": ("127.0.0.1", port), "controlled": True}
    clients = {f"d{number}": address for number in range(connections)}
    telescope = KATCPClientResourceContainer({"name": "big", "clients": clients})
    telescope.start()
    watch = Stopwatch()
    await telescope.until_synced()
    figures = watch.stop(sensors * connections)
    assert len(telescope.sensor) == sensors * connections
    took = []
    for child in list(telescope.children.values())[:10]:
        for name in ("dev.sub-0.sens-7", "dev.new"):
            await _changed(child, name, f"{child.name} has changed")
            began = time.thread_time()
            sensor = getattr(telescope.sensor, f"{child.name}_{name}".translate(_ESCAPES))
            took.append(time.thread_time() - began)
            assert sensor.description == f"{child.name} has changed"
    await telescope.stop()
    return {**figures, "read": 1e3 * max(took)}


_ESCAPES = str.maketrans(".-", "__")

if __name__ == "__main__":
    main([idle, change, container])
