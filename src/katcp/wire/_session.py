"""One connection's conversation: bytes in, events out; requests in, bytes out. No I/O, no clock.

The rules:

* The protocol is detected from ``#version-connect katcp-protocol`` (by its number), else from
  ``#version`` or ``#build-state`` (then it is 4.0), unless it was preset (section 4.2).
* Where the device is known to announce its protocol, requests are held back until it has: one that
  went without a mid before that could not be told from others of its name.
* A reply or inform that carries a mid belongs to the request with that mid *and* name. One without
  belongs to the oldest request of that name that was sent without a mid (section 2.2).
* Without mids, a request that was given up may still be answered, and would then pass for the
  answer to the next of its name. So before that next one is written, ``?watchdog`` goes out as a
  barrier: whatever was given up and is not answered before it never will be. Until then requests
  are held back, which keeps the order of the wire that of the calls.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ._codec import BadLine, Decoder, encode
from ._fast_lane import FastLane, Readings
from ._flags import ProtocolFlags
from ._message import LocalReply, Message
from ._text import brief, decode_text

__all__ = [
    "AnnouncementRejected",
    "Event",
    "Exchange",
    "InformReceived",
    "LineRejected",
    "Mids",
    "ProtocolDetected",
    "ReplyReceived",
    "RequestReceived",
    "Session",
]

logger = logging.getLogger("katcp.client")

LAST_MID = 2**31 - 1
_MOST_COMPONENTS = 100  # whose versions are kept


class Mids:
    """The mids of one client: 1, 2, 3, ... over all its connections, wrapping at 2**31-1."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> bytes:
        """Take the next mid."""
        self._last = self._last % LAST_MID + 1
        return b"%d" % self._last


class Exchange:
    """A request as it was given, the mid that it has on the wire, and the informs that came for it.

    Attributes
    ----------
    keeping
        Whether informs that became events are kept.
    take
        None: all informs become events. Else those that carry the mid, and that nobody overhears,
        do not: this is called with the exchange and a list of their words, as many as came together.
    """

    __slots__ = (
        "abandoned",
        "barrier",
        "informs",
        "keeping",
        "message",
        "mid",
        "queued",
        "take",
        "without_mid",
        "written",
    )

    def __init__(self, message: Message, mid: bytes | None, *, barrier: bool = False) -> None:
        self.message = message
        self.mid = mid
        self.informs: list[Message] = []
        self.keeping = True
        self.take: Callable[[Exchange, list[list[bytes]]], None] | None = None
        self.barrier = barrier
        self.without_mid = False  # for certain, though the device may support them
        self.written = False  # or is about to be
        self.queued = False  # is about to be written: nothing can answer it yet
        self.abandoned = False


# Events are not frozen: that would make each three times as slow to make.


@dataclass(slots=True)
class InformReceived:
    """An inform; `exchange` is the request that it answers, or None."""

    message: Message
    exchange: Exchange | None


@dataclass(slots=True)
class ReplyReceived:
    """A reply; `exchange` is the request that it answers, or None if nothing waits for it."""

    message: Message
    exchange: Exchange | None


@dataclass(slots=True)
class RequestReceived:
    """The device sent us a request."""

    message: Message


@dataclass(slots=True)
class LineRejected:
    """A line that is no KATCP message."""

    line: BadLine


@dataclass(slots=True)
class AnnouncementRejected:
    """The device announced a protocol version that is none: its first 200 bytes."""

    version: bytes


@dataclass(slots=True)
class ProtocolDetected:
    """The protocol of the device became known, or is another than it said before."""

    flags: ProtocolFlags


Event = (
    AnnouncementRejected
    | InformReceived
    | ReplyReceived
    | RequestReceived
    | LineRejected
    | ProtocolDetected
)


