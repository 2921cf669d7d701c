"""Keeps a model of a device, its requests and sensors, in step with the device."""

from .._public import publish
from ..client import ExponentialRandomBackoff
from ..errors import SyncError
from ..model import Request
from ._changes import Scope
from ._hooks import _InformHookDeviceClient
from ._inspecting_client import InspectingClientAsync, RequestType
from ._sensor import Reading, Sensor
from ._state import InspectingClientStateType

__all__ = [
    "ExponentialRandomBackoff",
    "InspectingClientAsync",
    "InspectingClientStateType",
    "Reading",
    "Request",
    "RequestType",
    "Scope",
    "Sensor",
    "SyncError",
    "_InformHookDeviceClient",
]

publish(globals())
