"""The pytest plugin: fixtures for tests of programs that use KATCP devices."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from ._device import ScriptedDevice
from ._proxy import FaultProxy

__all__ = ["katcp_device", "katcp_proxy", "pytest_configure"]


def pytest_configure(config: pytest.Config) -> None:
    """Tell pytest of the marker."""
    config.addinivalue_line(
        "markers",
        "katcp_device(protocol, sensors, ...): arguments of ScriptedDevice for katcp_device",
    )


@pytest.fixture
def katcp_device(request: pytest.FixtureRequest) -> ScriptedDevice:
    """A device of its own for a test, version 5 unless ``@pytest.mark.katcp_device("4")`` says so.

    `katcp.testing.resource_of` gives a resource that is synced with it in memory;
    ``async with katcp_device:`` serves it on a port.
    """
    marker = request.node.get_closest_marker("katcp_device")
    args: tuple[Any, ...] = marker.args if marker else ()
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    return ScriptedDevice(*args, **options)


@pytest.fixture
def katcp_proxy() -> Iterator[Callable[..., Awaitable[FaultProxy]]]:
    """Make a `FaultProxy`: ``proxy = await katcp_proxy(device)``, closed at the end of the test.

    Its arguments are those of `FaultProxy`. It serves tests that are coroutines, of whatever
    plugin, and what a test gives ``asyncio.run``.
    """
    keepers: list[asyncio.Task[None]] = []

    async def make(to: Any, **options: Any) -> FaultProxy:
        proxy = FaultProxy(to, **options)
        await proxy.listen()
        keepers.append(asyncio.get_running_loop().create_task(_close_when_cancelled(proxy)))
        await asyncio.sleep(0)  # it must have begun, or it cannot be told to end
        return proxy

    yield make
    for keeper in keepers:
        loop = keeper.get_loop()
        if not loop.is_closed():  # as asyncio.run leaves it, which has cancelled the keeper
            keeper.cancel()
            loop.run_until_complete(keeper)


async def _close_when_cancelled(proxy: FaultProxy) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await proxy.close()
