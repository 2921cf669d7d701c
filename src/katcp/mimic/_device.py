"""`MimicDevice`: serves what a `Likeness` says."""

import asyncio
import random
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from functools import partial

from ..testing import FakeSensor, Link, ScriptedDevice, reply
from ..testing._timers import Timers
from ..wire import Message, ProtocolFlags, decode_text, encode_text
from ._dice import Dice
from ._likeness import BUILT_IN, Answer, Likeness
from ._motions import Constant, Motion, Reading
from ._rules import Rule, Watch, parse_rule

__all__ = ["MimicDevice"]

_NEEDED = {"help", "sensor-list", "sensor-sampling", "sensor-value"}  # some do not list them
_HINTS = "request-timeout-hint"
_LEVELS = ("off", "fatal", "error", "warn", "info", "debug", "trace", "all")
_OLD = ("version", "build-state")  # what version 4 says of itself, each by an inform of its own
_REMEMBERED = 1000  # requests


class _Moving:
    """A sensor that moves, as long as somebody looks at it."""

    def __init__(self, name: str, motion: Motion, seed: str) -> None:
        self.name = name
        self.motion = motion
        self.index = -1
        self.moves = False  # whether it is going to be moved
        self.watches: dict[Link, Watch] = {}
        self.dice = Dice(f"{seed} {name}")


