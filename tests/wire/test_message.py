"""`Message`, `MessageParser`, `ProtocolFlags` and values, by the table."""

import enum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.errors import KatcpSyntaxError, KatcpTypeError
from katcp.wire import (
    Message,
    MessageParser,
    ProtocolFlags,
    decode_params,
    decode_timestamp,
    decode_value,
    encode_timestamp,
    encode_value,
    printable,
    unescape,
)
from katcp.wire._message import divide


class Colour(enum.Enum):
    RED = 1

    def __str__(self) -> str:
        return "red"


@pytest.mark.parametrize(
    ("value", "argument"),
    [
        (True, b"1"),
        (False, b"0"),
        (3, b"3"),
        (-(10**30), b"-1" + b"0" * 30),
        (1.5, b"1.5"),
        (1e-12, b"1e-12"),
        (Fraction(1, 2), b"0.5"),
        (b"\xff\x00", b"\xff\x00"),
        ("café", "café".encode()),
        ("\udcff", b"?"),
        (None, b"None"),
        (Colour.RED, b"red"),
    ],
)
def test_argument(value: Any, argument: bytes) -> None:
    assert Message.request("x", value).arguments == [argument]


@pytest.mark.parametrize("name", ["", "1x", "-x", "a_b", "a b", "é", "a.b"])
def test_bad_name(name: str) -> None:
    with pytest.raises(KatcpSyntaxError):
        Message.request(name)


@pytest.mark.parametrize(
    ("mid", "kept"), [(None, None), (5, b"5"), ("12", b"12"), (b"7", b"7"), (0, b"0")]
)
def test_mid(mid: Any, kept: bytes | None) -> None:
    assert Message.request("x", mid=mid).mid == kept


@pytest.mark.parametrize("mid", ["x", -1, b"", 1.5])
def test_bad_mid(mid: Any) -> None:
    with pytest.raises(KatcpSyntaxError):
        Message.request("x", mid=mid)


@pytest.mark.quirk(20)
def test_message() -> None:
    message = Message.request("set-x", "a b", "", "\\\n\r\t\x1b\0", mid=3)
    assert bytes(message) == b"?set-x[3] a\\_b \\@ \\\\\\n\\r\\t\\e\\0"
    assert MessageParser().parse(bytes(message)) == message
    assert message != Message.request("set-x", "a b")
    assert message.copy() == message
    assert message.copy().mid == message.mid
    assert message.copy().arguments is not message.arguments
    assert (message == 3) is False
    with pytest.raises(TypeError):
        hash(message)
    with pytest.raises(AttributeError):
        message.other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Message.request("x", wrong=1)  # type: ignore[call-arg]
    assert repr(Message.request("x", b"a", mid=5)) == "<Message request x (b'a')>"
    assert repr(Message.reply("x", "ok", "a b", "")) == r"<Message reply x (b'ok', b'a\\_b', b'')>"
    assert repr(Message.inform("x")) == "<Message inform x >"
    assert len(repr(Message.request("x", b"a" * 5000))) < 1100
    assert str(Message.inform("x", b"\xff")) == "#x \\xff"


@pytest.mark.parametrize(
    ("message", "ok"),
    [
        (Message.reply("x", "ok"), True),
        (Message.reply("x", "fail"), False),
        (Message.reply("x"), False),
        (Message.inform("x", "ok"), False),
    ],
)
def test_reply_ok(message: Message, ok: bool) -> None:
    assert message.reply_ok() is ok


def test_replies_to_a_request() -> None:
    request = Message.request("x", mid=9)
    assert str(Message.reply_to_request(request, "ok")) == "!x[9] ok"
    assert str(Message.reply_inform(request, 1)) == "#x[9] 1"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"?",
        b"?1",
        b"?a_b",
        b"?a[x]",
        b"?a[",
        b"?a b\\",
        b"?a \\q",
        b"?a \x1b",
        b"?a \0",
        b"? a",
    ],
)
def test_parser_refuses(line: bytes) -> None:
    with pytest.raises(KatcpSyntaxError):
        MessageParser().parse(line)


def test_parser() -> None:
    parse = MessageParser().parse
    assert parse(b"?a \t b\\_c  \\@ d\\@e  ").arguments == [b"b c", b"", b"de"]
    assert parse(b"!a[007] ok").mid == b"007"
    with pytest.raises(KatcpTypeError):
        parse("?a")  # type: ignore[arg-type]


@pytest.mark.parametrize("flags", ["MI", b"MI", {b"M", b"I"}, ["M", "I"], (b"I", "M")])
@pytest.mark.quirk(10)
def test_flags_are_spelt_any_way(flags: Any) -> None:
    made = ProtocolFlags(5, 0, flags)
    assert made == ProtocolFlags.parse_version(b"5.0-IM") == ProtocolFlags.parse_version("5.0-MI")
    assert hash(made) == hash(ProtocolFlags(5, 0, "IM"))
    assert made.message_ids
    assert made.multi_client
    assert made.supports("I")
    assert made.supports(b"I")
    assert not made.supports("T")
    assert str(made) == "5.0-IM"


