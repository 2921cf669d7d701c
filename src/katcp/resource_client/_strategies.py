"""Which sampling strategies were asked for, and which the device has in force. Pure memory.

One book per resource: whatever was asked last for a sensor holds, by name or by a filter that it
matches, however it was asked. Sensors are known by their Python identifiers, since a strategy may
be set before the device has said how the name is written.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..model import NO_STRATEGY

__all__ = ["Entry", "Setting", "Strategy", "StrategyBook"]

#: In its normal form, as `normalize_strategy_parameters` gives it.
Strategy = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Entry:
    """The strategy of one sensor.

    Attributes
    ----------
    wanted
        What was last asked for.
    age
        Counts the askings of the whole book: what was asked later is higher.
    in_force
        What the device has accepted on the present connection; None if nothing.
    reported
        How the device echoed that.
    refused
        Whether `wanted` was refused, so that `in_force` still holds.
    """

    wanted: Strategy
    age: int
    in_force: Strategy | None = None
    reported: Strategy | None = None
    refused: bool = False

    @property
    def shown(self) -> Strategy:
        """What a user sees: what was asked for, or after a refusal what is still in force."""
        return (self.in_force or NO_STRATEGY) if self.refused else self.wanted


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A strategy that was asked for many sensors, and is being noted for one after the other.

    It counts for all of them from the beginning.
    """

    strategy: Strategy
    age: int
    of: dict[str, None]  # identifiers of the sensors, but for those that were dropped since


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
    connection
        Counts the connections that were lost.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}  # in the order in which they were first set
        self._rules: dict[str, _Rule] = {}  # by the text of the filter
        self._settings: list[Setting] = []  # that are not done, in the order of their ages
        self._age = 0
        self.connection = 0

    def __bool__(self) -> bool:
        return bool(self._entries or self._rules)

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        for identifier in tuple(self._entries):
            if (entry := self._entries.get(identifier)) is not None:
                yield identifier, entry

    def get(self, identifier: str) -> Entry | None:
        """Give the entry of a sensor, or None."""
        for setting in self._settings:
            self.note(identifier, setting)
        return self._entries.get(identifier)

    def begin(self, identifiers: Iterable[str], strategy: Strategy) -> Setting:
        """Note that `strategy` was asked for these sensors; `note` each, then `finish`."""
        self._age += 1
        setting = Setting(strategy, self._age, dict.fromkeys(identifiers))
        self._settings.append(setting)
        return setting

    def note(self, identifier: str, setting: Setting) -> Entry | None:
        """Note for a sensor what was asked, unless another strategy was since; gives its entry."""
        entry = self._entries.get(identifier)
        if identifier in setting.of and (entry is None or entry.age < setting.age):
            entry = self._note(identifier, entry, setting.strategy, setting.age)
        return entry

    def finish(self, setting: Setting) -> None:
        """Note that all of a setting is noted."""
        self._settings.remove(setting)

    def want(self, identifier: str, strategy: Strategy) -> Entry:
        """Note that `strategy` was asked for."""
        self._age += 1
        return self._note(identifier, self._entries.get(identifier), strategy, self._age)

    def want_matching(self, pattern: "re.Pattern[str]", strategy: Strategy) -> None:
        """Note that `strategy` was asked for every sensor that matches, those to come as well."""
        self._age += 1
        self._rules.pop(pattern.pattern, None)
        self._rules[pattern.pattern] = _Rule(pattern, strategy, self._age)

    def appeared(self, identifier: str) -> Entry | None:
        """Give the entry of a sensor that has just appeared, a filter being one that it matches."""
        entry = self._entries.get(identifier)
        age = entry.age if entry is not None else 0
        for rule in self._rules.values():
            if rule.age > age and identifier not in rule.but and rule.pattern.search(identifier):
                age = rule.age
                entry = self._note(identifier, entry, rule.strategy, age)
        return entry

    def drop(self, identifier: str) -> None:
        """Forget what was asked for a sensor; no filter of the past holds for it either."""
        for setting in self._settings:
            setting.of.pop(identifier, None)
        entry = self._entries.pop(identifier, None)
        if entry is not None:
            entry.age = 0  # what was ordered of it is not to be sent any more
        for rule in self._rules.values():
            if rule.pattern.search(identifier):
                rule.but.add(identifier)

    def disconnected(self) -> None:
        """Note that the device has forgotten everything."""
        self.connection += 1
        for entry in self._entries.values():
            entry.in_force = entry.reported = None
            entry.refused = False

    def _note(self, identifier: str, entry: Entry | None, strategy: Strategy, age: int) -> Entry:
        """Note what was asked in the entry that the sensor has, or in a new one."""
        if entry is None:
            entry = self._entries[identifier] = Entry(strategy, age)
        else:
            entry.wanted, entry.age, entry.refused = strategy, age, False
        return entry
