"""``katcp info``, ``katcp sensors`` and ``katcp req``."""

import sys
from collections.abc import Callable
from typing import Any

from ..errors import KATCPResourceError
from ..model import STATUS_NAMES
from ..resource import KATCPRequest
from ..resource_client import KATCPClientResource, escape_name
from ._exit import warn
from ._sensors import Found, matching, names_in, read_all
from ._show import json_line, sensor_record, show_reply, status, table, value_shown
from ._target import Target, close_to, connected, devices_of

__all__ = ["info", "req", "requests_of", "sensors"]

_USUAL = 10.0  # seconds to wait for a device, and for its reply if it hints at no other time


async def info(where: str, timeout: float, as_json: bool) -> bool:
    """Show what a device is, or each device of a telescope; False if one is not there."""
    async with connected(where, timeout) as target:
        records = {name: _about(name, device) for name, device in devices_of(target).items()}
        if as_json:
            for record in records.values():
                json_line(record)
        elif isinstance(target, KATCPClientResource):
            _show_device(target, records[target.name])
        else:
            _show_devices(records)
        return _all_there(target)


def _about(name: str, device: KATCPClientResource) -> dict[str, Any]:
    requests = sorted(dict.values(device.req), key=lambda request: str(request.name))
    return {
        "name": name,
        "address": device.address_string,
        "state": device.state,
        "protocol": device.interface.protocol,
        "versions": dict(device.versions),
        "sensors": len(device.sensor),
        "requests": {request.name: request.description for request in requests},
    }


def _show_device(device: KATCPClientResource, record: dict[str, Any]) -> None:
    rows = [(key, record[key]) for key in ("address", "protocol", "sensors")]
    rows += [(name, " ".join(version)) for name, version in device.versions.items()]
    table(["", ""], rows)
    _show_requests(requests_of(device), False)


def _show_devices(records: dict[str, dict[str, Any]]) -> None:
    keys = ("name", "address", "state", "protocol", "sensors")
    rows = [
        [*(record[key] for key in keys), len(record["requests"])] for record in records.values()
    ]
    table(["device", *keys[1:], "requests"], rows)


async def sensors(
    where: str, pattern: str, statuses: str, sort: str, reverse: bool, timeout: float, as_json: bool
) -> bool:
    """Show the sensors that match, with their values; False if a device did not give them all."""
    wanted = _statuses(statuses)
    async with connected(where, timeout) as target:
        found = matching(target, pattern)
        troubles = await read_all(target, timeout)
        for name, what in troubles.items():
            warn(f"{name} does not give the values of its sensors: {what}")
        chosen = [each for each in found if not wanted or each.sensor.status in wanted]
        chosen.sort(key=_SORTS[sort], reverse=reverse)
        if not chosen and sys.stdout.isatty() and not as_json:
            warn(f"of {len(found)} sensors none has the status {' or '.join(sorted(wanted))}")
        else:
            _show_sensors(chosen, as_json)
        return not troubles and _all_there(target)


def _show_sensors(found: list[Found], as_json: bool) -> None:
    if as_json:
        for each in found:
            json_line({**sensor_record(each.sensor), "name": each.name})
        return
    rows = (
        (
            each.name,
            status(each.sensor),
            value_shown(each.sensor, each.sensor.value),
            each.sensor.units,
            each.sensor.type,
            each.sensor.description,
        )
        for each in found
    )
    table(["sensor", "status", "value", "units", "type", "description"], rows)


def _statuses(text: str) -> set[str]:
    wanted = {word for word in text.split(",") if word}
    for word in wanted:
        if word not in STATUS_NAMES:
            raise ValueError(f"{word!r} is no status; statuses are {', '.join(STATUS_NAMES)}")
    return wanted


def _value_key(found: Found) -> tuple[int, Any]:
    value = found.sensor.value
    if isinstance(value, (int, float)):
        return (0, value)
    return (2, "") if value is None else (1, str(value))


_SORTS: dict[str, Callable[[Found], Any]] = {
    "name": lambda found: found.name,
    "status": lambda found: (found.sensor.reading.istatus or 0, found.name),
    "value": _value_key,
    "time": lambda found: found.sensor.reading.timestamp,
    "type": lambda found: (found.sensor.type, found.name),
}


def _all_there(target: Target) -> bool:
    return all(device.synced for device in devices_of(target).values())


def requests_of(target: Target) -> dict[str, KATCPRequest]:
    """Give the requests by the names that are shown, sorted; of a telescope ``device.request``."""
    found: dict[str, KATCPRequest] = {}
    for prefix, device in names_in(target):
        found |= {prefix + request.name: request for request in dict.values(device.req)}
    return dict(sorted(found.items()))


def _show_requests(found: dict[str, KATCPRequest], as_json: bool) -> None:
    if as_json:
        for name, request in found.items():
            json_line({"name": name, "description": request.description})
        return
    rows = ((name, request.description.split("\n")[0]) for name, request in found.items())
    table(["request", "description"], rows)


async def req(
    where: str, name: str | None, arguments: list[str], timeout: float | None, as_json: bool
) -> bool:
    """Send a request; False if it failed. Without a name, show what requests there are.

    Raises
    ------
    KATCPResourceError
        If there is no such request; names those that are most like it.
    """
    async with connected(where, _USUAL if timeout is None else timeout) as target:
        if name is None:
            _show_requests(requests_of(target), as_json)
            return True
        request = dict.get(target.req, escape_name(name))
        if request is None:
            there = close_to(name, list(requests_of(target)))
            raise KATCPResourceError(f"{where} has no request {name!r}; it has {there}")
        raw = [argument.encode("utf-8", "surrogateescape") for argument in arguments]
        if timeout is None and request.timeout_hint is None:
            timeout = _USUAL
        reply = await request(*raw, timeout=timeout)
        show_reply(reply, as_json)
        return bool(reply)
