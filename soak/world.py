"""The process of the devices: ``python -m soak.world SEED DEVICES EVERY``, told what to do by lines of JSON."""

import asyncio
import json
import logging
import sys
from collections import Counter
from typing import Any

from .site import Site

__all__ = ["World"]

_TICK = 0.1  # seconds between updates; each device has one in every tick, now and then more


class World:
    """All devices; its methods are what may be asked of it, and give what is answered."""

    def __init__(self, seed: int, count: int, every: float) -> None:
        self._sites = [Site(number, seed, every) for number in range(count)]
        self._faults: list[asyncio.Task[None]] = []
        self._updates: asyncio.Task[None] | None = None

    async def open(self) -> list[int]:
        """Listen; gives the ports."""
        for site in self._sites:
            await site.open()
        return [site.proxy.address[1] for site in self._sites]

    async def storm(self) -> None:
        """Let sensors be updated and faults happen."""
        self._updates = self._updates or asyncio.create_task(self._update())
        self._faults = [asyncio.create_task(site.misbehave()) for site in self._sites]

    async def calm(self) -> None:
        """Let no fault happen any more."""
        for task in self._faults:
            task.cancel()
        await asyncio.gather(*self._faults, return_exceptions=True)
        self._faults = []
        for site in self._sites:
            site.make_good()

    async def complete(self) -> None:
        """Let every device have all it can have, and say so."""
        for site in self._sites:
            site.device.complete()
            site.device.change()

    async def truth(self) -> list[dict[str, Any]]:
        """Update every sensor once more, and then none; gives what the devices have."""
        if self._updates is not None:
            self._updates.cancel()
            await asyncio.gather(self._updates, return_exceptions=True)
            self._updates = None
        for site in self._sites:
            for name in list(site.device.sensors):
                site.device.update(name)
        return [site.truth() for site in self._sites]

    async def in_force(self) -> list[dict[str, Any]]:
        """Give the strategies in force, and the number of connections, of each device."""
        return [
            {"strategies": s.device.in_force(), "links": s.device.live_links()} for s in self._sites
        ]

    async def figures(self) -> dict[str, dict[str, int]]:
        """Give what happened: kinds of trouble, and what the proxies did."""
        kinds: Counter[str] = Counter()
        injected: Counter[str] = Counter()
        for site in self._sites:
            kinds += site.kinds
            injected += site.proxy.injected
        return {"kinds": dict(kinds), "injected": dict(injected)}

    async def close(self) -> None:
        """Go."""
        await self.calm()
        for site in self._sites:
            await site.close()

    async def _update(self) -> None:
        while True:
            for site in self._sites:
                site.device.update_some(site.dice.choice([0, 1, 1, 2]))
            await asyncio.sleep(_TICK)


async def serve(seed: int, count: int, every: float) -> None:
    """Do what standard input says, and answer on standard output, until it ends."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it says when a client has gone
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    world = World(seed, count, every)
    async for line in reader:
        print(json.dumps(await getattr(world, json.loads(line))()), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
