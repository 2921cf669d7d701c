"""Run an event loop in a thread, and call into it from others. Knows nothing of KATCP."""

from .._public import publish
from ._manager import IOLoopManager, with_relative_timeout
from ._wrappers import (
    AttrMappingProxy,
    IOLoopThreadWrapper,
    MappingProxy,
    ThreadSafeMethodAttrWrapper,
)

__all__ = [
    "AttrMappingProxy",
    "IOLoopManager",
    "IOLoopThreadWrapper",
    "MappingProxy",
    "ThreadSafeMethodAttrWrapper",
    "with_relative_timeout",
]

publish(globals())
