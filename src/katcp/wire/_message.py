"""KATCP messages as Python objects (section 2.1)."""

import functools
import logging
import re
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, ClassVar

from ..errors import KatcpSyntaxError

__all__ = ["LocalReply", "Message", "divide", "escape", "unescape"]

log = logging.getLogger("katcp.core")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_SPECIAL = b"\\ \0\n\r\x1b\t"
_NEEDS_ESCAPE = re.compile(b"[%s]" % re.escape(_SPECIAL))
_BACKSLASH = ord("\\")
REQUEST, REPLY, INFORM = range(3)
_SYMBOLS = {REQUEST: b"?", REPLY: b"!", INFORM: b"#"}
_blank = object.__new__
_ESCAPED = re.compile(rb"\\(.?)", re.DOTALL)


class Message:
    r"""A request, reply or inform.

    Parameters
    ----------
    mtype
        `REQUEST`, `REPLY` or `INFORM`.
    name
        A letter, then letters, digits and dashes.
    arguments
        Any Python values; see `argument`.
    mid
        Message identifier: a number, or digits as bytes or str; None for none.

    Raises
    ------
    KatcpSyntaxError
        If the name or the mid is not what KATCP allows.
    """

    __slots__ = ("_answers", "arguments", "mid", "mtype", "name")
    _answers: tuple[Any, ...]  # of a reply: what it answers, as who asked knows it

    REQUEST, REPLY, INFORM = REQUEST, REPLY, INFORM
    OK, FAIL, INVALID = b"ok", b"fail", b"invalid"
    TYPE_NAMES: ClassVar = {REQUEST: "REQUEST", REPLY: "REPLY", INFORM: "INFORM"}
    TYPE_SYMBOLS: ClassVar = _SYMBOLS
    TYPE_SYMBOL_LOOKUP: ClassVar = {b"?": REQUEST, b"!": REPLY, b"#": INFORM}
    ESCAPE_LOOKUP: ClassVar = {
        b"\\": b"\\",
        b"_": b" ",
        b"0": b"\0",
        b"n": b"\n",
        b"r": b"\r",
        b"e": b"\x1b",
        b"t": b"\t",
        b"@": b"",
    }
    REVERSE_ESCAPE_LOOKUP: ClassVar = {raw: code for code, raw in ESCAPE_LOOKUP.items()}

    def __init__(
        self, mtype: int, name: str, arguments: Iterable[Any] | None = None, mid: Any = None
    ) -> None:
        if mtype not in _SYMBOLS:
            raise KatcpSyntaxError(f"{mtype!r} is no type of message")
        if not _is_name(name):
            raise KatcpSyntaxError(
                f"{name!r} is no name of a message: letters, digits and dashes, a letter first"
            )
        self.mtype = mtype
        self.name = name
        self.arguments: list[bytes] = list(map(argument, arguments)) if arguments else []
        self.mid: bytes | None = None if mid is None else _mid(mid)

    @classmethod
    def _trusted(
        cls, mtype: int, name: str, mid: bytes | None, arguments: list[bytes]
    ) -> "Message":
        """Make a message of parts that are known to be good."""
        message = _blank(cls)
        message.mtype = mtype
        message.name = name
        message.mid = mid
        message.arguments = arguments
        return message

    @classmethod
    def request(cls, name: str, *args: Any, mid: Any = None) -> "Message":
        """Make a request."""
        return cls(cls.REQUEST, name, args, mid)

    @classmethod
    def reply(cls, name: str, *args: Any, mid: Any = None) -> "Message":
        """Make a reply."""
        return cls(cls.REPLY, name, args, mid)

    @classmethod
    def inform(cls, name: str, *args: Any, mid: Any = None) -> "Message":
        """Make an inform."""
        return cls(cls.INFORM, name, args, mid)

    @classmethod
    def reply_to_request(cls, req_msg: "Message", *args: Any) -> "Message":
        """Make the reply to a request, with its name and mid."""
        return cls(cls.REPLY, req_msg.name, args, req_msg.mid)

    @classmethod
    def reply_inform(cls, req_msg: "Message", *args: Any) -> "Message":
        """Make an inform that belongs to the reply to a request, with its name and mid."""
        return cls(cls.INFORM, req_msg.name, args, req_msg.mid)

    def reply_ok(self) -> bool:
        """Whether this is a reply whose return code is ``ok``."""
        arguments = self.arguments
        return self.mtype == REPLY and bool(arguments) and arguments[0] == self.OK

    def copy(self) -> "Message":
        """Give a shallow copy: the arguments are in a list of their own."""
        return Message._trusted(self.mtype, self.name, self.mid, list(self.arguments))

    def __getstate__(self) -> Any:
        state: Any = object.__getstate__(self)
        state[1].pop("_answers", None)  # a copy is of the message alone
        return state

    def __bytes__(self) -> bytes:
        return self._line(self.mid)[1][:-1]

    def _line(self, mid: bytes | None) -> tuple[bytes, bytes]:
        """Give name and mid as they are on the wire, with this mid, and the line, with its end."""
        name = self.name.encode()
        tag = name if mid is None else b"%s[%s]" % (name, mid)
        words = b" ".join([tag, *map(escape, self.arguments)]) if self.arguments else tag
        return tag, b"%s%s\n" % (_SYMBOLS[self.mtype], words)

    def __str__(self) -> str:
        return bytes(self).decode("utf-8", "backslashreplace")

    def __repr__(self) -> str:
        words = ", ".join(map(_shown, self.arguments))
        kind = self.TYPE_NAMES[self.mtype].lower()
        return f"<Message {kind} {self.name} {f'({words})' if words else ''}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return (self.mtype, self.name, self.mid, self.arguments) == (
            other.mtype,
            other.name,
            other.mid,
            other.arguments,
        )

    __hash__ = None  # type: ignore[assignment]


