"""The interface of devices as a Markdown document, which ends in the same for programs."""

import json
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ...model import Interface, Request, SensorDescription
from ...wire import decode_text
from ._markdown import code, fenced, table, words
from ._read import alike

__all__ = ["MARK", "document", "plain_document"]

#: What the plain form has as its first key, with the number of the format.
MARK = "katcp-icd"

_ABOUT = "What is offered over KATCP, as `katcp icd` wrote it; `katcp icd diff` compares it."
_END = """\
<details>
<summary>The same for programs: katcp icd diff reads this, and nothing of the text above</summary>
"""
_COLUMNS = ["sensor", "type", "units", "range or options", "description"]


def plain_document(name: str, interfaces: dict[str, Interface]) -> dict[str, Any]:
    """Give the interfaces as JSON has it; devices that offer the same are together."""
    kinds = []
    for devices, interface in alike(interfaces):
        plain = interface.plain()
        del plain["name"]
        kinds.append({"devices": devices, **plain})
    return {MARK: 1, "name": name, "interfaces": kinds}


def document(name: str, interfaces: dict[str, Interface]) -> str:
    """Give the Markdown document: the same text for the same interfaces."""
    lines = [f"# {words(name)}", "", _ABOUT, ""]
    kinds = alike(interfaces)
    for devices, interface in kinds:
        several = len(interfaces) > 1
        if several:
            lines += [f"## {', '.join(map(words, devices))}", ""]
        lines += _interface(interface, "###" if several else "##")
    plain = json.dumps(plain_document(name, interfaces), indent=1)
    return "\n".join([*lines, _END, "```json", plain, "```", "", "</details>", ""])


def _interface(interface: Interface, level: str) -> list[str]:
    lines = [f"Protocol: KATCP {code(interface.protocol) or 'not said'}", ""]
    sensors = sorted(interface.sensors.values(), key=lambda s: (_part(s), s.name))
    lines += [f"{level} Sensors", ""]
    for part, group in groupby(sensors, _part):
        lines += [f"{level}# {code(part)}", ""] if part else []
        lines += [*table(_COLUMNS, map(_sensor, group)), ""]
    lines += [f"{level} Requests", ""]
    for _, request in sorted(interface.requests.items()):
        lines += _request(request, level)
    return lines


def _part(sensor: SensorDescription) -> str:
    """Give the part of the name that sensors are put together by; none if it has no parts."""
    first, dot, _ = sensor.name.partition(".")
    return first if dot else ""


def _sensor(sensor: SensorDescription) -> Iterable[str]:
    yield code(sensor.name)
    yield words(sensor.type)
    yield words(sensor.units)
    yield _params(sensor)
    yield words(sensor.description)


def _params(sensor: SensorDescription) -> str:
    params = [code(decode_text(param)) or "(empty)" for param in sensor.params]
    if sensor.type in ("integer", "float") and len(params) in (2, 4):
        ranges = [" to ".join(params[i : i + 2]) for i in range(0, len(params), 2)]
        return ", warn ".join(ranges)
    return ", ".join(params)


def _request(request: Request, level: str) -> list[str]:
    hint = request.timeout_hint
    lines = [f"{level}# {code('?' + request.name)}", "", *fenced(request.description), ""]
    return lines if hint is None else [*lines, f"Time-out hint: {hint:g} s", ""]
