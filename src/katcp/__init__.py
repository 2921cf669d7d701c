"""High-level client for KATCP, the protocol that controls and monitors radio telescopes."""

import importlib
from typing import Any

from . import (
    _neighbours,
    _server_side,
    blocking,
    client,
    core,
    errors,
    inspecting_client,
    ioloop_manager,
    resource,
    resource_client,
)
from . import sampling as sampling
from ._version import __version__
from .client import AsyncClient, BlockingClient, CallbackClient, DeviceClient
from .core import (
    AsyncReply,
    AttrDict,
    DeviceMetaclass,
    FailReply,
    KatcpClientError,
    KatcpDeviceError,
    KatcpSyntaxError,
    KatcpTypeError,
    Message,
    MessageParser,
    ProtocolFlags,
    Sensor,
)
from .errors import ConnectTimeout, RequestFailed
from .resource_client import KATCPClientResource, KATCPClientResourceContainer, connect

_neighbours.check()

__all__ = [
    "AsyncClient",
    "AsyncReply",
    "AttrDict",
    "BlockingClient",
    "CallbackClient",
    "ConnectTimeout",
    "DeviceClient",
    "DeviceMetaclass",
    "FailReply",
    "KATCPClientResource",
    "KATCPClientResourceContainer",
    "KatcpClientError",
    "KatcpDeviceError",
    "KatcpSyntaxError",
    "KatcpTypeError",
    "Message",
    "MessageParser",
    "ProtocolFlags",
    "RequestFailed",
    "Sensor",
    "__version__",
    "blocking",
    "client",
    "connect",
    "core",
    "errors",
    "inspecting_client",
    "ioloop_manager",
    "resource",
    "resource_client",
    "sampling",
]


def __getattr__(name: str) -> Any:
    if name in ("fake_clients", "testing"):
        return importlib.import_module(f"katcp.{name}")
    if _server_side.is_server_side(name):
        raise _server_side.elsewhere(f"katcp.{name}")
    raise AttributeError(f"module 'katcp' has no attribute {name!r}")
