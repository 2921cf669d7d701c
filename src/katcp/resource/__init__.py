"""The API that users program to: resources, requests, sensors, replies. No network in here."""

from .._public import publish
from ..errors import (
    KATCPResourceError,
    KATCPResourceInactive,
    KATCPSensorError,
    KATCPSensorMissing,
    RequestFailed,
)
from ..model import KATCPSensorReading, escape_name, normalize_strategy_parameters
from ._manager import KATCPSensorsManager
from ._reply import Asked, KATCPReply
from ._request import KATCPDummyRequest, KATCPRequest
from ._resource import KATCPResource, SensorResultTuple
from ._sensor import KATCPSensor
from ._wait import Condition

__all__ = [
    "Asked",
    "Condition",
    "KATCPDummyRequest",
    "KATCPReply",
    "KATCPRequest",
    "KATCPResource",
    "KATCPResourceError",
    "KATCPResourceInactive",
    "KATCPSensor",
    "KATCPSensorError",
    "KATCPSensorMissing",
    "KATCPSensorReading",
    "KATCPSensorsManager",
    "RequestFailed",
    "SensorResultTuple",
    "escape_name",
    "normalize_strategy_parameters",
]

publish(globals())
