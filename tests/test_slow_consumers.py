"""Listeners and readers that are slow, fail, or interfere: nobody else notices, and nothing grows."""

import asyncio
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from katcp.errors import KATCPSensorError
from katcp.testing import FakeSensor, ScriptedDevice

STATUS = "#sensor-status 1.0 1 an.int nominal {}"


def memory() -> int:
    """Bytes of memory in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_a_flood_costs_no_memory_and_lets_others_run(
    synced: Any, device: ScriptedDevice, caplog: Any
) -> None:
    await synced.set_sampling_strategy("an.int", "event")
    unread = synced.sensor.an_int.readings(maxsize=100)
    heard = 0
    turns = 0

    def listen(sensor: Any, reading: Any) -> None:
        nonlocal heard
        heard += 1

    async def breathe() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    synced.sensor.an_int.register_listener(listen, reading=True)
    piece = b"".join(f"{STATUS.format(i)}\n".encode() for i in range(10_000))
    device.send_bytes(piece)
    assert await synced.req.watchdog(timeout=60)
    before = memory()
    breathing = asyncio.create_task(breathe())
    for _ in range(20):
        device.send_bytes(piece)
        await synced.req.watchdog(timeout=60)
    breathing.cancel()
    assert heard == 210_000
    assert turns > 400  # one for every 16 KiB
    assert memory() - before < 20_000_000
    assert unread.dropped == 210_000 - 100
    assert caplog.text.count("faster than they are read") == 1


@pytest.mark.parametrize(
    "mistake", [RuntimeError("a mistake in user code"), asyncio.CancelledError()]
)
async def test_one_listener_does_not_harm_another(
    synced: Any, device: ScriptedDevice, mistake: BaseException
) -> None:
    sensor = synced.sensor.an_int
    heard: list[tuple[str, int]] = []

    def note(name: str) -> Any:
        return lambda s, r: heard.append((name, r.value))

    last, unheard = note("last"), note("unheard")

    def leaves(s: Any, r: Any) -> None:
        heard.append(("leaves", r.value))
        sensor.unregister_listener(leaves)
        sensor.unregister_listener(unheard)

    def raises(s: Any, r: Any) -> None:
        raise mistake

    def hook(inform: Any) -> None:
        raise mistake

    synced._client().katcp_client.hook_inform("noise", hook)
    for listener in (raises, leaves, unheard, last):
        sensor.register_listener(listener, reading=True)
    device.send("#noise", STATUS.format(1), STATUS.format(2))
    assert await synced.req.watchdog()
    assert heard == [("leaves", 1), ("last", 1), ("last", 2)]


async def test_a_listener_that_stops_the_client(make_resource: Any) -> None:
    async with ScriptedDevice(sensors={"a": FakeSensor(), "b": FakeSensor()}) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        heard: list[Any] = []
        resource.sensor.a.register_listener(lambda s, r: resource.stop(), reading=True)
        resource.sensor.b.register_listener(lambda s, r: heard.append(r), reading=True)
        device.send(
            "#sensor-status 1.0 2 a nominal 1 b nominal 1", "#sensor-status 1 1 b nominal 2"
        )
        await resource.until_stopped(timeout=10)
        assert heard == []
        assert resource.sensor.a.stale
        assert resource.sensor.a.value == 1


async def test_a_listener_that_awaits_is_bounded(
    synced: Any, device: ScriptedDevice, caplog: Any
) -> None:
    go_on = asyncio.Event()
    called = 0

    async def slow(s: Any, r: Any) -> None:
        nonlocal called
        called += 1
        await go_on.wait()

    sensor = synced.sensor.an_int
    sensor.register_listener(slow, reading=True)
    device.send(*[STATUS.format(i) for i in range(5000)])
    await synced.req.watchdog()
    assert called == 1000
    assert len(asyncio.all_tasks()) < 1100
    assert "is too slow" in caplog.text
    go_on.set()
    device.send(STATUS.format(7))
    while called < 1001:
        device.send(STATUS.format(8))
        await synced.req.watchdog()
    assert re.search(r"too slow for 40\d\d readings", caplog.text)
    assert sensor.value in (7, 8)


async def test_an_iterator_that_must_not_miss_a_reading_says_so(
    synced: Any, device: ScriptedDevice
) -> None:
    feed = synced.sensor.an_int.readings(maxsize=10, overflow="error")
    device.send(*[STATUS.format(i) for i in range(11)])
    await synced.req.watchdog()
    assert [(await anext(feed)).value for _ in range(10)] == list(range(10))
    with pytest.raises(KATCPSensorError, match="more than 10 were waiting"):
        await anext(feed)


async def test_a_listener_that_blocks_is_said(
    synced: Any, device: ScriptedDevice, caplog: Any
) -> None:
    synced.sensor.an_int.register_listener(lambda s, r: time.sleep(1.1), reading=True)
    device.send(STATUS.format(1))
    await synced.req.watchdog()
    assert "took long to handle" in caplog.text
    assert synced.synced