class Session:
    """The state of one connection, from its first byte to its last.

    Parameters
    ----------
    mids
        Where mids come from; shared by the successive sessions of a client.
    preset
        The protocol, where the user knows it; nothing is detected then.
    announces
        Whether the device is known to announce its protocol.
    max_message_size
        Longest line in bytes; a longer one is rejected.
    overheard
        Says whether informs of this name are to become events, though they answer a request that
        takes only their words; see `overhear`.

    Attributes
    ----------
    unannounced
        Whether requests are held back until the protocol is announced.
    queued_bytes, held_bytes
        How much `outgoing` will give, and how much is held back, but for names and mids.
    """

    def __init__(
        self,
        mids: Mids,
        *,
        preset: ProtocolFlags | None = None,
        announces: bool = False,
        max_message_size: int = 64 << 20,
        overheard: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.flags = preset
        self.versions: dict[str, tuple[str, ...]] = {}
        self._speaks_mids = preset is not None and preset.message_ids
        self._preset = preset is not None
        self.unannounced = announces and preset is None
        self._announced = False  # katcp-protocol was seen, which beats #version and #build-state
        self._decoder = Decoder(max_message_size)
        self._lane: FastLane | None = None  # of what is being received
        self._mids = mids
        self._overheard = overheard
        self._by_mid: dict[bytes, Exchange] = {}
        self._by_name: dict[str, deque[Exchange]] = {}
        self._taking: dict[bytes, Exchange] = {}  # by the first word of informs of theirs
        self._overdue: dict[str, int] = {}  # name -> given up without a mid, not answered yet
        self._barrier: Exchange | None = None
        self._held: dict[Exchange, None] = {}  # in their order
        self.held_bytes = 0
        self._outgoing: list[bytes] = []
        self._begun: list[Exchange] = []  # by what is in that
        self.queued_bytes = 0

    def preset(self, flags: ProtocolFlags) -> None:
        """Fix the protocol; what the device says of it is only logged from now on."""
        self._now(flags)
        self._preset = True

    # -- what comes in

    def receive(
        self,
        data: bytes | bytearray | memoryview,
        readings: Callable[[], Readings | None] = lambda: None,
    ) -> Iterator[Event]:
        """Take bytes from the device; yields what they mean, one event at a time, in order.

        `readings` is called if there are any; as far as the fast lane takes them, they go straight
        to what it gives, each in its turn.
        """

        def fast_lane(has_readings: bool) -> FastLane | None:
            take_them = has_readings and "sensor-status" not in self._by_name
            to = readings() if take_them else None
            if to is not None or self._taking:
                self._lane = FastLane(to, self._taking, self.flags.major if self.flags else 5)
            return self._lane

        self._lane = None
        for item in self._decoder.feed(data, fast_lane):
            if isinstance(item, BadLine):
                yield LineRejected(item)
            elif item.mtype == Message.INFORM:
                exchange = self._exchange_of(item)
                yield InformReceived(item, exchange)
                if exchange is not None and not exchange.abandoned:
                    if exchange.keeping:
                        exchange.informs.append(item)
                elif item.mid is None:
                    yield from self._detect(item)
            elif item.mtype == Message.REPLY:
                exchange = self._exchange_of(item)
                if exchange is not None:
                    self._answered(exchange)
                    if exchange.abandoned:
                        exchange = None
                yield ReplyReceived(item, exchange)
            else:
                yield RequestReceived(item)

    def _exchange_of(self, message: Message) -> Exchange | None:
        if message.mid is None:
            queue = self._by_name.get(message.name)
            return queue[0] if queue and not queue[0].queued else None
        exchange = self._by_mid.get(message.mid)
        if exchange is None or exchange.queued or exchange.message.name != message.name:
            return None
        return exchange

    def _detect(self, inform: Message) -> Iterator[Event]:
        name, arguments = inform.name, inform.arguments
        if name == "version-connect" and len(arguments) >= 2:
            component, *version = map(decode_text, arguments)
            if len(self.versions) < _MOST_COMPONENTS or component in self.versions:
                self.versions[component] = tuple(version)
            if component == "katcp-protocol":
                flags, dropped = ProtocolFlags.announced(arguments[1])
                if flags is None:
                    yield AnnouncementRejected(arguments[1][:200])
                    return
                if dropped and flags != self.flags:
                    logger.warning(
                        "Device announced protocol %s; flags that its version does not have are ignored",
                        brief(decode_text(arguments[1])),
                    )
                yield from self._identify(flags)
                self._announced = True
        elif name in ("version", "build-state") and not self._announced:
            yield from self._identify(ProtocolFlags(4, 0, ""))

    def _identify(self, flags: ProtocolFlags) -> Iterator[Event]:
        if flags == self.flags:
            return
        if self._preset:
            logger.info("Device says its protocol is %s; it was preset to %s", flags, self.flags)
            return
        self._now(flags)
        yield ProtocolDetected(flags)

    def _now(self, flags: ProtocolFlags) -> None:
        self.flags = flags
        self._speaks_mids = flags.message_ids
        if self._lane is not None:
            self._lane.major = flags.major
        if self.unannounced:
            self.unannounced = False
            for exchange in self._take_held():
                if flags.message_ids and not exchange.without_mid:
                    exchange.mid = self._next_mid()
                self._begin(exchange)

    # -- what goes out

    def start(self, request: Message, use_mid: bool | None = None) -> Exchange | LocalReply:
        """Begin a request; gives the exchange, or the failed reply that says why it cannot be.

        `use_mid` None means as the device supports; a mid in `request` itself is used as it is.
        """
        mid: bytes | LocalReply | None = None
        if request.mid is not None or use_mid:
            mid = self._choose_mid(request)
        elif use_mid is None and self._speaks_mids:
            mid = self._next_mid()
        if isinstance(mid, LocalReply):
            return mid
        exchange = Exchange(request, mid)
        if self.unannounced:
            exchange.without_mid = use_mid is False
            self._hold(exchange)
        elif mid is None:
            self._begin(exchange)
        else:
            self._write(exchange)
        return exchange

    def send(self, message: Message) -> None:
        """Send a message whose answer, if any, nobody is told apart from the rest."""
        self._queue(encode(message, message.mid))

    def outgoing(self) -> tuple[list[bytes], list[Exchange]]:
        """Take what is to be written now: lines, and the exchanges that they begin."""
        lines, begun = self._outgoing, self._begun
        self._outgoing, self._begun, self.queued_bytes = [], [], 0
        for exchange in begun:
            exchange.queued = False
            takes = exchange.take is not None and exchange.mid is not None
            if takes and not self._overheard(exchange.message.name):
                self._taking[_first_word(exchange)] = exchange
        return lines, begun

    def overhear(self, name: str) -> None:
        """Make all informs of this name events from now on: somebody has begun to overhear them."""
        for word, exchange in tuple(self._taking.items()):
            if exchange.message.name == name:
                del self._taking[word]

    def abandon(self, exchange: Exchange) -> None:
        """Give up on an exchange; its reply is dropped should it come."""
        if exchange.abandoned:
            return
        exchange.abandoned = True
        self._taking.pop(_first_word(exchange), None)
        name = exchange.message.name
        if exchange.mid is not None:
            self._by_mid.pop(exchange.mid, None)
        elif exchange.written:
            self._overdue[name] = self._overdue.get(name, 0) + 1
        elif exchange in self._held:
            del self._held[exchange]
            self.held_bytes -= _size(exchange)

    def close(self) -> list[Exchange]:
        """End the session; gives what was not answered, in the order in which it was begun."""
        waiting = [
            *self._by_mid.values(),
            *(e for queue in self._by_name.values() for e in queue),
            *self._held,
        ]
        self._by_mid.clear()
        self._by_name.clear()
        self._taking.clear()
        self._take_held()
        if self._lane is not None:
            self._lane.closed = True
        return [exchange for exchange in waiting if not exchange.abandoned]

    def _choose_mid(self, request: Message) -> bytes | LocalReply:
        if self.unannounced:
            text = (
                "Message IDs not known to be supported: the device has not announced its protocol"
            )
        elif not self._speaks_mids:
            text = "Message IDs not supported by server"
        elif request.mid is None:
            return self._next_mid()
        elif not 1 <= int(request.mid) <= LAST_MID:
            text = f"Message ID {int(request.mid)} is not in 1..2147483647"
        elif (mid := b"%d" % int(request.mid)) in self._by_mid:
            text = f"Message ID {int(request.mid)} is that of a request that waits for its reply"
        else:
            return mid
        return LocalReply(request.name, text, sent=False)

    def _begin(self, exchange: Exchange) -> None:
        """Write a request, or hold it back until what was given up can no longer answer it."""
        if exchange.mid is None:
            if self._barrier is None and exchange.message.name in self._overdue:
                self._barrier = Exchange(Message.request("watchdog"), None, barrier=True)
                self._write(self._barrier)
            if self._barrier is not None:
                self._hold(exchange)
                return
        self._write(exchange)

    def _next_mid(self) -> bytes:
        while (mid := self._mids.next()) in self._by_mid:
            pass
        return mid

    def _hold(self, exchange: Exchange) -> None:
        self._held[exchange] = None
        self.held_bytes += _size(exchange)

    def _take_held(self) -> Iterable[Exchange]:
        held, self._held, self.held_bytes = self._held, {}, 0
        return held

    def _write(self, exchange: Exchange) -> None:
        message, mid = exchange.message, exchange.mid
        if mid is not None:
            self._by_mid[mid] = exchange
        else:
            self._by_name.setdefault(message.name, deque()).append(exchange)
        exchange.written = exchange.queued = True
        self._begun.append(exchange)
        self._queue(encode(message, mid))

    def _queue(self, line: bytes) -> None:
        self._outgoing.append(line)
        self.queued_bytes += len(line)

    def _answered(self, exchange: Exchange) -> None:
        if exchange.mid is not None:
            del self._by_mid[exchange.mid]
            if exchange.take is not None:
                self._taking.pop(_first_word(exchange), None)
            return
        name = exchange.message.name
        queue = self._by_name[name]
        queue.popleft()
        if not queue:
            del self._by_name[name]
        if exchange.abandoned:
            self._overdue[name] -= 1
            if not self._overdue[name]:
                del self._overdue[name]
        if exchange.barrier:
            self._release()

    def _release(self) -> None:
        """Let the barrier go: what was given up before it can no longer be answered."""
        for name in self._overdue:
            queue = self._by_name.get(name, deque())
            kept = deque(exchange for exchange in queue if not exchange.abandoned)
            if kept:
                self._by_name[name] = kept
            else:
                self._by_name.pop(name, None)
        self._overdue.clear()
        self._barrier = None
        for exchange in self._take_held():
            self._write(exchange)


def _first_word(exchange: Exchange) -> bytes:
    """Give that of the informs that answer a request with a mid."""
    return b"#%s[%s]" % (exchange.message.name.encode(), exchange.mid or b"")


def _size(exchange: Exchange) -> int:
    return sum(map(len, exchange.message.arguments))
