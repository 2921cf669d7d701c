"""``katcp wait``: until a sensor meets a condition."""

import asyncio
import re
import time
from typing import Any

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ._condition import parse_condition
from ._exit import warn
from ._follow import follow
from ._sensors import Found, find_sensor
from ._show import json_line, reading_line, reading_record, value_shown
from ._target import connected

__all__ = ["wait"]


async def wait(
    where: str, name: str, condition: str, strategy: Any, timeout: float, as_json: bool
) -> bool:
    """Wait until a sensor meets a condition; False if it does not in `timeout` seconds."""
    began = time.monotonic()
    async with connected(where, timeout, of=name) as target:
        found = find_sensor(target, name)
        met = parse_condition(condition, found.sensor)
        reached: asyncio.Future[KATCPSensorReading] = asyncio.get_running_loop().create_future()

        def look(name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
            if not reached.done() and met(reading):
                reached.set_result(reading)

        exact = f"^{re.escape(found.name)}$"
        left = max(0.0, timeout - (time.monotonic() - began))
        try:
            async with asyncio.timeout(left), follow(target, exact, strategy, look) as trouble:
                either: list[asyncio.Future[Any]] = [reached, trouble]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if trouble.done():
                    trouble.result()
        except TimeoutError:
            pass
        if reached.done():
            _say_reached(found, reached.result(), as_json)
            return True
        _say_missed(where, found, condition, timeout, as_json)
        return False


def _say_reached(found: Found, reading: KATCPSensorReading, as_json: bool) -> None:
    if as_json:
        json_line({"reached": True, "name": found.name, **reading_record(reading)})
    else:
        print(reading_line(found.name, found.sensor, reading))


def _say_missed(where: str, found: Found, condition: str, timeout: float, as_json: bool) -> None:
    reading, device = found.sensor.reading, found.device
    age = time.time() - reading.received_timestamp if reading.received_timestamp else None
    if as_json:
        record = {"age": age, "link": device.state, "phase": device.phase}
        json_line({"reached": False, "name": found.name, **reading_record(reading), **record})
    last = "it never gave a value"
    if age is not None:
        value = value_shown(found.sensor, reading.value)
        last = f"its last value is {value} ({reading.status}), received {age:.1f} s ago"
    link = f"the link is {device.state}" + ("" if device.synced else device.why())
    warn(f"{where}: {found.name} did not meet {condition!r} in {timeout:g} s; {last}; {link}")
