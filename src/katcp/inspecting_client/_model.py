"""The model of a device: what it offers, what its user was told of it, and the objects made of it."""

from collections.abc import Callable, Set
from typing import Any, Generic, TypeVar

from .._helpers import AttrDict
from ..model import Request, SensorDescription, difference
from ._changes import Scope
from ._reader import Reader

__all__ = ["Catalogue", "Model"]

D = TypeVar("D", Request, SensorDescription)


class Catalogue(Generic[D]):
    """The requests, or the sensors, of a device, by KATCP name.

    Parameters
    ----------
    make
        Makes the object of an item from its description, when it is first asked for.
    """

    def __init__(self, make: Callable[[D], Any]) -> None:
        self.now: dict[str, D] = {}
        self._told: dict[str, D] = {}
        self._objects: dict[str, Any] = {}
        # What its user may have seen otherwise than told: another object of the same description,
        # or something of a telling that was cut short.
        self._unsure: set[str] = set()
        self._make: Callable[[D], Any] = make

    def get(self, name: str) -> Any:
        """Give the object of an item; None if there is no such item."""
        found = self._objects.get(name)
        if found is None and (described := self.now.get(name)) is not None:
            found = self._objects[name] = self._make(described)
        return found

    def put(self, found: dict[str, D], names: frozenset[str] | None) -> None:
        """Take what was found: all there is, or what there is of `names`."""
        if names is not None:
            found = {n: item for n, item in self.now.items() if n not in names} | found
        for name in [n for n in self._objects if found.get(n) != self.now.get(n)]:
            del self._objects[name]
            if name in self._told:
                self._unsure.add(name)
        self.now = found

    def untold(self, names: frozenset[str] | None) -> tuple[Set[str], Set[str]]:
        """Give the names (added, removed) since it was told; `names`: only these can have changed."""
        told, now = self._told, self.now
        if told is now:
            return frozenset(), frozenset()
        again = self._unsure & now.keys()
        if names is not None:
            told = {name: told[name] for name in names if name in told}
            now = {name: now[name] for name in names if name in now}
        added, removed = difference(told, now)
        return added | again, removed | self._unsure

    def telling(self, names: Set[str]) -> None:
        """Note that the user of the model is being told of these."""
        self._unsure |= names

    def told(self) -> None:
        """Note that the user of the model knows all of it."""
        self._told = self.now
        self._unsure.clear()


class Model:
    """The requests and the sensors of one device."""

    def __init__(
        self,
        make_request: Callable[[Request], Any],
        make_sensor: Callable[[SensorDescription], Any],
    ) -> None:
        self.requests: Catalogue[Request] = Catalogue(make_request)
        self.sensors: Catalogue[SensorDescription] = Catalogue(make_sensor)

    async def read(self, reader: Reader, scope: Scope) -> None:
        """Read `scope` from the device; nothing changes unless all of it was read.

        Raises
        ------
        SyncError
            If it was not.
        """
        wants_requests = scope.requests is None or scope.requests
        wants_sensors = scope.sensors is None or scope.sensors
        requests = await reader.requests(scope.requests) if wants_requests else None
        sensors = await reader.sensors(scope.sensors) if wants_sensors else None
        if requests is not None:
            self.requests.put(requests, scope.requests)
        if sensors is not None:
            self.sensors.put(sensors, scope.sensors)

    def untold(self, scope: Scope) -> AttrDict | None:
        """Give what its user has not been told, as for a state callback; None if it is nothing."""
        changes = AttrDict()
        for key, (added, removed) in (
            ("requests", self.requests.untold(scope.requests)),
            ("sensors", self.sensors.untold(scope.sensors)),
        ):
            if added or removed:
                changes[key] = AttrDict(added=added, removed=removed)
        return changes or None

    def telling(self, changes: AttrDict | None) -> None:
        """Note that its user is being told of `changes`."""
        for key, catalogue in (("requests", self.requests), ("sensors", self.sensors)):
            if changes and key in changes:
                catalogue.telling(changes[key].added | changes[key].removed)

    def told(self) -> None:
        """Note that its user knows all of it."""
        self.requests.told()
        self.sensors.told()
