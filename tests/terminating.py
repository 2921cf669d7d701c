"""A device behind a TLS terminator."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import trustme

from katcp.testing import ScriptedDevice

__all__ = ["AUTHORITY", "terminator"]

AUTHORITY = trustme.CA()


@contextlib.asynccontextmanager
async def terminator(device: ScriptedDevice, name: str) -> AsyncIterator[str]:
    """Serve `device` with TLS, under a certificate for `name`; gives ``host:port``."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                for line in data.splitlines(keepends=True):  # a record each
                    writer.write(line)
                await writer.drain()
        writer.transport.abort()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        device_reader, device_writer = await asyncio.open_connection(*device.address)
        await asyncio.gather(pass_on(reader, device_writer), pass_on(device_reader, writer))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(name).configure_cert(context)
    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
