"""A client's connection to a device through a `FaultProxy`."""

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING

from ._pump import Pump

if TYPE_CHECKING:
    from ._proxy import FaultProxy

__all__ = ["FaultyLink", "Streams"]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: no time to send what is left


class FaultyLink:
    """A client, its connection to the device, and what goes between them."""

    def __init__(self, proxy: "FaultProxy", number: int, client: Streams, device: Streams) -> None:
        self.half_open = False
        self.closing = False
        self.client_gone = False
        self._proxy = proxy
        self._number = number
        self._writers = (client[1], device[1])
        seed = f"{proxy.seed} {number}"
        self.to_client = Pump(self, proxy.to_client, (device[0], client[1]), f"{seed} client")
        self.to_device = Pump(self, proxy.to_device, (client[0], device[1]), f"{seed} device")
        self._pumps: list[asyncio.Task[None]] = []
        self._started: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Pass bytes on until both sides have ended, or one is lost or `cut`."""
        try:
            async with asyncio.TaskGroup() as group:
                for pump in (self.to_client, self.to_device):
                    self._pumps.append(group.create_task(pump.run()))
        except* OSError:
            pass

    async def stop(self) -> None:
        """End what has been injected."""
        for task in self._started:
            task.cancel()
        await asyncio.gather(*self._started, return_exceptions=True)

    def inject(self, fault: str, data: bytes, times: int) -> asyncio.Task[None]:
        """Write to the client what the device did not send, until `stop`."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._inject(fault, data, times))
        self._started.add(task)
        task.add_done_callback(self._started.discard)
        return task

    async def _inject(self, fault: str, data: bytes, times: int) -> None:
        with contextlib.suppress(OSError):  # the link is lost
            await self.to_client.inject(fault, data, times)

    def note(self, what: str, line: bytes = b"") -> None:
        """Tell the proxy what a fault did."""
        self._proxy._note(self._number, what, line)

    def received(self, pump: Pump, data: bytes) -> None:
        """Tell the proxy what a sender has sent."""
        direction = "s2c" if pump is self.to_client else "c2s"
        self._proxy.on_bytes(self._number, direction, data)

    def ended(self, pump: Pump) -> None:
        """Take note that a sender has ended: no fault hides it from a client that has gone."""
        if pump is self.to_device:
            self.client_gone = True
            self._proxy.to_client._changed.fire()
            if self.closing:
                self.cut()

    def cut(self) -> None:
        """Reset both connections."""
        for writer in self._writers:
            connection: socket.socket = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):  # it may be closed
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        for task in self._pumps:
            task.cancel()

    def close(self) -> None:
        """End both connections; nothing passes any more."""
        self.closing = True
        client, device = self._writers
        with contextlib.suppress(OSError):  # it may be lost
            client.write_eof()
        device.close()
