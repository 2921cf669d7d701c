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

import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ._codec import BadLine, Decoder, encode
from ._exchange import Exchange
from ._fast_lane import FastLane, Readings
from ._flags import ProtocolFlags
from ._message import LocalReply, Message
from ._text import brief, decode_text

__all__ = [
    "AnnouncementRejected",
    "Event",
    "InformReceived",
    "LineRejected",
    "Mids",
    "ProtocolDetected",
    "ReplyReceived",
    "RequestReceived",
    "Session",
    "mids",
]

logger = logging.getLogger("katcp.client")

LAST_MID = 2**31 - 1
_MOST_COMPONENTS = 100  # whose versions are kept


#: The mids of one client, over all its connections.
Mids = Iterator[bytes]


def mids(after: int = 0) -> Mids:
    """Give the next, the next but one, ... without end, wrapping at 2**31-1."""
    again = itertools.repeat(range(1, LAST_MID + 1))
    rounds = itertools.chain([range(after + 1, LAST_MID + 1)], again)
    return map(b"%d".__mod__, itertools.chain.from_iterable(rounds))


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
    readings
        Called when there are readings; gives where those of what was received go, or None to make
        events of them.
    overheard
        Says whether informs of this name are to become events, though they answer a request that
        takes only their words; see `overhear`.

    Attributes
    ----------
    unannounced
        Whether requests are held back until the protocol is announced.
    lines
        What `outgoing` will give.
    held
        What is held back, in its order, and whether it is to have no mid.
    held_bytes
        How much that is, but for names and mids.
    """

    def __init__(
        self,
        mids: Mids,
        *,
        preset: ProtocolFlags | None = None,
        announces: bool = False,
        max_message_size: int = 64 << 20,
        readings: Callable[[], Readings | None] = lambda: None,
        overheard: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.flags = preset
        self.versions: dict[str, tuple[str, ...]] = {}
        self._speaks_mids = preset is not None and preset.message_ids
        self._preset = preset is not None
        self.unannounced = announces and preset is None
        self._announced = False  # katcp-protocol was seen, which beats #version and #build-state
        self._decoder = Decoder(max_message_size)
        self._lane = FastLane(self._where_readings_go)
        self._lane.major = preset.major if preset is not None else 5
        self._readings = readings
        self._mids = mids
        self._overheard = overheard
        self._by_mid = self._lane.by_mid
        self._by_name: dict[str, deque[Exchange]] = {}
        self._overdue: dict[str, int] = {}  # name -> given up without a mid, not answered yet
        self._barrier: Exchange | None = None
        self.held: dict[Exchange, bool] = {}
        self.held_bytes = 0
        self.lines: list[bytes] = []
        # What is in these, and so cannot be answered yet: by the first words of the replies, and
        # what has no mid, or of which more is to be noted then.
        self._queued: dict[bytes, Exchange] = {}
        self._queued_others: list[Exchange] = []

    def preset(self, flags: ProtocolFlags) -> None:
        """Fix the protocol; what the device says of it is only logged from now on."""
        self._now(flags)
        self._preset = True

    # -- what comes in

    def receive(self, data: bytes) -> Iterable[Event]:
        """Take bytes from the device; gives what they mean, one event at a time, in order.

        What readings and answers go to is called in its turn, and no event.
        """
        rough, lines = self._decoder.split(data)
        rest = iter(lines)
        if rough:
            return self._events(self._items(rough, None, rest))
        left = self._lane.take(rest)
        return () if left is None else self._events(self._items(b"", left, rest))

    def _items(
        self, rough: bytes, left: bytes | None, rest: Iterator[bytes]
    ) -> Iterator[Message | BadLine]:
        """Decode what is rough, a line that the fast lane left, and of the rest what it leaves."""
        if rough:
            yield from self._decoder.parse(rough)
            left = self._lane.take(rest)
        while left is not None:
            yield from self._decoder.decode(left)
            left = self._lane.take(rest, more=True)

    def _events(self, items: Iterator[Message | BadLine]) -> Iterator[Event]:
        for item in items:
            if self._lane.closed:
                return
            if isinstance(item, BadLine):
                yield LineRejected(item)
            elif item.mtype == Message.INFORM:
                exchange = self._exchange_of(item)
                yield InformReceived(item, exchange)
                if item.mid is None and (exchange is None or exchange.abandoned):
                    yield from self._detect(item)
            elif item.mtype == Message.REPLY:
                exchange = self._exchange_of(item)
                if exchange is not None:
                    self._answered(exchange)
                    if exchange.abandoned:
                        exchange = None
                    elif exchange.takes_reply:
                        exchange.take_reply(item)
                        continue
                yield ReplyReceived(item, exchange)
            else:
                yield RequestReceived(item)

    def _where_readings_go(self) -> Readings | None:
        return None if "sensor-status" in self._by_name else self._readings()

    def _exchange_of(self, message: Message) -> Exchange | None:
        if message.mid is None:
            queue = self._by_name.get(message.name)
            return queue[0] if queue else None
        return self._lane.replies.get(_first_word(b"!", message.name, message.mid))

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
        self._lane.major = flags.major
        if self.unannounced:
            self.unannounced = False
            for exchange, without_mid in self._take_held():
                if flags.message_ids and not without_mid:
                    exchange.mid = self._next_mid()
                self._begin(exchange)

    # -- what goes out

    def start(self, exchange: Exchange, use_mid: bool | None = None) -> LocalReply | None:
        """Begin an exchange; gives None, or the failed reply that says why it cannot be.

        `use_mid` None means as the device supports; a mid in the request itself is used as it is.
        """
        request = exchange.message
        if request.mid is not None or use_mid:
            mid = self._choose_mid(request)
            if isinstance(mid, LocalReply):
                return mid
            exchange.mid = mid
        elif use_mid is None and self._speaks_mids:
            mid = next(self._mids)
            exchange.mid = mid if mid not in self._by_mid else self._next_mid()
        if exchange.mid is not None:  # so the protocol is known
            self._write(exchange)
        elif self.unannounced:
            self._hold(exchange, without_mid=use_mid is False)
        else:
            self._begin(exchange)
        return None

    def send(self, message: Message) -> None:
        """Send a message whose answer, if any, nobody is told apart from the rest."""
        self.lines.append(encode(message, message.mid))

    def outgoing(self) -> bytes:
        """Take what is to be written now; from now on it can be answered."""
        data = b"".join(self.lines)
        self.lines.clear()
        self._lane.replies.update(self._queued)
        self._queued.clear()
        if self._queued_others:
            self._note_others()
        return data

    def overhear(self, name: str) -> None:
        """Make all informs of this name events from now on: somebody has begun to overhear them."""
        for exchange in self._by_mid.values():
            if exchange.message.name == name:
                self._lane.informs.pop(_first_word(b"#", name, exchange.mid), None)

    def abandon(self, exchange: Exchange) -> bool:
        """Give up on an exchange; its reply is dropped should it come.

        Gives whether it goes out all the same: what is only held back does not.
        """
        held = exchange in self.held
        if held:
            del self.held[exchange]
            self.held_bytes -= _size(exchange)
        elif exchange.mid is not None:
            self._forget(exchange, exchange.mid)
        elif not exchange.abandoned:
            name = exchange.message.name
            self._overdue[name] = self._overdue.get(name, 0) + 1
        exchange.abandoned = True
        return not held

    def close(self) -> tuple[list[Exchange], list[Exchange]]:
        """End the session; gives what was not answered, in order: what was written, and what was not."""
        unwritten = dict.fromkeys([*self._queued.values(), *self._queued_others, *self.held])
        unnumbered = (exchange for queue in self._by_name.values() for exchange in queue)
        written = [e for e in (*self._by_mid.values(), *unnumbered) if e not in unwritten]
        self._by_name.clear()
        self._lane.close()
        self.lines.clear()
        self._queued.clear()
        self._queued_others.clear()
        self._take_held()
        return [e for e in written if not e.abandoned], [e for e in unwritten if not e.abandoned]

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
                self._barrier = Exchange(Message.request("watchdog"))
                self._write(self._barrier)
            if self._barrier is not None:
                self._hold(exchange, without_mid=True)
                return
        self._write(exchange)

    def _next_mid(self) -> bytes:
        while (mid := next(self._mids)) in self._by_mid:
            pass
        return mid

    def _hold(self, exchange: Exchange, *, without_mid: bool) -> None:
        self.held[exchange] = without_mid
        self.held_bytes += _size(exchange)

    def _take_held(self) -> Iterable[tuple[Exchange, bool]]:
        held, self.held, self.held_bytes = self.held, {}, 0
        return held.items()

    def _write(self, exchange: Exchange) -> None:
        mid = exchange.mid
        tag, line = exchange.message._line(mid)
        self.lines.append(line)
        if mid is not None:
            self._by_mid[mid] = self._queued[b"!" + tag] = exchange
            if not exchange.takes_words:
                return
        self._queued_others.append(exchange)

    def _note_others(self) -> None:
        for exchange in self._queued_others:
            name = exchange.message.name
            if exchange.mid is None:
                self._by_name.setdefault(name, deque()).append(exchange)
            elif not exchange.abandoned and not self._overheard(name):
                self._lane.informs[_first_word(b"#", name, exchange.mid)] = exchange
        self._queued_others.clear()

    def _answered(self, exchange: Exchange) -> None:
        if exchange.mid is not None:
            self._forget(exchange, exchange.mid)
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
        if exchange is self._barrier:
            self._release()

    def _forget(self, exchange: Exchange, mid: bytes) -> None:
        """Take nothing more for an exchange with this mid."""
        name = exchange.message.name
        first = _first_word(b"!", name, mid)
        self._by_mid.pop(mid, None)
        self._queued.pop(first, None)
        self._lane.replies.pop(first, None)
        if exchange.takes_words:
            self._lane.informs.pop(_first_word(b"#", name, mid), None)

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
        for exchange, _ in self._take_held():
            self._write(exchange)


def _first_word(symbol: bytes, name: str, mid: bytes | None) -> bytes:
    """Give the first word of what answers a request with a mid."""
    return b"%s%s[%s]" % (symbol, name.encode(), mid)


def _size(exchange: Exchange) -> int:
    return sum(map(len, exchange.message.arguments))
