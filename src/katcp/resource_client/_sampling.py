"""Sets sampling strategies on a device: in bulk, pipelined, or one at a time, as it can."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from .._loops import asyncio_loop
from .._unhurried import unhurried
from ..client import Outcome
from ..inspecting_client import InspectingClientAsync
from ..model import format_strategy, is_sampled, normalize_strategy_parameters
from ..resource import KATCPSensor
from ..wire import LocalReply, Message, brief, decode_text, encode_text
from ._strategies import Entry, Strategy, StrategyBook

__all__ = ["ASKED_SINCE", "NOT_NOW", "Order", "Sampler"]

T = TypeVar("T")

_BULK = 1000  # names in one request; sensors that are looked at in one turn of the loop
_BULK_IN_FLIGHT = 4  # such requests that wait for their replies
_IN_FLIGHT = 256  # requests for one name each that wait for their replies
_TIMEOUT_OF_MANY = 20.0  # seconds; a device may take them one after the other

#: Why what was asked for a sensor is not set, in words.
ASKED_SINCE = "not sent: another strategy was asked for since"

#: A strategy as a device takes it, and why it cannot be set, in words, or None.
Words = tuple[Strategy, str | None]

_NO_LINK: Words = ((), "not connected; it will be applied on reconnect")
_COMMA: Words = ((), "its name has a comma, which for this device divides names")
_ASKED_SINCE: Words = ((), ASKED_SINCE)
_LINK_LOST: Words = ((), "not sent: the connection was lost; it will be applied on reconnect")
#: What of these is no refusal.
NOT_NOW = frozenset({_NO_LINK[1], ASKED_SINCE, _LINK_LOST[1]})


class Order:
    """An order to set what some sensors are to have, by the book, and how that went.

    It is divided until what is sent of it fares alike: one strategy in the same words, in one
    request.

    Parameters
    ----------
    book
        What the entries are of.
    age
        Up to which askings are noted in all the entries; what was asked later may make this outdated.
        None: up to which all are now.

    Attributes
    ----------
    identifiers, sensors, entries
        The sensors by Python identifier, and each at the same place the sensor and the entry that
        it had in the book when this was ordered.
    words
        The strategy as the device takes it; nothing before it is divided.
    refusal
        Why it is not in force, in words; None as long as nothing is known against it.
    unanswered
        Whether the device gave no answer.
    """

    __slots__ = (
        "_age",
        "_before",
        "_book",
        "_connection",
        "entries",
        "identifiers",
        "refusal",
        "sensors",
        "unanswered",
        "words",
    )

    def __init__(self, book: StrategyBook, age: int | None = None) -> None:
        self.identifiers: list[str] = []
        self.sensors: list[KATCPSensor] = []
        self.entries: list[Entry] = []
        self.words: Strategy = ()
        self.refusal: str | None = None
        self.unanswered = False
        self._book = book
        self._age = book.noted if age is None else age
        self._connection = book.connection
        self._before: list[object] = []  # `latest` of the sensors when it was sent

    def __len__(self) -> int:
        return len(self.sensors)

    def add(self, items: Collection[tuple[str, KATCPSensor, Entry]]) -> None:
        """Order for sensors what their entries want."""
        if items:
            identifiers, sensors, entries = zip(*items, strict=True)
            self.identifiers += identifiers
            self.sensors += sensors
            self.entries += entries

    def extend(self, other: "Order") -> None:
        """Take in the sensors of another order, as they were ordered by it."""
        self.identifiers += other.identifiers
        self.sensors += other.sensors
        self.entries += other.entries
        self._before += other._before
        self._age = min(self._age, other._age)

    def part(self, places: Sequence[int], words: Words | None = None) -> "Order":
        """Give this order for some of its sensors, in these words or in its own.

        `places` are some of ``range(len(order))``, in their order.
        """
        part = Order(self._book, self._age)
        part.words, part.refusal = words or (self.words, self.refusal)
        part._connection = self._connection
        part.identifiers = _at(places, self.identifiers)
        part.sensors = _at(places, self.sensors)
        part.entries = _at(places, self.entries)
        return part

    @property
    def linked(self) -> bool:
        """Whether the connection is the one that this was begun on, or made on if it is not begun."""
        return self._connection == self._book.connection

    def divided(self) -> tuple["Order", "Order"]:
        """Give what is still wanted of this, and that for which another strategy was asked since."""
        if self._age == self._book.age:
            return self, self.part(())
        now = self._book.entries(self.identifiers)
        same = [new.age == old.age for new, old in zip(now, self.entries, strict=True)]
        places = range(len(self))
        return (
            self.part([i for i in places if same[i]]),
            self.part([i for i in places if not same[i]]),
        )

    def current(self) -> "Order":
        """Give what is still to be sent and noted of this."""
        return self.divided()[0] if self.linked else self.part(())

    def change(self, change: Callable[[Entry], Entry]) -> None:
        """Give the sensors for which this is to be noted other entries in the book."""
        self._book.change(self.current().identifiers, change)

    def begin(self) -> None:
        """Note that this is carried out from now on, on the present connection, whatever it was made on."""
        self._connection = self._book.connection

    def sent(self) -> None:
        """Note that this is sent now."""
        self._before = [sensor.latest for sensor in self.sensors]

    def like(self, other: "Order") -> bool:
        """Whether both are in force, in the same words, on one connection."""
        return (
            self.refusal is other.refusal is None
            and self.words == other.words
            and self._connection == other._connection
        )

    def lacking(self) -> list[KATCPSensor]:
        """Give the sensors of which the device should have sent a reading by this, but did not."""
        if self.refusal is not None or not is_sampled(self.words):
            return []
        there = zip(self.sensors, self._before, strict=True)
        return [sensor for sensor, before in there if sensor.latest is before]


#: What was sent, and the future of its outcome.
_Asked = tuple[Order, "asyncio.Future[Outcome]"]


class Sampler:
    """Sends ``?sensor-sampling`` and notes in the entries what the device made of it."""

    def __init__(self, client: InspectingClientAsync) -> None:
        self._client = client

    def send(self, order: Order) -> "asyncio.Future[list[Order]]":
        """Send an order, the first of it now; future of what it was divided into, all answered."""
        client = self._client.katcp_client
        flags = client.protocol_flags if client.is_connected() else None
        bulk = flags is not None and flags.bulk_set_sensor_sampling
        order.begin()
        batches = _batches(order, None if flags is None else flags.major, bulk)
        width = 1
        if flags is not None and flags.message_ids:
            width = _BULK_IN_FLIGHT if bulk else _IN_FLIGHT
        timeout = None if len(order) == 1 else _TIMEOUT_OF_MANY
        waiting: deque[_Asked] = deque()
        done: list[Order] = []
        for batch in itertools.islice(batches, width):
            self._ask(batch, timeout, waiting, done)
            if len(batch) in (0, _BULK):  # that is enough for this turn of the loop
                break
        loop = asyncio_loop(self._client.ioloop)
        return loop.create_task(self._see_through(waiting, batches, width, timeout, done))

    async def lost(self, order: Order) -> Order:
        """Ask the device what it has in force; gives the order for those where it is something else."""
        flags = self._client.katcp_client.protocol_flags
        width = _IN_FLIGHT if flags is not None and flags.message_ids else 1
        lost = []
        for i in range(0, len(order), width):
            asked = [
                self._client.simple_request("sensor-sampling", encode_text(sensor.name))
                for sensor in order.sensors[i : i + width]
            ]
            for place, outcome in enumerate(asked, i):
                reply, _ = await outcome
                has = normalize_strategy_parameters(reply.arguments[2:])
                known = normalize_strategy_parameters(order.entries[place].reported or ())
                if not reply.reply_ok() or has != known:
                    lost.append(place)
        return order.part(lost)

    async def _see_through(
        self,
        waiting: deque[_Asked],
        batches: Iterator[Order],
        width: int,
        timeout: float | None,
        done: list[Order],
    ) -> list[Order]:
        again: deque[Order] = deque()
        async for batch, outcome in unhurried(_next(waiting, again, batches, width), every=1):
            if outcome is None:
                self._ask(batch, timeout, waiting, done)
                continue
            reply, _ = await outcome
            halves = self._note(batch, reply)
            again.extend(halves)
            if halves:
                continue
            if done and len(done[-1]) < _BULK and done[-1].like(batch):
                done[-1].extend(batch)  # or there were one for each of 50 000 sensors
            else:
                done.append(batch)
        return done

    def _ask(
        self, batch: Order, timeout: float | None, waiting: deque[_Asked], done: list[Order]
    ) -> None:
        """Send what is still wanted of a batch; what is not sent is done, refused."""
        batch, outdated = batch.divided()
        if outdated:
            outdated.words, outdated.refusal = _ASKED_SINCE
            done.append(outdated)
        if not batch:
            return
        if not batch.linked:
            batch.words, batch.refusal = _LINK_LOST
        if batch.refusal is not None:
            done.append(batch)
            refused = batch.refusal not in NOT_NOW
            batch.change(lambda entry: replace(entry, refused=refused))
            return
        names = encode_text(",".join([sensor.name for sensor in batch.sensors]))
        batch.sent()
        outcome = self._client.simple_request(
            "sensor-sampling", names, *batch.words, timeout=timeout
        )
        waiting.append((batch, outcome))

    def _note(self, batch: Order, reply: Message) -> list[Order]:
        """Note what came of a batch; gives what is to be tried again, in halves."""
        if reply.reply_ok():
            reported = tuple(decode_text(word) for word in reply.arguments[2:]) or batch.words
            batch.change(lambda entry: Entry(entry.wanted, entry.age, entry.wanted, reported))
            return []
        local = isinstance(reply, LocalReply)
        if len(batch) > 1 and not local:
            middle = len(batch) // 2
            return [batch.part(range(middle)), batch.part(range(middle, len(batch)))]
        words = " ".join(decode_text(word) for word in reply.arguments[1:])
        batch.refusal = brief(words) or "the device gave no reason"
        batch.unanswered = local
        if local:  # it may have taken effect all the same
            batch.change(lambda entry: replace(entry, in_force=None))
        else:
            batch.change(lambda entry: replace(entry, refused=True))
        return []


def _batches(order: Order, major: int | None, bulk: bool) -> Iterator[Order]:
    """Divide an order for a device of this version: in `bulk` by its words, else one by one.

    What cannot be sent is refused. An empty batch comes now and then: after it others are to have
    their turns.
    """
    known: dict[tuple[int, str], Words] = {}
    groups: dict[Words, list[int]] = {}
    for start in range(0, len(order), _BULK):
        sensors = order.sensors[start : start + _BULK]
        entries = order.entries[start : start + _BULK]
        # By identity, since strategies that are equal may differ in their units.
        kinds = [(id(e.wanted), s.type) for e, s in zip(entries, sensors, strict=True)]
        for kind, entry in dict(zip(kinds, entries, strict=True)).items():
            if kind not in known:
                known[kind] = _words(entry.wanted, kind[1], major)
        words = list(map(known.__getitem__, kinds))
        identifiers = order.identifiers[start : start + _BULK]  # with commas where names have them
        if bulk and "," in "".join(identifiers):
            words = [_COMMA if "," in i else w for w, i in zip(words, identifiers, strict=True)]
        different = dict.fromkeys(words)
        for own in different:
            places = groups.pop(own, [])
            if len(different) == 1:
                places += range(start, start + len(words))
            else:
                places += [i for i, w in enumerate(words, start) if w == own]
            most = _BULK if bulk or own[1] is not None else 1
            whole = len(places) - len(places) % most
            for i in range(0, whole, most):
                yield order.part(places[i : i + most], own)
            if places[whole:]:
                groups[own] = places[whole:]
        if len(sensors) == _BULK:
            yield order.part(())
    for own, places in groups.items():
        yield order.part(places, own)


def _at(places: Sequence[int], items: list[T]) -> list[T]:
    """Give the items at these places, which are in their order."""
    if places and places[-1] - places[0] == len(places) - 1:  # nothing is left out between
        return items[places[0] : places[-1] + 1]
    return [items[i] for i in places]


def _words(strategy: Strategy, sensor_type: str, major: int | None) -> Words:
    """Give a strategy as a device of this version takes it, or else why it cannot be sent."""
    if major is None:
        return _NO_LINK
    try:
        return format_strategy(strategy, sensor_type, major), None
    except ValueError as exc:
        return (), str(exc)


def _next(
    waiting: deque[_Asked], again: deque[Order], batches: Iterator[Order], width: int
) -> Iterator[tuple[Order, "asyncio.Future[Outcome] | None"]]:
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
