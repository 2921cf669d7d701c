"""Devices for tests: in memory or on a port, version 4 or 5, broken, replayed; and virtual time.

pytest has the fixture `katcp_device` as soon as this package is installed.
"""

from .._public import publish
from ._device import FakeSensor, ScriptedDevice, reply
from ._faults import Faults, Lines
from ._memory import attach, resource_of
from ._proxy import FaultProxy
from ._recording import Recording, recorded
from ._replayer import Replayer
from ._responder import Link, Received, Responder
from ._virtual_time import virtual_time

__all__ = [
    "FakeSensor",
    "FaultProxy",
    "Faults",
    "Lines",
    "Link",
    "Received",
    "Recording",
    "Replayer",
    "Responder",
    "ScriptedDevice",
    "attach",
    "recorded",
    "reply",
    "resource_of",
    "virtual_time",
]

publish(globals())
