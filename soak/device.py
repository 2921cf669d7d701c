"""One device of a long run: its sensors change, it refuses, and it notes what it was asked."""

import asyncio
import random
from collections import Counter
from typing import Any

from katcp.testing import FakeSensor, Link, ScriptedDevice, reply
from katcp.wire import Message, decode_text

__all__ = ["PROTOCOLS", "SIZES", "SoakDevice", "sensor_name"]

PROTOCOLS = ("5.1-MIB", "5.0-MI", "5.0-M", "4")
SIZES = (20, 200)  # how many sensors a device has
STRATEGIES = {"none", "auto", "event", "period", "differential", "event-rate", "differential-rate"}
TYPES = ("integer", "float", "boolean", "discrete", "string")
OPTIONS = ("idle", "busy", "off")
_NONE = ("none",)


class SoakDevice(ScriptedDevice):
    """Strategies are of a connection; sensors called ``*.no`` refuse all but ``none``.

    Parameters
    ----------
    size
        How many sensors it has when all are there.

    Attributes
    ----------
    tokens : Counter of str
        What requests of users carried, and how often it came.
    moody : bool
        Whether it refuses every other strategy.
    latency : float
        Seconds before it looks at a request.
    """

    def __init__(self, protocol: str, size: int, dice: random.Random) -> None:
        super().__init__(protocol, {}, first_status=dice.random() < 0.7)
        self.protocol = protocol
        self.tokens: Counter[str] = Counter()
        self.moody = False
        self.latency = 0.0
        self._dice = dice
        self._held: dict[int, dict[str, tuple[str, ...]]] = {}  # by number of the link
        self._pool = [sensor_name(i) for i in range(size)]
        for name in ("echo", "slow", "never", "many"):
            self.help[name] = f"Test of {name}"
            self.answers[name] = getattr(self, f"_{name}")
        self._usual_help = dict(self.help)
        self.complete()

    # -- what it has

    @property
    def mids(self) -> bool:
        """Whether it speaks mids."""
        return "I" in self.protocol

    def live_links(self) -> int:
        """Give how many clients are connected."""
        return len(self._links)

    def in_force(self) -> dict[str, tuple[str, ...]]:
        """Give the strategies of the latest connection that stands."""
        return self._held.get(max((link.number for link in self._links), default=0), {})

    def complete(self) -> None:
        """Have every sensor and request, as at first."""
        changed = {n for n in self._pool if n not in self.sensors or self._revised(n)}
        for name in changed:
            self.sensors[name] = self._made(name, 0)
        self._forget(changed)
        self.help.clear()
        self.help.update(self._usual_help)

    def update(self, name: str) -> None:
        """Give a sensor another value; who samples it is told."""
        sensor = self.sensors[name]
        sensor.value = _value(sensor.type, self._dice)
        for link in self._links:
            if self._held.get(link.number, {}).get(name, _NONE) != _NONE:
                link.send(self._reading("#sensor-status", name))

    def update_some(self, count: int) -> None:
        """Give some sensors other values."""
        names = list(self.sensors)
        for name in self._dice.choices(names, k=count) if names else ():
            self.update(name)

    # -- what becomes of it

    def edit(self) -> None:
        """Change something and say so."""
        self._dice.choice(
            [self._modify, self._modify, self._add, self._remove, self._renew_help, self.amnesia]
        )()

    def amnesia(self) -> None:
        """Forget all strategies, and say that something changed."""
        for held in self._held.values():
            held.clear()
        self.change(*self._dice.choice([(), ("sensor-list",)]))

    async def restart(self) -> None:
        """Go, and come back another: other flags, other sensors, nothing said of it."""
        await self.refuse()
        self.protocol = self._dice.choice(PROTOCOLS)
        self.announce(self.protocol)
        for name in self._dice.sample(self._pool, len(self._pool) // 4):
            self.sensors.pop(name, None)
        for name in self._dice.sample(self._pool, len(self._pool) // 4):
            self.sensors[name] = self._made(name, self._dice.randrange(1, 1000))
        await asyncio.sleep(self._dice.random() * 2)
        await self.come_back()

    async def come_back(self) -> None:
        """Listen again if it does not."""
        if self._server is None or not self._server.is_serving():
            await self.listen()

    # -- inside: changes

    def _modify(self) -> None:
        name = self._dice.choice(self._pool)
        self.sensors[name] = self._made(name, self._dice.randrange(1, 1000))
        self._forget({name})
        self._say("sensor", name, "modified")

    def _add(self) -> None:
        missing = [name for name in self._pool if name not in self.sensors]
        for name in self._dice.sample(missing, min(5, len(missing))):
            self.sensors[name] = self._made(name, 0)
            self._say("sensor", name, "added")

    def _remove(self) -> None:
        for name in self._dice.sample(self._pool, 2):
            if self.sensors.pop(name, None) is not None:
                self._forget({name})
                self._say("sensor", name, "removed")

    def _renew_help(self) -> None:
        name = f"extra-{self._dice.randrange(5)}"
        if self.help.pop(name, None) is None:
            self.help[name] = f"Revision {self._dice.randrange(1000)}"
        self._say("request", name, "modified")

    def _say(self, kind: str, name: str, what: str) -> None:
        self.change(*self._dice.choice([(kind, name, what), (f"{kind}-list",), ()]))

    def _forget(self, names: set[str]) -> None:
        for held in self._held.values():
            for name in names & held.keys():
                del held[name]

    def _revised(self, name: str) -> bool:
        return not self.sensors[name].description.endswith(" 0")

    def _made(self, name: str, revision: int) -> FakeSensor:
        type = TYPES[(len(name) + int(name.split(".")[1]) + revision) % len(TYPES)]
        params = OPTIONS if type == "discrete" else ()
        value = _value(type, self._dice)
        return FakeSensor(type, f"Sensor {name}, revision {revision}", "m", params, value=value)

    # -- inside: answers

    async def _accept(self, reader: asyncio.StreamReader, writer: Any) -> None:
        alive = {link.number for link in self._links}
        self._held = {number: held for number, held in self._held.items() if number in alive}
        await super()._accept(reader, writer)

    async def _answer(self, link: Link, request: Message) -> None:
        for word in request.arguments[:1] if request.name in self._usual_help else ():
            if word.startswith(b"token-"):
                self.tokens[decode_text(word)] += 1
        if self.latency:
            await asyncio.sleep(self.latency)
        if not link.cut():
            await super()._answer(link, request)
        self.requests.clear()

    def _sampling(self, link: Link, request: Message) -> list[str]:
        self.strategies = self._held.setdefault(link.number, {})
        names, *strategy = (decode_text(word) for word in request.arguments)
        if strategy and self._refuses(names, strategy[0]):
            return [reply(request, "fail", "not this one")]
        return super()._sampling(link, request)

    def _refuses(self, names: str, strategy: str) -> bool:
        if strategy not in STRATEGIES or (self.moody and self._dice.random() < 0.5):
            return True
        return strategy != "none" and any(name.endswith(".no") for name in names.split(","))

    def _echo(self, link: Link, request: Message) -> list[str]:
        return [reply(request, "ok", *map(decode_text, request.arguments))]

    async def _slow(self, link: Link, request: Message) -> list[str]:
        await asyncio.sleep(self._dice.random() * 0.3)
        if self._dice.random() < 0.2:
            return [reply(request, "fail", "no luck")]
        return self._echo(link, request)

    def _never(self, link: Link, request: Message) -> None:
        return None

    def _many(self, link: Link, request: Message) -> list[str]:
        mid = f"[{decode_text(request.mid)}]" if request.mid else ""
        return [*(f"#many{mid} {i}" for i in range(20)), *self._echo(link, request)]


def sensor_name(number: int) -> str:
    """Give the name of the sensor of a number, from 0."""
    if number % 10 == 0:
        return f"kept.{number}"
    return f"{'abcd'[number % 4]}.{number}" + (".no" if number % 25 == 1 else "")


def _value(type: str, dice: random.Random) -> str:
    number = dice.randrange(100_000)
    match type:
        case "integer":
            return str(number)
        case "float":
            return str(number / 8)
        case "boolean":
            return str(number % 2)
        case "discrete":
            return OPTIONS[number % 3]
    return f"text {number} of\\all\tsorts \N{DEGREE SIGN}"
