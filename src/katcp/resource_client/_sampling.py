"""Sets sampling strategies on a device: in bulk, pipelined, or one at a time, as it can."""

import asyncio
import itertools
from collections import deque
from collections.abc import Iterator, Sequence

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
        Why it is not in force, in words; None as long as nothing is known against it.
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

    def outdate(self) -> None:
        """Refuse this since it is not current."""
        self.refusal = (
            "not sent: another strategy was asked for since"
            if self.entry.age != self.age
            else "not sent: the connection was lost; it will be applied on reconnect"
        )

    @property
    def lacks_reading(self) -> bool:
        """Whether it is in force, and should have made the device send a reading, but did not."""
        return (
            self.refusal is None and self.sensor.latest is self.before and is_sampled(self.strategy)
        )


#: A batch that was sent, and the future of its outcome.
_Asked = tuple[list[Order], "asyncio.Future[Outcome]"]


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
        waiting: deque[_Asked] = deque()
        for batch in itertools.takewhile(bool, itertools.islice(batches, width)):
            waiting.append(self._ask(batch, timeout))
            if len(batch) == _BULK:  # that is enough for this turn of the loop
                break
        loop = asyncio_loop(self._client.ioloop)
        return loop.create_task(self._see_through(waiting, batches, width, timeout))

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
        waiting: deque[_Asked],
        batches: Iterator[list[Order]],
        width: int,
        timeout: float | None,
    ) -> None:
        again: deque[list[Order]] = deque()
        async for batch, outcome in unhurried(_next(waiting, again, batches, width), every=1):
            if outcome is not None:
                reply, _ = await outcome
                again.extend(self._note(batch, reply))
            elif wanted := _still_wanted(batch):
                waiting.append(self._ask(wanted, timeout))

    def _ask(self, batch: list[Order], timeout: float | None) -> _Asked:
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
    """Prepare orders for a device of this version; give those to send, in `bulk` by their words.

    An empty batch comes now and then: after it others are to have their turns.
    """
    known: dict[tuple[int, str], tuple[tuple[str, ...], str | None]] = {}
    for start in range(0, len(orders), _SLICE):
        groups: dict[tuple[str, ...], list[Order]] = {}
        for order in orders[start : start + _SLICE]:
            if not order.current:
                order.outdate()
                continue
            sensor = order.sensor
            key = (id(order.strategy), sensor.type)  # what is equal may differ in its units
            if key not in known:
                known[key] = _words(order.strategy, sensor.type, major)
            order.words, order.refusal = known[key]
            if bulk and "," in sensor.name:
                order.refusal = "its name has a comma, which for this device divides names"
            if order.refusal is not None:
                order.entry.refused = major is not None
            elif bulk:
                groups.setdefault(order.words, []).append(order)
            else:
                yield [order]
        for group in groups.values():
            for i in range(0, len(group), _BULK):
                yield group[i : i + _BULK]
        yield []


def _words(
    strategy: tuple[str, ...], sensor_type: str, major: int | None
) -> tuple[tuple[str, ...], str | None]:
    """Give a strategy as a device of this version takes it, or else why it cannot be sent."""
    if major is None:
        return (), "not connected; it will be applied on reconnect"
    try:
        return format_strategy(strategy, sensor_type, major), None
    except ValueError as exc:
        return (), str(exc)


def _still_wanted(batch: Sequence[Order]) -> list[Order]:
    """Give those that are; the others are refused."""
    wanted = [order for order in batch if order.current]
    if len(wanted) < len(batch):
        for order in batch:
            if not order.current:
                order.outdate()
    return wanted


def _next(
    waiting: deque[_Asked],
    again: deque[list[Order]],
    batches: Iterator[list[Order]],
    width: int,
) -> Iterator[tuple[list[Order], "asyncio.Future[Outcome] | None"]]:
    """Give batches to send as long as fewer than `width` wait, else one that does, until all is done."""
    while True:
        batch = None
        if len(waiting) < width:
            batch = again.popleft() if again else next(batches, None)
        if batch is not None:
            yield batch, None
        elif waiting:
            yield waiting.popleft()
        else:
            return