class LocalReply(Message):
    """A failed reply that this client made: the device was not asked, or did not answer.

    Attributes
    ----------
    sent : bool
        Whether the request had gone out.
    """

    __slots__ = ("sent",)

    def __init__(self, name: str, text: str, *, mid: bytes | None = None, sent: bool) -> None:
        super().__init__(Message.REPLY, name, [Message.FAIL, text], mid)
        self.sent = sent


def _shown(argument: bytes) -> str:
    """Give an argument as it goes on the wire, but cut if long, and nothing for nothing."""
    if not argument:
        return repr(argument)
    return repr(escape(argument[:1000]) + (b"..." if len(argument) > 1000 else b""))


def escape(raw: bytes) -> bytes:
    """Write one argument as it goes on the wire."""
    if not raw:
        return b"\\@"
    if len(raw.translate(None, _SPECIAL)) == len(raw):  # nearly always, and looked at fast
        return raw
    return _NEEDS_ESCAPE.sub(lambda m: b"\\" + Message.REVERSE_ESCAPE_LOOKUP[m[0]], raw)


def unescape(word: bytes) -> bytes:
    """Read one argument as it came on the wire.

    Raises
    ------
    KatcpSyntaxError
        For an escape that KATCP does not know.
    """
    spaced = word.replace(b"\\_", b" ")  # nearly all there are
    return _ESCAPED.sub(_unescaped, word) if _BACKSLASH in spaced else spaced


def divide(line: bytes) -> list[bytes] | None:
    """Give the arguments on a line, unescaped; None if an empty one shows that it is not simple.

    `line` is what comes after the first word and a space. It is simple if nothing but single spaces
    divides its words.

    Raises
    ------
    KatcpSyntaxError
        For an escape that KATCP does not know.
    """
    if _BACKSLASH not in line:
        words = line.split(b" ")
    else:  # the line has no line feeds: these can divide it, so that ``\_`` becomes a space at once
        spaced = line.replace(b" ", b"\n").replace(b"\\_", b" ")
        words = spaced.split(b"\n")
        if _BACKSLASH in spaced and b"" not in words:
            return [unescape(word) for word in line.split(b" ")]
    return None if b"" in words else words


def _unescaped(match: re.Match[bytes]) -> bytes:
    try:
        return Message.ESCAPE_LOOKUP[match[1]]
    except KeyError:
        raise KatcpSyntaxError(f"unknown escape {match[0]!r}") from None


def argument(item: Any) -> bytes:
    """Turn a Python value into an argument: booleans 1 or 0, numbers, text as UTF-8."""
    if isinstance(item, bytes):
        return item
    if isinstance(item, str):
        return _encoded(item)
    if isinstance(item, bool):
        return b"1" if item else b"0"
    if isinstance(item, Integral):
        return b"%d" % int(item)
    if isinstance(item, Real):
        return repr(float(item)).encode()
    return _encoded(str(item))


@functools.lru_cache(maxsize=1024)
def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        log.error("Argument %r cannot be encoded; what cannot is sent as '?'", text)
        return text.encode("utf-8", "replace")


def _mid(mid: Any) -> bytes:
    digits = mid if isinstance(mid, bytes) else str(mid).encode("utf-8", "replace")
    if not digits.isdigit():
        raise KatcpSyntaxError(f"{mid!r} is no message identifier: digits only")
    return digits
