"""Target: a whole resource, in memory and in virtual time, whose device says what the fuzzer says.

Then the device behaves, and the resource must get in step with it.
"""

import asyncio
import contextlib
import inspect
import logging
import random
from collections.abc import Awaitable
from typing import Any

from fuzz.choices import Choices
from fuzz.watching import Listed, Records, check_shown
from katcp.errors import KATCPResourceError
from katcp.resource import KATCPReply
from katcp.resource_client import KATCPClientResource
from katcp.testing import FakeSensor, Link, ScriptedDevice, attach, virtual_time
from katcp.wire import BadLine, Decoder, Message

__all__ = ["resource"]

_PROTOCOLS = ("5.1-MIBT", "5.0-M", "4", "5.0-MI", "5.1-MB", None)
_STRATEGIES = ("event", "period 1", "none", "differential 2", "event-rate 1 2", "odd", "auto")
_SLEEPS = (0.0, 0.01, 1.0, 30.0)
_SENSORS = {
    "an.int": FakeSensor(value="3"),
    "a-str": FakeSensor("string", value="text"),
    "mode": FakeSensor("discrete", params=("on", "off"), value="on"),
    "a.float": FakeSensor("float", units="m", params=("0", "1"), value="0.5"),
}


def resource(data: bytes) -> None:
    """Run once; AssertionError, or whatever escapes the client, is a fault."""
    random.seed(0)  # of the delays between tries
    with Records() as records, asyncio.Runner() as runner:
        runner.run(_run(Choices(data), records))


