"""What a device has, requests or sensors, by Python identifier; KATCP names may collide there."""

import logging
from collections.abc import Callable
from typing import Any

from .._helpers import AttrDict
from ..model import escape_name
from ..wire import brief

__all__ = ["Items"]

_get = dict.get  # of an `AttrDict`, where an item may hide it
_IN_FULL = 10  # collisions that are logged


class Items:
    """Keeps an `AttrDict` of items, each with a KATCP ``name``, in step with a device.

    Where two names are one identifier, the item that came last is reached by it, and the other
    takes its place when that one goes.

    Parameters
    ----------
    kind
        What they are, for the log.
    changed
        Called with identifier and item, or None, whenever what the identifier gives changed.
    """

    def __init__(
        self,
        items: AttrDict,
        kind: str,
        owner: str,
        logger: logging.Logger,
        changed: Callable[[str, Any], None],
    ) -> None:
        self.items = items
        self._kind = kind
        self._owner = owner
        self._logger = logger
        self._changed = changed
        self._hidden: dict[str, dict[str, Any]] = {}  # by identifier and name, the latest last
        self._collisions = 0

    def names(self) -> set[str]:
        """Give the KATCP names of all items, those that no identifier reaches too."""
        hidden = (name for items in self._hidden.values() for name in items)
        return {*(item.name for item in dict.values(self.items)), *hidden}

    def add(self, identifier: str, item: Any) -> None:
        """Add an item, which is to be reached by its identifier."""
        there = _get(self.items, identifier)
        if there is not None and there.name != item.name:
            self._hidden.setdefault(identifier, {})[there.name] = there
            self._complain(there.name, item.name, identifier)
        self.items[identifier] = item
        self._changed(identifier, item)

    def remove(self, name: str, retire: Callable[[Any], None]) -> None:
        """Remove the item of this KATCP name; `retire` is called with it, if it was there."""
        identifier = escape_name(name)
        hidden = self._hidden.get(identifier, {})
        there = _get(self.items, identifier)
        if name in hidden:
            retire(hidden.pop(name))
        elif there is not None and there.name == name:
            retire(there)
            if hidden:
                self.items[identifier] = hidden.popitem()[1]
            else:
                del self.items[identifier]
            self._changed(identifier, _get(self.items, identifier))
        if not hidden:
            self._hidden.pop(identifier, None)

    def _complain(self, *names: str) -> None:
        """Say that two names are one identifier; the first few times."""
        self._collisions += 1
        if self._collisions <= _IN_FULL:
            self._logger.warning(
                "%s: %s %s and %s are both %s in Python; the latter is the one reached by it%s",
                self._owner,
                self._kind,
                *(brief(name, 200) for name in names),
                "; no more of these are logged" * (self._collisions == _IN_FULL),
            )
