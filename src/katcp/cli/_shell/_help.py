"""What a ``?`` after a request, sensor or device shows."""

from collections.abc import Iterable
from typing import Any

from ..._display import unwrapped
from ...model import is_sampled
from ...resource import KATCPRequest, KATCPSensor
from ...resource_client import GroupRequest
from ...wire import printable, printable_lines

__all__ = ["help_of"]


def help_of(thing: Any) -> str | None:
    """Give the help of a request or sensor as lines of text; None for other things."""
    thing = unwrapped(thing)
    match thing:
        case GroupRequest():
            return _group_request(thing)
        case KATCPRequest():
            return f"?{thing.name}\n\n{_text(thing)}\n\n{_hint([thing.timeout_hint])}"
        case KATCPSensor():
            return _sensor(thing)
    return None


def _group_request(request: GroupRequest) -> str:
    found = request.group.lookup(request.name)
    asked = [name for name, its in found.items() if its is not None]
    absent = [name for name, its in found.items() if its is None]
    lines = [
        f"?{printable(request.name)} to all of group {request.group.name}: {', '.join(asked)}",
        "",
        _text(request),
        "",
        _hint(its.timeout_hint for its in found.values() if its is not None),
    ]
    if absent:
        lines.append(f"Not there (yet) on: {', '.join(absent)}")
    return "\n".join(lines)


def _text(request: Any) -> str:
    return printable_lines(request.description.strip()) or "The device gives no help for it."


def _hint(hints: Iterable[float | None]) -> str:
    there = sorted({hint for hint in hints if hint is not None})
    if not there:
        return "Time-out: 5 s (the device gives no hint); timeout=SECONDS sets another."
    span = f"{there[0]:g}" if len(there) == 1 else f"{there[0]:g} to {there[-1]:g}"
    return f"Time-out hint of the device: {span} s; timeout=SECONDS sets another."


def _sensor(sensor: KATCPSensor) -> str:
    strategy = " ".join(sensor.sampling_strategy)
    rows = (
        ("Sensor", f"{sensor.name} of {sensor.parent_name}"),
        ("Description", sensor.description),
        ("Type", sensor.type),
        ("Units", sensor.units),
        ("Sampled", strategy if is_sampled(sensor.sampling_strategy) else "no"),
        ("Value", f"{sensor.value!r} ({sensor.status}{', stale' if sensor.stale else ''})"),
    )
    return "\n".join(f"{key + ':':13}{printable(str(value))}" for key, value in rows)
