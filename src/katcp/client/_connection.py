"""One TCP connection: pumps a transport into a session. It lives once and dies once."""

import asyncio
from collections.abc import Callable
from typing import cast

from .._unhurried import BRIEF, Turn
from ..wire import Event, Session

__all__ = ["Connection"]

_BUFFER_SIZE = 16 * 1024  # of what is handled in one turn of the loop
_LITTLE = 1024  # of what is handled in a turn that others have used up

_SLOW = 1.0  # seconds; without slow listeners it is hundredths


class Connection(asyncio.BufferedProtocol):
    """The link to a device, from the TCP connect to its loss.

    Parameters
    ----------
    session
        What the bytes mean, and what there is to write.
    on_made
        Called as soon as the connection stands, before anything is read.
    on_event
        Called with each event, in order; nothing that it does is undone.
    on_lost
        Called once, with the reason in words.
    on_slow
        Called with the seconds that it took, when what was received took long to handle.

    Attributes
    ----------
    backlog
        Bytes that the network has not taken, or more; `unsent` counts them. Of what was not written
        yet there are the arguments of requests alone, as who writes them has added them.
    """

    def __init__(
        self,
        session: Session,
        *,
        loop: asyncio.AbstractEventLoop,
        on_made: Callable[["Connection"], None],
        on_event: Callable[[Event], None],
        on_lost: Callable[["Connection", str], None],
        on_slow: Callable[[float], None],
    ) -> None:
        self.session = session
        self.lost: asyncio.Future[str] = loop.create_future()
        self.ended = False
        self.heard = 0.0  # loop time when something was last received
        self.backlog = 0
        self.behind = False  # what was last received may not be all that waits
        self._on_made = on_made
        self._on_event = on_event
        self._on_lost = on_lost
        self._on_slow = on_slow
        self._loop = loop
        self._flushing = False  # soon
        self._transport: asyncio.Transport | None = None
        self._turn = Turn.of(loop)
        self._buffer = memoryview(bytearray(_BUFFER_SIZE))  # a slice of it is no copy
        self._room = _BUFFER_SIZE  # how much of it was last given

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (called by asyncio)."""
        self._transport = cast(asyncio.Transport, transport)
        self._on_made(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go (called by asyncio)."""
        if self._turn.full:
            self._room = _LITTLE
            return self._buffer[:_LITTLE]
        self._room = _BUFFER_SIZE
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Handle what was received (called by asyncio)."""
        self.behind = nbytes == self._room
        self.heard = began = self._loop.time()
        for event in self.session.receive(self._buffer[:nbytes].tobytes()):
            self._on_event(event)
            if self.ended:
                return
        took = self._loop.time() - began
        if self.session.lines:
            self.flush()
        if took > BRIEF or self._room == _LITTLE:
            self._use_turn(took)

    def connection_lost(self, exc: Exception | None) -> None:
        """End (called by asyncio)."""
        words = getattr(exc, "strerror", None) or str(exc)
        self._end(words if exc else "closed by the device")

    def flush(self) -> None:
        """Write what the session has to say."""
        self._flushing = False
        data = self.session.outgoing()
        transport = self._transport
        if data and transport is not None:
            transport.write(data)
            self.backlog += len(data)

    def flush_soon(self) -> None:
        """Write what the session has to say at the end of this turn of the loop, all at once."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def unsent(self) -> int:
        """Bytes that the network has not taken yet, what is held back included."""
        self.flush()
        if self._transport is not None:
            self.backlog = self._transport.get_write_buffer_size() + self.session.held_bytes
        return self.backlog

    def address(self, which: str) -> tuple[str, int] | None:
        """Give ``sockname`` or ``peername``; None when it is gone."""
        found = self._transport.get_extra_info(which) if self._transport is not None else None
        return (found[0], found[1]) if found else None

    def close(self, reason: str) -> None:
        """Drop the connection at once, unsent bytes and all; `reason` says why."""
        if self._transport is not None:
            self._transport.abort()
        self._end(reason)

    def _use_turn(self, took: float) -> None:
        """Note that what was received took so long; if that was long, let others have their turns."""
        self._turn.use(took)
        if took > _SLOW:
            self._on_slow(took)
        others_wait = self._turn.wanted or self._room == _LITTLE
        if self._transport is None or not (self._turn.full and others_wait):
            return
        self.behind = True
        self._transport.pause_reading()
        self._turn.mine().add_done_callback(self._go_on)

    def _go_on(self, _: "asyncio.Future[None]") -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def _end(self, reason: str) -> None:
        if self.ended:
            return
        self.ended = True
        self._transport = None
        if not self.lost.done():  # whoever waited for it may have been cancelled
            self.lost.set_result(reason)
        self._on_lost(self, reason)
