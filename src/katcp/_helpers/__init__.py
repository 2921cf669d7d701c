"""Small helpers that user code knows from ``katcp.core``. They know nothing of KATCP."""

from ._events import AsyncCallbackEvent, AsyncEvent, AsyncState
from ._futures import (
    RAISED,
    LatencyTimer,
    detached,
    future_timeout_manager,
    gathered,
    hashable_identity,
    log_coroutine_exceptions,
    log_future_exceptions,
    mapped,
    until_any,
    until_later,
    until_some,
)
from ._mappings import AttrDict, DefaultAttrDict
from ._metaclass import DeviceMetaclass

__all__ = [
    "RAISED",
    "AsyncCallbackEvent",
    "AsyncEvent",
    "AsyncState",
    "AttrDict",
    "DefaultAttrDict",
    "DeviceMetaclass",
    "LatencyTimer",
    "detached",
    "future_timeout_manager",
    "gathered",
    "hashable_identity",
    "log_coroutine_exceptions",
    "log_future_exceptions",
    "mapped",
    "until_any",
    "until_later",
    "until_some",
]
