"""Runs simulated devices until told to stop."""

import asyncio
import json
import os
import signal
from contextlib import AsyncExitStack

from ._antenna import Antenna
from ._correlator import Correlator

__all__ = ["serve", "serve_telescope"]


async def serve(
    name: str,
    host: str,
    port: int,
    seed: int | None,
    speed: float = 1.0,
    *,
    as_json: bool = False,
) -> None:
    """Serve a simulated antenna; says ``listening HOST:PORT`` on a line; ends by a signal.

    With `as_json` the line is a JSON object.
    """
    ended = _signalled()
    async with AsyncExitStack() as stack:
        antenna = Antenna(name, host, port, seed, speed)
        await _start(stack, antenna, host)
        _say(host, antenna, as_json, named=False)
        await ended.wait()


async def serve_telescope(
    antennas: int,
    host: str,
    port: int,
    seed: int | None,
    speed: float = 1.0,
    late: float = 0.0,
    *,
    as_json: bool = False,
) -> None:
    """Serve antennas ``m000``, ``m001``, ... on successive ports, then a correlator ``cbf``.

    Says ``listening HOST:PORT NAME`` on a line for each as it appears; ends by a signal.

    Parameters
    ----------
    port
        Of the first; 0 takes free ones for all.
    late
        Seconds after which the last antenna appears.
    as_json
        The lines are JSON objects.
    """
    ended = _signalled()
    ports = [port + i if port else 0 for i in range(antennas + 1)]
    async with AsyncExitStack() as stack:

        async def add(device: Antenna | Correlator) -> None:
            await _start(stack, device, host)
            _say(host, device, as_json)

        seeds = [None if seed is None else seed + i for i in range(antennas)]
        made = [Antenna(f"m{i:03}", host, ports[i], seeds[i], speed) for i in range(antennas)]
        for antenna in made[:-1]:
            await add(antenna)
        await add(Correlator(antennas, host, ports[-1]))
        try:
            async with asyncio.timeout(late):
                await ended.wait()
        except TimeoutError:
            await add(made[-1])
            await ended.wait()


async def _start(stack: AsyncExitStack, device: Antenna | Correlator, host: str) -> None:
    """Start it until the stack is closed; say what to do if it cannot listen there."""
    try:
        await stack.enter_async_context(device)
    except (OSError, OverflowError) as exc:
        number = getattr(exc, "errno", None)
        why = os.strerror(number) if number else str(exc)  # asyncio's own words are long
        raise OSError(
            f"cannot listen on {host}:{device.port}: {why.rstrip('.')}; give another --port"
        ) from exc


def _say(host: str, device: Antenna | Correlator, as_json: bool, named: bool = True) -> None:
    """Tell whoever started it."""
    address = f"{host}:{device.port}"
    line = f"listening {address}" + f" {device.name}" * named
    if as_json:
        line = json.dumps({"listening": address, "name": device.name})
    print(line, flush=True)  # noqa: T201


def _signalled() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended
