"""Requests in flight on one connection: each ends in a reply, the device's or one of our own."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._helpers import RAISED
from ..wire import Exchange, LocalReply, Message, brief
from ._connection import Connection
from ._deadlines import Deadlines

__all__ = ["GiveUp", "Listener", "Outcome", "Pending", "Requests", "Transform"]

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
class Listener:
    """What takes the informs of a request as they come; without it they are kept.

    Attributes
    ----------
    on_inform
        Called with each; None: they are kept.
    on_words
        Called, in place of `on_inform`, with a list that has the list of the words of each that came.
    silence
        Whether the time-out starts again with every inform that comes.
    heard
        How many came.
    """

    on_inform: Callable[[Message], Any] | None = None
    on_words: Callable[[list[list[bytes]]], Any] | None = None
    silence: bool = False
    heard: int = 0


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
    timeout
        Seconds that it has; None is no end.
    began, due
        Loop time at which it was issued, and at which its time is over; None if that does not run.
    elapsed
        Seconds that it took; from its end.
    """

    __slots__ = (
        "_owner", "began", "due", "elapsed", "future", "informs", "listener", "timeout", "transform"
    )  # fmt: skip
    takes_reply = True
    elapsed: float
    _owner: "Requests"  # unless it was refused before it had one

    def __init__(
        self,
        message: Message,
        future: "asyncio.Future[Any]",
        transform: Transform | None = None,
        timeout: float | None = None,
        listener: Listener | None = None,
        owner: "Requests | None" = None,
        began: float = 0.0,
    ) -> None:
        # What `Exchange` has, but not by `super`, which takes longer than all the rest.
        self.message = message
        self.mid = None
        self.takes_words = listener is not None and listener.on_words is not None
        self.abandoned = False
        self.future = future
        self.transform = transform
        self.informs: list[Message] = []
        self.timeout = timeout
        self.listener = listener
        if owner is not None:
            self._owner = owner
        self.began = began
        self.due: float | None = None

    def take_reply(self, reply: Message) -> None:
        """End with the reply of the device."""
        requests = self._owner
        requests.last_answer = heard = requests.connection.heard
        del requests.pending[self]
        self.conclude(reply, heard)

    def take_words(self, informs: list[list[bytes]]) -> None:
        """Take the words of informs."""
        self._owner.take_informs(self, informs)

    def conclude(self, reply: Message, now: float) -> None:
        """Give the future its outcome, transformed if need be; `now` is a time of the loop."""
        self.elapsed = now - self.began if now > self.began else 0.0
        future, transform = self.future, self.transform
        try:
            try:
                result = (reply, self.informs) if transform is None else transform(self, reply)
            except Exception as exc:
                future.set_exception(exc)
            else:
                future.set_result(result)
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
    connection
        As given.
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
        self.connection = connection
        self._loop = loop
        self._session = connection.session
        self._max_informs = max_informs
        self._barrier_timeout = barrier_timeout
        self._barrier_timer: asyncio.TimerHandle | None = None
        self.pending: dict[Pending, None] = {}
        self._deadlines: Deadlines[Pending] = Deadlines(loop, self.pending, self._expired)
        self.last_answer = loop.time()

    def issue(
        self,
        message: Message,
        timeout: float | None,
        use_mid: bool | None = None,
        listener: Listener | None = None,
        transform: Transform | None = None,
    ) -> "asyncio.Future[Any]":
        """Write a request; gives the future of its outcome, which never is an exception.

        `timeout` is in seconds from now (from its writing, while a barrier of `Session` holds it back);
        None waits until the connection ends. A request that is cancelled while it is still held back
        is not sent. What takes informs in `listener` may raise `GiveUp`.
        `transform` makes the result of the future; if it raises, that is in the future.
        """
        loop = self._loop
        now = loop.time()
        future: asyncio.Future[Any] = loop.create_future()
        pending = Pending(message, future, transform, timeout, listener, self, now)
        session = self._session
        refused = session.start(pending, use_mid)
        if refused is not None:
            pending.conclude(refused, now)
            return future
        self.pending[pending] = None
        if session.held and pending in session.held:
            self._note_held(pending)
        elif timeout is not None:
            pending.due = due = now + timeout
            if due < self._deadlines.next:
                self._deadlines.look_at(due)
        if len(self.pending) == 1:
            self.connection.flush()
        else:  # who sends several at a time gets them into few packets
            self.connection.flush_soon()
        return future

    def take_inform(self, exchange: Exchange, inform: Message) -> None:
        """Take an inform that came for `exchange`; a `GiveUp` of what it goes to ends the request.

        One for the barrier is nothing.
        """
        if isinstance(exchange, Pending):
            self.take_informs(exchange, [inform.arguments], inform)

    def take_informs(
        self, pending: Pending, informs: list[list[bytes]], inform: Message | None = None
    ) -> None:
        """Take informs with these words, of which one that is a message is `inform`."""
        self.last_answer = self.connection.heard
        if pending not in self.pending:
            return
        listener = pending.listener
        if listener is None:
            listener = pending.listener = Listener()
        if listener.silence and pending.timeout is not None:
            pending.due = self._loop.time() + pending.timeout
        listener.heard += len(informs)
        try:
            if listener.heard > self._max_informs:
                self._give_up(
                    pending, f"was given up: more than {self._max_informs} informs came for it"
                )
            elif listener.on_words is not None:
                listener.on_words(informs)
            elif inform is not None:
                (listener.on_inform or pending.informs.append)(inform)
        except GiveUp as exc:
            self._give_up(pending, f"was given up: {exc}")
        except RAISED:
            shown = brief(str(inform or pending.message))
            logger.exception("What takes the informs raised an exception for %s", shown)

    def other_reply(self, exchange: Exchange | None) -> None:
        """Note a reply to what was given up or never asked, or, if there is one, to the barrier."""
        self.last_answer = self.connection.heard
        if exchange is not None and self._barrier_timer is not None:
            self._barrier_timer.cancel()
            self._barrier_timer = None
            now = self._loop.time()
            for pending in self.pending:
                if pending.due is None:
                    self._start_time(pending, now)

    def fail_all(self, text: str) -> None:
        """End every request that waits with a failed reply that says `text`; none is repeated."""
        if self._barrier_timer is not None:
            self._barrier_timer.cancel()
        self._deadlines.stop()
        written, unwritten = self._session.close()
        for exchange in written:
            if isinstance(exchange, Pending):
                self._fail(exchange, text + _UNKNOWN, sent=True)
        for exchange in unwritten:
            if isinstance(exchange, Pending):
                self._fail(exchange, text + _UNSENT, sent=False)

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

    def _note_held(self, pending: Pending) -> None:
        pending.future.add_done_callback(lambda _: self._withdraw(pending))
        if self._session.unannounced:  # and may never write it
            self._start_time(pending, pending.began)
        elif self._barrier_timer is None:
            self._barrier_timer = self._loop.call_later(
                self._barrier_timeout,
                self.connection.close,
                "no answer to ?watchdog: a request before it has got stuck",
            )

    def _start_time(self, pending: Pending, now: float) -> None:
        if pending.timeout is not None:
            pending.due = now + pending.timeout
            self._deadlines.look_at(pending.due)

    def _expired(self, pending: Pending) -> None:
        self._give_up(pending, f"timed out after {float(pending.timeout or 0.0)} seconds.")

    def _withdraw(self, pending: Pending) -> None:
        """Do not send what was cancelled before it could be."""
        if pending.future.cancelled() and pending in self._session.held:
            self._give_up(pending, "was cancelled.")

    def _give_up(self, pending: Pending, why: str) -> None:
        if pending in self.pending:  # the link may have been dropped since
            sent = self._session.abandon(pending)
            self._fail(pending, f"Request {pending.message.name} {why}", sent)

    def _fail(self, pending: Pending, text: str, sent: bool) -> None:
        del self.pending[pending]
        mid = pending.mid if sent else None
        reply = LocalReply(pending.message.name, text, mid=mid, sent=sent)
        pending.conclude(reply, self._loop.time())
