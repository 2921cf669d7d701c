"""Reads from a device what it offers: ``?help``, ``?request-timeout-hint``, ``?sensor-list``."""

import asyncio
import sys
from collections.abc import Callable, Collection, Iterable
from typing import Protocol, TypeVar

from ..client import GiveUp, Outcome, Progress
from ..errors import SyncError
from ..model import Request, SensorFields
from ..wire import (
    VALUE_TYPES,
    LocalReply,
    Message,
    brief,
    decode_count,
    decode_params,
    decode_text,
    encode_text,
    printable,
)
from ._hooks import _InformHookDeviceClient

__all__ = ["LinkFailed", "Reader"]

D = TypeVar("D", Request, SensorFields)

#: Word for a type -> the name of the type: one object for all sensors.
_TYPES = {encode_text(name): name for name in VALUE_TYPES}
#: The words of some informs.
Informs = list[list[bytes]]


class LinkFailed(SyncError, GiveUp):
    """A step got no answer from the device at all, or one that is refused."""


class Limits(Protocol):
    """What a reader of a device puts up with.

    Attributes
    ----------
    sync_timeout
        Longest silence within a step, in seconds.
    max_sensors
        Most sensors that the device may have.
    """

    sync_timeout: float
    max_sensors: int


class Reader:
    """Asks one device what it offers, and understands as much of the answers as can be.

    A description that cannot be understood costs that item at most, and a line in the log.

    Parameters
    ----------
    limits
        What it puts up with.
    progress
        Is told of each step.
    """

    def __init__(self, client: _InformHookDeviceClient, limits: Limits, progress: Progress) -> None:
        self._client = client
        self._limits = limits
        self._progress = progress

    async def requests(self, names: Collection[str] | None = None) -> dict[str, Request]:
        """Read the requests, all or those named; what the device does not have is left out.

        Raises
        ------
        SyncError
            If the device answers with a failure; `LinkFailed` if it does not answer.
        """
        found: dict[str, Request] = {}
        self._progress.enter("help")
        await self._read("help", names, lambda informs: self._add(found, _request, "help", informs))
        found = _of(names, found)
        flags = self._client.protocol_flags
        if flags is not None and flags.request_timeout_hints:
            self._progress.enter("hints")
            of = names and list(found)
            await self._read("request-timeout-hint", of, lambda informs: self._hint(found, informs))
        return found

    async def sensors(self, names: Collection[str] | None = None) -> dict[str, SensorFields]:
        """Read the sensors, all or those named; what the device does not have is left out.

        Raises
        ------
        SyncError
            If the device answers with a failure; `LinkFailed` if it does not answer, or lists more
            than may be.
        """
        found: dict[str, SensorFields] = {}

        def take(informs: Informs) -> None:
            self._add(found, self._sensor, "sensor-list", informs)
            self.check_number(len(found))

        self._progress.enter("sensor-list")
        await self._read("sensor-list", names, take)
        return _of(names, found)

    def check_number(self, sensors: int) -> None:
        """Raise `LinkFailed` if a device has more sensors than it may."""
        most = self._limits.max_sensors
        if sensors > most:
            raise LinkFailed(f"the device has more than {most} sensors (max_sensors)")

    async def _read(
        self, request: str, names: Collection[str] | None, take: Callable[[Informs], None]
    ) -> None:
        """Give the words of the informs that answer to `take`; asked once, or for every name."""
        if names is None:
            await self._read_all(request, take)
            return
        flags = self._client.protocol_flags
        if flags is not None and flags.message_ids:  # which tell the answers apart
            asked = [self._ask(request, name) for name in names]
            outcomes = [await self._answer(request, question) for question in asked]
        else:
            outcomes = [await self._answer(request, self._ask(request, name)) for name in names]
        for name, (reply, informs) in zip(names, outcomes, strict=True):
            if reply.reply_ok() and self._incomplete(reply, len(informs)):  # once more
                reply, informs = await self._answer(request, self._ask(request, name))
            if reply.reply_ok():
                take([inform.arguments for inform in informs])

    async def _read_all(self, request: str, take: Callable[[Informs], None]) -> None:
        for _ in range(2):  # if a line got lost: once more
            came: list[int] = []

            def count(informs: Informs, came: list[int] = came) -> None:
                take(informs)
                came.append(len(informs))  # not before: what is not taken is read once more

            reply, _ = await self._answer(request, self._ask(request, on_words=count))
            if not reply.reply_ok():
                raise SyncError(f"the device answers ?{request} with {brief(str(reply))}")
            if not self._incomplete(reply, sum(came)):
                return

    def _ask(
        self, request: str, *arguments: str, on_words: Callable[[Informs], None] | None = None
    ) -> "asyncio.Future[Outcome]":
        message = Message.request(request, *map(encode_text, arguments))
        return self._client.future_request(
            message, timeout=self._limits.sync_timeout, silence=True, on_words=on_words
        )

    async def _answer(self, request: str, asked: "asyncio.Future[Outcome]") -> Outcome:
        reply, informs = await asked
        if isinstance(reply, LocalReply):
            what = printable(reply.arguments[1].decode())
            raise LinkFailed(f"no complete answer to ?{request}: {what}")
        return reply, informs

    def _incomplete(self, reply: Message, came: int) -> bool:
        """Whether fewer informs came than the reply announces; a wrong number is complained of."""
        if len(reply.arguments) < 2 or (said := decode_count(reply.arguments[1])) == came:
            return False
        announced = decode_text(reply.arguments[1])
        self._client.complain(
            f"wrong number of #{reply.name} informs", f"sent {came}, announced {announced}"
        )
        return said is not None and came < said

    def _add(
        self,
        found: dict[str, D],
        understand: Callable[[list[bytes]], D],
        inform_name: str,
        informs: Informs,
    ) -> None:
        for words in informs:
            try:
                item = understand(words)
            except ValueError as exc:
                inform = Message.inform(inform_name, *words)
                self._client.complain("description left out", f"{inform}: {exc}")
            else:
                found[item[0]] = item

    def _hint(self, found: dict[str, Request], informs: Informs) -> None:
        for words in informs:
            try:
                name, seconds = map(decode_text, words[:2])
                hint = float(seconds)
                if not 0 <= hint < float("inf"):
                    raise ValueError("not a time")
            except ValueError as exc:
                inform = Message.inform("request-timeout-hint", *words)
                self._client.complain("time-out hint left out", f"{inform}: {exc}")
                continue
            if name in found:
                found[name] = found[name]._replace(timeout_hint=hint or None)

    def _sensor(self, words: list[bytes]) -> SensorFields:
        if len(words) < 4:
            raise ValueError("a sensor needs name, description, units and type")
        raw_name, raw_description, raw_units, raw_type, *raw_params = words
        try:
            name, description, units = (
                raw_name.decode(),
                raw_description.decode(),
                raw_units.decode(),
            )
        except UnicodeDecodeError:
            name, description, units = map(decode_text, words[:3])
        if not name:
            raise ValueError("a sensor without a name")
        type_name = _TYPES.get(raw_type)
        params = tuple(raw_params)
        trouble = ""
        if type_name is None:
            trouble, type_name, params = "unknown type, taken for string", "string", ()
        elif not params:
            if type_name == "discrete":
                trouble, type_name = "discrete without options, taken for string", "string"
        elif type_name != "discrete" and not decode_params(type_name, params, self._major()):
            trouble, params = "parameters that do not fit the type, ignored", ()
        if trouble:
            inform = Message.inform("sensor-list", *words)
            self._client.complain("sensor description with a mistake", f"{inform}: {trouble}")
        return (name, description, sys.intern(units), type_name, params)

    def _major(self) -> int:
        flags = self._client.protocol_flags
        return flags.major if flags is not None else 5


def _of(names: Iterable[str] | None, found: dict[str, D]) -> dict[str, D]:
    """Give what was asked for: some devices match by prefix."""
    return found if names is None else {name: found[name] for name in names if name in found}


def _request(words: list[bytes]) -> Request:
    if len(words) < 2:
        raise ValueError("a request needs name and description")
    name, description = map(decode_text, words[:2])
    Message.request(name)  # KatcpSyntaxError, a ValueError, if it cannot be one
    return Request(name, description, None)
