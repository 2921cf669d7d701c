"""The pytest plugin: fixtures for tests of programs that use KATCP devices."""

from typing import Any

import pytest

from ._device import ScriptedDevice

__all__ = ["katcp_device", "pytest_configure"]


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
