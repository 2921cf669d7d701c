"""The sensors of a device or telescope that match, by the names that are shown."""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..errors import KATCPResourceError
from ..resource import KATCPSensor
from ..resource_client import KATCPClientResource, KATCPClientResourceContainer, escape_name
from ._target import Target, close_to, devices_of

__all__ = ["Found", "every", "find_sensor", "matching", "name_test", "names_in", "read_all"]


class Found(NamedTuple):
    """A sensor, by the name that is shown, and the device that it is of."""

    name: str
    sensor: KATCPSensor
    device: KATCPClientResource


def names_in(target: Target) -> Iterable[tuple[str, KATCPClientResource]]:
    """Give each device with what the names of its sensors begin with."""
    within = isinstance(target, KATCPClientResourceContainer)
    for path, device in devices_of(target).items():
        yield (f"{path}." if within else ""), device


def name_test(pattern: str) -> Callable[[str], bool]:
    """Give the test whether a name matches, as it is or as Python identifier.

    Raises
    ------
    ValueError
        If `pattern` is no regular expression.
    """
    try:
        search = re.compile(pattern).search
    except re.error as exc:
        raise ValueError(
            f"{pattern!r} is no regular expression: {exc}; a part of a name is enough"
        ) from None
    return lambda name: bool(search(name) or search(escape_name(name)))


def matching(target: Target, pattern: str) -> list[Found]:
    """Give the sensors whose names match, sorted by name.

    Raises
    ------
    ValueError
        If `pattern` is no regular expression.
    KATCPResourceError
        If no sensor matches; names those that are most like it.
    """
    matches = name_test(pattern)
    found = [each for each in every(target) if matches(each.name)]
    if not found:
        there = close_to(pattern, [each.name for each in every(target)])
        raise KATCPResourceError(f"no sensor of {target.name} matches {pattern!r}; it has {there}")
    return sorted(found, key=lambda each: each.name)


def find_sensor(target: Target, name: str) -> Found:
    """Give the sensor of this name, or Python identifier.

    Raises
    ------
    KATCPResourceError
        If there is none; names those that are most like it.
    """
    names = []
    for found in every(target):
        if escape_name(found.name) == escape_name(name):
            return found
        names.append(found.name)
    there = close_to(name, names)
    raise KATCPResourceError(f"{target.name} has no sensor {name!r}; it has {there}")


async def read_all(target: Target, timeout: float) -> dict[str, str]:
    """Ask each device for the values of all its sensors; give what went wrong, by device."""
    troubles = {}
    for name, device in devices_of(target).items():
        if device.is_connected():
            reply, _ = await device._client().simple_request("sensor-value", timeout=timeout)
            if not reply.reply_ok():
                troubles[name] = str(reply)
    return troubles


def every(target: Target) -> Iterable[Found]:
    """Give all sensors."""
    for prefix, device in names_in(target):
        sensors: Any = dict.values(device.sensor)
        for sensor in sensors:
            yield Found(prefix + sensor.name, sensor, device)
