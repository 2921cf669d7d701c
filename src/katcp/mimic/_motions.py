"""How the readings of a sensor move. Each motion gives the reading of any moment, by its dice.

Time is counted from the start of the device, in its own seconds. A motion goes from reading to
reading: `index` says which is the reading of a moment, `time_of` when it came. The same dice give the
same readings, whichever of them are asked for; so what nobody looks at costs nothing.
"""

import bisect
import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ..wire import decode_text, encode_timestamp

__all__ = [
    "Clock",
    "Constant",
    "Motion",
    "Noise",
    "Ramp",
    "Reading",
    "Stage",
    "States",
    "StatusOf",
    "Walk",
]

#: Gives a number from 0 to 1, by chance, for each number; for the same the same.
Dice = Callable[[int], float]

_MOST_STEPS = 1e9  # of a walk from one number to the next
_NORMAL = statistics.NormalDist()


class Reading(NamedTuple):
    """What a sensor says: the value as it goes on the wire, unescaped, and the status."""

    value: str
    status: str


class StatusOf(NamedTuple):
    """A status that goes with numbers from `low` to `high`; `share` is how often, beside others."""

    status: str
    share: float
    low: float
    high: float


class Stage(NamedTuple):
    """A reading, and how many seconds it stands."""

    value: str
    status: str
    seconds: float


class Motion:
    """What all motions have."""

    def index(self, moment: float) -> int:
        """Give the number, from 0, of the reading of a moment."""
        raise NotImplementedError

    def time_of(self, index: int) -> float:
        """Give the moment from which a reading stands."""
        raise NotImplementedError

    def reading(self, index: int, when: float, dice: Dice) -> Reading:
        """Give a reading; `when` it came, in seconds since the Unix epoch."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Motion):
    """It never moves."""

    value: str
    status: str = "nominal"

    def index(self, moment: float) -> int:
        """Give 0."""
        return 0

    def time_of(self, index: int) -> float:
        """Give the start; of what comes next never."""
        return 0.0 if index == 0 else float("inf")

    def reading(self, index: int, when: float, dice: Dice) -> Reading:
        """Give the one there is."""
        return Reading(self.value, self.status)


@dataclass(frozen=True)
class States(Motion):
    """It goes through stages, in their order, for ever."""

    stages: tuple[Stage, ...]

    @cached_property
    def _starts(self) -> list[float]:
        """When each stage begins, and when the first begins again."""
        return list(itertools.accumulate((stage.seconds for stage in self.stages), initial=0.0))

    def index(self, moment: float) -> int:
        """Give the number of the stage, counted through all rounds."""
        rounds, left = divmod(moment, self._starts[-1])
        within = bisect.bisect_right(self._starts, left) - 1
        return int(rounds) * len(self.stages) + min(within, len(self.stages) - 1)

    def time_of(self, index: int) -> float:
        """Give when that stage begins."""
        rounds, stage = divmod(index, len(self.stages))
        return rounds * self._starts[-1] + self._starts[stage]

    def reading(self, index: int, when: float, dice: Dice) -> Reading:
        """Give that of the stage."""
        stage = self.stages[index % len(self.stages)]
        return Reading(stage.value, stage.status)


@dataclass(frozen=True, kw_only=True)
class _Regular(Motion):
    """It moves every so many seconds."""

    every: float

    def index(self, moment: float) -> int:
        """Give how often it has moved."""
        index = int(moment / self.every)
        return index + (self.time_of(index + 1) <= moment)  # as the division may be rounded

    def time_of(self, index: int) -> float:
        """Give when it has moved so often."""
        return index * self.every


@dataclass(frozen=True, kw_only=True)
class Clock(_Regular):
    """A timestamp that is `offset` seconds after the reading; `major` is that of the protocol."""

    offset: float = 0.0
    status: str = "nominal"
    major: int = field(default=5, compare=False)

    def reading(self, index: int, when: float, dice: Dice) -> Reading:
        """Give the time."""
        value = decode_text(encode_timestamp(max(0.0, when + self.offset), self.major))
        return Reading(value, self.status)


@dataclass(frozen=True, kw_only=True)
class _Numbers(_Regular):
    """Numbers from `low` to `high`, of so many significant `digits`; 0: integers."""

    low: float
    high: float
    statuses: tuple[StatusOf, ...]
    digits: int = 17

    def reading(self, index: int, when: float, dice: Dice) -> Reading:
        """Give a number within the range, and a status that goes with it."""
        number = min(max(self.number(index, dice), self.low), self.high)
        if self.digits == 0:
            number = round(number)
            return Reading(str(number), self._status(number, index, dice))
        number = float(f"{number:.{self.digits}g}")
        return Reading(repr(number), self._status(number, index, dice))

    def number(self, index: int, dice: Dice) -> float:
        """Give the number, which may be out of range."""
        raise NotImplementedError

    def _status(self, number: float, index: int, dice: Dice) -> str:
        fits = [s for s in self.statuses if s.low <= number <= s.high] or self.statuses
        if len(fits) == 1:
            return fits[0].status
        left = dice(-1 - index) * sum(s.share for s in fits)
        for fit in fits:
            left -= fit.share
            if left < 0:
                break
        return fit.status


@dataclass(frozen=True, kw_only=True)
class Noise(_Numbers):
    """Each number by chance, around `mean`."""

    mean: float
    deviation: float

    def number(self, index: int, dice: Dice) -> float:
        """Give a number of a normal distribution."""
        return self.mean + self.deviation * _NORMAL.inv_cdf(dice(index))


@dataclass(frozen=True, kw_only=True)
class Walk(_Numbers):
    """It drifts, by `step` each time on the average."""

    step: float

    def number(self, index: int, dice: Dice) -> float:
        """Give a number on the way from one that was met by chance to the next."""
        steps = max(1, round(min((self.high - self.low) / (3 * self.step), _MOST_STEPS)))
        leg, done = divmod(index, steps)
        part = dice(leg) + (dice(leg + 1) - dice(leg)) * done / steps
        return self.low + (self.high - self.low) * part


@dataclass(frozen=True, kw_only=True)
class Ramp(_Numbers):
    """It goes up by `step` each time, or down by a negative one, and begins again at the end."""

    step: float

    def number(self, index: int, dice: Dice) -> float:
        """Give a number on the way from one end to the other."""
        way = abs(self.step)
        done = index * way % (self.high - self.low + way)
        return self.low + done if self.step > 0 else self.high - done
