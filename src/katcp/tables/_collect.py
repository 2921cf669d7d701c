"""`collect`: the readings of the sensors that match, for the length of a ``with``."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from ..errors import KATCPResourceError
from ..ioloop_manager import IOLoopThreadWrapper
from ..resource import KATCPSensor
from ..resource_client import ClientGroup, Followed, KATCPClientResource, escape_name, follow
from ._readings import Readings

__all__ = ["Collection", "collect"]

log = logging.getLogger("katcp.tables")


def collect(
    resource: Any, filter: str = "", strategy: Any = "event", *, limit: int | None = 1_000_000
) -> "Collection":
    """Collect readings of a device, container or group: ``async with``, in the blocking face ``with``.

    It gives `Readings` that grow until the end of the block, and can be used after it. Sensors that
    match and come later, with a device that was not there or has changed, are collected, too. At the
    end their strategies are what they were, where nobody has set another since.

    Parameters
    ----------
    filter
        Regular expression searched for in the names of the sensors, KATCP's and Python's.
    strategy
        Sampling strategy to be set; None leaves them as they are, so what is not sampled gives no
        readings.
    limit
        As of `Readings`.

    Raises
    ------
    KATCPResourceError
        On entry, if no sensor matches now (`KATCPSensorError` if a device refuses the strategy).
    ModuleNotFoundError
        Without pyarrow; says what to install.
    re.error
        For a bad regular expression.
    """
    loop = getattr(resource, "_ioloop_wrapper", None)
    readings = Readings(limit) if loop is None else _Blocking(limit, loop)
    subject = getattr(resource, "__subject__", resource)
    return Collection(loop, _collecting(subject, re.compile(filter), strategy, readings))


class Collection:
    """What `collect` gives: to be entered, once."""

    def __init__(
        self, loop: IOLoopThreadWrapper | None, work: AbstractAsyncContextManager[Readings]
    ) -> None:
        self._loop = loop
        self._work = work
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Readings:
        if self._loop is not None:
            raise TypeError("this resource blocks: use `with`, not `async with`")
        return await self._stack.enter_async_context(self._work)

    async def __aexit__(self, *exc_info: Any) -> None:
        await self._stack.aclose()

    def __enter__(self) -> Readings:
        if self._loop is None:
            raise TypeError("this resource does not block: use `async with`, not `with`")
        enter, leave = self._stack.enter_async_context, self._stack.aclose
        try:
            readings: Readings = self._loop.call_in_ioloop(enter, (self._work,), {})
        except BaseException:  # Ctrl-C, too
            self._loop.call_in_ioloop(leave, (), {})
            raise
        return readings

    def __exit__(self, *exc_info: Any) -> None:
        assert self._loop is not None
        self._loop.call_in_ioloop(self._stack.aclose, (), {})


class _Blocking(Readings):
    """Readings that come in a loop of another thread."""

    def __init__(self, limit: int | None, loop: IOLoopThreadWrapper) -> None:
        super().__init__(limit)
        self._loop = loop

    def until(self, count: int, timeout: float | None = None) -> Any:
        """Block until so many readings came in all. `TimeoutError` after `timeout` seconds."""
        return self._loop.call_in_ioloop(super().until, (count, timeout), {})


@asynccontextmanager
async def _collecting(
    resource: Any, pattern: re.Pattern[str], strategy: Any, readings: Readings
) -> "AsyncIterator[Readings]":
    def matches(name: str) -> bool:
        return bool(pattern.search(name) or pattern.search(escape_name(name)))

    devices = list(_devices(resource, ""))
    if not any(matches(n(s)) for device, n in devices for s in dict.values(device.sensor)):
        raise KATCPResourceError(f"no sensor of {resource.name} matches {pattern.pattern!r}")
    async with follow(
        devices, matches, strategy, readings.add, log.warning, give_back=True
    ) as ended:
        yield readings
    if ended.done():
        ended.result()


def _devices(resource: Any, prefix: str) -> Iterator[Followed]:
    """Give the devices; their sensors are named as `list_sensors` does."""
    if isinstance(resource, KATCPClientResource):
        yield resource, _naming(prefix)
    elif isinstance(resource, ClientGroup):
        for name, client in resource.by_name().items():
            yield from _devices(client, f"{prefix}{name}.")
    else:
        for child in dict.values(resource.children):
            yield from _devices(child, f"{prefix}{child.name}.")


def _naming(prefix: str) -> Callable[[KATCPSensor], str]:
    def name(sensor: KATCPSensor) -> str:
        whole = not prefix or sensor.normalised_name.startswith("agg_")
        return sensor.name if whole else prefix + sensor.name

    return name
