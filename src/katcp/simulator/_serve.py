"""Runs a simulated antenna until it is told to stop."""

import asyncio
import signal

from ._antenna import Antenna

__all__ = ["serve"]


async def serve(name: str, host: str, port: int, seed: int | None, speed: float = 1.0) -> None:
    """Serve a simulated antenna; says ``listening HOST:PORT`` on a line; ends by a signal."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Antenna(name, host, port, seed, speed) as antenna:
        print(f"listening {host}:{antenna.port}", flush=True)  # noqa: T201 for whoever started it
        await ended.wait()
