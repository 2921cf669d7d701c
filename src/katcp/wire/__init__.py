"""Bytes, messages and events. No I/O and no clock in here."""

from .._public import publish
from ._codec import BadLine, Decoder, encode
from ._exchange import Exchange
from ._fast_lane import Readings
from ._flags import ProtocolFlags
from ._message import LocalReply, Message, escape, unescape
from ._parser import MessageParser
from ._session import (
    AnnouncementRejected,
    Event,
    InformReceived,
    LineRejected,
    ProtocolDetected,
    ReplyReceived,
    RequestReceived,
    Session,
    mids,
)
from ._text import brief, decode_text, encode_text, printable, printable_lines
from ._values import (
    TYPE_NAMES,
    VALUE_TYPES,
    decode_count,
    decode_params,
    decode_timestamp,
    decode_value,
    encode_timestamp,
    encode_value,
)

__all__ = [
    "TYPE_NAMES",
    "VALUE_TYPES",
    "AnnouncementRejected",
    "BadLine",
    "Decoder",
    "Event",
    "Exchange",
    "InformReceived",
    "LineRejected",
    "LocalReply",
    "Message",
    "MessageParser",
    "ProtocolDetected",
    "ProtocolFlags",
    "Readings",
    "ReplyReceived",
    "RequestReceived",
    "Session",
    "brief",
    "decode_count",
    "decode_params",
    "decode_text",
    "decode_timestamp",
    "decode_value",
    "encode",
    "encode_text",
    "encode_timestamp",
    "encode_value",
    "escape",
    "mids",
    "printable",
    "printable_lines",
    "unescape",
]

publish(globals())
