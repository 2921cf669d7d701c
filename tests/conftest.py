"""What every test is held to: it leaves no task, thread or socket behind."""

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from katcp.resource_client import KATCPClientResource
from katcp.testing import ScriptedDevice


def _sockets() -> set[str]:
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    troubles: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: troubles.append(context))
    gc.freeze()  # what was there before is not looked through again: that was half of the tests' time
    tasks, threads, sockets = asyncio.all_tasks(), set(threading.enumerate()), _sockets()
    yield
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)
    left = [
        t for t in asyncio.all_tasks() - tasks if not t.done() and t is not asyncio.current_task()
    ]
    assert left == [], "tasks were left running"
    assert troubles == []
    more = [t for t in threading.enumerate() if t not in threads]
    # "asyncio-waitpid-": has seen a process end, and is about to end by itself
    assert [t for t in more if not t.name.startswith(("asyncio_", "asyncio-waitpid-"))] == []
    assert _sockets() - sockets == set(), "sockets were left open"


@pytest.fixture
async def device() -> AsyncIterator[ScriptedDevice]:
    async with ScriptedDevice() as scripted:
        yield scripted
    assert scripted.rejected == []


@pytest.fixture
async def make_resource() -> AsyncIterator[Any]:
    """Make resources for devices; they are stopped at the end."""
    made = []

    def make(device: Any, **spec: Any) -> KATCPClientResource:
        spec = {"name": "dev", "controlled": True, "auto_reconnect_delay": 0.02, **spec}
        resource = KATCPClientResource({"address": device.address, **spec})
        made.append(resource)
        return resource

    yield make
    for resource in made:
        await resource.stop()


@pytest.fixture
async def synced(make_resource: Any, device: ScriptedDevice) -> KATCPClientResource:
    """A resource that is synced with `device`."""
    resource: KATCPClientResource = make_resource(device)
    resource.start()
    await resource.until_synced(timeout=10)
    return resource