@pytest.mark.parametrize(("major", "minor", "flags"), [(4, 0, "I"), (5, 0, "T"), (5, 0, "B")])
def test_flags_that_cannot_be(major: int, minor: int, flags: str) -> None:
    with pytest.raises(ValueError, match=flags):
        ProtocolFlags(major, minor, flags)


def test_flags_more() -> None:
    assert str(ProtocolFlags(4, None, "")) == "4.0"
    unread = ProtocolFlags.parse_version(b"what")
    assert (unread.major, unread.minor, unread.flags) == (0, 0, set())
    assert not ProtocolFlags(4, 0).strategy_allowed(b"event-rate")
    assert ProtocolFlags(6, 0).strategy_allowed(b"event-rate")
    assert not ProtocolFlags(3, 0).strategy_allowed(b"event-rate")


VALUES = [
    ("integer", b"-3", -3),
    ("integer", b"1" + b"0" * 30, 10**30),
    ("float", b"12.0", 12.0),
    ("float", b"0", 0.0),
    ("float", b"1.5e-12", 1.5e-12),
    ("float", b"inf", float("inf")),
    ("boolean", b"1", True),
    ("boolean", b"0", False),
    ("lru", b"nominal", 0),
    ("lru", b"error", 1),
    ("discrete", b"a b", "a b"),
    ("string", b"", ""),
    ("string", b"\xff\x00", "\udcff\x00"),
    ("timestamp", b"1234567890.5", 1234567890.5),
    ("address", b"127.0.0.1", ("127.0.0.1", None)),
    ("address", b"1.2.3.4:80", ("1.2.3.4", 80)),
    ("address", b"[::1]:80", ("::1", 80)),
    ("address", b"[::1]", ("::1", None)),
    ("colour", b"red", "red"),
]


@pytest.mark.parametrize(("type_name", "raw", "value"), VALUES)
def test_value(type_name: str, raw: bytes, value: Any) -> None:
    decoded = decode_value(type_name, raw)
    assert decoded == value
    assert type(decoded) is type(value)
    assert decode_value(type_name, encode_value(type_name, value)) == value


@pytest.mark.parametrize(
    ("type_name", "raw"),
    [
        ("integer", b"3.0"),
        ("integer", b""),
        ("integer", b"1_0"),
        ("float", b" 1"),
        ("float", b"1_0"),
        ("float", b"x"),
        ("boolean", b"true"),
        ("lru", b"ok"),
        ("timestamp", b"nan"),
        ("timestamp", b"1e999"),
        ("address", b":80"),
        ("address", b"a:b:c"),
    ],
)
def test_value_that_is_none(type_name: str, raw: bytes) -> None:
    with pytest.raises(ValueError):
        decode_value(type_name, raw)


def test_discrete_is_one_of_its_options() -> None:
    assert decode_value("discrete", b"a", 5, ("a", "b")) == "a"
    with pytest.raises(ValueError, match="options"):
        decode_value("discrete", b"c", 5, ("a", "b"))


def test_timestamps_by_version() -> None:
    assert decode_timestamp(b"1700000000123", 4) == 1700000000.123
    assert encode_timestamp(5.25, 4) == b"5250"
    assert encode_timestamp(5.25, 5) == b"5.250000"
    assert decode_value("timestamp", b"5000", 4) == 5.0


@pytest.mark.parametrize(
    ("type_name", "params", "decoded"),
    [
        ("integer", [b"-1", b"1"], [-1, 1]),
        ("integer", [b"low", b"1"], []),
        ("float", [b"-9.2e+18"] * 4, [-9.2e18] * 4),
        ("discrete", [b"a", b"b c"], ["a", "b c"]),
        ("string", [b"x"], []),
    ],
)
def test_params(type_name: str, params: list[bytes], decoded: list[Any]) -> None:
    assert decode_params(type_name, params) == decoded


def test_printable() -> None:
    assert printable("plain é") == "plain é"
    assert printable("\x1b[31m\n\udcff\u202e\udc00") == "\\x1b[31m\\n\\xff\\u202e\\udc00"


@given(st.lists(st.sampled_from([b"a", b"\\_", b"\\\\", b"\\n", b"\\@", b" ", b"\\", b"\\x"])))
def test_a_line_divided_at_once_has_the_words_of_one_divided_word_by_word(
    parts: list[bytes],
) -> None:
    words = b"".join(parts).split(b" ")
    expected: Any = None
    if b"" not in words:
        try:
            expected = [unescape(word) for word in words]
        except KatcpSyntaxError:
            expected = KatcpSyntaxError
    try:
        found: Any = divide(b" ".join(words))
    except KatcpSyntaxError:
        found = KatcpSyntaxError
    assert found == expected
