"""The interfaces of live devices, with all the help that they have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...errors import KATCPResourceError
from ...model import Interface, Request
from ...resource_client import KATCPClientResource
from ...wire import LocalReply, decode_text
from .._target import Target, connected, devices_of

__all__ = ["alike", "all_connected", "interfaces_of"]


@asynccontextmanager
async def all_connected(where: str, timeout: float) -> AsyncIterator[Target]:
    """Give what `connected` gives, all of it: half a telescope is not to be written down.

    Raises
    ------
    KATCPResourceError
        If a device of a telescope is not there, besides the errors of `connected`.
    """
    async with connected(where, timeout) as target:
        missing = [name for name, device in devices_of(target).items() if not device.synced]
        if missing:
            raise KATCPResourceError(
                f"nothing is written of {where}: all of its devices must be there, "
                f"but {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not"
            )
        yield target


async def interfaces_of(target: Target) -> dict[str, Interface]:
    """Give what each device offers, by the name that leads to it, each as of one moment.

    Raises
    ------
    KATCPResourceError
        If a device does not answer.
    """
    return {name: await _interface(device) for name, device in devices_of(target).items()}


def alike(interfaces: dict[str, Interface]) -> list[tuple[list[str], Interface]]:
    """Give the interfaces that differ in more than the name, with the devices that have each."""
    found: dict[int, list[str]] = {}
    kinds: list[Interface] = []
    for name, interface in interfaces.items():
        kind = interface._replace(name="")
        if kind not in kinds:
            kinds.append(kind)
        found.setdefault(kinds.index(kind), []).append(name)
    return [(names, interfaces[names[0]]) for names in found.values()]


async def _interface(device: KATCPClientResource) -> Interface:
    interface = device.interface
    requests = {name: await _explained(device, r) for name, r in interface.requests.items()}
    return interface._replace(requests=requests)


async def _explained(device: KATCPClientResource, request: Request) -> Request:
    """Give the request with all of its help: aiokatcp lists no more than the first line of it."""
    ask = dict.get(device.req, "help")
    if ask is None or "\n" in request.description:
        return request
    reply = await ask(request.name)
    if isinstance(reply.reply, LocalReply):
        reply.raise_on_failure()
    for inform in reply.informs:
        if inform.arguments[:1] == [request.name.encode()] and len(inform.arguments) > 1:
            whole = decode_text(inform.arguments[1])
            if whole.strip().startswith(request.description.strip()):
                return request._replace(description=whole)
    return request
