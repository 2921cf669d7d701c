"""Bytes to messages and back, through katcp-codec, which forgives no line and loses none."""

import re
from dataclasses import dataclass

import katcp_codec

from ._message import Message

__all__ = ["BadLine", "Decoder", "encode"]

_MTYPES = {
    katcp_codec.MessageType.REQUEST: Message.REQUEST,
    katcp_codec.MessageType.REPLY: Message.REPLY,
    katcp_codec.MessageType.INFORM: Message.INFORM,
}
_LINE_END = re.compile(rb"[\r\n]")
_SHOWN = 200


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
        self._partial = b""  # the first bytes of a line whose end has not come

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message | BadLine]:
        """Give what ended in `data`, in order; blank lines give nothing."""
        found = self._parser.append(data)
        items = [None if isinstance(item, ValueError) else _message(item) for item in found]
        raw = bytes(data)
        if None in items:
            lines = [
                line for line in _LINE_END.split(self._partial + raw)[:-1] if line.strip(b" \t")
            ]
            reasons = [str(item) for item in found]
            pairs = zip(items, reasons, _padded(lines, len(items)), strict=True)
            results = [m or BadLine(reason, line[:_SHOWN]) for m, reason, line in pairs]
        else:
            results = [m for m in items if m is not None]
        end = max(raw.rfind(b"\n"), raw.rfind(b"\r")) + 1
        self._partial = (raw[end:] if end else self._partial + raw)[:_SHOWN]
        return results


def _padded(lines: list[bytes], count: int) -> list[bytes]:
    """Give `count` lines; should ours and the codec's idea of lines differ, the text is unknown."""
    return lines if len(lines) == count else [b"(text not known)"] * count


def _message(item: katcp_codec.Message) -> Message:
    mid = None if item.mid is None else b"%d" % item.mid
    return Message._trusted(_MTYPES[item.mtype], item.name.decode("ascii"), mid, item.arguments)


def encode(message: Message) -> bytes:
    """Give the wire form of a message, its line end included."""
    return bytes(message) + b"\n"
