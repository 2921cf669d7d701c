"""On the loop of uvloop, where that is installed, all is as on that of asyncio."""

import asyncio
import gc
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from terminating import AUTHORITY, terminator

import katcp
import katcp.errors
from katcp.testing import ScriptedDevice

uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")


def on_uvloop(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(coroutine)
        assert asyncio.all_tasks(runner.get_loop()) == set()
    gc.collect()


async def _used(resource: Any, device: ScriptedDevice) -> None:
    """Sample, ask, lose the link, and find all as before."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    sensor = resource.sensor.an_int
    sensor.register_listener(lambda _, reading: heard.put_nowait(reading.value), reading=True)
    results = await resource.set_sampling_strategies("", "event")
    assert all(succeeded for succeeded, _ in results.values())
    assert await heard.get() == 3
    assert await resource.req.watchdog("x" * 100_000)
    device.drop()
    await resource.until_not_synced(timeout=10)
    await resource.until_synced(timeout=10)
    assert await heard.get() == 3
    for value in range(1000):
        device.send(f"#sensor-status 1 1 an.int nominal {value}")
    assert [await heard.get() for _ in range(1000)] == list(range(1000))
    assert sensor.value == 999


def test_a_session_over_tcp() -> None:
    async def session() -> None:
        async with (
            ScriptedDevice() as device,
            katcp.connect({"address": device.address}, auto_reconnect_delay=0.01) as resource,
        ):
            await _used(resource, device)

    on_uvloop(session())


def test_a_session_over_tls(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(authority))

    async def session() -> None:
        async with (
            ScriptedDevice() as device,
            terminator(device, "127.0.0.1") as address,
            katcp.connect(address, ssl=authority, auto_reconnect_delay=0.01) as resource,
        ):
            await _used(resource, device)

    on_uvloop(session())


def test_a_device_that_is_not_there() -> None:
    async def session() -> None:
        with socket.socket() as bound:  # and not listening
            bound.bind(("127.0.0.1", 0))
            with pytest.raises(katcp.errors.ConnectTimeout, match="connection refused"):
                async with katcp.connect({"address": bound.getsockname()}, timeout=0.1):
                    pytest.fail("connected to nothing")

    on_uvloop(session())
