"""One table: KATCP type name <-> Python value (section 3)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from ._text import decode_text, encode_text

__all__ = [
    "VALUE_TYPES",
    "ValueType",
    "decode_count",
    "decode_params",
    "decode_timestamp",
    "decode_value",
    "encode_timestamp",
    "encode_value",
]

_INTEGER = re.compile(rb"[+-]?[0-9]+")
_FLOAT = re.compile(
    rb"[+-]?([0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|inf(inity)?|nan)", re.I
)
_ADDRESS = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::([0-9]+))?")
_BOOLEANS = {b"0": False, b"1": True}
_LRU = (b"nominal", b"error")
_OF_FLOATS = b"0123456789.+-eE"  # of these Python makes just the floats that KATCP has

Params = Sequence[Any]


@dataclass(frozen=True, slots=True)
class ValueType:
    """How the values of one type are read and written; `major` is that of the protocol."""

    decode: Callable[[bytes, int, Params], Any]
    encode: Callable[[Any, int], bytes]


def decode_count(raw: bytes) -> int | None:
    """Give a number of informs or sensors; None if `raw` is none, or more than could ever be."""
    return int(raw) if raw.isdigit() and len(raw) <= 9 else None


def decode_timestamp(raw: bytes, major: int = 5) -> float:
    """Give a timestamp in seconds since the Unix epoch; before version 5 it comes in milliseconds.

    Raises
    ------
    ValueError
        If it is no finite number.
    """
    try:
        number = inf if raw.strip(_OF_FLOATS) else float(raw)
    except ValueError:
        number = inf
    if isfinite(number):
        return number if major >= 5 else number / 1000.0
    raise ValueError(f"{decode_text(raw)!r} is no timestamp")


def encode_timestamp(seconds: float, major: int = 5) -> bytes:
    """Write a timestamp: seconds with six decimals, before version 5 whole milliseconds."""
    return b"%.6f" % seconds if major >= 5 else b"%d" % int(seconds * 1000)


def decode_value(type_name: str, raw: bytes, major: int = 5, params: Params = ()) -> Any:
    """Give the Python value of a sensor of this type; an unknown type counts as string.

    Raises
    ------
    ValueError
        If `raw` is no value of that type (a discrete one must be among `params`, if there are any).
    """
    return VALUE_TYPES.get(type_name, _STRING).decode(raw, major, params)


def encode_value(type_name: str, value: Any, major: int = 5) -> bytes:
    """Write a Python value as a sensor of this type does."""
    return VALUE_TYPES.get(type_name, _STRING).encode(value, major)


def decode_params(type_name: str, params: Sequence[bytes], major: int = 5) -> list[Any]:
    """Give the parameters of a sensor description, decoded; none if one of them cannot be."""
    if not params:
        return []
    if type_name == "discrete":
        return [decode_text(param) for param in params]
    if type_name not in ("integer", "float"):
        return []
    try:
        return [decode_value(type_name, param, major) for param in params]
    except ValueError:
        return []


def _integer(raw: bytes, major: int, params: Params) -> int:
    if not raw.isdigit() and not _INTEGER.fullmatch(raw):
        raise ValueError(f"{decode_text(raw)!r} is no integer")
    return int(raw)


def _float(raw: bytes, major: int, params: Params) -> float:
    try:  # not `suppress`, which costs more than all the rest
        if not raw.strip(_OF_FLOATS) or _FLOAT.fullmatch(raw):
            return float(raw)
    except ValueError:
        pass
    raise ValueError(f"{decode_text(raw)!r} is no float")


def _boolean(raw: bytes, major: int, params: Params) -> bool:
    value = _BOOLEANS.get(raw)
    if value is None:
        raise ValueError(f"{decode_text(raw)!r} is no boolean, which is 1 or 0")
    return value


def _lru(raw: bytes, major: int, params: Params) -> int:
    if raw not in _LRU:
        raise ValueError(f"{decode_text(raw)!r} is no lru, which is nominal or error")
    return _LRU.index(raw)


def _discrete(raw: bytes, major: int, params: Params) -> str:
    text = decode_text(raw)
    if params and text not in params:
        raise ValueError(f"{text!r} is none of the options {', '.join(map(repr, params))}")
    return text


def _address(raw: bytes, major: int, params: Params) -> tuple[str, int | None]:
    match = _ADDRESS.fullmatch(decode_text(raw))
    if match is None:
        raise ValueError(
            f"{decode_text(raw)!r} is no address, which is host, host:port or [v6]:port"
        )
    return (match[1] or match[2], None if match[3] is None else int(match[3]))


def _encode_address(value: Any, major: int) -> bytes:
    host, port = value
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}".encode() if port is not None else shown.encode()


def _encode_text(value: Any, major: int) -> bytes:
    return encode_text(str(value))


_STRING = ValueType(lambda raw, major, params: decode_text(raw), _encode_text)

#: KATCP type name -> how its values are read and written.
VALUE_TYPES = {
    "integer": ValueType(_integer, lambda value, major: b"%d" % int(value)),
    "float": ValueType(_float, lambda value, major: repr(float(value)).encode()),
    "boolean": ValueType(_boolean, lambda value, major: b"1" if value else b"0"),
    "lru": ValueType(_lru, lambda value, major: _LRU[value]),
    "discrete": ValueType(_discrete, _encode_text),
    "string": _STRING,
    "timestamp": ValueType(
        lambda raw, major, params: decode_timestamp(raw, major), encode_timestamp
    ),
    "address": ValueType(_address, _encode_address),
}
#: Names of the types, each at the number that ``katcp.Sensor`` has for it.
TYPE_NAMES = tuple(VALUE_TYPES)
