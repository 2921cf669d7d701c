"""The demonstration of a telescope: eight antennas and a correlator, from a file."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..resource_client import KATCPClientResourceContainer, StateChanged
from ._simulated import say, simulator

__all__ = ["demo_telescope"]

_LATE = 5.0  # seconds until the last antenna appears
_LEAST = 6  # antennas, for three of them do wrong
_SPEED = 8.0  # so that nobody waits for the antennas


async def demo_telescope(file: Path) -> None:
    """Run the demonstration with the telescope of this file, on the ports that it names.

    It moves antennas: nothing is asked of a device unless the simulator serves it.

    Raises
    ------
    ValueError
        If the devices of the file are others than the simulator would serve.
    OSError
        If something else listens on their ports.
    """
    telescope = KATCPClientResourceContainer.from_file(file)
    antennas = _antennas(telescope, file)
    say(f"Starting {len(antennas)} simulated antennas and a correlator; {file} names them")
    options = {"antennas": len(antennas), "port": antennas[0].port, "late": _LATE, "speed": _SPEED}
    words = (f"--{key}={value}" for key, value in options.items())
    async with simulator("--seed", "1", *words) as output:
        for _ in antennas:  # the last one is late, and there is the correlator
            if not await output.readline():
                raise OSError("the simulated telescope did not start; does another one run?")
        telescope.start()
        try:
            await _show(telescope, antennas)
        finally:
            await telescope.stop()
    say("Done")


def _antennas(telescope: Any, file: Path) -> list[Any]:
    ants = dict.get(telescope.groups, "ants")
    antennas = list(ants) if ants is not None else []
    first = antennas[0].port if antennas else 0
    names = [*(antenna.name for antenna in antennas), "cbf"]
    served = {name: ("127.0.0.1", first + i) for i, name in enumerate(names)}
    if len(antennas) < _LEAST or served != _addresses(telescope):
        raise ValueError(
            f"{file} is not of the simulated telescope, six or more antennas, the group ants, "
            "and cbf on successive ports of 127.0.0.1; katcp demo is for examples/telescope.toml"
        )
    return antennas


def _addresses(telescope: Any) -> dict[str, Any]:
    return {device.name: device.address for device in dict.values(telescope.children)}


async def _show(telescope: Any, antennas: list[Any]) -> None:
    late, ants = antennas[-1], telescope.groups.ants
    await asyncio.gather(*(a.until_synced(timeout=20) for a in [*antennas[:-1],
                                                               telescope.children.cbf]))  # fmt: skip
    print(f"{len(telescope.sensor)} sensors, {len(telescope.req)} requests{telescope.why()}")

    say("ants.req.target_azel(-20, 60): to all; the one that is not there is named")
    print(await ants.req.target_azel(-20, 60))

    say(f"{late.name} appears")
    await late.until_synced(timeout=60)
    await late.req.target_azel(-20, 60)
    print(f"telescope is {telescope.state}: {len(telescope.sensor)} sensors")

    say('ants.wait("lock", True, timeout=20, quorum=0.75): enough of them on source')
    locked = await ants.wait("lock", True, timeout=20, quorum=0.75)
    print(
        f"{sum(locked.values())} of {len(locked)} locked, {locked.required} needed: {bool(locked)}"
    )
    if not locked:
        print("not locked:", ", ".join(name for name, there in locked.items() if not there))

    say("telescope.req.cbf_capture_start()")
    print(repr(await telescope.req.cbf_capture_start()))

    victim = antennas[3]
    say(f"{victim.name} is killed, and comes back")
    await _lose(victim, victim.req.sim_drop(2), lambda: ants.req.mode())

    deaf = antennas[4]
    say(
        f"{deaf.name} goes deaf: its socket stays open and its sensors go on, but nothing is answered"
    )
    await _lose(deaf, deaf.req.sim_hang(), lambda: ants.req.mode(timeout=1))
    await telescope.until_synced(timeout=20)


async def _lose(antenna: Any, request: Any, ask: Callable[[], Any]) -> None:
    """Show how an antenna is lost and found, and what a group says to `ask` meanwhile."""
    changes = antenna.changes()
    await request
    async for change in changes:
        if not isinstance(change, StateChanged):
            continue
        print(f"{antenna.name} {change.state:13} {change.reason}")
        lock = antenna.sensor.lock
        if change.state == "disconnected":
            print(await ask())
            print(f"{antenna.name} read lock={lock.value} when last heard; stale: {lock.stale}")
        if change.state == "synced":
            break
    print(f"{antenna.name} reads lock={lock.value}, strategy {lock.sampling_strategy[0]!r} is back")
