"""A resource as other threads see it: calls block until the loop has done them."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from .._helpers import AttrDict
from ..ioloop_manager import (
    AttrMappingProxy,
    IOLoopThreadWrapper,
    MappingProxy,
    ThreadSafeMethodAttrWrapper,
)
from ..resource import KATCPResource
from ._group import ClientGroup

__all__ = [
    "ThreadSafeKATCPClientGroupWrapper",
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


class _GroupRequestWrapper(ThreadSafeMethodAttrWrapper):
    """A group request as other threads see it: calling it blocks until all have replied."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Send the request to all; gives the `GroupResults`."""
        subject = object.__getattribute__(self, "__subject__")
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        return wrapper.decorate_callable(subject)(*args, **kwargs)


class ThreadSafeKATCPClientGroupWrapper(ThreadSafeMethodAttrWrapper):
    """A group as other threads see it: requests and waits block."""

    @property
    def req(self) -> MappingProxy:
        """The requests, each as other threads see it."""
        return AttrMappingProxy(self._getattr("req"), self._wrapped(_GroupRequestWrapper))

    @property
    def clients(self) -> list[Any]:
        """The resources in it, each as other threads see it."""
        wrap = self._wrapped(ThreadSafeKATCPClientResourceWrapper)
        return [wrap(client) for client in object.__getattribute__(self, "__subject__").clients]

    def __len__(self) -> int:
        return len(self.clients)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.clients)

    def __getitem__(self, index: Any) -> Any:
        return self.clients[index]

    def _wrapped(self, kind: type[ThreadSafeMethodAttrWrapper]) -> Callable[[Any], Any]:
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        return lambda item: kind(item, wrapper)


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
    def groups(self) -> MappingProxy:
        """The groups, each as other threads see it; AttributeError for a single device."""
        return self._view("groups", ThreadSafeKATCPClientGroupWrapper)

    @property
    def parent(self) -> Any:
        """The resource that it is part of, as other threads see it, or None."""
        parent = object.__getattribute__(self, "__subject__").parent
        if parent is None:
            return None
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        return ThreadSafeKATCPClientResourceWrapper(parent, wrapper)

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)
        if not inspect.isfunction(value):
            return self._outside(value)

        @functools.wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._outside(value(*args, **kwargs))

        return call

    def _outside(self, value: Any) -> Any:
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        if isinstance(value, KATCPResource):
            return ThreadSafeKATCPClientResourceWrapper(value, wrapper)
        if isinstance(value, ClientGroup):
            return ThreadSafeKATCPClientGroupWrapper(value, wrapper)
        return value

    def _view(self, name: str, kind: type[ThreadSafeMethodAttrWrapper]) -> MappingProxy:
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        mapping = getattr(object.__getattribute__(self, "__subject__"), name)
        return AttrMappingProxy(mapping, lambda item: kind(item, wrapper))
