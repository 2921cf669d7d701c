"""The items of several children under one set of Python identifiers."""

import logging
from collections.abc import Callable
from typing import Any

from .._helpers import AttrDict

__all__ = ["Union"]

_AGGREGATE = "agg_"


class Union:
    """Keeps an `AttrDict` of the items of children, as ``<child>_<item>``, one change at a time.

    Where items of several children have one key, the child that was added first has it; with
    `aggregates` an item named ``agg_...`` has no prefix, and there the last child has it. The next
    in line takes its place when it goes.

    Parameters
    ----------
    kind, owner
        What they are, and whose, for the log.
    changed
        Called with key and item, or None, whenever what the key gives changed.
    """

    def __init__(
        self,
        kind: str,
        owner: str,
        logger: logging.Logger,
        changed: Callable[[str, Any], None],
        *,
        aggregates: bool = False,
    ) -> None:
        self.items = AttrDict()
        self._kind = kind
        self._owner = owner
        self._logger = logger
        self._changed = changed
        self._aggregates = aggregates
        self._places: dict[str, tuple[int, str]] = {}  # key -> (number of child, its identifier)
        self._waiting: dict[str, dict[int, tuple[str, Any]]] = {}  # those that have no key

    def put(self, number: int, child: str, identifier: str, item: Any) -> None:
        """Take an item of the child of this number, or drop it if it is None."""
        key = self._key(child, identifier)
        if item is None:
            self._drop(key, number, identifier)
            return
        place = self._places.get(key)
        if place is None or place == (number, identifier):
            self._show(key, number, identifier, item)
            return
        self._logger.log(
            logging.DEBUG if self._is_aggregate(key) else logging.WARNING,
            "%s: more than one of the children has a %s %s; the %s one is reached by it",
            self._owner,
            self._kind,
            key,
            "last" if self._is_aggregate(key) else "first",
        )
        queue = self._waiting.setdefault(key, {})
        if self._comes_before(key, number, place[0]):
            queue[place[0]] = (place[1], self.items[key])
            self._show(key, number, identifier, item)
        else:
            queue[number] = (identifier, item)

    def place(self, key: str) -> tuple[int, str]:
        """Give the number of the child that has a key, and its own identifier for the item."""
        return self._places[key]

    def _key(self, child: str, identifier: str) -> str:
        return identifier if self._is_aggregate(identifier) else f"{child}_{identifier}"

    def _is_aggregate(self, identifier: str) -> bool:
        return self._aggregates and identifier.startswith(_AGGREGATE)

    def _comes_before(self, key: str, number: int, other: int) -> bool:
        return number > other if self._is_aggregate(key) else number < other

    def _show(self, key: str, number: int, identifier: str, item: Any) -> None:
        self._places[key] = (number, identifier)
        self.items[key] = item
        self._changed(key, item)

    def _drop(self, key: str, number: int, identifier: str) -> None:
        queue = self._waiting.get(key, {})
        if self._places.get(key) != (number, identifier):
            queue.pop(number, None)
        elif queue:
            following = (max if self._is_aggregate(key) else min)(queue)
            self._show(key, following, *queue.pop(following))
        else:
            del self._places[key], self.items[key]
            self._changed(key, None)
        if not queue:
            self._waiting.pop(key, None)
