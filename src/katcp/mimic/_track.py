"""What the readings of one sensor were: enough to say how it moves, in little memory."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..wire import decode_value, encode_text
from ._motions import (
    Clock,
    Constant,
    Motion,
    Noise,
    Ramp,
    Reading,
    Stage,
    States,
    StatusOf,
    Walk,
)

__all__ = ["Track"]

_MOST_STATES = 64  # different readings that are kept
_FEW = 4  # different readings that are states, whatever they are
_MOST = 1e15  # numbers beyond are not computed with
_EVEN = 0.2  # deviation of the steps of a ramp, as a part of the step
_CLOCK = 0.5  # seconds that the times which a clock tells may be off one another


@dataclass
class _Span:
    """How often a status was met, and with which numbers."""

    count: int = 0
    low: float = math.inf
    high: float = -math.inf

    def add(self, number: float) -> None:
        self.count += 1
        self.low, self.high = min(self.low, number), max(self.high, number)


@dataclass
class _Sums:
    """Mean and deviation of what was added."""

    count: int = 0
    mean: float = 0.0
    spread: float = 0.0  # sum of squares of what is off the mean

    def add(self, value: float) -> None:
        self.count += 1
        off = value - self.mean
        self.mean += off / self.count
        self.spread += off * (value - self.mean)

    @property
    def deviation(self) -> float:
        return math.sqrt(self.spread / self.count) if self.count else 0.0


class Track:
    """The readings of a sensor so far.

    Parameters
    ----------
    type_name, major
        Of the sensor, and of the protocol.

    Attributes
    ----------
    last
        The reading that stands; None if there never was one.
    changes
        How often another reading came.
    """

    def __init__(self, type_name: str, major: int = 5) -> None:
        self.last: Reading | None = None
        self.changes = 0
        self._type, self._major = type_name, major
        self._began = self._until = 0.0
        self._moved = (0.0, 0.0)  # first and last
        self._stood: dict[Reading, float] = {}  # how many seconds
        self._more = False  # readings than are kept
        self._before: float | None = None  # the last number
        self._only_numbers = True
        self._digits = 1
        self._numbers, self._lag = _Sums(), _Sums()
        self._ups, self._downs, self._squares = _Sums(), _Sums(), _Sums()
        self._spans: dict[str, _Span] = {}

    def heard(self, reading: Reading, when: float, timestamp: float) -> None:
        """Take a reading that came at `when`; `timestamp` is what the device says, in seconds."""
        if self.last is None:
            self._began = self._until = when
        self.finish(when)
        if reading == self.last:
            return
        if self.last is not None:
            self.changes += 1
            self._moved = (self._moved[0] if self.changes > 1 else when, when)
        self.last = reading
        if reading in self._stood or len(self._stood) < _MOST_STATES:
            self._stood.setdefault(reading, 0.0)
        else:
            self._more = True
        self._take(reading, timestamp)

    def finish(self, when: float) -> None:
        """Take note that the last reading stands until `when`."""
        if self.last in self._stood:
            self._stood[self.last] += max(0.0, when - self._until)
        self._until = when

    def motion(self) -> Motion:
        """Say how it moves, as far as it was seen; there must have been a reading."""
        assert self.last is not None
        if not self.changes:
            return Constant(*self.last)
        every = self._every()
        if self._lag.count > self.changes and self._lag.deviation < _CLOCK:
            offset = round(self._lag.mean, 3)
            return Clock(every=every, offset=offset, status=self.last.status, major=self._major)
        few = len(self._stood) <= _FEW or self.changes > 2 * len(self._stood)
        if not self._only_numbers or (few and not self._more):
            return States(tuple(self._stages()))
        return self._of_numbers(every)

    def _every(self) -> float:
        """Give the seconds between changes: if it moved all the time without those before and after."""
        whole, (first, last) = self._until - self._began, self._moved
        steady = self.changes > _FEW and last - first > whole / 2
        seconds = (last - first) / (self.changes - 1) if steady else whole / self.changes
        return _rounded(max(0.001, seconds), 3)

    def _take(self, reading: Reading, timestamp: float) -> None:
        try:
            number = decode_value(self._type, encode_text(reading.value), self._major)
        except ValueError:
            number = None
        if self._type == "timestamp" and number is not None:
            self._lag.add(number - timestamp)
        if self._type not in ("integer", "float") or number is None or not abs(number) < _MOST:
            self._only_numbers = False  # NaN is none, too
            return
        self._numbers.add(number)
        if self._before is not None:
            step = number - self._before
            (self._ups if step > 0 else self._downs).add(step)
            self._squares.add(step * step)
        self._before = number
        self._spans.setdefault(reading.status, _Span()).add(number)
        digits = reading.value.lower().partition("e")[0].lstrip("+-0.").replace(".", "")
        self._digits = max(self._digits, len(digits))

    def _stages(self) -> Iterator[Stage]:
        """Give each reading its share of a round, in which as much changes as was seen."""
        all_seen = sum(self._stood.values()) or 1.0
        one_round = max(0.01, (self._until - self._began) * len(self._stood) / self.changes)
        for reading, seconds in self._stood.items():
            share = max(0.01, seconds / all_seen)
            yield Stage(*reading, _rounded(share * one_round, 3))

    def _of_numbers(self, every: float) -> Motion:
        whole = self._type == "integer"
        common: dict[str, Any] = {
            "every": every,
            "low": min(span.low for span in self._spans.values()),
            "high": max(span.high for span in self._spans.values()),
            "digits": 0 if whole else min(17, self._digits),
            "statuses": tuple(
                StatusOf(status, _rounded(span.count / self._numbers.count, 3), span.low, span.high)
                for status, span in self._spans.items()
            ),
        }
        ramp = self._ramp()
        if ramp:
            step = (round(ramp) or math.copysign(1, ramp)) if whole else _rounded(ramp, 6)
            return Ramp(**common, step=step)
        if self._squares.mean < self._numbers.deviation**2:  # of noise it is twice that
            ways = self._ups.mean * self._ups.count - self._downs.mean * self._downs.count
            return Walk(**common, step=_rounded(ways / self._squares.count, 6))
        mean, deviation = _rounded(self._numbers.mean, 6), _rounded(self._numbers.deviation, 6)
        return Noise(**common, mean=mean, deviation=deviation)

    def _ramp(self) -> float:
        """Give the step if it goes up, or down, all the time or evenly; else 0."""
        most, rest = sorted((self._ups, self._downs), key=lambda steps: -steps.count)
        even = most.deviation < _EVEN * abs(most.mean) and rest.count < _EVEN / 2 * most.count
        return most.mean if even or not rest.count else 0.0


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits}g}")
