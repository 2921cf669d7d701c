"""Bytes to messages and back, through katcp-codec, which forgives no line and loses none.

Nearly all lines are simple: dividing them at their spaces gives what the codec would give, several
times as fast. They are divided here, or taken by the fast lane; all others are left to the codec.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import katcp_codec

from ..errors import KatcpSyntaxError
from ._message import Message, divide

__all__ = ["BadLine", "Decoder", "encode"]

_MTYPES = {
    katcp_codec.MessageType.REQUEST: Message.REQUEST,
    katcp_codec.MessageType.REPLY: Message.REPLY,
    katcp_codec.MessageType.INFORM: Message.INFORM,
}
_HEAD = re.compile(rb"([?!#])([A-Za-z][A-Za-z0-9-]*)")
_MOST_HEADS, _LONGEST_HEAD = 1000, 64  # that are remembered
_LONGEST_MID = 9  # digits that are certainly no more than the codec takes
_ZERO = ord("0")
_LINE_END = re.compile(rb"[\r\n]")
_SHOWN = 200
_LONGEST_TAIL = 1 << 16  # bytes of a line without its end that are kept back from the codec


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no message: why not, and its first 200 bytes."""

    reason: str
    line: bytes


class Decoder:
    """Turns what is received into messages, however it was split on its way.

    Parameters
    ----------
    max_message_size
        Longest line in bytes; a longer one becomes one `BadLine` and is not kept.
    """

    def __init__(self, max_message_size: int) -> None:
        self._parser = katcp_codec.Parser(max_message_size)
        self._max_message_size = max_message_size
        self._tail = b""  # what came of a line that the codec has not seen yet
        self._partial = b""  # the first bytes of a line of which the codec has not seen the end
        self._heads: dict[bytes, tuple[int, str]] = {}  # type and name, by how a line begins

    def feed(self, raw: bytes) -> Iterator[Message | BadLine]:
        """Yield what ended in `raw`, in order; blank lines give nothing."""
        rough, lines = self.split(raw)
        yield from self.parse(rough)
        for line in lines:
            yield from self.decode(line)

    def split(self, raw: bytes) -> tuple[bytes, list[bytes]]:
        """Give what only the codec can divide, which is for `parse`, and then whole lines, for `decode`.

        The lines are without their ends. What has not ended is kept.
        """
        if self._tail:
            raw, self._tail = self._tail + raw, b""
        rough = b""
        if self._partial:
            end = raw.find(b"\n") + 1 or len(raw)
            rough, raw = raw[:end], raw[end:]
        end = raw.rfind(b"\n") + 1
        if end < len(raw):
            if len(raw) <= end + _LONGEST_TAIL and raw.find(b"\r", end) < 0:
                raw, self._tail = raw[:end], raw[end:]
            else:
                end = 0
        find = raw.find  # `in` makes an exception first, each time
        if (
            not 0 < end <= self._max_message_size
            or find(b"\r") >= 0
            or find(b"\t") >= 0
            or find(b"\0") >= 0
            or find(b"\x1b") >= 0
        ):  # not whole lines, or not only line feeds and spaces divide them
            return rough + raw, []
        return rough, raw[:-1].split(b"\n")

    def decode(self, line: bytes) -> Iterable[Message | BadLine]:
        """Give the message on a line, or why there is none; nothing for a blank line."""
        message = self._divided(line)
        return (message,) if message is not None else self.parse(line + b"\n")

    def _divided(self, line: bytes) -> Message | None:
        """Give the message on a simple line; None if it is not simple after all."""
        first, space, rest = line.partition(b" ")
        begins, bracket, number = first.partition(b"[")
        head = self._heads.get(begins) or self._head(begins)
        if head is None:
            return None
        mid = None
        if bracket:
            mid = number[:-1]
            if (
                number[-1:] != b"]"
                or not mid.isdigit()
                or mid[0] == _ZERO
                or len(mid) > _LONGEST_MID
            ):
                return None
        try:
            words = divide(rest) if space else []
        except KatcpSyntaxError:
            return None
        return None if words is None else Message._trusted(head[0], head[1], mid, words)

    def _head(self, begins: bytes) -> tuple[int, str] | None:
        """Give type and name of a line that begins so; None if they are not simple."""
        match = _HEAD.fullmatch(begins)
        if match is None:
            return None
        head = (Message.TYPE_SYMBOL_LOOKUP[match[1]], match[2].decode())
        if len(begins) <= _LONGEST_HEAD:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[begins] = head
        return head

    def parse(self, raw: bytes) -> Iterator[Message | BadLine]:
        """Let the codec divide and decode; yields what ended in `raw`."""
        lines: list[bytes] | None = None  # as they were, if they have to be shown
        found = self._parser.append(raw)
        began = self._partial
        end = max(raw.rfind(b"\n"), raw.rfind(b"\r")) + 1
        self._partial = (raw[end:] if end else began + raw)[:_SHOWN]
        for i, item in enumerate(found):
            if not isinstance(item, ValueError):
                yield _message(item)
                continue
            if lines is None:
                lines = [line for line in _LINE_END.split(began + raw)[:-1] if line.strip(b" \t")]
            # Should ours and the codec's idea of lines differ, the text is unknown.
            line = lines[i] if len(lines) == len(found) else b"(text not known)"
            yield BadLine(str(item), line[:_SHOWN])


def _message(item: katcp_codec.Message) -> Message:
    mid = None if item.mid is None else b"%d" % item.mid
    return Message._trusted(_MTYPES[item.mtype], item.name.decode("ascii"), mid, item.arguments)


def encode(message: Message, mid: bytes | None) -> bytes:
    """Give the wire form of a message with this mid, its line end included."""
    return message._line(mid)[1]
