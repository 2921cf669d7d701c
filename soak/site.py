"""A device and the proxy before it, and what goes wrong with them."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

from katcp.testing import FaultProxy, Faults, Lines

from .device import PROTOCOLS, SIZES, SoakDevice

__all__ = ["Site"]

_DAMAGE = ("drop", "duplicate", "corrupt", "merge", "reorder", "garbage")
_LOSING = {*_DAMAGE, "send_garbage"}
_FLOODS = ("#log warn 0 proxy flood", "#sensor-status 1 1 no.such nominal 3")
_FALSE = "!echo ok token-0"  # without mids it passes for a reply

Fault = Callable[[], Awaitable[None]]


class Site:
    """A device, its proxy, and what befalls them by the dice.

    One that is `lossy` loses and alters lines, too, of which a client cannot know. So in a calm
    it says that it has changed, or cuts the connection; others do nothing.

    Parameters
    ----------
    every
        Seconds between faults, on average.
    """

    def __init__(self, number: int, seed: int, every: float) -> None:
        self._every = every
        self.dice = random.Random(f"{seed} {number}")
        protocol = PROTOCOLS[number % len(PROTOCOLS)]
        self.device = SoakDevice(protocol, self.dice.randint(*SIZES), self.dice)
        self.lossy = number % 8 >= 4
        self.kinds: Counter[str] = Counter()
        self.repeated: set[str] = set()  # tokens that the proxy duplicated
        self.history: deque[str] = deque(maxlen=40)
        self._damaged: set[str] = set()
        self._seed = seed + number
        self._faults: dict[str, Fault] = {
            name.removeprefix("do_"): getattr(self, name)
            for name in sorted(dir(self))
            if name.startswith("do_") and (self.lossy or name not in ("do_damage", "do_garbage"))
        }

    async def open(self) -> None:
        """Listen."""
        await self.device.listen()
        self.proxy = FaultProxy(self.device, seed=self._seed)
        self.proxy.on_event = self._on_event
        await self.proxy.listen()

    async def close(self) -> None:
        """Go."""
        await self.proxy.close()
        await self.device.__aexit__()

    async def misbehave(self) -> None:
        """Let faults happen, one after the other, until cancelled."""
        try:
            while True:
                await asyncio.sleep(self.dice.expovariate(1 / self._every))
                kind = self._choose()
                self._note(kind)
                await self._faults[kind]()
                await self.behave()
        finally:
            await self.behave()

    async def behave(self) -> None:
        """Let nothing go wrong any more."""
        self.device.hanging = self.device.moody = False
        self.device.latency = 0.0
        self.proxy.clear()
        await self.device.come_back()
        await self.proxy.listen()

    def make_good(self) -> None:
        """Let the client find out what it cannot have noticed."""
        if not self._damaged:
            return
        severe = self._damaged & {"request", "banner"} or not self.device.mids
        if severe or self.dice.random() < 0.2:
            self._note("made good by a cut")
            self.proxy.cut()
        else:
            self._note("made good by a change")
            self.device.change()
        self._damaged.clear()

    def truth(self) -> dict[str, Any]:
        """Give what the device has and has been asked, since this was last asked for."""
        device = self.device
        found = {
            "sensors": {n: [s.type, s.description, s.value] for n, s in device.sensors.items()},
            "requests": dict(device.help),
            "strategies": device.in_force(),
            "links": device.live_links(),
            "tokens": dict(device.tokens),
            "repeated": sorted(self.repeated),
            "lossy": self.lossy,
            "history": list(self.history),
        }
        device.tokens.clear()
        self.repeated.clear()
        return found

    # -- the faults

    async def do_cut(self) -> None:
        self.proxy.cut()

    async def do_end(self) -> None:
        self.proxy.end()

    async def do_half_open(self) -> None:
        self.proxy.half_open()

    async def do_cut_mid_line(self) -> None:
        self.proxy.cut_mid_line(self.dice.choice(["", "#sensor-list", "!sensor-sampling"]))
        if self.dice.random() < 0.5:
            self.device.change()
        await self._while(3)

    async def do_cut_again_and_again(self) -> None:
        for _ in range(self.dice.randint(3, 10)):
            self.proxy.cut()
            await self._while(0.5)

    async def do_delay(self) -> None:
        for faults in self._some():
            faults.delay, faults.jitter = self.dice.random(), self.dice.random()
        await self._while(5)

    async def do_throttle(self) -> None:
        for faults in self._some():
            faults.throttle = self.dice.choice([500, 5000, 50_000])
        if self.dice.random() < 0.3:
            self.proxy.cut()
        await self._while(5)

    async def do_split(self) -> None:
        for faults in self._some():
            faults.split = self.dice.randint(2, 20)
        self.device.change()
        await self._while(1)

    async def do_stall(self) -> None:
        for faults in self._some():
            faults.stall = True
        await self._while(6)

    async def do_swallow(self) -> None:
        for faults in self._some():
            faults.swallow = True
        try:
            await self._while(8)
        finally:
            self.proxy.cut()  # no network loses bytes of a connection that lives on

    async def do_refuse(self) -> None:
        await self.proxy.refuse()
        if self.dice.random() < 0.7:
            self.proxy.cut()
        await self._while(4)

    async def do_bounce(self) -> None:
        self.proxy.accept_then_close = 0.7
        self.proxy.cut()
        await self._while(4)

    async def do_flood(self) -> None:
        self.proxy.to_client.flood_line = self.dice.choice(
            [*_FLOODS, _FALSE if self.device.mids else ""]
        )
        self.proxy.to_client.flood = self.dice.choice([100, 1000])
        await self._while(2)

    async def do_burst(self) -> None:
        for name in list(self.device.sensors):
            self.device.update(name)

    async def do_restart(self) -> None:
        await self.device.restart()

    async def do_deaf(self) -> None:
        self.device.hanging = True
        try:
            await self._while(10)
        finally:
            if not self.device.mids:  # its next answer would pass for that to what it did not hear
                self.proxy.cut()

    async def do_slow(self) -> None:
        self.device.latency = self.dice.random() * 0.4
        await self._while(5)

    async def do_moody(self) -> None:
        self.device.moody = True
        if self.dice.random() < 0.5:
            self.proxy.cut()
        try:
            await self._while(5)
        finally:
            self.device.moody = False
            self.device.change()  # so that what was refused is tried again

    async def do_goodbye(self) -> None:
        self.device.send("#disconnect bye")

    async def do_edit(self) -> None:
        for _ in range(self.dice.choice([1, 1, 3, 30])):
            self.device.edit()
            await asyncio.sleep(self.dice.choice([0, 0, 0.01, 0.3]))

    async def do_edit_during_sync(self) -> None:
        self.proxy.cut()
        await self._while(0.6)
        await self.do_edit()

    async def do_damage(self) -> None:
        kind = self.dice.choice(_DAMAGE)
        for faults in self._some():
            which = self.dice.choice(["", "!", "#", "?", "!sensor-sampling", "#sensor-status"])
            setattr(faults, kind, [Lines(which, chance=self.dice.choice([0.02, 0.3]))])
        if self.dice.random() < 0.5:
            self.device.change()
        await self._while(3)

    async def do_garbage(self) -> None:
        await self.proxy.send_garbage(self.dice.choice([None, 5000]))

    # -- inside

    def _choose(self) -> str:
        if self.lossy and self.dice.random() < 0.3:
            return "damage"
        return self.dice.choice(list(self._faults))

    async def _while(self, most: float) -> None:
        await asyncio.sleep(self.dice.random() * most)

    def _some(self) -> list[Faults]:
        up, down = self.proxy.to_client, self.proxy.to_device
        return self.dice.choice([[up], [down], [up, down]])

    def _note(self, kind: str) -> None:
        self.kinds[kind] += 1
        self.history.append(f"{time.time():.1f} {kind}")

    def _on_event(self, link: int, what: str, line: bytes) -> None:
        if what in ("connect", "disconnect"):
            self.history.append(f"{time.time():.1f} link {link} {what}")
        if what not in _LOSING:
            return
        self._damaged.add("request" if line.startswith(b"?") else what)
        if line.startswith((b"#version", b"#build")):
            self._damaged.add("banner")
        if what == "duplicate" and b" token-" in line:
            self.repeated.add(line.split()[1].decode())
