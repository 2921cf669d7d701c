"""From a host name to a connection, and what it means when there is none."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from ._connection import Connection
from ._progress import Progress

__all__ = ["ConnectFailed", "open_connection"]


class ConnectFailed(Exception):
    """No connection; the text is for the person who has to act."""


async def open_connection(
    loop: asyncio.AbstractEventLoop,
    host: str,
    port: int | str,
    new_connection: Callable[[], Connection],
    timeout: float,
    progress: Progress,
) -> Connection:
    """Connect to the first address of `host` that accepts, within `timeout` seconds.

    Raises
    ------
    ConnectFailed
        If none does.
    """
    try:
        async with asyncio.timeout(timeout):
            progress.enter("resolving")
            found: list[Any] = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            progress.enter("connecting")
            failure: OSError = OSError("the host name stands for no address")
            for family, *_, address in dict.fromkeys(found):
                try:
                    _, connection = await loop.create_connection(
                        new_connection, address[0], address[1], family=family
                    )
                except OSError as exc:
                    failure = exc
                else:
                    return connection
            raise failure
    except (OSError, ValueError, OverflowError) as exc:  # the latter two for odd names and ports
        raise ConnectFailed(f"cannot connect to {host}:{port}: {_meaning(exc)}") from exc


def _meaning(exc: Exception) -> str:
    match exc:
        case socket.gaierror():
            return f"the host name is not known ({exc.strerror})"
        case ConnectionRefusedError():
            return "connection refused; does the device run, and is this its port?"
        case TimeoutError():
            return "no answer; is the host up, and can it be reached from here?"
        case OSError(strerror=str() as words):
            return words
        case _:
            return f"{exc}; are host and port right?"
