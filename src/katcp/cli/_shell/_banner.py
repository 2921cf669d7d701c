"""What came up and what did not, and three examples that work on this telescope."""

import keyword
from collections.abc import Iterator
from typing import Any

from ..._display import devices, reason
from ...model import is_sampled
from ...wire import printable

__all__ = ["banner", "not_up"]

_MOST_REASONS = 3  # why devices are not up
_MOST_NAMES = 8
_HARMLESS = ("watchdog", "help")  # requests to show; the first that is there
_TELLING = ("mode", "state", "device_status", "lock")  # sensors likewise
_SIMPLE = ("boolean", "discrete")  # types of sensors to wait for


def banner(resource: Any) -> list[str]:
    """Give at most eight lines; `resource` is not wrapped."""
    lines = [_what(resource), *(f"  {line}" for line in not_up(resource)), *_examples(resource)]
    return [printable(line) for line in lines]


def not_up(resource: Any) -> list[str]:
    """Say which devices are not up and why, a line for each reason; the last is for all others."""
    reasons: dict[str, list[str]] = {}
    for name, device in devices(resource):
        if not device.synced:
            reasons.setdefault(reason(device), []).append(name)
    lines = [f"not up: {_listed(names)}: {why}" for why, names in reasons.items()]
    if len(lines) > _MOST_REASONS:
        others = [name for names in list(reasons.values())[_MOST_REASONS - 1 :] for name in names]
        lines[_MOST_REASONS - 1 :] = [f"not up: {_listed(others)}; kat shows why"]
    return [printable(line) for line in lines]


def _what(resource: Any) -> str:
    there = dict(devices(resource))
    if list(there.values()) == [resource]:
        state = f"{len(resource.sensor)} sensors, {len(resource.req)} requests"
        return f"kat is {resource.name}: {state if resource.synced else 'not up; it joins later'}"
    up = sum(device.synced for device in there.values())
    late = "" if up == len(there) else ", the rest join later"
    groups = f"; groups: {_listed(list(resource.groups))}" if resource.groups else ""
    return f"kat is {resource.name}: {up} of {len(there)} devices up{late}{groups}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


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
    typed = (n for n in names if n.isidentifier() and not keyword.iskeyword(n))
    return f"{path}.sensor.{next(typed, '')}".rstrip(".")


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
    for identifier, child in resource.children.items():
        yield from _paths(child, f"{path}.{identifier}")


def _groups(resource: Any) -> Iterator[tuple[str, Any]]:
    """Give the groups of which something is up, with what is typed for each."""
    for identifier, group in getattr(resource, "groups", {}).items():
        if any(device.synced for device in group):
            yield f"kat.{identifier}", group


def _is_group(thing: Any) -> bool:
    return hasattr(thing, "clients")
