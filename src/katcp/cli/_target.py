"""WHERE, which all commands take: a device by its address, or what a telescope file names."""

import asyncio
import contextlib
import difflib
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from ..errors import ConnectTimeout, SpecError
from ..resource_client import (
    KATCPClientResource,
    KATCPClientResourceContainer,
    escape_name,
    open_resource,
)
from ..wire import printable
from ._exit import warn

__all__ = [
    "Target",
    "close_to",
    "connected",
    "devices_of",
    "names_of",
    "open_target",
    "parse_address",
    "split_where",
]

Target = KATCPClientResource | KATCPClientResourceContainer

_FILE = re.compile(r"(?P<file>.*\.toml)(:(?P<device>.*))?", re.DOTALL)
_LOOK = 0.05  # seconds between looks at several devices
_SOON = 2.0  # seconds until it is said what is waited for
_MOST_NAMES = 12  # of devices in an error
_MOST_REASONS = 3  # of devices that are not there


def open_target(where: str) -> Target:
    """Give a resource that is not started, for a WHERE.

    Parameters
    ----------
    where
        ``HOST:PORT``; ``FILE.toml:DEVICE``, a device (or a container, or ``container.device``) of
        a telescope file; or ``FILE.toml``, all of it. Requests are exposed unless the file says
        otherwise.

    Raises
    ------
    ValueError
        If it is none of these, in one line that says what to give instead.
    """
    file, device = split_where(where)
    if file is None:
        host, port = parse_address(where)
        opened: Target = open_resource({"name": where, "address": (host, port)})
        return opened
    try:
        telescope: KATCPClientResourceContainer = open_resource(file)
    except SpecError:
        raise
    except OSError as exc:
        raise ValueError(f"cannot read the telescope file {file}: {exc.strerror}") from None
    return telescope if device is None else _part(telescope, device, file)


def split_where(where: str) -> tuple[Path | None, str | None]:
    """Give file and device of a WHERE; None for what it does not have."""
    match = _FILE.fullmatch(where)
    return (Path(match["file"]), match["device"]) if match else (None, None)


