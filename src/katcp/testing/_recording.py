"""`Recording`: a session between clients and a device, as it went over the wire."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from ..wire import Decoder, Message, printable

__all__ = ["Exchange", "Recording", "Said", "recorded", "sets_strategy", "with_mid"]

_BANNER = ("version-connect", "version", "build-state")
_JUST_BEFORE = 0.05  # seconds before a reply in which an inform was caused by the request
_LINE_END = re.compile(rb"[\r\n]+")


class Said(NamedTuple):
    """A line without its end, when it came, in seconds, and as a message, None if it is none."""

    number: int
    time: float
    line: bytes
    message: Message | None


@dataclass
class Exchange:
    """A request and what it was answered with; `reply` is None if that is not recorded."""

    request: Message
    time: float
    answer: list[Said] = field(default_factory=list)
    reply: Message | None = None

    def informs(self) -> list[Message]:
        """Give the informs that are part of the answer, and none that came between."""
        messages = [said.message for said in self.answer if said.message is not None]
        name = self.request.name
        return [m for m in messages if m.name == name and m.mtype == Message.INFORM]


@dataclass
class _Conversation:
    """What went over one connection."""

    began: float
    open: list[Exchange] = field(default_factory=list)  # not answered yet
    held: list[Said] = field(default_factory=list)  # that came meanwhile, and belong to none
    informs: list[Said] = field(default_factory=list)  # that came by themselves
    asked: float | None = None  # when a sampling strategy was first asked for
    rest: dict[str, bytes] = field(default_factory=lambda: {"c2s": b"", "s2c": b""})


class Recording:
    """A session that was recorded, by ``katcp chaos --record`` or otherwise.

    Parameters
    ----------
    path
        JSON lines ``{"t", "dir", "data"}``: seconds; ``c2s`` or ``s2c``; the bytes of one recv as
        latin-1. With ``link``, a number, there may be several connections; the informs that come by
        themselves are those of the one with most of them.

    Attributes
    ----------
    banner : list of bytes
        Lines that a client is greeted with.
    exchanges : list of Exchange
        In the order of the requests.
    informs, began, asked
        The informs that came by themselves; when their connection began, and when it first asked
        for a sampling strategy, None if it did not; in seconds.
    notes : list of str
        What is not as it should be.

    Raises
    ------
    ValueError
        If nothing can be made of the file; says what is wrong with it, and where.
    OSError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.banner: list[bytes] = []
        self.exchanges: list[Exchange] = []
        self.notes: list[str] = []
        self._said: list[Said] = []
        numbers = itertools.count()
        links: dict[Any, _Conversation] = {}
        for time, link, direction, data in self._entries(path):
            conversation = links.setdefault(link, _Conversation(time))
            *lines, rest = _LINE_END.split(conversation.rest[direction] + data)
            conversation.rest[direction] = rest
            for line in filter(None, lines):
                take = self._take_request if direction == "c2s" else self._take_said
                take(conversation, Said(next(numbers), time, line, _message(line)))
        if not links:
            raise ValueError(f"{path} is empty: there is no session in it")
        for conversation in links.values():
            self._end(conversation)
        told = max(links.values(), key=lambda conversation: len(conversation.informs))
        self.informs, self.began, self.asked = told.informs, told.began, told.asked

    def readings(self) -> Iterator[tuple[float, list[bytes]]]:
        """Give when each ``#sensor-status`` and ``#sensor-value`` came, and its arguments."""
        for said in self._said:
            message = said.message
            if message is None or message.mtype != Message.INFORM:
                continue
            if message.name in ("sensor-status", "sensor-value"):
                yield said.time, message.arguments

    def _entries(self, path: Path) -> Iterator[tuple[float, Any, str, bytes]]:
        lines = path.read_bytes().splitlines()
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield _entry(json.loads(line))
            except (ValueError, OverflowError, RecursionError) as exc:
                wrong = f"line {number} of {path} is no entry of a recorded session"
                if number < len(lines) or number == 1:
                    why = printable(str(exc))[:100]
                    raise ValueError(f"{wrong}: {why}") from None
                self.notes.append(f"{wrong}, as if it were cut; all before it is used")

    def _take_request(self, link: _Conversation, said: Said) -> None:
        request = said.message
        if request is None or request.mtype != Message.REQUEST:
            return
        exchange = Exchange(request, said.time)
        self.exchanges.append(exchange)
        link.open.append(exchange)
        if link.asked is None and sets_strategy(request):
            link.asked = said.time

    def _take_said(self, link: _Conversation, said: Said) -> None:
        self._said.append(said)
        message = said.message
        exchange = _exchange_of(message, link.open) if message is not None else None
        if exchange is not None:
            exchange.answer.append(said)
            if message is not None and message.mtype == Message.REPLY:
                exchange.reply = message
                self._close(link, exchange, said.time)
        elif link.open:
            link.held.append(said)
        elif message is not None and message.name in _BANNER and link.asked is None:
            if said.line not in self.banner:
                self.banner.append(said.line)
        else:
            link.informs.append(said)

    def _close(self, link: _Conversation, exchange: Exchange, now: float) -> None:
        """Take note of a reply; what came just before it belongs to it, too."""
        link.open.remove(exchange)
        caused = [said for said in link.held if now - said.time <= _JUST_BEFORE]
        exchange.answer = sorted(exchange.answer + caused)
        link.informs += link.held[: len(link.held) - len(caused)]
        link.held.clear()

    def _end(self, link: _Conversation) -> None:
        link.informs += link.held
        link.informs.sort()
        if link.rest["s2c"]:
            self.notes.append("it ends in the middle of a line of the device, which is left out")
        for exchange in link.open:
            self.notes.append(f"?{exchange.request.name} is not answered to its end")


