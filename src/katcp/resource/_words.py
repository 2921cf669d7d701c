"""Words of replies and informs as Python values, by type; errors say which word of which reply."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import UnexpectedReply
from ..model import KATCPSensorReading, SensorDescription, parse_status
from ..wire import (
    VALUE_TYPES,
    Message,
    brief,
    decode_count,
    decode_params,
    decode_text,
    decode_timestamp,
    decode_value,
)

__all__ = ["decoded", "readings_in"]

_TYPES = {int: "integer", float: "float", bool: "boolean", str: "string"}


def decoded(
    words: Sequence[bytes], types: Sequence[Any], major: int, where: str
) -> tuple[Any, ...]:
    """Give the first words, one for each of `types`: bytes, int, float, bool, str or KATCP names.

    Raises
    ------
    UnexpectedReply
        If there are fewer, or one is none of its type; begins with `where`.
    TypeError
        If there is no such type.
    """
    names = [kind if kind is bytes else _type_name(kind) for kind in types]
    if len(words) < len(names):
        asked = ", ".join("bytes" if name is bytes else str(name) for name in names)
        raise UnexpectedReply(f"{where} has {len(words)} words, and {asked} were asked for")
    return tuple(
        _value(name, word, major, f"word {number} of {where}")
        for number, (name, word) in enumerate(zip(names, words, strict=False), 1)
    )


def readings_in(
    inform: Message,
    sensors: Mapping[str, SensorDescription],
    major: int,
    received: float,
    where: str,
) -> Iterator[tuple[str, KATCPSensorReading | UnexpectedReply]]:
    """Give name and reading of each sensor in a ``#sensor-value``, or why it cannot be understood.

    Raises
    ------
    UnexpectedReply
        If it is no such inform; begins with `where`.
    """
    words = inform.arguments
    count = decode_count(words[1]) if len(words) > 1 else None
    if count is None or len(words) < 2 + 3 * count:
        raise UnexpectedReply(
            f"{where} is not timestamp, count and for each sensor name, status and value: "
            f"{brief(str(inform), 200)}"
        )
    timestamp = _timestamp(words[0], major, where)
    for at in range(2, 2 + 3 * count, 3):
        name, raw = decode_text(words[at]), words[at + 1 : at + 3]
        try:
            status, value = _status_and_value(sensors.get(name), raw[0], raw[1], major)
        except ValueError as exc:
            what = f"sensor {brief(name, 200)} in {where}: {brief(str(exc), 200)}"
            yield name, UnexpectedReply(what)
        else:
            yield name, KATCPSensorReading(received, timestamp, status, value)


def _status_and_value(
    sensor: SensorDescription | None, raw_status: bytes, raw_value: bytes, major: int
) -> tuple[int, Any]:
    if sensor is None:
        raise ValueError("the device has not said of what type it is")
    params = decode_params(sensor.type, sensor.params, major)
    return parse_status(raw_status), decode_value(sensor.type, raw_value, major, params)


def _type_name(kind: Any) -> str:
    name = _TYPES.get(kind, "") if isinstance(kind, type) else kind
    if not isinstance(name, str) or name not in VALUE_TYPES:
        raise TypeError(
            f"{kind!r} is no type for a word: those are int, float, bool, str, bytes and "
            f"{', '.join(VALUE_TYPES)}"
        )
    return name


def _value(name: Any, word: bytes, major: int, where: str) -> Any:
    if name is bytes:
        return word
    try:
        return decode_value(name, word, major)
    except ValueError as exc:
        raise UnexpectedReply(f"{where}: {brief(str(exc), 200)}") from None


def _timestamp(word: bytes, major: int, where: str) -> float:
    try:
        return decode_timestamp(word, major)
    except ValueError as exc:
        raise UnexpectedReply(f"word 1 of {where}: {brief(str(exc), 200)}") from None
