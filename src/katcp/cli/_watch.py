"""``katcp watch``: readings as they come, on lines."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..model import KATCPSensorReading
from ..resource import KATCPSensor
from ._follow import follow
from ._show import json_line, reading_line, reading_record
from ._target import connected

__all__ = ["Sparing", "watch"]


async def watch(
    where: str,
    pattern: str,
    strategy: Any,
    changes: bool,
    rate: float,
    count: int,
    duration: float | None,
    timeout: float,
    as_json: bool,
) -> None:
    """Show the readings of the sensors that match, `count` of them, for `duration`, or for ever."""
    async with connected(where, timeout) as target:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        shown = _Shown(as_json, count, ended)
        sparing = Sparing(shown, changes, 1 / rate if rate else 0.0)
        async with follow(target, pattern, strategy, sparing) as trouble:
            await asyncio.wait(
                [ended, trouble], timeout=duration, return_when=asyncio.FIRST_COMPLETED
            )
            for future in (trouble, ended):
                if future.done():
                    future.result()
        sparing.end()


class _Shown:
    """Prints readings until there were enough."""

    def __init__(self, as_json: bool, count: int, ended: "asyncio.Future[None]") -> None:
        self._as_json = as_json
        self._left = count
        self._ended = ended

    def __call__(self, name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        if self._ended.done():
            return
        try:
            if self._as_json:
                json_line({"name": name, **reading_record(reading)})
            else:
                print(reading_line(name, sensor, reading), flush=True)
        except OSError as exc:  # whoever read has gone
            self._ended.set_exception(exc)
            return
        self._left -= 1
        if self._left == 0:
            self._ended.set_result(None)


class Sparing:
    """Passes on readings, not all of them.

    Parameters
    ----------
    heard
        What they are passed on to.
    changes
        Leave out those with the value and the status of the one before.
    pause
        Seconds from one reading of a sensor to the next; the newest of those in between is passed
        on when they are over. None is left to be passed on after `end`.
    """

    def __init__(
        self,
        heard: Callable[[str, KATCPSensor, KATCPSensorReading], None],
        changes: bool,
        pause: float,
    ) -> None:
        self._heard = heard
        self._changes = changes
        self._pause = pause
        self._last: dict[str, Any] = {}
        self._held: dict[str, tuple[KATCPSensor, KATCPSensorReading] | None] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def __call__(self, name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        if name in self._timers:
            self._held[name] = (sensor, reading)
        else:
            self._pass_on(name, sensor, reading)

    def end(self) -> None:
        """Pass on nothing more."""
        for timer in self._timers.values():
            timer.cancel()

    def _pass_on(self, name: str, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        shown = (reading.istatus, reading.value)
        if self._changes and self._last.get(name) == shown:
            return
        self._last[name] = shown
        self._heard(name, sensor, reading)
        if self._pause:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(self._pause, self._over, name)

    def _over(self, name: str) -> None:
        del self._timers[name]
        if (held := self._held.pop(name, None)) is not None:
            self._pass_on(name, *held)
