"""Quantities as they are typed: how long, and which sampling strategy."""

import re

__all__ = ["parse_strategy", "seconds"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(text: str | float) -> float:
    """Give a time like ``500ms``, ``10s``, ``2m``, ``1h`` or ``10`` in seconds.

    Raises
    ------
    ValueError
        If it is none; names the units.
    """
    match = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([^\W\d]*)\s*", str(text))
    if match is None or match[2] not in ("", *_UNITS):
        units = ", ".join(_UNITS)
        raise ValueError(f"{text!r} is no length of time; give a number and one of {units}: 10s")
    return float(match[1]) * _UNITS[match[2] or "s"]


def parse_strategy(text: str) -> tuple[str, ...]:
    """Give a sampling strategy like ``event-rate 100ms 10s``; times without a unit are seconds.

    Raises
    ------
    ValueError
        If it is none; says what there is.
    """
    from ..model import parse_strategy_with_units

    spaced = re.sub(r"(\d)(ms|s)\b", r"\1 \2", text)
    return parse_strategy_with_units(spaced, unit="s")
