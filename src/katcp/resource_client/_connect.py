"""`katcp.connect`: a synced device for the length of an ``async with``."""

import time
from collections.abc import Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ConnectTimeout, TimeoutError
from ._resource import KATCPClientResource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["connect"]


@asynccontextmanager
async def connect(
    address_or_spec: str | Mapping[str, Any], *, timeout: float | None = 30.0, **spec: Any
) -> "AsyncIterator[KATCPClientResource]":
    """Give a synced device on entry; stop it on exit.

    Parameters
    ----------
    address_or_spec
        ``"host:port"``, or a resource spec.
    timeout
        Seconds for it to be synced.
    **spec
        More of the spec. The name defaults to ``host:port``, ``controlled`` to True.

    Raises
    ------
    ConnectTimeout
        If it was not synced in time; says how far it came and what went wrong last.
    ValueError
        If the address is none.
    """
    if isinstance(address_or_spec, str):
        given: dict[str, Any] = {"address": _address(address_or_spec), **spec}
    else:
        given = {**address_or_spec, **spec}
    host, port = given["address"]
    given.setdefault("name", f"{host}:{port}")
    given.setdefault("controlled", True)
    resource = KATCPClientResource(given)
    began = time.monotonic()
    resource.start()
    try:
        try:
            await resource.until_synced(timeout)
        except TimeoutError:
            error = resource.last_error
            raise ConnectTimeout(
                f"{resource.name}: not synced after {time.monotonic() - began:.1f} s, "
                f"in phase {resource.phase!r}"
                + (f"; last error: {error}" if error else "; nothing was wrong, it is only slow")
            ) from None
        yield resource
    finally:
        await resource.stop()


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no address; give host:port, for example localhost:5000")
    return host.strip("[]"), int(port)