def parse_address(text: str, lowest: int = 1) -> tuple[str, int]:
    """Take ``host:port`` apart, with a port that is not below `lowest`.

    Raises
    ------
    ValueError
        If it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not lowest <= int(port) < 65536:
        raise ValueError(
            f"{text!r} is no address; give host:port, for example localhost:5000, "
            "or a device of a telescope file, FILE.toml:DEVICE"
        )
    return host.strip("[]"), int(port)


@asynccontextmanager
async def connected(
    where: str, timeout: float, of: str = "", before: Callable[[Target], object] = id
) -> "AsyncIterator[Target]":
    """Give what `open_target` gives, synced; stop it on exit.

    Of a telescope what is there is enough, and what is missing is said on stderr; a device to which
    the first try to connect fails is not waited for. With `of`, the name of a sensor, only the
    device that it is of is connected to. `before` is called with it before it connects.

    Raises
    ------
    ConnectTimeout
        If it, or nothing of it, was synced in `timeout` seconds; says why.
    ValueError
        As `open_target`; and if `of` begins with the name of no device.
    """
    target = open_target(where)
    before(target)
    devices = _of_sensor(target, of) if of else devices_of(target)
    for device in devices.values():
        device.start()
    try:
        await _until_synced(where, devices, timeout)
        if not any(device.synced for device in devices.values()):
            why = _whys(devices)
            stop = "" if why.endswith("?") else ";"
            raise ConnectTimeout(
                f"{where}: not synced after {timeout:g} s: {why}{stop} "
                f"katcp doctor {where} looks closer"
            )
        for name, device in devices.items():
            if not device.synced:
                warn(f"without {name} ({device.address_string}): {_why(device)}")
        yield target
    finally:
        await target.stop()


def devices_of(target: Target) -> dict[str, KATCPClientResource]:
    """Give the devices by the names that lead to them; of a single one that is its own."""
    if isinstance(target, KATCPClientResource):
        return {target.name: target}
    named = _named(target).items()
    return {name: part for name, part in named if isinstance(part, KATCPClientResource)}


def names_of(target: Target) -> list[str]:
    """Give the names of what is in a telescope, as WHERE takes them after the file."""
    return list(_named(target)) if isinstance(target, KATCPClientResourceContainer) else []


def close_to(name: str, there: list[str]) -> str:
    """List the names that there are, only those most like `name` if any is."""
    shown = difflib.get_close_matches(name, there, 3) or there[:_MOST_NAMES]
    more = f" and {len(there) - len(shown)} more" if len(there) > len(shown) else ""
    return printable(", ".join(shown) or "none") + more


def _of_sensor(target: Target, sensor: str) -> dict[str, KATCPClientResource]:
    devices = devices_of(target)
    if isinstance(target, KATCPClientResource):
        return devices
    start = escape_name(sensor)
    found = {name: d for name, d in devices.items() if start.startswith(escape_name(name) + "_")}
    if not found:
        there = close_to(sensor.split(".")[0], list(devices))
        raise ValueError(
            f"{sensor!r} is no sensor of {target.name}, where names begin with a device: {there}"
        )
    return found


async def _until_synced(
    where: str, devices: dict[str, KATCPClientResource], timeout: float
) -> None:
    """Wait until they are; who sits at a terminal is told why, if that takes long."""
    if not await _synced(devices, min(timeout, _SOON)) and timeout > _SOON:
        if sys.stderr.isatty():
            warn(f"waiting for {where} (Ctrl-C ends it): {_whys(devices)}")
        await _synced(devices, timeout - _SOON)


async def _synced(devices: dict[str, KATCPClientResource], timeout: float) -> bool:
    """Wait for the only one until the end, but of several not for the hopeless."""
    several = len(devices) > 1
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            while not all(d.synced or (several and _failed(d)) for d in devices.values()):  # noqa: ASYNC110 phases tell nobody
                await asyncio.sleep(_LOOK)
            return True
    return False


def _whys(devices: dict[str, KATCPClientResource]) -> str:
    late = {name: device for name, device in devices.items() if not device.synced}
    if len(devices) == 1:
        return _why(*late.values())
    shown = [f"{name}: {_why(device)}" for name, device in list(late.items())[:_MOST_REASONS]]
    more = f" and {len(late) - len(shown)} more" if len(late) > len(shown) else ""
    return "; ".join(shown) + more


def _why(device: KATCPClientResource) -> str:
    """Say what went wrong last, and, if it is connected or nothing did, what it is doing."""
    phase = f"in phase {device.phase!r}"
    if device.last_error is None:
        return phase
    what = device.last_error.what
    return f"{phase}; last error: {what}" if device.is_connected() else what


def _failed(device: KATCPClientResource) -> bool:
    return device.last_error is not None and device.phase == "waiting"


def _part(telescope: KATCPClientResourceContainer, name: str, file: Path) -> Target:
    there = _named(telescope)
    for known, resource in there.items():
        if name in (known, known.replace("-", "_")):
            return resource
    if name in telescope.groups:
        devices = close_to("", [client.name for client in telescope.groups[name].clients])
        raise ValueError(f"{name!r} is a group of {file}: give all of {file}, or one of {devices}")
    raise ValueError(f"{file} has no device {name!r}; it has {close_to(name, list(there))}")


def _named(container: KATCPClientResourceContainer, prefix: str = "") -> dict[str, Target]:
    """Give what is in a container, and in those in it, by the names that groups use, too."""
    found: dict[str, Target] = {}
    for child in dict.values(container.children):
        found[prefix + child.name] = child
        if isinstance(child, KATCPClientResourceContainer):
            found |= _named(child, f"{prefix}{child.name}.")
    return found
