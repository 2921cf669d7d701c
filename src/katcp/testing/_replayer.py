"""Replays a recorded session to a live client."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..wire import Message, decode_text
from ._recording import Exchange, Recording, Said, sets_strategy, with_mid
from ._responder import Link, Responder
from ._timers import Timers

__all__ = ["Replayer"]

Asked = tuple[str, tuple[bytes, ...]]


@dataclass
class _Client:
    """A live client: how often it asked what, and which sensors it has sampled."""

    times: Counter[Asked] = field(default_factory=Counter)
    sampled: set[bytes] = field(default_factory=set)
    plays: bool = False


class Replayer(Responder):
    """Answers each request with what was recorded for it, mids exchanged; else ``invalid``.

    A request that was recorded several times gets its answers in their order, and then the last
    again. Not recorded, but answered all the same, are ``?watchdog`` and, for sensors that are in
    the recording, ``?sensor-sampling`` and ``?sensor-value``.

    Parameters
    ----------
    session
        The recording, or the file that it is in.
    speed
        How many times as fast as recorded to answer, and to send the informs that came by
        themselves: those from before the first sampling strategy after a client has connected, the
        others after it has asked for one, and readings only of sensors that it sampled. None:
        answer at once, and send none.

    Attributes
    ----------
    sensors, help : set of str
        Names that the recorded answers to ``?sensor-list`` and ``?help`` list.
    on_end
        Called with the number of the connection when all informs were sent to it.
    """

    def __init__(self, session: Recording | Path, *, speed: float | None = None) -> None:
        super().__init__()
        recording = Recording(session) if isinstance(session, Path) else session
        self.recording = recording
        self.on_end: Callable[[int], None] = lambda number: None
        self._speed = speed
        self._timers = Timers()
        self._answers: defaultdict[Asked, list[Exchange]] = defaultdict(list)
        for exchange in recording.exchanges:
            self._answers[_asked(exchange.request)].append(exchange)
        self._readings: dict[bytes, tuple[bytes, bytes, bytes]] = {}  # the first of each sensor
        for _, words in recording.readings():
            for i in range(2, len(words) - 2, 3):
                self._readings.setdefault(words[i], (words[0], words[i + 1], words[i + 2]))
        self._clients: dict[Link, _Client] = {}
        self.banner = list(map(decode_text, recording.banner))
        self.sensors = self._listed("sensor-list")
        self.help = self._listed("help")
        self.answers = {"*": self._replay}

    def greet(self, link: Link) -> None:
        """Send the banner, and what comes without being asked for."""
        super().greet(link)
        self._clients[link] = _Client()
        began, asked = self.recording.began, self.recording.asked
        now = asyncio.get_running_loop().time()
        self._play(link, now, began, asked is None, lambda t: asked is None or t < asked)

    def part(self, link: Link) -> None:
        """Forget a client."""
        self._clients.pop(link, None)

    async def refuse(self) -> None:
        """Cut every connection and accept none, until `listen`."""
        await super().refuse()
        self._timers.close()

    def _play(
        self, link: Link, start: float, since: float, last: bool, meant: Callable[[float], bool]
    ) -> None:
        """Send the informs of some times, as long after `start` as they came after `since`."""
        if self._speed is None:
            return
        speed = self._speed
        rest = (said for said in self.recording.informs if meant(said.time))

        def go_on(now: float, said: Said | None = None) -> None:
            if link not in self._clients:
                return
            if said is not None:
                self._send(link, said)
            for each in rest:
                when = start + max(0.0, each.time - since) / speed
                self._timers.at(when, partial(go_on, said=each))
                return
            if last:
                self.on_end(link.number)

        go_on(start)

    def _send(self, link: Link, said: Said) -> None:
        client, message = self._clients.get(link), said.message
        if client is None:
            return
        of_sensors = message is not None and message.name == "sensor-status"
        names = message.arguments[2::3] if message is not None else []
        if not of_sensors or client.sampled.intersection(names):
            link.push(said.line)

    def _replay(self, link: Link, request: Message) -> list[bytes] | None:
        now = asyncio.get_running_loop().time()
        answer = self._answer_to(link, request, now)
        self._note_sampling(link, request, now)  # what comes at the same time comes after
        return answer

    def _answer_to(self, link: Link, request: Message, now: float) -> list[bytes] | None:
        client, asked = self._clients[link], _asked(request)
        recorded = self._answers.get(asked)
        if recorded is None:
            return self._unrecorded(request)
        exchange = recorded[min(client.times[asked], len(recorded) - 1)]
        client.times[asked] += 1
        if self._speed is None:
            return [with_mid(said, request) for said in exchange.answer]
        for said in exchange.answer:
            line = with_mid(said, request)
            when = now + (said.time - exchange.time) / self._speed
            self._timers.at(when, partial(self._send_line, link, line))
        return None

    def _send_line(self, link: Link, line: bytes, now: float) -> None:
        if link in self._clients:
            link.push(line)

    def _note_sampling(self, link: Link, request: Message, now: float) -> None:
        """Take note of a strategy; with the first the time of what was recorded after it begins."""
        client, asked = self._clients[link], self.recording.asked
        if request.name != "sensor-sampling" or len(request.arguments) < 2:
            return
        names = request.arguments[0].split(b",")
        if not sets_strategy(request):
            client.sampled.difference_update(names)
            return
        client.sampled.update(names)
        if asked is not None and not client.plays:
            client.plays = True
            self._play(link, now, asked, True, lambda time: time >= asked)

    def _unrecorded(self, request: Message) -> list[bytes]:
        if request.name == "watchdog":
            return [_reply(request, b"ok")]
        words = request.arguments
        if request.name == "sensor-sampling" and len(words) > 1:
            names = words[0].split(b",")
            if all(name in self._readings or decode_text(name) in self.sensors for name in names):
                first = [] if words[1] == b"none" else self._first("sensor-status", names)
                return [*first, _reply(request, b"ok", *words)]
        if request.name == "sensor-value" and (not words or words[0] in self._readings):
            lines = self._first("sensor-value", words[:1] or list(self._readings), request.mid)
            return [*lines, _reply(request, b"ok", b"%d" % len(lines))]
        return [_reply(request, b"invalid", b"not recorded")]

    def _first(self, name: str, sensors: list[bytes], mid: bytes | None = None) -> list[bytes]:
        """Give informs of the first readings that were recorded."""
        lines = []
        for sensor in sensors:
            if sensor in self._readings:
                timestamp, status, value = self._readings[sensor]
                words = (timestamp, b"1", sensor, status, value)
                lines.append(bytes(Message.inform(name, *words, mid=mid)))
        return lines

    def _listed(self, request: str) -> set[str]:
        first = self._answers.get((request, ()), [])[:1]
        messages = [said.message for exchange in first for said in exchange.answer]
        return {
            decode_text(m.arguments[0])
            for m in messages
            if m is not None and m.mtype == Message.INFORM and m.name == request and m.arguments
        }


def _asked(request: Message) -> Asked:
    return request.name, tuple(request.arguments)


def _reply(request: Message, *words: bytes) -> bytes:
    return bytes(Message.reply_to_request(request, *words))
