"""A device of `katcp.testing` on the command line."""

import asyncio
import os
import signal

from ..testing import Responder
from ._exit import fail
from ._show import json_line

__all__ = ["serve_until_signalled"]


async def serve_until_signalled(device: Responder, as_json: bool) -> None:
    """Serve it, and say where, until Ctrl-C or SIGTERM."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    try:
        await device.listen()
    except (OSError, OverflowError) as exc:
        fail(f"cannot listen on {device.host}:{device.port}: {_why(exc)}; give another --port")
    try:
        address = f"{device.host}:{device.port}"
        if as_json:
            json_line({"listening": address})
        else:
            print(f"listening {address}", flush=True)
        await ended.wait()
    finally:
        await device.close()


def _why(exc: OSError | OverflowError) -> str:
    if isinstance(exc, OSError) and exc.errno is not None and exc.errno > 0:
        return os.strerror(exc.errno)  # asyncio's own words are long
    return str(getattr(exc, "strerror", None) or exc).rstrip(".")