class _Hostile(ScriptedDevice):
    """Answers honestly, or as the fuzzer says, until told to behave."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.hostile = True
        super().__init__(
            choices.pick(_PROTOCOLS),
            dict(_SENSORS),
            first_status=choices.flag(),
            chunk=choices.pick((None, None, 50)),
        )
        self.help["odd"] = "Odd"

    def behave(self) -> None:
        """Be an honest device from now on, whatever came before."""
        self.hostile = False
        self.announce("5.1-MIB" if self._major == 5 else "4")
        self.send_bytes(b"\n")

    @property
    def banner(self) -> list[Any]:
        """What to say on a new connection."""
        self.strategies.clear()
        how = self.choices.number(5) if self.hostile else 0
        odd: list[Any] = list(self.choices.lines(3)) if how in (2, 3) else []
        return odd + (self._banner if how < 3 else [])

    @banner.setter
    def banner(self, lines: list[Any]) -> None:
        self._banner = lines

    async def _answer(self, link: Link, request: Message) -> None:
        choices = self.choices
        how = choices.number(10) if self.hostile else 0
        if how < 3:
            await super()._answer(link, request)
        elif how == 3:
            link.send(*self._odd(request))
        elif how < 7:
            *informs, reply = await self._honest(link, request)
            link.send(*self._odd(request), *informs[choices.number(3) :])
            link.send(reply if how < 6 else self._like(b"!", request, choices.line()))
        elif how == 7:
            link.send_bytes(choices.text(choices.number(64)))
        elif how == 8:
            link.drop()

    async def _honest(self, link: Link, request: Message) -> list[str]:
        lines = (self.answers.get(request.name) or self.answers["*"])(link, request)
        if inspect.isawaitable(lines):
            lines = await lines
        return list(lines)

    def _odd(self, request: Message) -> list[bytes]:
        """Give lines that are, or pass for, informs and replies to `request`."""
        if self.choices.flag():
            return [_with_mid(line, request) for line in self.choices.lines(4)]
        return [self._like(b"#", request, line) for line in self.choices.lines(4)]

    def _like(self, symbol: bytes, request: Message, words: bytes) -> bytes:
        mid = b"" if request.mid is None else b"[%s]" % request.mid
        return symbol + request.name.encode() + mid + b" " + words


def _with_mid(line: bytes, request: Message) -> bytes:
    """Give `line` with the mid of `request`, if it is of its name."""
    for item in Decoder(1 << 20).feed(line + b"\n"):
        if isinstance(item, BadLine) or item.name != request.name:
            return line
        return bytes(Message(item.mtype, item.name, item.arguments, request.mid))
    return line


async def _run(choices: Choices, records: Records) -> None:
    troubles: list[Any] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: troubles.append(context))
    loop.time = lambda: 0.0  # type: ignore[method-assign]
    device = _Hostile(choices)
    target = KATCPClientResource(
        {
            "name": "dev",
            "address": ("memory", 0),
            "controlled": True,
            "max_message_size": choices.pick((None, None, 300)),
        },
        logger=logging.getLogger("katcp.fuzz"),
    )
    attach(target, device)
    listed = Listed(target)
    asked: list[Awaitable[Any]] = []
    with virtual_time():  # from 0 on, so that a run can be repeated
        target.start()
        for _ in range(2 + choices.number(16)):
            _act(choices, device, target, asked)
            await asyncio.sleep(choices.pick(_SLEEPS))
            listed.check()
            check_shown(target)
        await _recover(device, target, drop=choices.flag())
        listed.check()
        await target.stop()
        await device.give_up()
        await _outcomes(asked)
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "tasks were left running"
    assert not troubles, f"the loop was told of {troubles}"
    check_shown(target)
    records.check()


def _act(
    choices: Choices, device: _Hostile, target: KATCPClientResource, asked: list[Awaitable[Any]]
) -> None:
    """Let the device, or the user, do one thing."""
    names = [sensor.name for sensor in dict.values(target.sensor)]
    match choices.number(12):
        case 1:
            device.send_bytes(choices.text(choices.number(256)))
        case 2:
            device.send(*(b"#sensor-status " + line for line in choices.lines(3)))
        case 3:
            device.send(*(b"#interface-changed " + line for line in choices.lines(3)))
        case 4:
            device.drop()
        case 5 if names:
            asked.append(
                target.set_sampling_strategy(choices.pick(names), choices.pick(_STRATEGIES))
            )
        case 6 if names:
            asked.append(dict.__getitem__(target.sensor, _id(choices.pick(names))).get_reading())
        case 7:
            asked.append(target.set_sampling_strategies(".", choices.pick(_STRATEGIES)))
        case 8 if target.req:
            name = choices.pick(sorted(target.req))
            asked.append(dict.__getitem__(target.req, name)(choices.line(), timeout=2))
        case 9:
            device.sensors.pop("mode", None)
            device.change("sensor-list")
        case 10:
            device.sensors["mode"] = FakeSensor(choices.pick(("float", "boolean", "string")))
            device.change("sensor", "mode", "modified")
        case 11:
            device.send(*choices.lines(8))


def _id(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


async def _recover(device: _Hostile, target: KATCPClientResource, *, drop: bool) -> None:
    """Let the device behave; the client must find it so, dropped or not."""
    device.behave()
    if drop:
        device.drop()
    await asyncio.sleep(400)
    device.change()
    await asyncio.sleep(1)
    await target.until_synced(400)
    assert target._sensors.names() == set(device.sensors)
    assert target._requests.names() == set(device.help)
    reading = await target.sensor.an_int.get_reading()
    assert reading.value == 3


async def _outcomes(asked: list[Awaitable[Any]]) -> None:
    """Every wait of a user has ended, and what it raised can be shown."""
    async with asyncio.timeout(1):
        for awaitable in asked:
            with contextlib.suppress(asyncio.CancelledError):
                await _outcome(awaitable)


async def _outcome(awaitable: Awaitable[Any]) -> None:
    try:
        result = await awaitable
        if isinstance(result, KATCPReply):
            result.raise_on_failure()
    except KATCPResourceError as exc:
        result, text = None, str(exc)
        assert text.isprintable(), f"{text!r} would show control characters"
    if isinstance(result, dict):
        for ok, info in result.values():
            assert ok or str(info[1]).isprintable(), f"{info[1]!r} would show control characters"
