"""A proxy between a client and a device that does to their connections what networks do."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

from .._observe import Observed
from ..wire import encode_text
from ._faults import Faults, Lines
from ._link import FaultyLink, Streams
from ._pump import Pump
from ._responder import stop_accepting

__all__ = ["FaultProxy"]


class FaultProxy:
    """Listens on a port and links each client that connects to the device, by way of faults.

    Without a fault every byte passes as it is. ::

        async with FaultProxy(device.address, seed=1) as proxy:
            proxy.to_client.delay = 0.2
            proxy.to_client.drop = [Lines("!sensor-value", count=1)]
            ...
            proxy.cut()

    Parameters
    ----------
    to
        ``(host, port)`` of the device, or what has such an ``address``.
    host, port
        Where to listen; 0 takes a free port, and keeps it.
    seed
        Of all that goes by chance: the same lines on the same link meet the same fate again.

    Attributes
    ----------
    to_client, to_device : Faults
        What goes wrong in each direction.
    accept_then_close : float
        Chance, from 0 to 1, that a client is accepted and its connection closed at once.
    injected : Counter of str
        How often which fault has befallen something, by the name of its attribute or method. A
        ``delay``, ``stall`` or ``swallow`` befalls some bytes, a ``flood`` is counted in lines.
    connections : int
        How many clients have been accepted.
    seed : int
        As given, or taken by chance.
    on_event
        Called with the number of the link, from 1, or 0 for none; what happened; and the line that
        it happened to, if it was one.
    on_bytes
        Called with the number of the link; ``"c2s"`` or ``"s2c"``, whether client or device sent
        them; and the bytes as they came, before any fault, ``b""`` at the end.
    """

    def __init__(
        self, to: Any, *, host: str = "127.0.0.1", port: int = 0, seed: int | None = None
    ) -> None:
        self.to_client = Faults()
        self.to_device = Faults()
        self.accept_then_close = 0.0
        self.injected: Counter[str] = Counter()
        self.connections = 0
        self.seed = random.randrange(1 << 32) if seed is None else seed
        self.on_event: Callable[[int, str, bytes], None] = lambda link, what, line: None
        self.on_bytes: Callable[[int, str, bytes], None] = lambda link, direction, data: None
        self._to = to
        self._host, self._port = host, port
        self._dice = random.Random(self.seed)
        self._server: asyncio.Server | None = None
        self._links: set[FaultyLink] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = Observed(self.injected, asyncio.get_running_loop)

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)`` for clients to connect to."""
        return (self._host, self._port)

    async def listen(self) -> None:
        """Accept connections, on the same port as before.

        Raises
        ------
        OSError
            If the port is taken.
        """
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, self._host, self._port)
            self._port = self._server.sockets[0].getsockname()[1]
            self.on_event(0, "listen", b"")

    async def refuse(self) -> None:
        """Refuse connections, until `listen`; those that are there stay."""
        if self._server is not None:
            server, self._server = self._server, None
            await stop_accepting(server)
            self._note(0, "refuse")

    async def close(self) -> None:
        """Refuse connections and cut those that are there."""
        if self._server is not None:
            server, self._server = self._server, None
            await stop_accepting(server)
        for task in self._tasks:
            if not task.cancelling():  # else it is being cleared up after
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def clear(self) -> None:
        """Let nothing go wrong any more; links that are `half_open` stay so."""
        self.to_client.clear()
        self.to_device.clear()
        self.accept_then_close = 0.0

    def cut(self) -> None:
        """Reset every connection, on both sides; what is under way is lost."""
        for link in list(self._links):
            link.note("cut")
            link.cut()

    def end(self) -> None:
        """End every connection as if the device had closed it: clients read what is there, and EOF."""
        for link in list(self._links):
            link.note("end")
            link.close()

    def half_open(self) -> None:
        """Let every byte on the links of now vanish, until the client goes; later links are good."""
        for link in list(self._links):
            link.note("half_open")
            link.half_open = True

    def cut_mid_line(self, which: str | Callable[[bytes], bool] = "") -> None:
        """Let one half of the next line from the device arrive, and then the end, once.

        Parameters
        ----------
        which
            The next such line: see `Lines`.
        """
        self.to_client.cut_mid_line = [Lines(which, count=1)]

    async def send_garbage(self, size: int | None = None) -> None:
        """Send every client a line of `size` random bytes, by default from 1 to 64."""
        await self._inject("send_garbage", lambda pump: pump.garbage(size))

    async def flood(self, line: str | bytes, count: int = 1) -> None:
        """Send every client a line, without its end, that the device never sent, `count` times.

        It waits for clients that read slowly, and for the end of a line that is under way.
        """
        data = line if isinstance(line, bytes) else encode_text(line)
        await self._inject("flood", lambda pump: data + b"\n", count)

    async def until_injected(self, fault: str, count: int = 1, timeout: float = 10.0) -> None:
        """Wait, at most `timeout` seconds, until a fault has been `injected` so often.

        Raises
        ------
        TimeoutError
            If it was not.
        """
        await self._news.until(
            lambda injected: injected[fault] >= count,
            timeout,
            waiting_for=lambda injected: f"{fault} {count} times; injected: {dict(injected)}",
        )

    async def _inject(self, fault: str, line: Callable[[Pump], bytes], times: int = 1) -> None:
        started = [link.inject(fault, line(link.to_client), times) for link in self._links]
        if started:
            await asyncio.wait(started)

    def _note(self, link: int, what: str, line: bytes = b"") -> None:
        self.injected[what] += 1
        self._news.set(self.injected)
        self.on_event(link, what, line)

    async def _accept(self, *client: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        number = self.connections
        try:
            await self._serve(number, client)
        except asyncio.CancelledError:
            pass  # we are leaving
        finally:
            await _abort(client[1])
            self._tasks.discard(task)

    async def _serve(self, number: int, client: Streams) -> None:
        if self._dice.random() < self.accept_then_close:
            self._note(number, "accept_then_close")
            return
        host, port = getattr(self._to, "address", self._to)
        try:
            device = await asyncio.open_connection(host, port)
        except OSError as exc:
            self.on_event(number, f"no device: {exc}", b"")
            return
        link = FaultyLink(self, number, client, device)
        self._links.add(link)
        self.on_event(number, "connect", b"")
        try:
            await link.run()
        finally:
            self._links.discard(link)
            self.on_event(number, "disconnect", b"")
            await _abort(device[1])
            await link.stop()


async def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