def recorded(time: float, link: int, direction: str, data: bytes) -> str:
    """Give the line, with its end, that records bytes of one recv; `direction` as `Recording`."""
    entry = {"t": round(time, 6), "dir": direction, "data": data.decode("latin-1"), "link": link}
    return json.dumps(entry) + "\n"


def sets_strategy(request: Message) -> bool:
    """Whether a request sets a sampling strategy other than ``none``."""
    words = request.arguments
    return request.name == "sensor-sampling" and len(words) > 1 and words[1] != b"none"


def with_mid(said: Said, request: Message) -> bytes:
    """Give a recorded line with the mid of a live request, if it belongs to its answer."""
    message = said.message
    if message is None or message.name != request.name:
        return said.line
    return bytes(Message(message.mtype, message.name, message.arguments, request.mid))


def _entry(plain: Any) -> tuple[float, Any, str, bytes]:
    if not isinstance(plain, dict):
        raise ValueError("it is no JSON object")
    time, direction, data = (plain.get(key) for key in ("t", "dir", "data"))
    if isinstance(time, bool) or not isinstance(time, (int, float)) or not isfinite(time):
        raise ValueError("t must be a number of seconds")
    if direction not in ("c2s", "s2c"):
        raise ValueError("dir must be c2s or s2c")
    if not isinstance(data, str) or any(ord(c) > 255 for c in data):
        raise ValueError("data must be text whose characters are bytes")
    link = plain.get("link")
    if link is not None and not isinstance(link, int):
        raise ValueError("link must be a number")
    return float(time), link, direction, data.encode("latin-1")


def _exchange_of(message: Message, open: list[Exchange]) -> Exchange | None:
    """Give that whose answer a message is part of: by its mid, or else the first of its name."""
    if message.mtype == Message.REQUEST:
        return None
    named = [e for e in open if e.request.name == message.name]
    if message.mid is not None:
        named = [e for e in named if e.request.mid == message.mid]
    return named[0] if named else None


def _message(line: bytes) -> Message | None:
    for item in Decoder(1 << 26).feed(line + b"\n"):
        return item if isinstance(item, Message) else None
    return None
