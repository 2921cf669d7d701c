"""What the commands do, each with one device."""

import asyncio
import re
import sys
from typing import Any

from ..resource_client import KATCPClientResource, StateChanged, connect
from ..wire import printable
from ._run import fail
from ._show import json_line, reading_line, reading_record, sensor_record, show_reply, status, table

__all__ = ["info", "req", "sensors", "watch"]


async def info(address: str, timeout: float, as_json: bool) -> None:
    """Show what a device is."""
    async with connect(address, timeout=timeout) as device:
        low = device._client().katcp_client
        record = {
            "address": device.address_string,
            "protocol": str(low.protocol_flags),
            "versions": dict(device.versions),
            "sensors": len(device.sensor),
            "requests": sorted(request.name for request in dict.values(device.req)),
        }
        if as_json:
            json_line(record)
            return
        rows = [(key, record[key]) for key in ("address", "protocol", "sensors")]
        rows += [(name, " ".join(version)) for name, version in device.versions.items()]
        table(["", ""], rows)
        requests = [(r.name, r.description.split("\n")[0]) for _, r in sorted(device.req.items())]
        table(["request", "description"], requests)


async def sensors(address: str, pattern: str, timeout: float, as_json: bool) -> None:
    """Show the sensors that match, with their values."""
    async with connect(address, timeout=timeout) as device:
        found = await _matching(device, pattern)
        outcome = await device._client().simple_request("sensor-value", timeout=timeout)
        if not outcome[0].reply_ok():
            fail(f"{address} does not give the values of its sensors: {outcome[0]}")
        if as_json:
            for sensor in found:
                json_line(sensor_record(sensor))
            return
        rows = [(s.name, status(s), "" if s.value is None else s.value, s.units, s.type,
                 s.description) for s in found]  # fmt: skip
        table(["sensor", "status", "value", "units", "type", "description"], rows)


async def req(address: str, name: str, arguments: list[str], timeout: float, as_json: bool) -> bool:
    """Send a request; False if it failed."""
    async with connect(address, timeout=timeout) as device:
        request = dict.get(device.req, name.replace("-", "_").replace(".", "_"))
        if request is None:
            fail(f"{address} has no request {name!r}; katcp info {address} lists what it has")
        raw = [argument.encode("utf-8", "surrogateescape") for argument in arguments]
        reply = await request(*raw, timeout=None if request.timeout_hint else timeout)
        show_reply(reply, as_json)
        return bool(reply)


async def watch(
    address: str, pattern: str, strategy: str, timeout: float, as_json: bool, count: int
) -> None:
    """Show the readings of the sensors that match as they come, `count` of them or for ever."""
    async with connect(address, timeout=timeout) as device:
        found = await _matching(device, pattern)
        enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        left = count

        def show(sensor: Any, reading: Any) -> None:
            nonlocal left
            if enough.done():
                return
            try:
                if as_json:
                    json_line({"name": sensor.name, **reading_record(reading)})
                else:
                    print(reading_line(sensor, reading), flush=True)
            except OSError as exc:
                enough.set_exception(exc)
                return
            left -= 1
            if left == 0:
                enough.set_result(None)

        for sensor in found:
            sensor.register_listener(show, reading=True)
        links = asyncio.get_running_loop().create_task(_show_link(device))
        try:
            results = await device.set_sampling_strategies(pattern, strategy)
            for success, why in results.values():
                if not success:
                    fail(str(why[1]))
            await enough
        finally:
            links.cancel()


async def _show_link(device: KATCPClientResource) -> None:
    """Say on stderr when the link is lost, and when it is back."""
    async for change in device.changes():
        if isinstance(change, StateChanged) and change.state == "disconnected":
            what = f"{change.reason}; what was shown is old from now on; trying again"
            print(f"katcp: {printable(what)}", file=sys.stderr)
        elif isinstance(change, StateChanged) and change.state == "synced":
            print(f"katcp: {device.name} is back", file=sys.stderr)


async def _matching(device: KATCPClientResource, pattern: str) -> list[Any]:
    try:
        rows = await device.list_sensors(pattern)
    except re.error as exc:
        fail(f"{pattern!r} is no regular expression: {exc}")
    if not rows:
        fail(f"no sensor of {device.name} matches {pattern!r} (as Python identifier, a_b for a.b)")
    return [row.object for row in rows]
