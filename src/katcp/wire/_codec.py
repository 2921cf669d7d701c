"""Bytes to messages and back, through katcp-codec, which forgives no line and loses none.

Readings are most of what devices send, so they have a fast lane: a ``#sensor-status`` line without
mid is given as its words, and no message is made of it. Only a line that can be proved simple goes
there: whole, in one or few pieces, with no byte in its neighbourhood that divides or ends lines in
another way than a space and ``\\n``. What the lane gives is what the codec would; all else is left
to the codec.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import katcp_codec

from ..errors import KatcpSyntaxError
from ._message import Message, unescape

__all__ = ["BadLine", "Decoder", "StatusWords", "encode", "status_message"]

#: A ``#sensor-status`` line as its words, unescaped, ``#sensor-status`` itself the first.
StatusWords = list[bytes]

_MTYPES = {
    katcp_codec.MessageType.REQUEST: Message.REQUEST,
    katcp_codec.MessageType.REPLY: Message.REPLY,
    katcp_codec.MessageType.INFORM: Message.INFORM,
}
_LINE_END = re.compile(rb"[\r\n]")
_SHOWN = 200
_STATUS = b"#sensor-status "
_NOT_SIMPLE = (b"\r", b"\t", b"\0", b"\x1b")
_LONGEST_TAIL = 1 << 16  # bytes of a line without its end that are kept for the fast lane


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
    fast_lane
        Whether simple ``#sensor-status`` lines are given as their words.
    """

    def __init__(self, max_message_size: int, *, fast_lane: bool = False) -> None:
        self._parser = katcp_codec.Parser(max_message_size)
        self._fast_lane = fast_lane
        self._max_message_size = max_message_size
        self._tail = b""  # what came of a line that the codec has not seen yet
        self._partial = b""  # the first bytes of a line of which the codec has not seen the end

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message | BadLine | StatusWords]:
        """Give what ended in `data`, in order; blank lines give nothing."""
        raw = self._tail + bytes(data)
        self._tail = b""
        found: list[Message | BadLine | StatusWords] = []
        if self._partial:
            end = raw.find(b"\n") + 1 or len(raw)
            found += self._parse(raw[:end])
            raw = raw[end:]
        end = raw.rfind(b"\n") + 1
        if len(raw) - end <= _LONGEST_TAIL and b"\r" not in raw[end:]:
            self._tail = raw[end:]
            raw = raw[:end]
        return found + self._lines(raw)

    def _lines(self, raw: bytes) -> list[Message | BadLine | StatusWords]:
        """Decode whole lines, and what may come of one more."""
        if not self._is_simple(raw):
            return [*self._parse(raw)]
        found: list[Message | BadLine | StatusWords] = []
        for line in raw[:-1].split(b"\n"):
            words = _status_words(line) if line.startswith(_STATUS) else None
            if words is not None:
                found.append(words)
            else:
                found += self._parse(line + b"\n")
        return found

    def _is_simple(self, raw: bytes) -> bool:
        """Whether these are whole lines, as the fast lane divides them, and some are for it."""
        return (
            self._fast_lane
            and _STATUS in raw
            and raw[-1:] == b"\n"
            and len(raw) <= self._max_message_size
            and not any(byte in raw for byte in _NOT_SIMPLE)
        )

    def _parse(self, raw: bytes) -> Iterator[Message | BadLine]:
        """Let the codec decode."""
        found = self._parser.append(raw)
        items = [None if isinstance(item, ValueError) else _message(item) for item in found]
        lines: list[bytes] = []
        if None in items:
            lines = [
                line for line in _LINE_END.split(self._partial + raw)[:-1] if line.strip(b" \t")
            ]
        end = max(raw.rfind(b"\n"), raw.rfind(b"\r")) + 1
        self._partial = (raw[end:] if end else self._partial + raw)[:_SHOWN]
        for i, item in enumerate(items):
            # Should ours and the codec's idea of lines differ, the text is unknown.
            line = lines[i] if len(lines) == len(items) else b"(text not known)"
            yield item or BadLine(str(found[i]), line[:_SHOWN])


def _status_words(line: bytes) -> StatusWords | None:
    """Divide a line that begins as one with a status; None if it is not simple after all."""
    words = line.split(b" ")
    if b"" in words:  # two spaces, or one at the end
        return None
    if b"\\" in line:
        try:
            return [unescape(word) for word in words]
        except KatcpSyntaxError:
            return None
    return words


def status_message(words: StatusWords) -> Message:
    """Make the message that the words were taken from."""
    return Message._trusted(Message.INFORM, "sensor-status", None, words[1:])


def _message(item: katcp_codec.Message) -> Message:
    mid = None if item.mid is None else b"%d" % item.mid
    return Message._trusted(_MTYPES[item.mtype], item.name.decode("ascii"), mid, item.arguments)


def encode(message: Message) -> bytes:
    """Give the wire form of a message, its line end included."""
    return bytes(message) + b"\n"
