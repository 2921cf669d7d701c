"""A link between a client and a responder that needs no network: bytes go through the loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from ..client import DeviceClient
from ..resource_client import KATCPClientResource
from ._responder import Responder

__all__ = ["attach", "resource_of"]


@contextlib.asynccontextmanager
async def resource_of(
    device: Responder, *, timeout: float = 10.0, **spec: Any
) -> AsyncIterator[KATCPClientResource]:
    """Give a resource that is synced, in memory, with `device`; it is stopped at the end.

    Parameters
    ----------
    timeout
        Seconds to wait for the sync; `TimeoutError` after that.
    spec
        For `KATCPClientResource`; by default ``name`` is ``device``, and it is ``controlled``.
    """
    spec = {"name": "device", "address": ("memory", 0), "controlled": True, **spec}
    resource = KATCPClientResource(spec)
    attach(resource, device)
    resource.start()
    try:
        await resource.until_synced(timeout)
        yield resource
    finally:
        await resource.stop()
        await device.give_up()


def attach(client: DeviceClient | KATCPClientResource, device: Responder) -> None:
    """Let `client`, from its next connect on, reach `device` in memory, whatever its address.

    A resource is attached before its `start`.
    """
    if isinstance(client, KATCPClientResource):
        make = client.inspecting_client_factory

        def factory(host: str, port: int | str, ioloop_set_to: Any) -> Any:
            inspecting = make(host, port, ioloop_set_to)
            attach(inspecting.katcp_client, device)
            return inspecting

        client.inspecting_client_factory = factory  # type: ignore[method-assign]
        return

    async def connect(
        loop: asyncio.AbstractEventLoop,
        host: str,
        port: int | str,
        new_connection: Callable[[], Any],
        timeout: float,
        progress: Any,
        tls: Any,
    ) -> Any:
        progress.enter("connecting")
        await asyncio.sleep(0)
        connection = new_connection()
        reader = asyncio.StreamReader(limit=1 << 27)
        pipe = _Pipe(loop, connection, reader)
        connection.connection_made(pipe)
        device.serve(reader, _Writer(pipe))
        return connection

    client.open_connection = connect


class _Pipe(asyncio.Transport):
    """The transport of the client, and what the device takes for the writer of its own."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: Any, device: asyncio.StreamReader
    ) -> None:
        super().__init__()
        self._loop = loop
        self._client = client
        self._device = device
        self._closed = False
        self._paused = False
        self._unread: list[bytes] = []

    def write(self, data: Any) -> None:
        """Take bytes of the client."""
        if not self._closed:
            self._device.feed_data(bytes(data))

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits."""
        return 0

    def is_closing(self) -> bool:
        """Whether it is cut."""
        return self._closed

    def close(self) -> None:
        """Cut it."""
        self.abort()

    def abort(self) -> None:
        """Cut it."""
        if not self._closed:
            self._closed = True
            self._device.feed_eof()
            self._loop.call_soon(self._client.connection_lost, None)

    def deliver(self, data: bytes) -> None:
        """Give the client bytes of the device, in a later turn of the loop."""
        self._loop.call_soon(self._received, data)

    def pause_reading(self) -> None:
        """Give the client nothing until `resume_reading`."""
        self._paused = True

    def resume_reading(self) -> None:
        """Go on."""
        self._paused = False
        self.deliver(b"")

    def _received(self, data: bytes) -> None:
        self._unread.append(data)
        view = memoryview(b"".join(self._unread))
        while view and not self._closed and not self._paused:
            buffer = self._client.get_buffer(len(view))
            size = min(len(buffer), len(view))
            buffer[:size] = view[:size]
            self._client.buffer_updated(size)
            view = view[size:]
        self._unread = [bytes(view)] if view else []


class _Writer:
    """What a device writes to, in place of a stream writer."""

    def __init__(self, pipe: _Pipe) -> None:
        self.transport = pipe
        self.write = pipe.deliver
