"""``katcp stubs``."""

from pathlib import Path

from ...resource_client import KATCPClientResource
from .._target import split_where
from ._read import all_connected, interfaces_of
from ._source import class_name, is_attribute
from ._stub import Stub
from ._stub_items import BLOCKING, LOOP
from ._write import write

__all__ = ["stubs"]


async def stubs(where: str, output: Path | None, name: str, blocking: bool, timeout: float) -> None:
    """Write the stub of a device, or of a telescope.

    Raises
    ------
    ValueError
        If the class cannot be called `name`, or the file cannot be imported by its own.
    """
    if output is not None and (output.suffix != ".pyi" or not is_attribute(output.stem)):
        raise ValueError(f"programs cannot import {output} as types; give a name like antenna.pyi")
    if name and not (name.isascii() and is_attribute(name)):
        raise ValueError(f"{name!r} is no name for a Python class; give one like Antenna")
    async with all_connected(where, timeout) as target:
        interfaces = await interfaces_of(target)
        shown = name or _class_of(where, target, output)
        stub = Stub(target, interfaces, BLOCKING if blocking else LOOP, shown)
        write(stub.text(where, output.stem if output else shown.lower()), output)


def _class_of(where: str, target: object, output: Path | None) -> str:
    if output is not None:
        return class_name(output.stem)
    if isinstance(target, KATCPClientResource) and split_where(where)[0] is None:
        return "Device"
    return class_name(getattr(target, "name", ""))
