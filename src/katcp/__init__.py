"""High-level client for KATCP, the protocol that controls and monitors radio telescopes."""

from . import (
    _neighbours,
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
