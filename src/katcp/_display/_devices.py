"""Which devices there are, and how each is, in words."""

from collections.abc import Iterator
from typing import Any

__all__ = ["devices", "reason", "status_of"]


def devices(resource: Any) -> Iterator[tuple[str, Any]]:
    """Give every device of a resource, by name; one of an inner container is ``container.device``."""
    if not hasattr(resource, "groups"):
        yield resource.name, resource
        return
    for child in [resource.children[key] for key in list(resource.children)]:
        inner = hasattr(child, "groups")
        for name, device in devices(child):
            yield f"{child.name}.{name}" if inner else name, device


def status_of(device: Any) -> tuple[str, str]:
    """Give the state of a device (or container) and, in words, what there is or what is wrong."""
    if device.synced:
        return "up", f"{len(device.sensor)} sensors, {len(device.req)} requests"
    return device.state, reason(device)


def reason(device: Any) -> str:
    """Say why a device is not synced."""
    if hasattr(device, "groups"):
        return str(device.why()).removeprefix(": ")
    error = device.last_error
    return _without_address(error.what, device) if error else f"{device.phase} ..."


def _without_address(what: str, device: Any) -> str:
    # The device is named where this is shown.
    for words in ("cannot connect", "lost the connection"):
        what = what.removeprefix(f"{words} to {device.address_string}: ")
    return what
