"""High-level client for KATCP, the protocol that controls and monitors radio telescopes."""

import importlib
from typing import TYPE_CHECKING, Any

from . import _neighbours
from ._version import __version__

if TYPE_CHECKING:
    from . import blocking as blocking
    from . import client as client
    from . import core as core
    from . import errors as errors
    from . import fake_clients as fake_clients
    from . import inspecting_client as inspecting_client
    from . import ioloop_manager as ioloop_manager
    from . import mimic as mimic
    from . import model as model
    from . import resource as resource
    from . import resource_client as resource_client
    from . import sampling as sampling
    from . import simulator as simulator
    from . import tables as tables
    from . import testing as testing
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


# Imported when they are first asked for, so that `katcp --help` does not wait for all of them.
_MODULES = (
    "blocking",
    "client",
    "core",
    "errors",
    "fake_clients",
    "inspecting_client",
    "ioloop_manager",
    "mimic",
    "model",
    "resource",
    "resource_client",
    "sampling",
    "simulator",
    "tables",
    "testing",
)
_NAMES_OF = {
    "client": ("AsyncClient", "BlockingClient", "CallbackClient", "DeviceClient"),
    "core": (
        "AsyncReply",
        "AttrDict",
        "DeviceMetaclass",
        "FailReply",
        "KatcpClientError",
        "KatcpDeviceError",
        "KatcpSyntaxError",
        "KatcpTypeError",
        "Message",
        "MessageParser",
        "ProtocolFlags",
        "Sensor",
    ),
    "errors": ("ConnectTimeout", "RequestFailed"),
    "resource_client": ("KATCPClientResource", "KATCPClientResourceContainer", "connect"),
}
_HOMES = {name: module for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"katcp.{name}")
    if name in _HOMES:
        found = globals()[name] = getattr(importlib.import_module(f"katcp.{_HOMES[name]}"), name)
        return found
    from ._server_side import elsewhere, is_server_side

    if is_server_side(name):
        raise elsewhere(f"katcp.{name}")
    raise AttributeError(f"module 'katcp' has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """Show replies, sensors, devices and their lists as tables: ``%load_ext katcp``."""
    from ._display import install_display

    install_display(shell.display_formatter)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_HOMES})
