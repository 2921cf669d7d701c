"""The low-level clients: one connection to one device, requests, informs.

This is the only package that opens a client socket.
"""

from .._public import publish
from ..wire import Message
from ._async_client import AsyncClient
from ._backoff import ExponentialRandomBackoff
from ._device_client import DeviceClient
from ._progress import LastError, Progress
from ._requests import GiveUp, Outcome, Pending
from ._threaded import BlockingClient, CallbackClient

__all__ = [
    "AsyncClient",
    "BlockingClient",
    "CallbackClient",
    "DeviceClient",
    "ExponentialRandomBackoff",
    "GiveUp",
    "LastError",
    "Message",
    "Outcome",
    "Pending",
    "Progress",
]

publish(globals())
