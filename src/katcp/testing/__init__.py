"""Devices for tests that aiokatcp cannot be: version 4, without mids, broken, replayed."""

from .._public import publish
from ._device import FakeSensor, ScriptedDevice, reply
from ._memory import attach
from ._replayer import Replayer
from ._responder import Link, Received, Responder

__all__ = [
    "FakeSensor",
    "Link",
    "Received",
    "Replayer",
    "Responder",
    "ScriptedDevice",
    "attach",
    "reply",
]

publish(globals())
