"""The items of several children under one set of Python identifiers."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from .._helpers import AttrDict
from ..model import escape_name

__all__ = ["Union"]

#: Identifier of a child, and the child's own identifier for one of its items.
Place = tuple[str, str]


class Union:
    """Keeps an `AttrDict` of the items of children, as ``<child>_<item>``, one change at a time.

    Where items of several children have one key, the child that comes first has it. With
    `aggregates` an item named ``agg_...`` has no prefix; there the last child has it, and what has
    a prefix goes before. The next in line takes its place when it goes.

    Parameters
    ----------
    kind, owner
        What they are, and whose, for the log.
    children
        The identifiers of the children, in their order; looked at when needed.
    changed
        Called with key and item, or None, whenever what the key gives changed.
    items
        Where they are kept; empty.
    """

    def __init__(
        self,
        kind: str,
        owner: str,
        children: Iterable[str],
        logger: logging.Logger,
        changed: Callable[[str, Any], None],
        items: AttrDict,
        *,
        aggregates: bool = False,
    ) -> None:
        self.items = items
        self._kind = kind
        self._owner = owner
        self._children = children
        self._logger = logger
        self._changed = changed
        self._has_aggregates = aggregates
        self._aggregates: set[Place] = set()
        self._places: dict[str, Place] = {}  # by key
        self._waiting: dict[str, dict[Place, Any]] = {}  # by key, those that do not have it

    def put(self, child: str, identifier: str, item: Any) -> None:
        """Take an item of a child, or drop it if it is None."""
        place = (child, identifier)
        aggregate = self._has_aggregates and item is not None and _is_aggregate(item)
        if item is None or aggregate != (place in self._aggregates):
            self._drop(place)
        if item is None:
            return
        if aggregate:
            self._aggregates.add(place)
        key = self._key(place)
        there = self._places.setdefault(key, place)
        if there == place:
            self._show(key, place, item)
            return
        self._logger.log(
            logging.DEBUG if {place, there} <= self._aggregates else logging.WARNING,
            "%s: a %s of %s and one of %s are both %s; only one of them is reached by it",
            self._owner,
            self._kind,
            there[0],
            child,
            key,
        )
        queue = self._waiting.setdefault(key, {})
        if self._first([there, place]) == place:
            queue[there] = self.items[key]
            self._show(key, place, item)
        else:
            queue[place] = item

    def place(self, key: str) -> Place:
        """Give the child that has a key, and its own identifier for the item."""
        return self._places[key]

    def _key(self, place: Place) -> str:
        return place[1] if place in self._aggregates else "_".join(place)

    def _first(self, places: Iterable[Place]) -> Place:
        order = {child: number for number, child in enumerate(self._children)}

        def rank(place: Place) -> tuple[bool, int]:
            aggregate = place in self._aggregates
            return aggregate, -order[place[0]] if aggregate else order[place[0]]

        return min(places, key=rank)

    def _show(self, key: str, place: Place, item: Any) -> None:
        self._places[key] = place
        self.items[key] = item
        self._changed(key, item)

    def _drop(self, place: Place) -> None:
        key = self._key(place)
        self._aggregates.discard(place)
        queue = self._waiting.get(key, {})
        if self._places.get(key) != place:
            queue.pop(place, None)
        elif queue:
            following = self._first(queue)
            self._show(key, following, queue.pop(following))
        else:
            del self._places[key], self.items[key]
            self._changed(key, None)
        if not queue:
            self._waiting.pop(key, None)


def _is_aggregate(item: Any) -> bool:
    return escape_name(item.name).startswith("agg_")
