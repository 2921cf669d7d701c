"""What changed between two interfaces, and whether that breaks programs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from ...model import Interface, Request, SensorDescription
from ...wire import decode_text

__all__ = ["Change", "changes"]

D = TypeVar("D", Request, SensorDescription)


class Change(NamedTuple):
    """One change: of which `field`, from what to what; an item that came or went has no field.

    `breaking` says that a program that was right may not be any more.
    """

    breaking: bool
    device: str
    kind: str
    name: str
    change: str
    field: str = ""
    old: Any = None
    new: Any = None


def changes(old: Mapping[str, Interface], new: Mapping[str, Interface]) -> list[Change]:
    """Give what changed, sorted; of one device each, whatever they are called."""
    if len(old) == len(new) == 1:
        [before], [after] = old.values(), new.values()
        return list(_of_device("", before, after))
    found: list[Change] = []
    for device in sorted({*old, *new}):
        if device not in new:
            found.append(Change(True, device, "device", device, "removed"))
        elif device not in old:
            found.append(Change(False, device, "device", device, "added"))
        else:
            found += _of_device(device, old[device], new[device])
    return found


def _of_device(device: str, old: Interface, new: Interface) -> Iterator[Change]:
    if old.protocol != new.protocol:
        breaks = old.protocol.split(".")[0] != new.protocol.split(".")[0]
        yield Change(
            breaks, device, "device", device, "changed", "protocol", old.protocol, new.protocol
        )
    yield from _of_items(device, "request", old.requests, new.requests, _request)
    yield from _of_items(device, "sensor", old.sensors, new.sensors, _sensor)


def _of_items(
    device: str,
    kind: str,
    old: Mapping[str, D],
    new: Mapping[str, D],
    fields: Callable[[D, D], Iterator[tuple[bool, str, Any, Any]]],
) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        if name not in new:
            yield Change(True, device, kind, name, "removed")
        elif name not in old:
            yield Change(False, device, kind, name, "added")
        else:
            for breaks, field, before, after in fields(old[name], new[name]):
                if before != after:
                    yield Change(breaks, device, kind, name, "changed", field, before, after)


def _request(old: Request, new: Request) -> Iterator[tuple[bool, str, Any, Any]]:
    yield False, "help", old.description, new.description
    yield False, "timeout_hint", old.timeout_hint, new.timeout_hint


def _sensor(old: SensorDescription, new: SensorDescription) -> Iterator[tuple[bool, str, Any, Any]]:
    yield True, "type", old.type, new.type
    yield True, "units", old.units, new.units
    before, after = _params(old), _params(new)
    if "discrete" in (old.type, new.type):
        yield bool({*before} - {*after}), "options", before, after
    else:
        yield False, "params", before, after
    yield False, "description", old.description, new.description


def _params(sensor: SensorDescription) -> list[str]:
    return [decode_text(param) for param in sensor.params]
