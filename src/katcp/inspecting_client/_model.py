"""The model of a device: what it offers, what its user was told of it, and the objects made of it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import compress
from operator import ne
from typing import Any, Generic, TypeVar

from .._helpers import AttrDict
from .._unhurried import unhurried_slices
from ..model import Request, SensorFields
from ._changes import Scope
from ._reader import Reader

__all__ = ["Catalogue", "Model"]

D = TypeVar("D", Request, SensorFields)


@dataclass(frozen=True, slots=True)
class News(Generic[D]):
    """What the user of a catalogue has not been told, and what it will know when it is.

    `age` is the number of the reading that it is from.
    """

    added: Set[str]
    removed: Set[str]
    known: Mapping[str, D]
    age: int

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class Catalogue(Generic[D]):
    """The requests, or the sensors, of a device, by KATCP name.

    Parameters
    ----------
    make
        Makes the object of an item from its description, when it is first asked for.
    """

    def __init__(self, make: Callable[[D], Any]) -> None:
        self.now: Mapping[str, D] = {}  # another mapping each time: none is ever changed
        self._told: Mapping[str, D] = self.now
        self.objects: dict[str, Any] = {}
        self._lock = asyncio.Lock()  # one reading at a time is put in
        self._age = 0  # counts the readings
        self._untold: dict[str, int] = {}  # what may differ from told, with the reading it is of
        # What its user may have seen otherwise than told: another object of the same description,
        # or something of a telling that was cut short.
        self._unsure: dict[str, int] = {}
        self._being_told: Set[str] = frozenset()
        self._make: Callable[[D], Any] = make

    def get(self, name: str) -> Any:
        """Give the object of an item; None if there is no such item."""
        found = self.objects.get(name)
        if found is None and (described := self.now.get(name)) is not None:
            found = self.objects[name] = self._make(described)
        return found

    async def since(self, before: Mapping[str, D], names: frozenset[str] | None) -> "News[D]":
        """Give what changed since this was `now`, of all or of `names`."""
        now, age = self.now, self._age
        if names is None:
            changed = await _difference(before, now)
        else:
            changed = set(_differing(tuple(names), before, now))
        return News(changed & now.keys(), changed & before.keys(), now, age)

    async def put(self, found: dict[str, D], names: frozenset[str] | None) -> None:
        """Take what was found: all there is, or what there is of `names`."""
        async with self._lock:
            if names is None:
                changed = await _difference(self.now, found)
            else:
                rest = dict(self.now)
                for name in names:
                    rest.pop(name, None)
                rest.update(found)
                found = rest
                changed = {name for name in names if self.now.get(name) != found.get(name)}
            async for part in unhurried_slices(changed):  # before `now` changes: may be cancelled
                self._untold.update(dict.fromkeys(part, self._age + 1))
            self.now = found
            self._age += 1
            for name in self.objects.keys() & changed:  # those that were ever asked for
                del self.objects[name]
                if name in self._told or name in self._being_told:
                    self._unsure[name] = self._age

    async def news(self) -> News[D]:
        """Give what changed since its user was told."""
        told, now, age = self._told, self.now, self._age
        added: set[str] = set()
        removed: set[str] = set()
        async for part in unhurried_slices(tuple(self._untold)):
            changed = set(_differing(part, told, now))
            added |= changed & now.keys()
            removed |= changed & told.keys()
        added |= self._unsure.keys() & now.keys()
        removed |= self._unsure.keys()
        return News(added, removed, now, age)

    def telling(self, news: News[D]) -> None:
        """Note that the user of the model is being told this; it may be cut short."""
        self._being_told = news.added | news.removed if news.removed else news.added

    async def cut_short(self) -> None:
        """Note what the user was being told when that was cut short, if it was."""
        async for part in unhurried_slices(self._being_told):
            self._unsure.update(dict.fromkeys(part, self._age))
        self._being_told = frozenset()

    def told(self, news: News[D]) -> None:
        """Note that the user of the model knows it."""
        self._told = news.known
        self._being_told = frozenset()
        for since in (self._untold, self._unsure):
            if self._age == news.age:
                since.clear()
            for name in [name for name, age in since.items() if age <= news.age]:
                del since[name]


class Model:
    """The requests and the sensors of one device."""

    def __init__(
        self,
        make_request: Callable[[Request], Any],
        make_sensor: Callable[[SensorFields], Any],
    ) -> None:
        self.requests: Catalogue[Request] = Catalogue(make_request)
        self.sensors: Catalogue[SensorFields] = Catalogue(make_sensor)

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
        if sensors is not None and scope.sensors is not None:
            more = sum(name not in self.sensors.now for name in sensors)
            reader.check_number(len(self.sensors.now) + more)
        if requests is not None:
            await self.requests.put(requests, scope.requests)
        if sensors is not None:
            await self.sensors.put(sensors, scope.sensors)

    async def cut_short(self) -> None:
        """Note what the user was being told when that was cut short, if it was."""
        await self.requests.cut_short()
        await self.sensors.cut_short()

    def now(self) -> tuple[Mapping[str, Request], Mapping[str, SensorFields]]:
        """Give what is known of requests and sensors; neither mapping is ever changed."""
        return self.requests.now, self.sensors.now

    async def since(
        self, before: tuple[Mapping[str, Request], Mapping[str, SensorFields]], scope: Scope
    ) -> "ModelNews":
        """Give what changed of `scope` since `now` gave this."""
        requests, sensors = before
        return ModelNews(
            await self.requests.since(requests, scope.requests),
            await self.sensors.since(sensors, scope.sensors),
        )

    async def news(self) -> "ModelNews":
        """Give what its user has not been told."""
        return ModelNews(await self.requests.news(), await self.sensors.news())

    def telling(self, news: "ModelNews") -> None:
        """Note that its user is being told this."""
        self.requests.telling(news.requests)
        self.sensors.telling(news.sensors)

    def told(self, news: "ModelNews") -> None:
        """Note that its user knows it."""
        self.requests.told(news.requests)
        self.sensors.told(news.sensors)


@dataclass(frozen=True, slots=True)
class ModelNews:
    """What the user of a model has not been told."""

    requests: News[Request]
    sensors: News[SensorFields]

    def changes(self) -> AttrDict | None:
        """Give it as for a state callback; None if it is nothing."""
        changes = AttrDict()
        if self.requests:
            changes.requests = AttrDict(added=self.requests.added, removed=self.requests.removed)
        if self.sensors:
            changes.sensors = AttrDict(added=self.sensors.added, removed=self.sensors.removed)
        return changes or None


async def _difference(old: Mapping[str, D], new: Mapping[str, D]) -> set[str]:
    """Give the names of what is not the same, or not there, in one of them."""
    changed: set[str] = set()
    async for names in unhurried_slices(new):
        changed.update(_differing(names, old, new))
    async for names in unhurried_slices(old):
        changed.update([name for name in names if name not in new])
    return changed


def _differing(names: Sequence[str], old: Mapping[str, D], new: Mapping[str, D]) -> Iterator[str]:
    """Give those of some names that are not the same, or not there, in one of two mappings."""
    return compress(names, map(ne, map(old.get, names), map(new.get, names)))
