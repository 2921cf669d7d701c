"""A request as it is typed: to whom, which, with what; what completes it; how it is sent."""

import shlex
import time
from dataclasses import dataclass, field
from typing import Any

from ...errors import KATCPResourceError
from ...model import escape_name
from ...resource import KATCPReply
from ...wire import LocalReply, Message, printable
from ._looks import Cells, symbol
from ._model import Board, Place

__all__ = ["Candidate", "Order", "OrderError", "candidates", "help_of", "parse", "targets"]


class OrderError(ValueError):
    """What is typed cannot be sent; says why in a line."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What could be typed: the whole line then, the word that is new in it, and what that is."""

    line: str
    word: str
    about: str


@dataclass(slots=True, eq=False)
class Order:
    """A request to a device or a group, and what came of it.

    `answer` is None until all answers are there; `good` whether all succeeded.
    """

    place: Place
    name: str
    arguments: list[str]
    request: Any
    began: float = field(default_factory=time.monotonic)
    answer: list[Cells] | None = None
    good: bool = False

    @property
    def line(self) -> str:
        """The request as it is on the wire, for people: arguments with spaces are quoted."""
        return printable(" ".join(["?" + self.name, *map(shlex.quote, self.arguments)]))

    def question(self) -> list[str]:
        """Say what would be sent, and to whom."""
        place, devices = self.place, self.place.devices
        if place.kind == "device":
            to = f"to {devices[0].path} at {devices[0].resource.address_string}"
        else:
            names = ", ".join(device.path for device in devices)
            to = f"to the {len(devices)} devices of {place.name}, all at once: {names}"
        without = [d for d in devices
                   if d.state == "disconnected" or not _known(d.resource, self.name)]  # fmt: skip
        lines = [f"Send  {self.line}", printable(to)]
        lines += [printable(f"{d.path} {_why_not(d)}: it will not get it") for d in without]
        return lines

    async def send(self) -> None:
        """Send it, now; the answer is noted."""
        self.began = time.monotonic()
        raw = [argument.encode("utf-8", "surrogateescape") for argument in self.arguments]
        try:
            result = await self.request(*raw)
        except KATCPResourceError as exc:
            self.answer = [[(f"{symbol('failure')} not sent: {printable(str(exc))}", "error")]]
            return
        self.good = bool(result)
        took = time.monotonic() - self.began
        replies = {"": result} if isinstance(result, KATCPReply) else result
        self.answer = [_summary(result, took), *_answers(result, replies)]


def targets(board: Board) -> dict[str, Place]:
    """Give what requests can go to, by what is typed: each group and device."""
    found = {
        device.path: Place(device.path, "device", device.resource, (device,))
        for device in board.devices
    }
    for prefix, group in _groups(board.root, ""):
        name = prefix + group.name
        found[name if name not in found else f"group:{name}"] = group
    return found


def candidates(board: Board, line: str) -> list[Candidate]:
    """Give what could complete a line: devices and groups, then requests of what was chosen."""
    words = line.split(" ")
    there = targets(board)
    if len(words) == 1:
        names = sorted(there, key=lambda n: (there[n].kind != "group", n))
        return [
            Candidate(f"{n} ", n, _about(there[n]))
            for n in names
            if words[0].casefold() in n.casefold()
        ]
    if len(words) > 2 or words[0] not in there:
        return []
    place, wanted = there[words[0]], escape_name(words[1]).casefold()
    found = []
    for key, request in sorted(dict.items(place.target.req)):
        if wanted in key.casefold():
            name = _name(place, key)
            about = printable(request.description.split("\n")[0])
            found.append(Candidate(f"{words[0]} {name} ", name, about))
    # What begins as it is typed comes first.
    return sorted(found, key=lambda c: not escape_name(c.word).casefold().startswith(wanted))


def help_of(board: Board, line: str) -> str:
    """Give what the device says of the request in a line; empty if there is none in it."""
    words = line.split()
    place = targets(board).get(words[0]) if words else None
    request = _known(place.target, words[1]) if place is not None and len(words) > 1 else None
    return str(request.description) if request is not None else ""


def parse(board: Board, line: str) -> Order:
    """Read a line: ``DEVICE-or-GROUP REQUEST ARGUMENTS...``, with the quotes of a shell.

    Raises
    ------
    OrderError
        If it cannot be sent.
    """
    try:
        words = shlex.split(line)
    except ValueError as exc:
        raise OrderError(f"{exc}: a quote is missing, or a backslash too much") from None
    there = targets(board)
    if not words:
        raise OrderError("type a device or group, a request, and its arguments")
    place = there.get(words[0])
    if place is None:
        raise OrderError(f"there is no device or group {words[0]!r}; Tab completes")
    if len(words) == 1:
        raise OrderError(f"type a request of {words[0]}; Tab completes")
    request = _known(place.target, words[1])
    if request is None:
        raise OrderError(f"{words[0]} {_without(place, words[1])}")
    return Order(place, _name(place, words[1]), words[2:], request)


def _name(place: Place, word: str) -> str:
    """Give the KATCP name of a request, which may have been typed as an identifier."""
    own = (_known(device.resource, word) for device in place.devices)
    return next((request.name for request in own if request is not None), word)


def _groups(place: Place, prefix: str) -> Any:
    for part in place.parts:
        if part.kind == "group":
            yield prefix, part
        elif part.kind == "container":
            yield from _groups(part, f"{prefix}{part.name}.")


def _known(target: Any, name: str) -> Any:
    return dict.get(target.req, escape_name(name))


def _about(place: Place) -> str:
    if place.kind == "group":
        return f"group of {len(place.devices)} devices"
    device = place.devices[0]
    return printable(f"{device.state}, {device.resource.description or 'device'}")


def _without(place: Place, name: str) -> str:
    if place.kind == "device":
        return f"{_why_not(place.devices[0])}: no request {name!r} can be sent"
    return f"has no device with a request {name!r} now"


def _why_not(device: Any) -> str:
    if device.state != "synced":
        return f"is {device.state}"
    if not device.resource.req:
        return "shows no requests here (controlled = false, or it has none)"
    return "has no such request"


def _summary(result: Any, took: float) -> Cells:
    how = "synced" if result else "failure"
    if isinstance(result, KATCPReply):
        words = "succeeded" if result else f"failed: {_words(result.reply.arguments[1:])}"
        if isinstance(result.reply, LocalReply) and result.reply.sent:
            words += " It may have been done all the same."
    else:
        good = sum(map(bool, result.values()))
        words = f"{good} of {len(result)} succeeded"
    return [
        (f"{symbol(how)} {words} ", "synced" if result else "error"),
        (f"({took:.1f} s)", "dim"),
    ]


def _answers(result: Any, replies: dict[str, Any]) -> list[Cells]:
    lines: list[Cells] = []
    if not isinstance(result, KATCPReply):
        rows = repr(result).split("\n")[1:]
        lines += [[(row, "" if good else "error")]
                  for row, good in zip(rows, result.values(), strict=True)]  # fmt: skip
    for name, reply in replies.items():
        if reply is not None and (reply.informs or not name):
            head = f"{printable(name)}: " if name else ""
            messages = [*reply.informs, *([] if name else [reply.reply])]
            lines += [[(head + _line(message), "")] for message in messages]
    return lines


def _line(message: Message) -> str:
    kind = Message.TYPE_SYMBOLS[message.mtype].decode()
    return printable(f"{kind}{message.name} {_words(message.arguments)}".rstrip())


def _words(arguments: Any) -> str:
    return printable(" ".join(a.decode("utf-8", "surrogateescape") for a in arguments))
