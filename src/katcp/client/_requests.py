"""Requests in flight on one connection: each ends in a reply, the device's or one of our own."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._helpers import RAISED
from ..wire import Exchange, LocalReply, Message, Session, brief
from ._deadlines import Deadlines

__all__ = ["GiveUp", "Outcome", "Requests", "conclude"]

logger = logging.getLogger("katcp.client")

#: What a request ends in: the reply and the informs that came with it.
Outcome = tuple[Message, list[Message]]


_UNKNOWN = "; whether the request took effect is not known"
_UNSENT = "; the request was not sent"


class GiveUp(Exception):
    """Raised by what takes informs: the request ends in a failed reply that says the text."""


@dataclass(slots=True)
class _Waiting:
    future: "asyncio.Future[Any]"
    transform: Callable[[Message, list[Message]], Any] | None
    timeout: float | None  # seconds from the writing of the request, None: no end
    silence: bool  # the time-out starts again with every inform that comes
    on_inform: Callable[[Message], Any] | None
    on_words: Callable[[list[list[bytes]]], Any] | None
    informs: int = 0  # that have come
    heard: float = 0.0  # loop time of the writing, or of the last inform; 0: time does not run yet
    timer: asyncio.TimerHandle | None = field(default=None)


class Requests:
    """The requests of one connection and their time-outs.

    Parameters
    ----------
    session
        The session that writes them and matches what comes back.
    flush, flush_soon
        Write what the session has to say, now or at the end of this turn of the loop.
    max_informs
        Most informs that may come for one request; with more it is given up.
    barrier_timeout
        Seconds that the device has to answer the barrier of `Session`.
    barrier_failed
        Called when it did not.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        session: Session,
        flush: Callable[[], None],
        flush_soon: Callable[[], None],
        max_informs: int,
        barrier_timeout: float,
        barrier_failed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._session = session
        self._flush = flush
        self._flush_soon = flush_soon
        self._max_informs = max_informs
        self._barrier_timeout = barrier_timeout
        self._barrier_failed = barrier_failed
        self._barrier_timer: asyncio.TimerHandle | None = None
        self._waiting: dict[Exchange, _Waiting] = {}
        self._deadlines: Deadlines[Exchange] = Deadlines(loop, self._due, self._expired)
        self.last_answer = loop.time()  # when the device last answered anything; at first: now

    def __len__(self) -> int:
        return len(self._waiting)

    def issue(
        self,
        message: Message,
        timeout: float | None,
        use_mid: bool | None = None,
        *,
        silence: bool = False,
        on_inform: Callable[[Message], Any] | None = None,
        on_words: Callable[[list[list[bytes]]], Any] | None = None,
        transform: Callable[[Message, list[Message]], Any] | None = None,
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
        exchange = self._session.start(message, use_mid)
        if isinstance(exchange, LocalReply):
            conclude(future, exchange, [], transform)
            return future
        exchange.keeping = on_inform is None and on_words is None
        exchange.take = None if on_words is None else self._take
        self._waiting[exchange] = _Waiting(future, transform, timeout, silence, on_inform, on_words)
        if not exchange.written:  # but held back
            future.add_done_callback(lambda _: self._withdraw(exchange, future))
            if self._session.unannounced:  # and may never write it
                self._start_time(exchange, self._waiting[exchange])
        if len(self._waiting) == 1:
            self._flush()
        else:  # who sends several at a time gets them into few packets
            self._flush_soon()
        return future

    def written(self, exchange: Exchange) -> None:
        """Note that `exchange` is on its way: its time runs from now, if it does not already."""
        if exchange.barrier:
            self._barrier_timer = self._loop.call_later(self._barrier_timeout, self._barrier_failed)
            return
        waiting = self._waiting.get(exchange)
        if waiting is not None and not waiting.heard:
            self._start_time(exchange, waiting)

    def _start_time(self, exchange: Exchange, waiting: _Waiting) -> None:
        waiting.heard = now = self._loop.time()
        if waiting.timeout is None:
            return
        if waiting.silence:
            waiting.timer = self._loop.call_later(waiting.timeout, self._expired, exchange)
        else:
            self._deadlines.add(exchange, waiting.timeout, now + waiting.timeout)

    def _withdraw(self, exchange: Exchange, future: "asyncio.Future[Any]") -> None:
        """Do not send what was cancelled before it could be."""
        if future.cancelled() and not exchange.written and exchange in self._waiting:
            self._session.abandon(exchange)
            self._fail(exchange, f"Request {exchange.message.name} was cancelled.")

    def heard(self, exchange: Exchange, inform: Message) -> None:
        """Note that `inform` came for `exchange`; a `GiveUp` of what takes it ends the request."""
        self._take(exchange, [inform.arguments], inform)

    def _take(
        self, exchange: Exchange, informs: list[list[bytes]], inform: Message | None = None
    ) -> None:
        """Note that informs with these words came for `exchange`."""
        self.last_answer = now = self._loop.time()
        waiting = self._waiting.get(exchange)
        if waiting is None:
            return
        if waiting.silence:
            waiting.heard = now
        waiting.informs += len(informs)
        try:
            if waiting.informs > self._max_informs:
                raise GiveUp(f"more than {self._max_informs} informs came for it")
            if waiting.on_words is not None:
                waiting.on_words(informs)
            elif waiting.on_inform is not None and inform is not None:
                waiting.on_inform(inform)
        except GiveUp as exc:
            self._session.abandon(exchange)
            self._fail(exchange, f"Request {exchange.message.name} was given up: {exc}")
        except RAISED:
            shown = brief(str(inform or exchange.message))
            logger.exception("What takes the informs raised an exception for %s", shown)

    def replied(self, exchange: Exchange | None, reply: Message) -> None:
        """Note that the device replied to `exchange`; if None, to something that was given up."""
        self.last_answer = self._loop.time()
        if exchange is None:
            return
        if exchange.barrier:
            if self._barrier_timer is not None:
                self._barrier_timer.cancel()
        else:
            self._finish(exchange, reply)

    def fail_all(self, text: str) -> None:
        """End every request that waits with a failed reply that says `text`; none is repeated."""
        if self._barrier_timer is not None:
            self._barrier_timer.cancel()
        self._deadlines.stop()
        for exchange in self._session.close():
            if not exchange.barrier:
                self._fail(exchange, f"{text}{_UNKNOWN if _is_sent(exchange) else _UNSENT}")

    def longest_remaining(self, before: "asyncio.Future[Outcome]") -> float:
        """Seconds that the longest of the requests still has that were issued before that one.

        0 if none of them is pending.
        """
        now = self._loop.time()
        longest = 0.0
        for waiting in self._waiting.values():
            if waiting.future is before:
                break
            if waiting.timeout is not None:
                longest = max(longest, waiting.heard + waiting.timeout - now)
        return longest

    def _due(self, exchange: Exchange) -> float | None:
        """When its time is over, a time of the loop; None if it is done."""
        waiting = self._waiting.get(exchange)
        return None if waiting is None else waiting.heard + (waiting.timeout or 0.0)

    def _expired(self, exchange: Exchange) -> None:
        waiting = self._waiting[exchange]
        timeout = waiting.timeout or 0.0
        left = waiting.heard + timeout - self._loop.time()
        if waiting.silence and left > 0:
            waiting.timer = self._loop.call_later(left, self._expired, exchange)
            return
        self._session.abandon(exchange)
        self._fail(
            exchange, f"Request {exchange.message.name} timed out after {float(timeout)} seconds."
        )

    def _fail(self, exchange: Exchange, text: str) -> None:
        message = exchange.message
        sent = _is_sent(exchange)
        mid = exchange.mid if sent else None
        self._finish(exchange, LocalReply(message.name, text, mid=mid, sent=sent))

    def _finish(self, exchange: Exchange, reply: Message) -> None:
        waiting = self._waiting.pop(exchange)
        if waiting.timer is not None:
            waiting.timer.cancel()
        elif waiting.timeout is not None:
            self._deadlines.done(exchange, waiting.timeout)
        conclude(waiting.future, reply, exchange.informs, waiting.transform)


def _is_sent(exchange: Exchange) -> bool:
    return exchange.written and not exchange.queued


def conclude(
    future: "asyncio.Future[Any]",
    reply: Message,
    informs: list[Message],
    transform: Callable[[Message, list[Message]], Any] | None,
) -> None:
    """Give a future its outcome, transformed if need be."""
    try:
        result = (reply, informs) if transform is None else transform(reply, informs)
    except Exception as exc:
        set_to: Any = exc
        put = future.set_exception
    else:
        set_to, put = result, future.set_result
    try:  # noqa: SIM105 `suppress` takes longer than all the rest
        put(set_to)
    except asyncio.InvalidStateError:
        pass  # the caller gave up waiting; Ctrl-C cancels between any two steps, so no `if` above
