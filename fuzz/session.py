"""Target: `katcp.wire.Session` is fed any bytes, in any pieces, while requests come and go."""

import re
from dataclasses import dataclass, field

from fuzz.choices import Choices
from katcp.wire import (
    AnnouncementRejected,
    Event,
    Exchange,
    InformReceived,
    LineRejected,
    Message,
    MessageParser,
    ProtocolDetected,
    ProtocolFlags,
    ReplyReceived,
    RequestReceived,
    Session,
    mids,
)

__all__ = ["session"]

_NAMES = ("watchdog", "help", "sensor-list", "sensor-value", "version", "watchdog")
_PRESETS = (None, None, ProtocolFlags(5, 1, "MIB"), ProtocolFlags(5, 0, "M"), ProtocolFlags(4, 0))
_SIZES = (1 << 20, 40, 300)
_USE_MID = (None, True, False)

#: ``feed`` so many bytes, ``start`` a request, ``abandon`` or ``preset`` by number, ``send``.
Step = tuple[str, int, int]


def session(data: bytes) -> None:
    """Run once; AssertionError, or whatever the session raises, is a fault."""
    choices = Choices(data)
    preset, size, eager = choices.pick(_PRESETS), choices.pick(_SIZES), choices.number(6)
    steps = [_step(choices) for _ in range(choices.number(32))]
    stream = choices.text()
    plays = [
        _Play(preset, size, eager, piece, taking)
        for piece in (len(stream) + 1, 1, 7)
        for taking in (False, True)
    ]
    for play in plays:
        play.run(steps, stream)
    whole, *others = plays
    for play in others:
        assert play.seen == whole.seen, (
            "it depends on how bytes were split, or on who takes answers"
        )
        assert play.written == whole.written, "what is written depends on it"
    if size > len(stream):
        _check_lines(stream, whole)


def _step(choices: Choices) -> Step:
    kind = choices.pick(("feed", "start", "feed", "abandon", "feed", "send", "start", "preset"))
    return (kind, choices.number(256), choices.number(3))


@dataclass
class _Play:
    """One way of feeding the same bytes; all ways must look alike."""

    preset: ProtocolFlags | None
    size: int
    eager: int  # start a request within each so-manieth event
    piece: int
    taking: bool  # answers go to who asked, not into events
    seen: list[object] = field(default_factory=list)
    lines: list[Event] = field(default_factory=list)
    written: bytes = b""

    def run(self, steps: list[Step], stream: bytes) -> None:
        """Do all steps, then feed what is left, then close."""
        self.session = Session(mids(), preset=self.preset, max_message_size=self.size)
        self.numbers: dict[Exchange, int] = {}
        self.pending: list[Exchange] = []
        for kind, first, second in steps:
            if kind == "feed":
                self.feed(stream[:first])
                stream = stream[first:]
            else:
                self.act(kind, first, second, flush=first % 3 > 0)
        self.feed(stream)
        left = [e for exchanges in self.session.close() for e in exchanges if e in self.numbers]
        assert len(left) == len(self.pending), "close() gives something twice, or not at all"
        assert set(left) == set(self.pending), "close() does not give what was not answered"

    def feed(self, data: bytes) -> None:
        """Receive `data` piece by piece."""
        for i in range(0, len(data), self.piece):
            for event in self.session.receive(data[i : i + self.piece]):
                self.note(event)
                self.interfere()
        self.flush()

    def interfere(self) -> None:
        """Begin a request while something is being received."""
        if self.eager and len(self.seen) % (2 * self.eager) == 0:
            self.act("start", len(self.seen), 0)

    def take_words(self, exchange: Exchange, informs: list[list[bytes]]) -> None:
        """Note the informs that answer a request, as `note` does."""
        for words in informs:
            inform = Message.inform(exchange.message.name, *words, mid=exchange.mid)
            self.seen.append((bytes(inform), self.number(exchange)))
            self.interfere()

    def take_reply(self, exchange: Exchange, reply: Message) -> None:
        """Note a reply, as `note` does."""
        self.note(ReplyReceived(reply, exchange))
        self.interfere()

    def act(self, kind: str, first: int, second: int, flush: bool = True) -> None:
        """Do what a client may do between any two events; write at once, or not yet."""
        if kind == "start":
            mid = first if first % 16 == 15 else None
            request = Message.request(_NAMES[first % len(_NAMES)], first, mid=mid)
            exchange = _Asked(request, self) if self.taking else Exchange(request)
            refused = self.session.start(exchange, _USE_MID[second])
            if refused is not None:
                self.seen.append(str(refused))
            else:
                self.numbers[exchange] = len(self.numbers)
                self.pending.append(exchange)
        elif kind == "abandon" and self.pending:
            self.session.abandon(self.pending.pop(first % len(self.pending)))
        elif kind == "send":
            self.session.send(Message.inform("hello", first))
        elif kind == "preset" and second == 0:
            self.session.preset(ProtocolFlags(5, 0, "MI" if first % 2 else "M"))
        if flush:
            self.flush()

    def flush(self) -> None:
        """Write what there is to write."""
        self.written += self.session.outgoing()

    def note(self, event: Event) -> None:
        """Note an event in a way that can be compared."""
        match event:
            case InformReceived(message, exchange):
                assert message.mtype == Message.INFORM
                self.seen.append((bytes(message), self.number(exchange)))
            case ReplyReceived(message, exchange):
                assert message.mtype == Message.REPLY
                self.seen.append((bytes(message), self.number(exchange)))
                if exchange is not None and exchange not in self.numbers:
                    assert message.name == "watchdog", "it is not the barrier either"
                elif exchange is not None:
                    assert message.name == exchange.message.name
                    assert message.mid == exchange.mid
                    self.pending.remove(exchange)
            case RequestReceived(message):
                self.seen.append(bytes(message))
            case LineRejected(line):
                self.seen.append((line.reason, line.line))
            case ProtocolDetected(flags):
                assert self.session.flags == flags
                self.seen.append(flags)
        if not isinstance(event, (ProtocolDetected, AnnouncementRejected)):
            self.lines.append(event)

    def number(self, exchange: Exchange | None) -> int | None:
        """Give an exchange as what is the same in every play; the barrier is -1."""
        return None if exchange is None else self.numbers.get(exchange, -1)


class _Asked(Exchange):
    """A request that takes its answer."""

    __slots__ = ("play",)
    takes_reply = True

    def __init__(self, message: Message, play: _Play) -> None:
        super().__init__(message, takes_words=True)
        self.play = play

    def take_words(self, informs: list[list[bytes]]) -> None:
        self.play.take_words(self, informs)

    def take_reply(self, reply: Message) -> None:
        self.play.take_reply(self, reply)


def _check_lines(stream: bytes, play: _Play) -> None:
    """Every line is an event of its own, and says what the line says."""
    lines = [line for line in re.split(rb"[\r\n]", stream)[:-1] if line.strip(b" \t")]
    assert len(play.lines) == len(lines), "a line gave no event, or more than one"
    for line, event in zip(lines, play.lines, strict=True):
        if isinstance(event, LineRejected):
            assert event.line.line == line[:200]
            assert event.line.reason.isprintable()
        else:
            assert not isinstance(event, ProtocolDetected)
            assert MessageParser().parse(line) == event.message
