"""`MessageParser`: one line to one message, for programs that have lines."""

import re

from ..errors import KatcpSyntaxError, KatcpTypeError
from ._message import Message, unescape

__all__ = ["MessageParser"]

_HEAD = re.compile(rb"([A-Za-z][A-Za-z0-9-]*)(?:\[([0-9]+)\])?")
_SPECIAL = re.compile(rb"[\x00\n\r\x1b]")


class MessageParser:
    """Parses single lines (the clients do not use it; they read whole buffers)."""

    def parse(self, line: bytes) -> Message:
        """Give the message on a line, which has no line end.

        Raises
        ------
        KatcpSyntaxError
            If the line is no KATCP message.
        KatcpTypeError
            If it is not bytes.
        """
        if not isinstance(line, bytes):
            raise KatcpTypeError(f"a line is bytes, not {type(line).__name__}")
        if not line:
            raise KatcpSyntaxError("empty line")
        mtype = Message.TYPE_SYMBOL_LOOKUP.get(line[:1])
        if mtype is None:
            raise KatcpSyntaxError(f"a message begins with ?, ! or #, not {line[:1]!r}")
        head, *words = re.split(rb"[ \t]+", line[1:])
        match = _HEAD.fullmatch(head)
        if match is None:
            raise KatcpSyntaxError(f"{head!r} is no name of a message")
        if words and not words[-1]:
            words.pop()  # white space at the end
        for word in words:
            if _SPECIAL.search(word):
                raise KatcpSyntaxError(f"unescaped special character in {word!r}")
        arguments = [unescape(word) for word in words]
        return Message._trusted(mtype, match[1].decode("ascii"), match[2], arguments)
