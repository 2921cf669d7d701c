"""Reads from a device what it offers: ``?help``, ``?request-timeout-hint``, ``?sensor-list``."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from .._loops import unhurried
from ..client import Outcome
from ..errors import SyncError
from ..model import Request, SensorDescription
from ..wire import VALUE_TYPES, LocalReply, Message, decode_count, decode_params, printable
from ._hooks import _InformHookDeviceClient

__all__ = ["LinkFailed", "Reader"]

D = TypeVar("D", Request, SensorDescription)


class LinkFailed(SyncError):
    """A step got no answer from the device at all."""


class Reader:
    """Asks one device what it offers, and understands as much of the answers as can be.

    A description that cannot be understood costs that item at most, and a line in the log.

    Parameters
    ----------
    silence
        Gives the longest silence within a step, in seconds.
    """

    def __init__(self, client: _InformHookDeviceClient, silence: Callable[[], float]) -> None:
        self._client = client
        self._silence = silence

    async def requests(self, names: Iterable[str] | None = None) -> dict[str, Request]:
        """Read the requests, all or those named; what the device does not have is left out.

        Raises
        ------
        SyncError
            If the device answers with a failure; `LinkFailed` if it does not answer.
        """
        self._client.progress.enter("help")
        informs = await self._collect("help", names)
        found = await self._understood(informs, _request)
        flags = self._client.protocol_flags
        if flags is None or not flags.request_timeout_hints:
            return found
        self._client.progress.enter("hints")
        for inform in await self._collect("request-timeout-hint", names and list(found)):
            self._add_hint(found, inform)
        return found

    async def sensors(self, names: Iterable[str] | None = None) -> dict[str, SensorDescription]:
        """Read the sensors, all or those named; what the device does not have is left out.

        Raises
        ------
        SyncError
            If the device answers with a failure; `LinkFailed` if it does not answer.
        """
        self._client.progress.enter("sensor-list")
        found = await self._understood(await self._collect("sensor-list", names), self._sensor)
        if names is None:
            return found
        return {name: found[name] for name in names if name in found}  # some match by prefix

    async def _collect(self, request: str, names: Iterable[str] | None) -> list[Message]:
        """Give the informs of `request`, asked once, or once for every name."""
        if names is None:
            reply, informs = await self._answer(request, self._ask(request))
            if self._incomplete(reply, informs):  # a line may have got lost: once more
                reply, informs = await self._answer(request, self._ask(request))
                self._incomplete(reply, informs)
            if not reply.reply_ok():
                raise SyncError(f"the device answers ?{request} with {printable(str(reply))}")
            return informs
        flags = self._client.protocol_flags
        if flags is not None and flags.message_ids:  # which tell the answers apart
            asked = [self._ask(request, name) for name in names]
            outcomes = [await self._answer(request, question) for question in asked]
        else:
            outcomes = [await self._answer(request, self._ask(request, name)) for name in names]
        return [inform for reply, informs in outcomes if reply.reply_ok() for inform in informs]

    def _ask(self, request: str, *arguments: str) -> "asyncio.Future[Outcome]":
        message = Message.request(request, *arguments)
        return self._client.future_request(message, timeout=self._silence(), silence=True)

    async def _answer(self, request: str, asked: "asyncio.Future[Outcome]") -> Outcome:
        reply, informs = await asked
        if isinstance(reply, LocalReply):
            what = printable(reply.arguments[1].decode())
            raise LinkFailed(f"no answer to ?{request}: {what}")
        return reply, informs

    def _incomplete(self, reply: Message, informs: list[Message]) -> bool:
        """Whether fewer informs came than the reply announces; a wrong number is complained of."""
        said = decode_count(reply.arguments[1]) if len(reply.arguments) > 1 else None
        if not reply.reply_ok() or said is None or said == len(informs):
            return False
        self._client.complain(
            f"wrong number of #{reply.name} informs", f"announced {said}, sent {len(informs)}"
        )
        return len(informs) < said

    async def _understood(
        self, informs: list[Message], understand: Callable[[Message], D]
    ) -> dict[str, D]:
        found: dict[str, D] = {}
        async for inform in unhurried(informs):
            try:
                item = understand(inform)
            except ValueError as exc:
                self._client.complain("description left out", f"{inform}: {exc}")
            else:
                found[item.name] = item
        return found

    def _add_hint(self, found: dict[str, Request], inform: Message) -> None:
        try:
            name, seconds = (_text(argument) for argument in inform.arguments[:2])
            hint = float(seconds)
            if not 0 <= hint < float("inf"):
                raise ValueError("not a time")
        except ValueError as exc:
            self._client.complain("time-out hint left out", f"{inform}: {exc}")
            return
        if name in found:
            found[name] = found[name]._replace(timeout_hint=hint or None)

    def _sensor(self, inform: Message) -> SensorDescription:
        if len(inform.arguments) < 4:
            raise ValueError("a sensor needs name, description, units and type")
        name, description, units, type_name = (_text(a) for a in inform.arguments[:4])
        params = tuple(inform.arguments[4:])
        if not name:
            raise ValueError("a sensor without a name")
        trouble = ""
        if type_name not in VALUE_TYPES:
            trouble, type_name, params = "unknown type, taken for string", "string", ()
        elif type_name == "discrete" and not params:
            trouble, type_name = "discrete without options, taken for string", "string"
        elif params and not decode_params(type_name, list(params), self._major()):
            trouble, params = "parameters that do not fit the type, ignored", ()
        if trouble:
            self._client.complain("sensor description with a mistake", f"{inform}: {trouble}")
        return SensorDescription(name, description, units, type_name, params)

    def _major(self) -> int:
        flags = self._client.protocol_flags
        return flags.major if flags is not None else 5


def _request(inform: Message) -> Request:
    if len(inform.arguments) < 2:
        raise ValueError("a request needs name and description")
    name, description = (_text(argument) for argument in inform.arguments[:2])
    Message.request(name)  # KatcpSyntaxError, a ValueError, if it cannot be one
    return Request(name, description, None)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
