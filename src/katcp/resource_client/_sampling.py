"""Sets sampling strategies on a device: in bulk, pipelined, or one at a time, as it can."""

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TypeVar

from .._loops import asyncio_loop
from .._unhurried import unhurried
from ..client import Outcome
from ..inspecting_client import InspectingClientAsync
from ..model import format_strategy, is_sampled, normalize_strategy_parameters
from ..resource import KATCPSensor
from ..wire import LocalReply, Message, brief, decode_text, encode_text
from ._strategies import Entry

__all__ = ["Order", "Sampler"]

_BULK = 1000  # names in one request
_BULK_IN_FLIGHT = 4  # such requests that wait for their replies
_IN_FLIGHT = 256  # requests for one name each that wait for their replies
_SLICE = 2_000  # sensors that are grouped at a time
_TIMEOUT_OF_MANY = 20.0  # seconds; a device may take them one after the other


T = TypeVar("T")


class Order:
    """An order to set what `entry` now wants for `sensor`, and how that went.

    Attributes
    ----------
    age, connection
        Those of the entry when this was ordered: if another strategy was asked for since, or the
        device has forgotten all, this is not to be sent any more nor to be noted.
    words
        The strategy as the device takes it.
    refusal
        Why it is not in force, in words; None when it is.
    unanswered
        Whether the device gave no answer.
    before
        What `KATCPSensor.latest` was when this was sent.
    """

    __slots__ = (
        "age",
        "before",
        "connection",
        "entry",
        "refusal",
        "sensor",
        "strategy",
        "unanswered",
        "words",
    )

    def __init__(self, sensor: KATCPSensor, entry: Entry) -> None:
        self.sensor = sensor
        self.entry = entry
        self.age = entry.age
        self.connection = entry.connection
        self.strategy = entry.wanted
        self.words: tuple[str, ...] = ()
        self.refusal: str | None = None
        self.unanswered = False
        self.before: object = None

    @property
    def current(self) -> bool:
        """Whether this is still to be sent and noted."""
        return self.entry.age == self.age and self.entry.connection == self.connection

    @property
    def lacks_reading(self) -> bool:
        """Whether it is in force, and should have made the device send a reading, but did not."""
        return (
            self.refusal is None and self.sensor.latest is self.before and is_sampled(self.strategy)
        )


