"""`katcp.connect`: a synced device, or container, for the length of an ``async with``."""

import time
from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConnectTimeout, SpecError, TimeoutError
from ._container import KATCPClientResourceContainer
from ._file import load
from ._resource import KATCPClientResource
from ._spec import host_and_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["connect", "open_resource"]


@asynccontextmanager
async def connect(
    address_or_spec: str | Path | Mapping[str, Any], *, timeout: float | None = 30.0, **spec: Any
) -> "AsyncIterator[Any]":
    """Give a synced `KATCPClientResource` on entry, or a container of them; stop it on exit.

    Parameters
    ----------
    address_or_spec
        ``"host:port"``, or a resource spec, or the path of a TOML file (a ``Path``, or text that
        ends in ``.toml``). A spec with ``clients``, or a file, gives a container.
    timeout
        Seconds for it to be synced.
    **spec
        More of the spec. The name defaults to ``host:port`` (of a container to ``telescope``),
        ``controlled`` of each device to True.

    Raises
    ------
    ConnectTimeout
        If it was not synced in time; says how far it came and what went wrong last.
    ValueError
        If the address is none, or the spec or file is wrong (a `SpecError`).
    OSError
        If the file cannot be read.
    """
    resource = open_resource(address_or_spec, **spec)
    began = time.monotonic()
    resource.start()
    try:
        try:
            await resource.until_synced(timeout)
        except TimeoutError:
            raise ConnectTimeout(
                f"{resource.name}: not synced after {time.monotonic() - began:.1f} s{resource.why()}"
            ) from None
        yield resource
    finally:
        await resource.stop()


def open_resource(address_or_spec: str | Path | Mapping[str, Any], **spec: Any) -> Any:
    """Give what `connect` gives, not started; with its parameters.

    Raises
    ------
    ValueError
        As `connect`; what is no address at all, nor a spec with one, is a `SpecError`.
    """
    given: dict[str, Any]
    if isinstance(address_or_spec, Path) or str(address_or_spec).endswith(".toml"):
        given = {**load(Path(str(address_or_spec))), **spec}
    elif isinstance(address_or_spec, str):
        given = {"address": _address(address_or_spec), **spec}
    elif isinstance(address_or_spec, Mapping):
        given = {**address_or_spec, **spec}
    else:
        raise SpecError(
            f"{address_or_spec!r} is no address; give 'host:port', the path of a telescope file, "
            "or a dict"
        )
    return _resource(given)


def _resource(spec: dict[str, Any]) -> Any:
    if "clients" in spec:
        spec.setdefault("name", "telescope")
        return KATCPClientResourceContainer(_controlled(spec))
    host, port = host_and_port(spec.get("name", "the device"), spec.get("address"))
    spec.setdefault("name", f"{host}:{port}")
    return KATCPClientResource(_controlled(spec))


def _controlled(spec: Mapping[str, Any]) -> dict[str, Any]:
    if "clients" not in spec:
        return {"controlled": True, **spec}
    return {**spec, "clients": {name: _controlled(s) for name, s in spec["clients"].items()}}


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no address; give host:port, for example localhost:5000")
    return host.strip("[]"), int(port)
