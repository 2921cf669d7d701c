"""A KATCP endpoint that says exactly the bytes it is told to, on a real socket."""

import asyncio
import inspect
from collections.abc import Callable, Iterable, MutableSequence
from dataclasses import dataclass
from typing import Any, Self

from ..errors import KatcpSyntaxError
from ..wire import Message, MessageParser, encode_text

__all__ = ["Link", "Received", "Responder"]

#: What answers a request: gives the lines to send (without line ends), or None to stay silent.
Answer = Callable[["Link", Message], Any]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: on the how-manieth connection (from 1), and what it said."""

    connection: int
    message: Message

    @property
    def line(self) -> str:
        """The request as it was on the wire."""
        return str(self.message)


_MOST_UNREAD = 64 << 20  # bytes that wait for a client


class Link:
    """One connection of a client to a responder."""

    def __init__(
        self, number: int, writer: Any, chunk: int | None, task: "asyncio.Task[None]"
    ) -> None:
        self.number = number
        self.task = task  # that answers on it
        self._writer = writer
        self._chunk = chunk

    def send(self, *lines: str | bytes) -> None:
        """Send lines, each with its line end."""
        encoded = (ln if isinstance(ln, bytes) else encode_text(ln) for ln in lines)
        self.send_bytes(b"".join(line + b"\n" for line in encoded))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are, in pieces if the responder was told to."""
        size = self._chunk or len(data) or 1
        for i in range(0, len(data), size):
            self._writer.write(data[i : i + size])

    @property
    def peer(self) -> str:
        """Where the client is, ``host:port``; ``memory`` if there is no network between."""
        peer = self._writer.transport.get_extra_info("peername")
        return "memory" if peer is None else f"{peer[0]}:{peer[1]}"

    def push(self, *lines: str | bytes) -> None:
        """Send lines that come by themselves; a client that does not read them is given up."""
        if self._writer.transport.get_write_buffer_size() > _MOST_UNREAD:
            self.drop()
        elif not self.cut():
            self.send(*lines)

    def cut(self) -> bool:
        """Whether the connection is cut."""
        return bool(self._writer.transport.is_closing())

    def drop(self) -> None:
        """Cut the connection."""
        self._writer.transport.abort()


class Responder:
    """Listens on a free port of the loopback interface and answers requests by name.

    (Another `host` or `port` can be set before it listens.)

    Parameters
    ----------
    banner
        Lines sent to each client that connects.
    chunk
        Send at most so many bytes at a time.

    Attributes
    ----------
    banner
        May be changed between connections.
    answers
        Request name -> function of link and message that gives the lines to send; ``"*"`` answers
        what has no name of its own.
    requests : sequence of Received
        Every request so far, in order.
    rejected : list of bytes
        Lines that are no messages, without their ends; they are not answered.
    hanging : bool
        While true nothing is answered, with the sockets open.
    """

    def __init__(self, banner: Iterable[str] = (), *, chunk: int | None = None) -> None:
        self.banner = list(banner)
        self.answers: dict[str, Answer] = {}
        self.requests: MutableSequence[Received] = []
        self.rejected: list[bytes] = []
        self.hanging = False
        self.connections = 0
        self.host = "127.0.0.1"
        self.port = 0
        self._chunk = chunk
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Cut every connection, and end."""
        await self.refuse()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> tuple[str, int]:
        """``(host, port)`` to connect to."""
        return (self.host, self.port)

    async def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=1 << 27)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Cut every connection and accept none, until `listen`."""
        if self._server is not None:
            await stop_accepting(self._server)
        self.drop()

    async def give_up(self) -> None:
        """Stop answering clients that have gone."""
        gone = [link.task for link in self._links if link.cut()]
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)

    def drop(self) -> None:
        """Cut every connection."""
        for link in list(self._links):
            link.drop()

    def send(self, *lines: str | bytes) -> None:
        """Send lines to every client."""
        for link in self._links:
            link.send(*lines)

    def send_bytes(self, data: bytes) -> None:
        """Send bytes to every client."""
        for link in self._links:
            link.send_bytes(data)

    def asked(self, name: str) -> list[str]:
        """Give the requests of a name so far, as they were on the wire."""
        return [received.line for received in self.requests if received.message.name == name]

    async def until_asked(self, name: str, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until a request of this name has come `count` times."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.asked(name)) >= count)

    async def until_connected(self, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until `count` connections have been accepted."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: self.connections >= count)

    def greet(self, link: Link) -> None:
        """Send what a client is told when it connects."""
        link.send(*self.banner)

    def part(self, link: Link) -> None:
        """Take note that a client has gone."""

    def serve(self, reader: asyncio.StreamReader, writer: Any) -> None:
        """Serve a client by whatever reads and writes as streams do."""
        task = asyncio.get_running_loop().create_task(self._accept(reader, writer))
        self._tasks.add(task)

    async def _accept(self, reader: asyncio.StreamReader, writer: Any) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        link = Link(self.connections, writer, self._chunk, task)
        self._links.add(link)
        try:
            async with self._news:
                self._news.notify_all()
            self.greet(link)
            async for line in reader:
                if line.strip() and line.endswith(b"\n"):
                    await self._take(link, line.strip())
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or we are leaving
        finally:
            self._links.discard(link)
            self._tasks.discard(task)
            self.part(link)
            writer.transport.abort()

    async def _take(self, link: Link, line: bytes) -> None:
        try:
            request = MessageParser().parse(line)
        except KatcpSyntaxError:
            self.rejected.append(line)
        else:
            await self._answer(link, request)

    async def _answer(self, link: Link, request: Message) -> None:
        self.requests.append(Received(link.number, request))
        async with self._news:
            self._news.notify_all()
        answer = self.answers.get(request.name) or self.answers.get("*")
        if self.hanging or answer is None:
            return
        lines = answer(link, request)
        if inspect.isawaitable(lines):
            lines = await lines
        if lines is not None:
            link.send(*lines)


async def stop_accepting(server: asyncio.Server) -> None:
    """Close a server; the connections that it has accepted are left."""
    # Python 3.11 loses the socket of a client whose connection it is just taking in when
    # the server is closed: so take in no more, and let those that are under way get in.
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(3):
        await asyncio.sleep(0)
    server.close()
