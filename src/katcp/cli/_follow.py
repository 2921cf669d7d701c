"""Follows the readings of what matches in a target, and says on stderr when a link is lost."""

import asyncio
import functools
from contextlib import AbstractAsyncContextManager
from typing import Any

from ..resource import KATCPSensor
from ..resource_client import Heard
from ..resource_client import follow as follow_devices
from ._exit import warn
from ._sensors import matching, name_test, names_in
from ._target import Target

__all__ = ["Heard", "follow"]


def follow(
    target: Target, pattern: str, strategy: Any, heard: Heard
) -> "AbstractAsyncContextManager[asyncio.Future[None]]":
    """Have `heard` called for each reading of what matches, as `katcp.resource_client.follow`.

    Raises
    ------
    KATCPResourceError, ValueError
        As `matching`, at once.
    """
    matching(target, pattern)  # so that it is said if there are none
    named = [(device, functools.partial(_name, prefix)) for prefix, device in names_in(target)]
    return follow_devices(named, name_test(pattern), strategy, heard, warn)


def _name(prefix: str, sensor: KATCPSensor) -> str:
    return prefix + sensor.name
