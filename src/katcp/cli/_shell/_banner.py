"""What came up and what did not, and three examples that work on this telescope."""

from collections.abc import Iterator
from typing import Any

from ...model import is_sampled
from ...wire import printable
from ._devices import devices, reason

__all__ = ["banner", "not_up"]

_MOST_DOWN = 3  # devices that are named each with its reason
_HARMLESS = ("watchdog", "help")  # requests to show; the first that is there
_TELLING = ("mode", "state", "device_status", "lock")  # sensors likewise
_SIMPLE = ("boolean", "discrete")  # types of sensors to wait for


def banner(resource: Any) -> list[str]:
    """Give at most eight lines; `resource` is not wrapped."""
    return [_what(resource), *(f"  {line}" for line in not_up(resource)), *_examples(resource)]


def not_up(resource: Any) -> list[str]:
    """Say of each device that is not up why; of the first few alone if they are many."""
    down = [(name, device) for name, device in devices(resource) if not device.synced]
    lines = [f"not up: {name} ({device.address_string}): {reason(device)}" for name, device in down]
    if len(down) > _MOST_DOWN:
        rest = ", ".join(name for name, _ in down[_MOST_DOWN - 1 :])
        lines = [*lines[: _MOST_DOWN - 1], f"not up, too: {rest}; kat shows why"]
    return [printable(line) for line in lines]


def _what(resource: Any) -> str:
    there = dict(devices(resource))
    if list(there.values()) == [resource]:
        state = f"{len(resource.sensor)} sensors" if resource.synced else resource.state
        return f"kat is {resource.name} at {resource.address_string}: {state}"
    up = sum(device.synced for device in there.values())
    groups = f", groups: {', '.join(resource.groups)}" if resource.groups else ""
    late = "" if up == len(there) else "; the others join when they come"
    return f"kat is {resource.name}: {up} of {len(there)} devices are up{late}{groups}"


def _examples(resource: Any) -> list[str]:
    device = next(_paths(resource), None)
    if device is None:
        return ["  nothing is up yet: kat shows how it stands; what comes up is said here"]
    group = next(_groups(resource), device)
    request = next((name for name in _HARMLESS if name in group[1].req), "")
    examples = [
        (f"{group[0]}.req.{request}()", f"asks; {group[0]}.req.{request}? is its help"),
        (_sensor(*device), "value, status, age"),
        (_wait(*group) or _wait(*device), "blocks; Ctrl-C ends it"),
    ]
    wide = max(len(example) for example, _ in examples)
    awaited = f"await a{group[0]}.req.{request}()"
    return [
        *(f"  {example:{wide}}  {what}" for example, what in examples if example),
        f"TAB completes, ? after a name explains, {awaited} works too",
    ]


def _sensor(path: str, device: Any) -> str:
    names = [*(n for n in _TELLING if n in device.sensor), *sorted(device.sensor)]
    return f"{path}.sensor.{names[0]}" if names else f"{path}.sensor"


def _wait(path: str, waiting: Any) -> str:
    """Give a wait that is over at once, on a sensor that is sampled; empty if there is none."""
    one = next(iter(waiting)) if _is_group(waiting) else waiting
    for name, sensor in sorted(dict.items(one.sensor)):
        if sensor.type in _SIMPLE and is_sampled(sensor.sampling_strategy) and not sensor.stale:
            return f'{path}.wait("{name}", {sensor.value!r}, 60)'
    return ""


def _paths(resource: Any, path: str = "kat") -> Iterator[tuple[str, Any]]:
    """Give the devices that are up, each with what is typed for it."""
    if not hasattr(resource, "groups"):
        if resource.synced:
            yield path, resource
        return
    for identifier, child in sorted(resource.children.items()):
        yield from _paths(child, f"{path}.{identifier}")


def _groups(resource: Any) -> Iterator[tuple[str, Any]]:
    """Give the groups of which something is up, with what is typed for each."""
    for identifier, group in getattr(resource, "groups", {}).items():
        if any(device.synced for device in group):
            yield f"kat.{identifier}", group


def _is_group(thing: Any) -> bool:
    return hasattr(thing, "clients")
