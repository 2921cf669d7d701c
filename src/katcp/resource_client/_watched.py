"""How a resource tells those that are made of it, containers and groups, what changed."""

import weakref
from typing import Any, Literal, Protocol

__all__ = ["Kind", "Watched", "Watcher"]

#: Which of a resource's two mappings.
Kind = Literal["req", "sensor"]


class Watcher(Protocol):
    """What is told; it is called synchronously, once for each item that changed."""

    def item_changed(self, resource: Any, kind: Kind, identifier: str, item: Any) -> None:
        """Note that `resource` now has `item` by this Python identifier, or no more if None."""

    def state_changed(self, resource: Any) -> None:
        """Note that `resource` entered a state."""


class Watched:
    """A resource that can be watched; it does not keep its watchers alive."""

    def __init__(self) -> None:
        super().__init__()
        self._watchers: weakref.WeakSet[Watcher] | None = None  # until there is one

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every change from now on."""
        if self._watchers is None:
            self._watchers = weakref.WeakSet()
        self._watchers.add(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Tell `watcher` no more."""
        if self._watchers is not None:
            self._watchers.discard(watcher)

    def _tell_item(self, kind: Kind, identifier: str, item: Any) -> None:
        for watcher in () if self._watchers is None else tuple(self._watchers):
            watcher.item_changed(self, kind, identifier, item)

    def _tell_state(self) -> None:
        for watcher in () if self._watchers is None else tuple(self._watchers):
            watcher.state_changed(self)
