"""The fault proxy: each fault, seen from the other side."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from katcp.errors import TimeoutError
from katcp.testing import FaultProxy, Link, Lines, Responder, ScriptedDevice

BANNER = [b"#version-connect katcp-device scripted-1.0 scripted-1.0.0\n",
          b"#version-connect katcp-protocol 5.0-MI\n"]  # fmt: skip


class Client:
    """A connection that shows bytes as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def line(self) -> bytes:
        async with asyncio.timeout(20):
            return await self.reader.readline()

    async def lines(self, count: int) -> list[bytes]:
        return [await self.line() for _ in range(count)]

    async def rest(self) -> bytes:
        async with asyncio.timeout(20):
            return await self.reader.read()

    def send(self, *lines: str) -> None:
        self.writer.write("".join(line + "\n" for line in lines).encode())


@contextlib.asynccontextmanager
async def connected(to: Any) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(*to.address)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
async def proxy(device: ScriptedDevice) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(device, seed=1) as made:
        yield made


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[Client]:
    """A client that has read the banner."""
    async with connected(proxy) as made:
        assert await made.lines(2) == BANNER
        yield made


async def test_without_a_fault_a_device_is_as_it_is(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(timeout=20)
    assert (await resource.req.watchdog()).succeeded
    assert proxy.injected == {}
    assert (proxy.connections, device.connections) == (1, 1)


async def test_drop(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.drop = [Lines("!watchdog", count=1)]
    client.send("?watchdog[1]", "?watchdog[2]")
    assert await client.line() == b"!watchdog[2] ok\n"
    assert proxy.injected == {"drop": 1}


async def test_cut(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await client.line()
    assert proxy.injected == {"cut": 1}


async def test_cut_mid_line(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.cut_mid_line("!watchdog")
    device.send("#log warn 1 x y")
    client.send("?watchdog[1]")
    assert await client.rest() == b"#log warn 1 x y\n!watchdo"
    assert proxy.injected == {"cut_mid_line": 1}
