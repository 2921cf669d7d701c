"""The targets by name; each takes any bytes, and raises if these bring a fault to light."""

from fuzz.resource import resource
from fuzz.session import session

__all__ = ["TARGETS"]

TARGETS = {"session": session, "resource": resource}
