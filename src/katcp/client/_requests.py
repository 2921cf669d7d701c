"""Requests in flight on one connection: each ends in a reply, the device's or one of our own."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .._helpers import RAISED
from ..wire import HELD, WRITTEN, Exchange, LocalReply, Message, brief
from ._connection import Connection
from ._deadlines import Deadlines

__all__ = ["GiveUp", "Outcome", "Pending", "Requests", "Transform"]

logger = logging.getLogger("katcp.client")

#: What a request ends in: the reply and the informs that came with it.
Outcome = tuple[Message, list[Message]]
#: Makes something else of that, out of the request and the reply.
Transform = Callable[["Pending", Message], Any]


_UNKNOWN = "; whether the request took effect is not known"
_UNSENT = "; the request was not sent"


class GiveUp(Exception):
    """Raised by what takes informs: the request ends in a failed reply that says the text."""


@dataclass(slots=True)
class _Listener:
    """What takes the informs of a request as they come."""

    on_inform: Callable[[Message], Any]
    on_words: Callable[[list[list[bytes]]], Any] | None = None
    silence: bool = False  # the time-out starts again with every inform that comes
    heard: int = 0  # informs


class Pending(Exchange):
    """A request that waits for its reply, and who waits for it.

    Attributes
    ----------
    future
        Of its outcome.
    transform
        Makes what is put into the future; None: `Outcome`.
    informs
        Those that came for it, unless they were taken as they came.
    began
        When it was made, by the monotonic clock, in seconds.
    """

    __slots__ = ("began", "due", "future", "informs", "listener", "timeout", "transform")

    def __init__(
        self,
        message: Message,
        future: "asyncio.Future[Any]",
        transform: Transform | None = None,
        timeout: float | None = None,
    ) -> None:
        Exchange.__init__(self, message)  # `super` takes longer than all the rest
        self.future = future
        self.transform = transform
        self.informs: list[Message] = []
        self.began = time.monotonic()
        self.timeout = timeout  # seconds from its writing; None: no end
        self.due: float | None = None  # loop time at which that is over; None: it does not run
        self.listener: _Listener | None = None

    def conclude(self, reply: Message) -> None:
        """Give the future its outcome, transformed if need be."""
        transform, failed = self.transform, None
        try:
            result = (reply, self.informs) if transform is None else transform(self, reply)
        except Exception as exc:
            failed = exc
        try:
            if failed is None:
                self.future.set_result(result)
            else:
                self.future.set_exception(failed)
        except asyncio.InvalidStateError:
            pass  # the caller gave up waiting; Ctrl-C cancels between any two steps, so no `if`


class Requests:
    """The requests of one connection and their time-outs.

    Parameters
    ----------
    connection
        What they go over; its session writes them and matches what comes back.
    max_informs
        Most informs that may come for one request; with more it is given up.
    barrier_timeout
        Seconds that the device has to answer the barrier of `Session`; the connection ends if it
        does not.

    Attributes
    ----------
    pending
        Those that wait for their replies, in their order.
    last_answer
        Loop time when the device last answered anything; at first: now.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection,
        max_informs: int,
        barrier_timeout: float,
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._session = connection.session
        self._max_informs = max_informs
        self._barrier_timeout = barrier_timeout
        self._barrier_timer: asyncio.TimerHandle | None = None
        self.pending: dict[Pending, None] = {}
        self._on_reply = self._take_reply  # not bound anew for each
        self._deadlines: Deadlines[Pending] = Deadlines(loop, self.pending, self._expired)
        self.last_answer = loop.time()

    def issue(
        self,
        message: Message,
        timeout: float | None,
        use_mid: bool | None = None,
        silence: bool = False,
        on_inform: Callable[[Message], Any] | None = None,
        on_words: Callable[[list[list[bytes]]], Any] | None = None,
        transform: Transform | None = None,
    ) -> "asyncio.Future[Any]":
        """Write a request; gives the future of its outcome, which never is an exception.

        `timeout` is in seconds from when it is written (from now, while the device has yet to announce
        its protocol); with `silence`, from when an inform of it was last heard. None waits until the
        connection ends. A request that is cancelled while it is still held back is not sent.
        `on_inform` takes each inform as it comes, or else `on_words` a list that has the list of the
        words of each that came; they are not kept then. Either may raise `GiveUp`.
        `transform` makes the result of the future; if it raises, that is in the future.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        pending = Pending(message, future, transform, timeout)
        pending.take_reply = self._on_reply
        if silence or on_inform is not None or on_words is not None:
            pending.listener = _Listener(on_inform or pending.informs.append, on_words, silence)
            pending.take_words = None if on_words is None else self._take_words
        refused = self._session.start(pending, use_mid)
        if refused is not None:
            pending.conclude(refused)
            return future
        self.pending[pending] = None
        if pending.stage == HELD:
            future.add_done_callback(lambda _: self._withdraw(pending))
            if self._session.unannounced:  # and may never write it
                self.start_time([pending])
        if len(self.pending) == 1:
            self._connection.flush()
        else:  # who sends several at a time gets them into few packets
            self._connection.flush_soon()
        return future

    def start_time(self, exchanges: Iterable[Exchange]) -> None:
        """Let the time of these run from now, as they are on their way, if it does not already."""
        now, deadlines = self._loop.time(), self._deadlines
        for exchange in exchanges:
            if not isinstance(exchange, Pending):
                self._barrier_timer = self._loop.call_later(
                    self._barrier_timeout,
                    self._connection.close,
                    "no answer to ?watchdog: a request before it has got stuck",
                )
            elif exchange.timeout is not None and exchange.due is None and exchange in self.pending:
                exchange.due = due = now + exchange.timeout
                if due < deadlines.next:
                    deadlines.look_at(due)

    def heard(self, exchange: Exchange, inform: Message) -> None:
        """Note that `inform` came for `exchange`; a `GiveUp` of what takes it ends the request."""
        self._take(exchange, [inform.arguments], inform)

    def other_reply(self, exchange: Exchange | None) -> None:
        """Note a reply to what was given up or never asked, or, if there is one, to the barrier."""
        self.last_answer = self._connection.heard
        if exchange is not None and self._barrier_timer is not None:
            self._barrier_timer.cancel()

    def fail_all(self, text: str) -> None:
        """End every request that waits with a failed reply that says `text`; none is repeated."""
        if self._barrier_timer is not None:
            self._barrier_timer.cancel()
        self._deadlines.stop()
        for exchange in self._session.close():
            if isinstance(exchange, Pending):
                self._fail(exchange, f"{text}{_UNKNOWN if exchange.stage == WRITTEN else _UNSENT}")

    def longest_remaining(self, before: "asyncio.Future[Outcome]") -> float:
        """Seconds that the longest of the requests still has that were issued before that one.

        0 if none of them is pending.
        """
        now = self._loop.time()
        longest = 0.0
        for pending in self.pending:
            if pending.future is before:
                break
            if pending.due is not None:
                longest = max(longest, pending.due - now)
        return longest

    def _take_reply(self, pending: Pending, reply: Message) -> None:
        self.last_answer = self._connection.heard
        del self.pending[pending]
        pending.conclude(reply)

    def _take_words(self, pending: Pending, informs: list[list[bytes]]) -> None:
        self._take(pending, informs, None)

    def _take(self, pending: Exchange, informs: list[list[bytes]], inform: Message | None) -> None:
        """Note that informs with these words came; one that is a message is `inform`."""
        self.last_answer = self._connection.heard
        if not isinstance(pending, Pending) or pending not in self.pending:
            return
        listener = pending.listener
        if listener is None:
            listener = pending.listener = _Listener(pending.informs.append)
        if listener.silence and pending.timeout is not None:
            pending.due = self._loop.time() + pending.timeout
        listener.heard += len(informs)
        try:
            if listener.heard > self._max_informs:
                raise GiveUp(f"more than {self._max_informs} informs came for it")
            if listener.on_words is not None:
                listener.on_words(informs)
            elif inform is not None:
                listener.on_inform(inform)
        except GiveUp as exc:
            self._give_up(pending, f"was given up: {exc}")
        except RAISED:
            shown = brief(str(inform or pending.message))
            logger.exception("What takes the informs raised an exception for %s", shown)

    def _expired(self, pending: Pending) -> None:
        self._give_up(pending, f"timed out after {float(pending.timeout or 0.0)} seconds.")

    def _withdraw(self, pending: Pending) -> None:
        """Do not send what was cancelled before it could be."""
        if pending.future.cancelled() and pending.stage == HELD and pending in self.pending:
            self._give_up(pending, "was cancelled.")

    def _give_up(self, pending: Pending, why: str) -> None:
        self._session.abandon(pending)
        self._fail(pending, f"Request {pending.message.name} {why}")

    def _fail(self, pending: Pending, text: str) -> None:
        sent = pending.stage == WRITTEN
        mid = pending.mid if sent else None
        del self.pending[pending]
        pending.conclude(LocalReply(pending.message.name, text, mid=mid, sent=sent))