class Sampler:
    """Sends ``?sensor-sampling`` and notes in the entries what the device made of it."""

    def __init__(self, client: InspectingClientAsync) -> None:
        self._client = client

    def send(self, orders: Sequence[Order]) -> "asyncio.Future[None]":
        """Send the orders, the first of them now; the future is done when all are answered."""
        client = self._client.katcp_client
        flags = client.protocol_flags if client.is_connected() else None
        bulk = flags is not None and flags.bulk_set_sensor_sampling
        batches = _batches(orders, None if flags is None else flags.major, bulk)
        width = 1
        if flags is not None and flags.message_ids:
            width = _BULK_IN_FLIGHT if bulk else _IN_FLIGHT
        timeout = None if len(orders) == 1 else _TIMEOUT_OF_MANY
        wanted = filter(None, map(_still_wanted, batches))
        first = [self._ask(batch, timeout) for batch in itertools.islice(wanted, width)]
        loop = asyncio_loop(self._client.ioloop)
        return loop.create_task(self._see_through(deque(first), batches, timeout))

    async def lost(self, orders: Sequence[Order]) -> list[Order]:
        """Ask the device what it has in force; gives the orders for which it is something else."""
        flags = self._client.katcp_client.protocol_flags
        width = _IN_FLIGHT if flags is not None and flags.message_ids else 1
        lost = []
        for i in range(0, len(orders), width):
            part = orders[i : i + width]
            asked = [
                self._client.simple_request("sensor-sampling", encode_text(o.sensor.name))
                for o in part
            ]
            for order, outcome in zip(part, asked, strict=True):
                reply, _ = await outcome
                has = normalize_strategy_parameters(reply.arguments[2:])
                known = normalize_strategy_parameters(order.entry.reported or ())
                if not reply.reply_ok() or has != known:
                    lost.append(order)
        return lost

    async def _see_through(
        self,
        waiting: "deque[tuple[list[Order], asyncio.Future[Outcome]]]",
        batches: Iterator[list[Order]],
        timeout: float | None,
    ) -> None:
        again: deque[list[Order]] = deque()
        async for batch, outcome in unhurried(_emptied(waiting), every=1):
            reply, _ = await outcome
            again.extend(self._note(batch, reply))
            while batch := again.popleft() if again else next(batches, []):
                if wanted := _still_wanted(batch):
                    waiting.append(self._ask(wanted, timeout))
                    break

    def _ask(
        self, batch: list[Order], timeout: float | None
    ) -> "tuple[list[Order], asyncio.Future[Outcome]]":
        names = encode_text(",".join(order.sensor.name for order in batch))
        for order in batch:
            order.before = order.sensor.latest
        outcome = self._client.simple_request(
            "sensor-sampling", names, *batch[0].words, timeout=timeout
        )
        return batch, outcome

    def _note(self, batch: list[Order], reply: Message) -> list[list[Order]]:
        """Note what came of a batch; gives what is to be tried again, in halves."""
        if reply.reply_ok():
            reported = tuple(decode_text(word) for word in reply.arguments[2:])
            for order in batch:
                if order.current:
                    order.entry.in_force = order.strategy
                    order.entry.reported = reported or order.words
                    order.entry.refused = False
            return []
        local = isinstance(reply, LocalReply)
        if len(batch) > 1 and not local:
            middle = len(batch) // 2
            return [batch[:middle], batch[middle:]]
        words = " ".join(decode_text(word) for word in reply.arguments[1:])
        for order in batch:
            order.refusal = brief(words) or "the device gave no reason"
            order.unanswered = local
            if order.current and local:
                order.entry.in_force = None  # it may have taken effect all the same
            elif order.current:
                order.entry.refused = True
        return []


def _batches(orders: Sequence[Order], major: int | None, bulk: bool) -> Iterator[list[Order]]:
    """Refuse what cannot be sent; group the others by what is to be set, in order among equals."""
    for start in range(0, len(orders), _SLICE):
        groups: dict[tuple[str, ...], list[Order]] = {}
        for order in orders[start : start + _SLICE]:
            order.refusal = _refusal(order, major, bulk)
            if order.refusal is not None:
                continue
            if bulk:
                groups.setdefault(order.words, []).append(order)
            else:
                yield [order]
        for group in groups.values():
            for i in range(0, len(group), _BULK):
                yield group[i : i + _BULK]


def _refusal(order: Order, major: int | None, bulk: bool) -> str | None:
    """Say why it cannot be sent to a device of this version; else note its words, and give None."""
    if major is None:
        return "not connected; it will be applied on reconnect"
    sensor = order.sensor
    if bulk and "," in sensor.name:
        order.entry.refused = order.current or order.entry.refused
        return "its name has a comma, which for this device divides names"
    try:
        order.words = format_strategy(order.strategy, sensor.type, major)
    except ValueError as exc:
        order.entry.refused = order.current or order.entry.refused
        return str(exc)
    return None


def _still_wanted(batch: list[Order]) -> list[Order]:
    """Give those that are; the others are refused."""
    wanted = [order for order in batch if order.current]
    if len(wanted) < len(batch):
        for order in batch:
            if not order.current:
                order.refusal = (
                    "not sent: another strategy was asked for since"
                    if order.entry.age != order.age
                    else "not sent: the connection was lost; it will be applied on reconnect"
                )
    return wanted


def _emptied(queue: "deque[T]") -> Iterator[T]:
    while queue:
        yield queue.popleft()
