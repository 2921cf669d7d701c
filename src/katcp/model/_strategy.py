"""Sampling strategies (section 7.1, table 9): one normal form, and what of it goes on the wire."""

from collections.abc import Iterable, Sequence

__all__ = [
    "NO_STRATEGY",
    "STRATEGY_PARAMETERS",
    "format_strategy",
    "is_sampled",
    "normalize_strategy_parameters",
    "parse_strategy_with_units",
    "strategy_text",
]

#: The strategy of a sensor that is not sampled.
NO_STRATEGY = ("none",)

# Which parameters are times: seconds on version 5, whole milliseconds on version 4.
_TIMES = {"period": (1,), "event-rate": (1, 2), "differential-rate": (2, 3)}
_UNITS = {"s": 1.0, "ms": 0.001}
#: Strategy -> how many parameters it takes.
STRATEGY_PARAMETERS = {"none": 0, "auto": 0, "event": 0, "period": 1, "differential": 1,
                       "event-rate": 2, "differential-rate": 3}  # fmt: skip
_DIFFERENCES = ("differential", "differential-rate")


def normalize_strategy_parameters(params: str | bytes | Iterable[object]) -> tuple[str, ...]:
    """Give the normal form of a strategy: a tuple of str, numbers as ``str(float(x))``.

    `params` is ``"period 10"`` or a sequence like ``("period", 10)``; both give
    ``("period", "10.0")``.

    Raises
    ------
    TypeError
        If `params` is neither text nor a sequence.
    """
    if isinstance(params, bytes):
        params = params.decode("utf-8", "surrogateescape")
    if isinstance(params, str):
        return tuple(_normal(word) for word in params.split())
    return tuple(part for item in params for part in _parts(item))


def strategy_text(*parts: object) -> str:
    """Give strategy and parameters, each text, a number or a sequence of these, as one text."""
    words: list[object] = []
    for part in parts:
        if isinstance(part, Sequence) and not isinstance(part, (str, bytes)):
            words += part
        else:
            words.append(part)
    return " ".join(map(_text, words))


class _Seconds(str):
    """A time of a strategy that is in seconds, whatever the device takes."""

    __slots__ = ()


def parse_strategy_with_units(text: str, unit: str | None = None) -> tuple[str, ...]:
    """Read a strategy whose times carry units, like ``"event-rate 100 ms 10 s"``.

    `unit` is that of times that carry none, if they may. Gives its normal form with times in seconds, which `format_strategy` converts for version 4.

    Raises
    ------
    ValueError
        If it is no strategy, or a time has no unit.
    """
    name, *words = text.split() or [""]
    if name not in STRATEGY_PARAMETERS:
        raise ValueError(
            f"{name!r} is no sampling strategy; strategies are {', '.join(STRATEGY_PARAMETERS)}"
        )
    strategy = [name]
    for i in range(1, STRATEGY_PARAMETERS[name] + 1):
        word = words.pop(0) if words else ""
        try:
            number = float(word)
        except ValueError:
            given = f"not {word!r}" if word else f"and {text!r} has {i - 1}"
            raise ValueError(f"{name!r} takes {_numbers(name)}, {given}") from None
        if i not in _TIMES.get(name, ()):
            strategy.append(str(number))
        elif words and words[0] in _UNITS:
            strategy.append(_Seconds(number * _UNITS[words.pop(0)]))
        elif unit is not None:
            strategy.append(_Seconds(number * _UNITS[unit]))
        else:
            raise ValueError(f"{number:g} is a time, and needs a unit, s or ms")
    if words:
        raise ValueError(f"{' '.join(words)!r} is too much: {name!r} takes {_numbers(name)}")
    return tuple(strategy)


def _numbers(name: str) -> str:
    count = STRATEGY_PARAMETERS[name]
    units = ", times with s or ms" if name in _TIMES else ""
    return f"{count} number{'s' * (count != 1)}{units}"


def is_sampled(strategy: tuple[str, ...] | None) -> bool:
    """Say whether under this strategy (None: never set) the device sends updates."""
    return bool(strategy) and strategy != NO_STRATEGY


def format_strategy(strategy: tuple[str, ...], sensor_type: str, major: int) -> tuple[str, ...]:
    """Give the words of a normalised strategy as a device of protocol `major` takes them.

    A whole difference on an integer sensor loses its ``.0``, and times for a version 4 device
    become whole milliseconds, as such devices demand.

    Raises
    ------
    ValueError
        If there is no strategy at all, or a time for a version 4 device is no whole number of
        milliseconds from 1 up (such a device would take it for 0 and flood).
    """
    if not strategy:
        raise ValueError("no sampling strategy given")
    name = strategy[0]
    if major >= 5 and name not in _DIFFERENCES:
        return strategy
    words = list(strategy)
    if major < 5:
        for i in _TIMES.get(name, ()):
            if i < len(words):
                words[i] = _milliseconds(words[i], name)
    if sensor_type == "integer" and name in _DIFFERENCES and len(words) > 1:
        words[1] = _whole(words[1])
    return tuple(words)


def _parts(item: object) -> list[str]:
    if isinstance(item, _Seconds):
        return [item]
    return [_normal(part) for part in _text(item).split()]


def _text(item: object) -> str:
    return item.decode("utf-8", "surrogateescape") if isinstance(item, bytes) else str(item)


def _normal(word: str) -> str:
    try:
        return str(float(word))
    except ValueError:
        return word


def _whole(word: str) -> str:
    try:
        number = float(word)
    except ValueError:
        return word
    return str(int(number)) if number.is_integer() else word


def _milliseconds(word: str, name: str) -> str:
    try:
        number = float(word)
        if isinstance(word, _Seconds):
            number = round(number * 1000, 6)
    except ValueError:
        return word  # not a number: the device says so in its own words
    if not number.is_integer() or number < 1:
        raise ValueError(
            f"a version 4 device takes the times of {name!r} in whole milliseconds, "
            f"1 or more: {word} is not possible"
        )
    return str(int(number))
