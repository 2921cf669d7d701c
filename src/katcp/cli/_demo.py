"""The demonstration: a simulated antenna in its own process, and a client that uses it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..resource_client import KATCPClientResource, StateChanged, connect
from ._show import reading_line
from ._simulated import say, simulator

__all__ = ["demo"]

_SHOWN = ("mode", "lock", "pos_actual_azim", "pos_actual_elev", "drive_azim_1_current")


async def demo() -> None:
    """Run the demonstration."""
    say("Starting a simulated antenna")
    async with _antenna() as address, connect(address, name="m000") as antenna:
        print(f"{antenna.name} at {address}: {len(antenna.sensor)} sensors, "
              f"{len(antenna.req)} requests, {antenna.state}")  # fmt: skip
        await _move(antenna)
        await _refuse(antenna)
        await _change(antenna)
        await _lose(antenna)
        if sys.stdout.isatty():
            say("Watching the weather until Ctrl-C")
            await antenna.set_sampling_strategies("^weather_", "event-rate 1 10")
            for sensor in (s for name, s in antenna.sensor.items() if name.startswith("weather_")):
                sensor.register_listener(
                    lambda s, r: print(reading_line(s.name, s, r)), reading=True
                )
            await asyncio.Event().wait()
        say("Done")


async def _move(antenna: KATCPClientResource) -> None:
    say("antenna.req.target_azel(-20, 60): the sensors follow")
    await antenna.set_sampling_strategies(f"^({'|'.join(_SHOWN)})$", "event-rate 0.5 5")
    for name in _SHOWN:
        antenna.sensor[name].register_listener(
            lambda sensor, reading: print(reading_line(sensor.name, sensor, reading)), reading=True
        )
    (await antenna.req.target_azel(-20, 60)).raise_on_failure()
    if not await antenna.wait("pos_actual_azim", lambda reading: reading.value > -42, timeout=10):
        print("the antenna did not move in 10 s")
    for name in _SHOWN:
        antenna.sensor[name].clear_listeners()


async def _refuse(antenna: KATCPClientResource) -> None:
    say("antenna.req.target_azel(0, 5): a reply that failed is false, and says why")
    reply = await antenna.req.target_azel(0, 5)
    print(bool(reply), "-", reply.reply.arguments[1].decode())


async def _change(antenna: KATCPClientResource) -> None:
    say('antenna.req.receiver_install("s"): new sensors appear')
    synced = _resynced(antenna)
    await antenna.req.receiver_install("s")
    await synced
    print(sorted(name for name in antenna.sensor if name.startswith("rx_s_")))


async def _lose(antenna: KATCPClientResource) -> None:
    say("antenna.req.sim_drop(1): the antenna cuts the link, and comes back")
    changes = antenna.changes()
    await antenna.req.sim_drop(1)
    async for change in changes:
        if isinstance(change, StateChanged):
            print(f"{change.state:13} {change.reason}")
            if change.state == "disconnected":
                sensor = antenna.sensor.pos_actual_azim
                print(f"{'':13} {sensor.name} still reads {sensor.value}, stale: {sensor.stale}")
            if change.state == "synced":
                break
    sensor = antenna.sensor.pos_actual_azim
    print(f"{'':13} {sensor.name} reads {sensor.value}, stale: {sensor.stale}, "
          f"strategy {' '.join(sensor.sampling_strategy)!r} is back")  # fmt: skip


async def _wait_resynced(antenna: KATCPClientResource) -> None:
    await antenna.until_not_synced(timeout=5)
    await antenna.until_synced(timeout=5)


def _resynced(antenna: KATCPClientResource) -> "asyncio.Task[None]":
    return asyncio.get_running_loop().create_task(_wait_resynced(antenna))


@asynccontextmanager
async def _antenna() -> AsyncIterator[str]:
    async with simulator() as output:
        words = (await output.readline()).decode().split()
        if not words:
            raise OSError('the simulator did not start; is the extra "sim" installed?')
        yield words[1]
