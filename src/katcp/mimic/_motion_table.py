"""A motion as the table of its sensor has it."""

from dataclasses import fields
from typing import Any

from ..model import STATUS_NAMES
from ..wire import decode_text, decode_value, encode_text, encode_value
from ._motions import (
    Clock,
    Constant,
    Motion,
    Noise,
    Ramp,
    Stage,
    States,
    StatusOf,
    Walk,
)
from ._table import Table, is_number

__all__ = ["motion_from", "motion_plain"]

_KINDS: dict[str, type[Motion]] = {
    "constant": Constant,
    "states": States,
    "noise": Noise,
    "walk": Walk,
    "ramp": Ramp,
    "clock": Clock,
}
_ENDLESS = (float("inf"), float("-inf"))
_OF_NUMBERS = ("noise", "walk", "ramp")
_STATUSES = list(STATUS_NAMES)


def motion_plain(motion: Motion, type_name: str, major: int) -> dict[str, Any]:
    """Give the keys of a motion, for a sensor of this type."""
    kind = next(name for name, made in _KINDS.items() if made is type(motion))
    match motion:
        case Constant(value, status):
            return {"motion": kind, "value": _plain(value, type_name, major), "status": status}
        case States(stages):
            listed = [
                {
                    "value": _plain(s.value, type_name, major),
                    "status": s.status,
                    "seconds": s.seconds,
                }
                for s in stages
            ]
            return {"motion": kind, "states": listed}
        case Clock():
            return {"motion": kind, "offset": motion.offset, "every": motion.every,
                    "status": motion.status}  # fmt: skip
    plain = {f.name: getattr(motion, f.name) for f in fields(motion)}  # type: ignore[arg-type]
    digits, statuses = plain.pop("digits"), plain.pop("statuses")
    if type_name == "float":
        plain["digits"] = digits
    if len(statuses) == 1:
        return {"motion": kind, **plain, "status": statuses[0].status}
    return {"motion": kind, **plain, "statuses": [s._asdict() for s in statuses]}


def motion_from(table: Table, type_name: str, major: int) -> Motion:
    """Take a motion out of the table of a sensor; `SpecError` if something of it is wrong."""
    kind = table.one_of("motion", list(_KINDS))
    if kind == "constant":
        return Constant(_value(table, type_name, major), _status(table))
    if kind == "states":
        return States(tuple(_stage(each, type_name, major) for each in table.tables("states")))
    every = table.number("every", above=0)
    if kind == "clock":
        if type_name != "timestamp":
            table.fail("motion", "another, as clock is for timestamps", kind)
        offset = table.number("offset", 0.0)
        return Clock(offset=offset, every=every, status=_status(table), major=major)
    return _numbers(table, kind, type_name, every)


def _numbers(table: Table, kind: str, type_name: str, every: float) -> Motion:
    if type_name not in ("integer", "float"):
        table.fail("motion", "constant or states, as the sensor is no number", kind)
    low = table.number("low")
    common: dict[str, Any] = {
        "every": every,
        "low": low,
        "high": table.number("high", least=low),
        "digits": 0 if type_name == "integer" else int(table.number("digits", 17, least=1)),
    }
    common["statuses"] = _statuses(table, low, common["high"])
    if kind == "noise":
        mean, deviation = table.number("mean"), table.number("deviation", least=0)
        return Noise(**common, mean=mean, deviation=deviation)
    if kind == "walk":
        return Walk(**common, step=table.number("step", above=0))
    step = table.number("step")
    if not step:
        table.fail("step", "a number that is not 0", step)
    return Ramp(**common, step=step)


def _statuses(table: Table, low: float, high: float) -> tuple[StatusOf, ...]:
    if "statuses" not in table:
        return (StatusOf(_status(table), 1.0, low, high),)
    return tuple(map(_status_of, table.tables("statuses")))


def _status_of(table: Table) -> StatusOf:
    low = table.number("low")
    found = StatusOf(
        _status(table), table.number("share", above=0), low, table.number("high", least=low)
    )
    table.end()
    return found


def _stage(table: Table, type_name: str, major: int) -> Stage:
    stage = Stage(_value(table, type_name, major), _status(table), table.number("seconds", above=0))
    table.end()
    return stage


def _status(table: Table) -> str:
    return table.one_of("status", _STATUSES, "nominal")


def _plain(value: str, type_name: str, major: int) -> Any:
    """Give a value as TOML has it, if that says the same; else as it is on the wire."""
    if type_name not in ("integer", "float", "boolean"):
        return value
    try:
        plain = decode_value(type_name, encode_text(value), major)
    except ValueError:
        return value
    same = _wire(plain, type_name, major) == value
    return plain if same and (type_name != "integer" or abs(plain) < 1 << 63) else value


def _value(table: Table, type_name: str, major: int) -> str:
    value = table.take("value")
    if isinstance(value, str):
        return value
    if type_name == "boolean" and isinstance(value, bool):
        return _wire(value, type_name, major)
    numbers = type_name == "float" or (type_name == "timestamp" and value not in _ENDLESS)
    if is_number(value) and (numbers or (type_name == "integer" and isinstance(value, int))):
        try:
            return _wire(value, type_name, major)
        except OverflowError:  # an integer that is larger than floats are
            pass
    wanted = {"boolean": "true or false", "integer": "an integer", "float": "a number"}
    table.fail("value", f"{wanted.get(type_name, 'text')}, or the text on the wire", value)
    raise AssertionError


def _wire(value: Any, type_name: str, major: int) -> str:
    return decode_text(encode_value(type_name, value, major))
