"""A device made of a table of sensors, of version 4 or 5, as strict or as odd as wanted."""

import inspect
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..wire import Message, decode_text, encode_text, escape
from ._responder import Link, Responder

__all__ = ["FakeSensor", "ScriptedDevice"]


@dataclass(slots=True)
class FakeSensor:
    """A sensor of a `ScriptedDevice`; everything as it goes on the wire, unescaped."""

    type: str = "integer"
    description: str = "A sensor"
    units: str = ""
    params: tuple[str, ...] = ()
    status: str = "nominal"
    value: str = "0"
    timestamp: float | None = None


class ScriptedDevice(Responder):
    """Answers what every device answers, from `sensors` and `help`; the rest is for `answers`.

    Parameters
    ----------
    protocol
        What is announced: ``"5.1-MIBT"`` or the like, ``"4"`` for ``#version`` and
        ``#build-state``, None for nothing at all.
    sensors
        By KATCP name.
    first_status
        Whether setting a strategy sends the present reading, as most servers do (C servers not).

    Attributes
    ----------
    help : dict
        Request name -> description, what ``?help`` lists.
    hints : dict
        Request name -> seconds, what ``?request-timeout-hint`` lists.
    strategies : dict
        Sensor name -> words of the strategy in force.
    """

    def __init__(
        self,
        protocol: str | None = "5.0-MI",
        sensors: dict[str, FakeSensor] | None = None,
        *,
        first_status: bool = True,
        chunk: int | None = None,
    ) -> None:
        super().__init__(chunk=chunk)
        self.sensors = {"an.int": FakeSensor(value="3")} if sensors is None else sensors
        self.first_status = first_status
        self.help = {
            name: f"Help of {name}"
            for name in ("help", "sensor-list", "sensor-value", "sensor-sampling", "watchdog")
        }
        self.hints: dict[str, float] = {}
        self.strategies: dict[str, tuple[str, ...]] = {}
        self.answers = {
            "help": self._help,
            "request-timeout-hint": self._hints,
            "sensor-list": self._list,
            "sensor-value": self._value,
            "sensor-sampling": self._sampling,
            "watchdog": lambda link, request: [reply(request, "ok")],
            "*": lambda link, request: [reply(request, "invalid", "unknown request")],
        }
        self.announce(protocol)

    def announce(self, protocol: str | None) -> None:
        """Speak another protocol from the next connection on."""
        self._major = 4 if protocol == "4" else 5
        self._bulk = protocol is not None and "B" in protocol
        if protocol is None:
            self.banner = []
        elif protocol == "4":
            self.banner = ["#version scripted-1.0", "#build-state scripted-1.0.0"]
        else:
            self.banner = [
                "#version-connect katcp-device scripted-1.0 scripted-1.0.0",
                f"#version-connect katcp-protocol {protocol}",
            ]

    def set_sensor(self, name: str, value: str, status: str = "nominal") -> None:
        """Set a sensor; who samples it is told."""
        self.sensors[name].value, self.sensors[name].status = value, status
        if self.strategies.get(name, ("none",)) != ("none",):
            self.send(self._reading("#sensor-status", name))

    def request(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Answer the request of the handler's name (``_`` as ``-``) by it; a decorator, too.

        Its docstring is the help. It is called with the arguments as text, and gives, or is a
        coroutine that gives, what follows ``ok`` in the reply: None, a word or several. What it
        raises is a failure with that text.
        """
        name = handler.__name__.replace("_", "-")

        async def answer(link: Link, request: Message) -> list[str]:
            try:
                given = handler(*(decode_text(a) for a in request.arguments))
                if inspect.isawaitable(given):
                    given = await given
            except Exception as exc:
                return [reply(request, "fail", str(exc) or type(exc).__name__)]
            if given is None:
                given = ()
            words = given if isinstance(given, (tuple, list)) else [given]
            return [reply(request, "ok", *map(str, words))]

        self.help[name] = inspect.cleandoc(handler.__doc__ or "")
        self.answers[name] = answer
        self.change()
        return handler

    def change(self, *words: str) -> None:
        """Say that the interface has changed."""
        self.send(" ".join(["#interface-changed", *words]))

    def _help(self, link: Link, request: Message) -> list[str]:
        return self._listing(request, [[n, self.help[n]] for n in self._wanted(request, self.help)])

    def _hints(self, link: Link, request: Message) -> list[str]:
        names = self._wanted(request, self.hints)
        return self._listing(request, [[name, str(self.hints[name])] for name in names])

    def _list(self, link: Link, request: Message) -> list[str]:
        rows = []
        for name in self._wanted(request, self.sensors):
            sensor = self.sensors[name]
            rows.append([name, sensor.description, sensor.units, sensor.type, *sensor.params])
        return self._listing(request, rows)

    def _value(self, link: Link, request: Message) -> list[str]:
        names = self._wanted(request, self.sensors)
        if request.arguments and not names and not _is_pattern(decode_text(request.arguments[0])):
            return [reply(request, "fail", "unknown sensor")]
        head = f"#sensor-value{_mid(request)}"
        return [
            *(self._reading(head, name) for name in names),
            reply(request, "ok", str(len(names))),
        ]

    def _sampling(self, link: Link, request: Message) -> list[str]:
        which, *strategy = (decode_text(a) for a in request.arguments)
        names = which.split(",") if self._bulk else [which]
        if any(name not in self.sensors for name in names):
            return [reply(request, "fail", f"unknown sensor {which}")]
        lines = []
        for name in names if strategy else ():
            self.strategies[name] = tuple(strategy)
            if self.first_status and strategy[0] != "none":
                lines.append(self._reading("#sensor-status", name))
        now = self.strategies.get(names[0], ("none",))
        return [*lines, reply(request, "ok", which, *now)]

    def _reading(self, head: str, name: str) -> str:
        sensor = self.sensors[name]
        seconds = time.time() if sensor.timestamp is None else sensor.timestamp
        stamp = f"{seconds:.6f}" if self._major >= 5 else str(int(seconds * 1000))
        words = (escape(encode_text(word)) for word in (name, sensor.value))
        shown, value = map(decode_text, words)
        return f"{head} {stamp} 1 {shown} {sensor.status} {value}"

    def _wanted(self, request: Message, there: Mapping[str, object]) -> list[str]:
        names = [decode_text(a) for a in request.arguments]
        if names and _is_pattern(names[0]):
            return _matching(names[0][1:-1], there)
        return [name for name in names if name in there] if names else list(there)

    def _listing(self, request: Message, rows: list[list[str]]) -> list[str]:
        if request.arguments and not rows and not _is_pattern(decode_text(request.arguments[0])):
            return [reply(request, "fail", "not known")]
        informs = [
            decode_text(bytes(Message.reply_inform(request, *map(encode_text, row))))
            for row in rows
        ]
        return [*informs, reply(request, "ok", str(len(rows)))]


def reply(request: Message, *words: str) -> str:
    """Give the line that replies to a request."""
    return decode_text(bytes(Message.reply_to_request(request, *map(encode_text, words))))


def _mid(request: Message) -> str:
    return "" if request.mid is None else f"[{request.mid.decode()}]"


def _is_pattern(word: str) -> bool:
    """Whether it is ``/regular expression/``, which most servers take for a name."""
    return len(word) > 2 and word[0] == word[-1] == "/"


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    try:
        return list(filter(re.compile(pattern).search, names))
    except re.error:
        return []
