"""Sampling strategies as a device carries them out (section 7.1, table 9)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..model import STRATEGY_PARAMETERS
from ..wire import ProtocolFlags, decode_timestamp, decode_value, encode_text
from ._motions import Reading

__all__ = ["Rule", "Watch", "parse_rule"]


class Rule(NamedTuple):
    """When readings are sent.

    Attributes
    ----------
    changes
        Whether a change is sent at all.
    difference
        More than so much is a change; None: whatever is another reading.
    shortest, longest
        Seconds since the last was sent, before which none is, and after which one is.
    """

    changes: bool = True
    difference: float | None = None
    shortest: float = 0.0
    longest: float = math.inf


def parse_rule(words: Sequence[str], sensor_type: str, major: int) -> Rule | None:
    """Read a strategy as it comes on the wire, for a sensor of a type; None for ``none``.

    Raises
    ------
    ValueError
        If a device of protocol `major` has no such strategy, or not for such a sensor.
    """
    name, *given = words
    known = ProtocolFlags.STRATEGIES_ALLOWED_BY_MAJOR_VERSION[4 if major < 5 else 5]
    if encode_text(name) not in known:
        raise ValueError(f"unknown strategy {name}")
    if len(given) != STRATEGY_PARAMETERS[name]:
        raise ValueError(f"strategy {name} takes {STRATEGY_PARAMETERS[name]} parameters")
    difference = None
    if name.startswith("differential"):
        if sensor_type not in ("integer", "float"):
            raise ValueError(f"strategy {name} is not for sensors of type {sensor_type}")
        difference = decode_value(sensor_type, encode_text(given.pop(0)), major)
        if not difference >= 0:
            raise ValueError(f"{difference} is no difference")
    times = [_seconds(word, major) for word in given]
    match name:
        case "none":
            return None
        case "period":
            return Rule(changes=False, longest=times[0])
    return Rule(True, difference, *times)


def _seconds(word: str, major: int) -> float:
    seconds = decode_timestamp(encode_text(word), major)
    if seconds <= 0:
        raise ValueError(f"{word} is no time between readings")
    return seconds


class Watch:
    """One client's strategy for one sensor: says when the reading is to be sent.

    Parameters
    ----------
    words
        The strategy as it was asked for.
    reading, now
        What the client knows, and since when, in seconds of any clock.
    """

    def __init__(self, words: tuple[str, ...], rule: Rule, reading: Reading, now: float) -> None:
        self.words = words
        self.wakes = math.inf  # when it is going to be looked at
        self._rule = rule
        self._known, self._since = reading, now

    def wants(self, reading: Reading, now: float) -> bool:
        """Whether the present reading is to be sent now; if so, it is taken for sent."""
        late = now - (self._since + self._rule.longest)
        if late < 0 and not (self._differs(reading) and now >= self._since + self._rule.shortest):
            return False
        punctual = not self._rule.changes and late < self._rule.longest
        self._known, self._since = reading, now - late if punctual else now
        return True

    def due(self, reading: Reading) -> float:
        """Give when the present reading is to be sent if it stays; infinity for never."""
        rule = self._rule
        return self._since + (rule.shortest if self._differs(reading) else rule.longest)

    def _differs(self, reading: Reading) -> bool:
        rule, known = self._rule, self._known
        if not rule.changes or reading == known:
            return False
        if rule.difference is None or reading.status != known.status:
            return True
        try:
            moved = abs(_number(reading.value) - _number(known.value))
        except ValueError:
            return True
        return not moved <= rule.difference  # NaN is far from everything


def _number(value: str) -> float:
    try:
        return int(value)  # which may have more digits than a float
    except ValueError:
        return float(value)
