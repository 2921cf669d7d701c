"""What user code imports from ``katcp.core``: messages, helpers, errors, constants."""

from ._helpers import (
    AsyncCallbackEvent,
    AsyncEvent,
    AsyncState,
    AttrDict,
    DefaultAttrDict,
    DeviceMetaclass,
    LatencyTimer,
    future_timeout_manager,
    hashable_identity,
    log_coroutine_exceptions,
    log_future_exceptions,
    until_any,
    until_later,
    until_some,
)
from ._public import publish
from .errors import (
    AsyncReply,
    FailReply,
    KatcpClientDisconnected,
    KatcpClientError,
    KatcpDeviceError,
    KatcpSyntaxError,
    KatcpTypeError,
    KatcpVersionError,
    TimeoutError,
)
from .inspecting_client import Reading, Sensor
from .wire import Message, MessageParser, ProtocolFlags

__all__ = [
    "DEFAULT_KATCP_MAJOR",
    "FLOAT_TS_KATCP_MAJOR",
    "INTERFACE_CHANGED_KATCP_MAJOR",
    "MID_KATCP_MAJOR",
    "MS_TO_SEC_FAC",
    "SEC_TO_MS_FAC",
    "SEC_TS_KATCP_MAJOR",
    "VERSION_CONNECT_KATCP_MAJOR",
    "AsyncCallbackEvent",
    "AsyncEvent",
    "AsyncReply",
    "AsyncState",
    "AttrDict",
    "DefaultAttrDict",
    "DeviceMetaclass",
    "FailReply",
    "KatcpClientDisconnected",
    "KatcpClientError",
    "KatcpDeviceError",
    "KatcpSyntaxError",
    "KatcpTypeError",
    "KatcpVersionError",
    "LatencyTimer",
    "Message",
    "MessageParser",
    "ProtocolFlags",
    "Reading",
    "Sensor",
    "TimeoutError",
    "future_timeout_manager",
    "hashable_identity",
    "log_coroutine_exceptions",
    "log_future_exceptions",
    "until_any",
    "until_later",
    "until_some",
]

#: Protocol version that is assumed where none is given.
DEFAULT_KATCP_MAJOR = 5
#: First versions with timestamps in seconds, with fractional timestamps, with mids, with
#: ``#version-connect`` and with ``#interface-changed``.
SEC_TS_KATCP_MAJOR = 5
FLOAT_TS_KATCP_MAJOR = 4
MID_KATCP_MAJOR = 5
VERSION_CONNECT_KATCP_MAJOR = 5
INTERFACE_CHANGED_KATCP_MAJOR = 5
SEC_TO_MS_FAC = 1000
MS_TO_SEC_FAC = 1.0 / 1000

publish(globals(), "katcp._helpers")
