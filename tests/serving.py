"""A resource that is synced with a device over a real socket."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import katcp
from katcp.testing import ScriptedDevice

__all__ = ["served"]


@contextlib.asynccontextmanager
async def served(device: ScriptedDevice) -> AsyncIterator[Any]:
    """Give a resource that is synced with `device` over a socket."""
    async with device, katcp.connect({"address": device.address}) as dev:
        yield dev
