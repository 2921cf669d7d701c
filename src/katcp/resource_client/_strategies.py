"""Which sampling strategies were asked for, and which the device has in force. Pure memory.

One book per resource: whatever was asked last for a sensor holds, by name or by a filter that it
matches, however it was asked. Sensors are known by their Python identifiers, since a strategy may
be set before the device has said how the name is written.
"""

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..model import NO_STRATEGY

__all__ = ["Entry", "Setting", "Strategy", "StrategyBook"]

#: In its normal form, as `normalize_strategy_parameters` gives it.
Strategy = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """The strategy of one sensor, or of many that were asked together and fare alike.

    It never changes; a sensor gets another one.

    Attributes
    ----------
    wanted
        What was last asked for.
    age
        That of the book when it was; 0 if nothing was.
    in_force
        What the device has accepted on the present connection; None if nothing.
    reported
        How the device echoed that.
    refused
        Whether `wanted` was refused, so that `in_force` still holds.
    """

    wanted: Strategy = NO_STRATEGY
    age: int = 0
    in_force: Strategy | None = None
    reported: Strategy | None = None
    refused: bool = False

    @property
    def shown(self) -> Strategy:
        """What a user sees: what was asked for, or after a refusal what is still in force."""
        return (self.in_force or NO_STRATEGY) if self.refused else self.wanted


#: The entry of a sensor of which nothing was asked.
_NOTHING = Entry()


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A strategy that was asked for many sensors, and is being noted for one after the other.

    It counts for all of them from the beginning.
    """

    strategy: Strategy
    age: int
    of: Collection[str]  # identifiers of the sensors
    dropped: set[str] = field(default_factory=set)  # those that were since


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: "re.Pattern[str]"
    strategy: Strategy
    age: int
    but: set[str] = field(default_factory=set)  # sensors that were dropped since


class StrategyBook:
    """Remembers strategies by sensor and by filter, the latest winning.

    Attributes
    ----------
    age
        Counts what may change what a sensor is to have: askings, drops, and sensors that appear.
    connection
        Counts the connections that were lost.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}  # in the order in which they were first set
        self._rules: dict[str, _Rule] = {}  # by the text of the filter
        self._settings: list[Setting] = []  # that are not done, in the order of their ages
        self.age = 0
        self.connection = 0

    def __bool__(self) -> bool:
        return bool(self._entries or self._rules)

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        for identifier in tuple(self._entries):
            if (entry := self._entries.get(identifier)) is not None:
                yield identifier, entry

    @property
    def noted(self) -> int:
        """The age up to which all that was asked is noted."""
        return self._settings[0].age - 1 if self._settings else self.age

    def get(self, identifier: str) -> Entry:
        """Give the entry of a sensor."""
        for setting in self._settings:
            if identifier in setting.of:
                self.note((identifier,), setting)
        return self._entries.get(identifier, _NOTHING)

    def entries(self, identifiers: Iterable[str]) -> list[Entry]:
        """Give the entries of sensors, as they are up to the age that is `noted`."""
        return list(map(self._entries.get, identifiers, itertools.repeat(_NOTHING)))

    def change(self, identifiers: Collection[str], change: Callable[[Entry], Entry]) -> None:
        """Give sensors other entries; `change` makes them, one for all that have the same."""
        before = self.entries(identifiers)
        made = {entry: change(entry) for entry in set(before)}
        self._entries.update(zip(identifiers, map(made.__getitem__, before), strict=True))

    def begin(self, identifiers: Collection[str], strategy: Strategy) -> Setting:
        """Note that `strategy` was asked for these sensors; `note` each, then `finish`.

        `identifiers` is not to change until then.
        """
        self.age += 1
        setting = Setting(strategy, self.age, identifiers)
        self._settings.append(setting)
        return setting

    def note(self, identifiers: Collection[str], setting: Setting) -> None:
        """Note for some of its sensors what a setting asked, unless another strategy was since."""
        if setting.dropped:
            identifiers = [name for name in identifiers if name not in setting.dropped]
        self._want(identifiers, setting.strategy, setting.age)

    def finish(self, setting: Setting) -> None:
        """Note that all of a setting is noted."""
        self._settings.remove(setting)

    def want(self, identifier: str, strategy: Strategy) -> None:
        """Note that `strategy` was asked for."""
        self.age += 1
        self._want((identifier,), strategy, self.age)

    def want_matching(self, pattern: "re.Pattern[str]", strategy: Strategy) -> None:
        """Note that `strategy` was asked for every sensor that matches, those to come as well."""
        self.age += 1
        self._rules.pop(pattern.pattern, None)
        self._rules[pattern.pattern] = _Rule(pattern, strategy, self.age)

    def appeared(self, identifiers: Collection[str]) -> None:
        """Note for sensors that have just appeared what was asked with a filter that they match."""
        self.age += 1
        for rule in self._rules.values():
            search, but = rule.pattern.search, rule.but
            matching = [name for name in identifiers if search(name) and name not in but]
            self._want(matching, rule.strategy, rule.age)

    def drop(self, identifier: str) -> None:
        """Forget what was asked for a sensor; no filter of the past holds for it either."""
        self.age += 1
        for setting in self._settings:
            setting.dropped.add(identifier)
        self._entries.pop(identifier, None)
        for rule in self._rules.values():
            if rule.pattern.search(identifier):
                rule.but.add(identifier)

    def lost(self, identifiers: Iterable[str]) -> None:
        """Note that the device may not have in force any more what it had for these sensors."""
        known = [identifier for identifier in identifiers if identifier in self._entries]
        self.change(known, lambda entry: replace(entry, in_force=None))

    def disconnected(self) -> None:
        """Note that the device has forgotten everything."""
        self.connection += 1
        self.change(self._entries.keys(), lambda entry: Entry(entry.wanted, entry.age))

    def _want(self, identifiers: Collection[str], strategy: Strategy, age: int) -> None:
        """Note what was asked, for those of which nothing was asked since."""

        def asked(entry: Entry) -> Entry:
            if entry.age >= age:
                return entry
            return replace(entry, wanted=strategy, age=age, refused=False)

        self.change(identifiers, asked)
