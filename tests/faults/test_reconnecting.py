"""Devices that go and come back: how often they are tried, and how soon they are noticed."""

import asyncio
import contextlib
import socket
import time
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from katcp.client._connecting import ConnectFailed
from katcp.resource_client import KATCPClientResource
from katcp.testing import FaultProxy, ScriptedDevice, attach, virtual_time


class Telescope:
    """Clients in memory, of devices that may refuse; every try is noted with its time."""

    def __init__(self, count: int, **spec: Any) -> None:
        self.refuses = False
        self.tries: list[tuple[str, float]] = []
        self.devices = [ScriptedDevice() for _ in range(count)]
        self.clients = [
            KATCPClientResource({"name": f"m{i:03d}", "address": ("memory", 0), **spec})
            for i in range(count)
        ]
        for client, device in zip(self.clients, self.devices, strict=True):
            attach(client, device)
            self._watch(client)

    def _watch(self, client: KATCPClientResource) -> None:
        make = client.inspecting_client_factory

        def factory(*args: Any) -> Any:
            inspecting = make(*args)
            low = inspecting.katcp_client
            connect = low.open_connection

            async def note(loop: Any, *rest: Any) -> Any:
                self.tries.append((client.name, loop.time()))
                if self.refuses:
                    raise ConnectFailed("cannot connect: connection refused")
                return await connect(loop, *rest)

            low.open_connection = note
            return inspecting

        client.inspecting_client_factory = factory  # type: ignore[method-assign]

    async def stop(self) -> None:
        for client, device in zip(self.clients, self.devices, strict=True):
            await client.stop()
            await device.give_up()


@pytest.fixture
async def telescope() -> Any:
    made = []

    def make(count: int, **spec: Any) -> Telescope:
        made.append(Telescope(count, **spec))
        return made[-1]

    yield make
    for each in made:
        await each.stop()


async def test_a_host_that_does_not_take_connections(make_resource: Any) -> None:
    with socket.socket() as listener, contextlib.ExitStack() as queue:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):  # as many as wait to be accepted; what comes now is not answered
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        resource = make_resource(
            SimpleNamespace(address=listener.getsockname()), connect_timeout=0.1
        )
        resource.start()
        with pytest.raises(TimeoutError, match="no answer; is the host up"):
            await resource.until_synced(timeout=0.5)


async def test_a_storm_of_64_restarts(telescope: Any) -> None:
    site = telescope(64)
    loop = asyncio.get_running_loop()
    with virtual_time():
        for client in site.clients:
            client.start()
        await asyncio.gather(*(c.until_synced(timeout=60) for c in site.clients))
        site.refuses, site.tries = True, []
        lost = loop.time()
        for device in site.devices:
            device.drop()
        await asyncio.gather(*(c.until_state("disconnected", timeout=60) for c in site.clients))
        await asyncio.sleep(60)
        # One after half a second, as promised, then ever longer pauses, not more than 5 s long.
        per_client = Counter(name for name, _ in site.tries)
        assert all(12 <= count <= 30 for count in per_client.values())
        # After the first they go apart: no tenth of a second sees a quarter of them at once.
        later = Counter(int((when - lost) * 10) for _, when in site.tries if when > lost + 5)
        assert max(later.values()) < 16
        site.refuses = False
        back = loop.time()
        await asyncio.gather(*(c.until_synced(timeout=60) for c in site.clients))
        assert loop.time() - back < 5.1  # auto_reconnect_max_delay, and a little


async def test_refused_for_an_hour_costs_almost_nothing(telescope: Any, caplog: Any) -> None:
    site = telescope(1)
    site.refuses = True
    (client,) = site.clients
    used = time.process_time()
    with virtual_time():
        client.start()
        with pytest.raises(TimeoutError, match="connection refused"):
            await client.until_synced(timeout=3600)
        assert 700 < len(site.tries) < 1500
        assert (time.process_time() - used) / 3600 < 0.002  # part of one core
        assert caplog.text.count("connection refused") == 1
        site.refuses = False
        await client.until_synced(timeout=5.1)


async def test_the_first_try_after_a_good_link_is_quick_again(telescope: Any) -> None:
    site = telescope(1, auto_reconnect_delay=0.5)
    (client,), (device,) = site.clients, site.devices
    loop = asyncio.get_running_loop()
    with virtual_time():
        client.start()
        await client.until_synced(timeout=60)
        for _ in range(3):
            site.refuses = True
            device.drop()
            await client.until_state("disconnected", timeout=60)
            await asyncio.sleep(60)
            site.refuses = False
            await client.until_synced(timeout=60)
            lost = loop.time()
            device.drop()
            await client.until_state("disconnected", timeout=60)
            await client.until_synced(timeout=60)
            assert 0.5 <= loop.time() - lost < 0.6


async def test_accept_then_close_backs_off_too(device: ScriptedDevice, make_resource: Any) -> None:
    async with FaultProxy(device, seed=1) as proxy:
        proxy.accept_then_close = 1.0
        resource = make_resource(proxy, auto_reconnect_delay=0.01, auto_reconnect_max_delay=0.1)
        resource.start()
        await proxy.until_injected("accept_then_close", 12, timeout=30)
        assert resource._inspecting_client.katcp_client._backoff._base == 0.1
        proxy.accept_then_close = 0.0
        await resource.until_synced(timeout=30)


async def test_a_device_that_says_goodbye_and_stays(
    device: ScriptedDevice, make_resource: Any
) -> None:
    """C servers say so again and again, and send on, until the client goes."""
    resource = make_resource(device)
    resource.start()
    await resource.until_synced(timeout=10)
    device.send(*["#disconnect shutdown", "#sensor-status 1 1 an.int nominal 7"] * 3)
    await resource.until_state("disconnected", timeout=10)
    assert "said goodbye: shutdown" in resource.last_error.what
    assert resource.sensor.an_int.value == 7  # what it still said is not lost
    await device.until_connected(2)
    await resource.until_synced(timeout=10)


async def test_64_devices_restart_in_truth(make_resource: Any) -> None:
    devices = [ScriptedDevice() for _ in range(64)]
    try:
        for each in devices:
            await each.listen()
        clients = [make_resource(each, name=f"m{i}") for i, each in enumerate(devices)]
        for client in clients:
            client.start()
        await asyncio.gather(*(c.until_synced(timeout=60) for c in clients))
        await asyncio.gather(*(each.refuse() for each in devices))
        await asyncio.gather(*(c.until_state("disconnected", timeout=60) for c in clients))
        await asyncio.gather(*(each.listen() for each in devices))
        await asyncio.gather(*(c.until_synced(timeout=60) for c in clients))
        for client in clients:
            await client.stop()
    finally:
        for each in devices:
            await each.__aexit__()