class MimicDevice(ScriptedDevice):
    """A device that looks like the one that was learnt: the same interface, plausible readings.

    Each client has its own sampling strategies, carried out as the specification says. Requests
    that would change the device are answered, and change nothing.

    Parameters
    ----------
    likeness
        What is known of the device.
    host, port
        Where to listen; port 0 takes a free one.
    seed
        Makes the readings the same each time; None: by chance.
    speed
        Seconds of the device in one second. Times of strategies are real ones.
    """

    def __init__(
        self,
        likeness: Likeness,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int | None = None,
        speed: float = 1.0,
    ) -> None:
        protocol = likeness.interface.protocol
        flags = ProtocolFlags.parse_version(protocol)
        super().__init__(
            "4" if flags.major < 5 else protocol, {}, first_status=likeness.first_status
        )
        self.host, self.port = host, port
        self.requests = deque(maxlen=_REMEMBERED)
        self.banner = list(_banner(likeness))
        self._likeness = likeness
        self._speed = speed
        self._started = 0.0
        self._timers = Timers(self._flush)
        self._unsent: defaultdict[Link, list[str]] = defaultdict(list)
        self._watched: defaultdict[Link, set[str]] = defaultdict(set)
        self._level = "warn"
        dice = str(random.randrange(1 << 32) if seed is None else seed)
        self._moving = {n: _Moving(n, m, dice) for n, m in likeness.motions.items()}
        for name, s in likeness.interface.sensors.items():
            params = tuple(map(decode_text, s.params))
            self.sensors[name] = FakeSensor(s.type, s.description, s.units, params)
        self._take_requests(flags)

    def _take_requests(self, flags: ProtocolFlags) -> None:
        requests = self._likeness.interface.requests
        self.help = {name: r.description for name, r in requests.items()}
        self.hints = {n: r.timeout_hint for n, r in requests.items() if r.timeout_hint is not None}
        self.answers |= {
            "client-list": self._client_list,
            "log-level": self._log_level,
            "sensor-sampling-clear": self._clear,
            "version-list": self._version_list,
        }
        there = requests.keys() | _NEEDED | ({_HINTS} if flags.request_timeout_hints else set())
        own = BUILT_IN & there - self._likeness.answers.keys()
        self.answers = {name: self.answers[name] for name in own} | {"*": self._other}

    async def listen(self) -> None:
        """Accept connections, and begin to move."""
        self._begin()
        await super().listen()

    def serve(self, reader: asyncio.StreamReader, writer: object) -> None:
        """Serve a client by whatever reads and writes as streams do."""
        self._begin()
        super().serve(reader, writer)

    async def refuse(self) -> None:
        """Cut every connection and accept none, until `listen`."""
        await super().refuse()
        self._timers.close()
        for sensor in self._moving.values():
            sensor.moves = False

    def _help(self, link: Link, request: Message) -> list[str]:
        wanted = self._wanted(request, self.help)
        whole = self.help | self._likeness.explained if request.arguments else self.help
        return self._listing(request, [[name, whole[name]] for name in wanted])

    def _begin(self) -> None:
        self._started = self._started or self._now()

    # -- readings

    def set_sensor(self, name: str, value: str, status: str = "nominal") -> None:
        """Set a sensor, which moves no more; who samples it is told."""
        sensor, fake = self._moving[name], self.sensors[name]
        sensor.motion, sensor.index = Constant(value, status), 0
        fake.value, fake.status, fake.timestamp = value, status, time.time()
        for link, watch in sensor.watches.items():
            self._look(sensor, link, watch, Reading(value, status), self._now())
        self._flush()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _reading(self, head: str, name: str) -> str:
        self._refresh(self._moving[name], self._now())
        return super()._reading(head, name)

    def _refresh(self, sensor: _Moving, now: float, moved: int = 0) -> Reading:
        """Bring a sensor up to this time of the loop, when it has `moved` so often, or more."""
        fake = self.sensors[sensor.name]
        index = sensor.motion.index(max(0.0, (now - self._started) * self._speed))
        index = max(index, moved, sensor.index)  # it may be rounded down
        if index != sensor.index:
            sensor.index = index
            age = now - self._moment(sensor, index)
            fake.timestamp = time.time() - age
            reading = sensor.motion.reading(index, fake.timestamp, sensor.dice)
            fake.value, fake.status = reading
        return Reading(fake.value, fake.status)

    def _moment(self, sensor: _Moving, index: int) -> float:
        """Give the time of the loop at which a sensor has moved so often."""
        return self._started + sensor.motion.time_of(index) / self._speed

    # -- sampling

    def _sampling(self, link: Link, request: Message) -> list[str]:
        which, *words = map(decode_text, request.arguments) if request.arguments else ("",)
        names = which.split(",") if self._bulk and words else [which]
        unknown = next((name for name in names if name not in self.sensors), None)
        if unknown is not None:
            return [reply(request, "fail", f"unknown sensor {unknown}")]
        if not words:
            watch = self._moving[which].watches.get(link)
            return [reply(request, "ok", which, *(watch.words if watch else ("none",)))]
        try:
            rules = [parse_rule(words, self.sensors[n].type, self._major) for n in names]
        except ValueError as exc:
            return [reply(request, "fail", str(exc))]
        for name, rule in zip(names, rules, strict=True):
            self._watch(link, self._moving[name], tuple(words), rule)
        first = names if self.first_status and rules[0] is not None else ()
        lines = [self._reading("#sensor-status", name) for name in first]
        return [*lines, reply(request, "ok", which, *words)]

    def _clear(self, link: Link, request: Message) -> list[str]:
        self.part(link)
        return [reply(request, "ok")]

    def part(self, link: Link) -> None:
        """Forget the strategies of a client."""
        for name in self._watched.pop(link, ()):
            self._moving[name].watches.pop(link, None)

    def _watch(
        self, link: Link, sensor: _Moving, words: tuple[str, ...], rule: Rule | None
    ) -> None:
        if rule is None:
            sensor.watches.pop(link, None)
            return
        now = self._now()
        reading = self._refresh(sensor, now)
        self._watched[link].add(sensor.name)
        sensor.watches[link] = watch = Watch(words, rule, reading, now)
        self._wake_later(sensor, link, watch, reading)
        if not sensor.moves:
            self._move_later(sensor)

    def _move_later(self, sensor: _Moving) -> None:
        when = self._moment(sensor, sensor.index + 1)
        sensor.moves = when < float("inf")
        self._timers.at(when, partial(self._move, sensor, sensor.motion, sensor.index + 1))

    def _move(self, sensor: _Moving, motion: Motion, moved: int, now: float) -> None:
        sensor.moves = False
        if not sensor.watches or sensor.motion is not motion:
            return
        reading = self._refresh(sensor, now, moved)
        for link, watch in sensor.watches.items():
            self._look(sensor, link, watch, reading, now)
        self._move_later(sensor)

    def _wake(self, sensor: _Moving, link: Link, watch: Watch, now: float) -> None:
        watch.wakes = float("inf")
        if sensor.watches.get(link) is watch:
            self._look(sensor, link, watch, self._refresh(sensor, now), now)

    def _look(
        self, sensor: _Moving, link: Link, watch: Watch, reading: Reading, now: float
    ) -> None:
        if watch.wants(reading, now):
            self._unsent[link].append(super()._reading("#sensor-status", sensor.name))
        self._wake_later(sensor, link, watch, reading)

    def _wake_later(self, sensor: _Moving, link: Link, watch: Watch, reading: Reading) -> None:
        due = watch.due(reading)
        if due < watch.wakes:
            watch.wakes = due
            self._timers.at(due, partial(self._wake, sensor, link, watch))

    def _flush(self) -> None:
        """Send what has come together."""
        for link, lines in self._unsent.items():
            link.push(*lines)
        self._unsent.clear()

    # -- requests

    def _client_list(self, link: Link, request: Message) -> list[str]:
        return self._listing(request, [[link.peer] for link in self._links])

    def _log_level(self, link: Link, request: Message) -> list[str]:
        if request.arguments:
            level = decode_text(request.arguments[0])
            if level not in _LEVELS:
                return [reply(request, "fail", f"unknown level {level}")]
            self._level = level
        return [reply(request, "ok", self._level)]

    def _version_list(self, link: Link, request: Message) -> list[str]:
        return self._listing(request, [[n, *words] for n, words in _versions(self._likeness)])

    def _other(self, link: Link, request: Message) -> list[str] | None:
        if request.name not in self._likeness.interface.requests:
            return [reply(request, "invalid", "unknown request")]
        answer = self._likeness.answers.get(request.name, Answer())
        informs = [
            decode_text(bytes(Message.reply_inform(request, *map(encode_text, words))))
            for words in answer.informs
        ]
        lines = [*informs, reply(request, *answer.reply)]
        if not answer.after:
            return lines
        when = self._now() + answer.after / self._speed
        self._timers.at(when, lambda now: self._unsent[link].extend(lines))
        return None


def _versions(likeness: Likeness) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Give protocol and components as ``#version-connect`` has them."""
    if likeness.interface.protocol != "4.0":  # which it is if nothing is said of it
        yield "katcp-protocol", (likeness.interface.protocol,)
    for name, words in likeness.versions.items():
        if name not in _OLD:
            yield name, words


def _banner(likeness: Likeness) -> Iterable[str]:
    """Give the lines that a client is greeted with."""
    old = {name: likeness.versions[name] for name in _OLD if name in likeness.versions}
    if likeness.interface.protocol == "4.0":
        old = old or {"version": ("mimic",)}  # it has to say something
    for name, words in old.items():
        yield _inform(name, words)
    for name, words in _versions(likeness):
        yield _inform("version-connect", (name, *words))


def _inform(name: str, words: Iterable[str]) -> str:
    return decode_text(bytes(Message.inform(name, *map(encode_text, words))))
