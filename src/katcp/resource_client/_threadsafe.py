"""A resource as other threads see it: calls block until the loop has done them."""

from typing import Any

from .._helpers import AttrDict
from ..ioloop_manager import (
    AttrMappingProxy,
    IOLoopThreadWrapper,
    MappingProxy,
    ThreadSafeMethodAttrWrapper,
)
from ..resource import KATCPResource

__all__ = [
    "ThreadSafeKATCPClientResourceRequestWrapper",
    "ThreadSafeKATCPClientResourceWrapper",
    "ThreadSafeKATCPSensorWrapper",
]


class ThreadSafeKATCPSensorWrapper(ThreadSafeMethodAttrWrapper):
    """A sensor as other threads see it."""

    @property
    def sampling_strategy(self) -> Any:
        """The strategy, read in the loop."""
        return self._getattr("sampling_strategy")


class ThreadSafeKATCPClientResourceRequestWrapper(ThreadSafeMethodAttrWrapper):
    """A request as other threads see it: calling it blocks until the reply."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request; gives the `KATCPReply`. Errors as for the request itself."""
        subject = object.__getattribute__(self, "__subject__")
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        if kwargs.get("timeout") is None and subject.timeout_hint is not None:
            kwargs["timeout"] = subject.timeout_hint
        return wrapper.decorate_callable(subject)(*args, **kwargs)


class ThreadSafeKATCPClientResourceWrapper(ThreadSafeMethodAttrWrapper):
    """A resource as other threads see it, its sensors and requests included.

    Parameters
    ----------
    subject
        The resource.
    ioloop_wrapper
        Calls into the loop that it runs on.
    """

    def __init__(self, subject: KATCPResource, ioloop_wrapper: IOLoopThreadWrapper) -> None:
        super().__init__(subject, ioloop_wrapper)

    @property
    def sensor(self) -> MappingProxy:
        """The sensors, each as other threads see it; a live view."""
        return self._view("sensor", ThreadSafeKATCPSensorWrapper)

    sensors = sensor

    @property
    def req(self) -> MappingProxy:
        """The requests, each as other threads see it; a live view."""
        return self._view("req", ThreadSafeKATCPClientResourceRequestWrapper)

    @property
    def children(self) -> Any:
        """The resources that are part of it, each as other threads see it."""
        subject = object.__getattribute__(self, "__subject__")
        return self._view("children", type(self)) if subject.children else AttrDict()

    @property
    def parent(self) -> Any:
        """The resource that it is part of, as other threads see it, or None."""
        parent = object.__getattribute__(self, "__subject__").parent
        if parent is None:
            return None
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        return ThreadSafeKATCPClientResourceWrapper(parent, wrapper)

    def _view(self, name: str, kind: type[ThreadSafeMethodAttrWrapper]) -> MappingProxy:
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        mapping = getattr(object.__getattribute__(self, "__subject__"), name)
        return AttrMappingProxy(mapping, lambda item: kind(item, wrapper))
