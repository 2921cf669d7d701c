"""From a host name to a connection, and what it means when there is none."""

import asyncio
import socket
import ssl
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
    tls: ssl.SSLContext | None = None,
) -> Connection:
    """Connect to the first address of `host` that accepts, within `timeout` seconds.

    With `tls` the link is encrypted, and the certificate must be one for `host`.

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
                        new_connection,
                        *address[:2],
                        family=family,
                        ssl=tls,
                        server_hostname=None if tls is None else host,
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
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted ({exc.verify_message}); "
                "if it is the right one, give its CA file as ssl"
            )
        case ssl.SSLError():
            return f"no TLS connection ({exc.reason}); does the device speak TLS on this port?"
        case ConnectionRefusedError():
            return "connection refused; does the device run, and is this its port?"
        case TimeoutError():
            return "no answer; is the host up, and can it be reached from here?"
        case OSError(strerror=str() as words):
            return words
        case _:
            return f"{exc}; are host and port right?"
