"""The fast lane takes what the codec would give, and leaves it the rest."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import katcp_codec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from katcp.wire import (
    Decoder,
    Exchange,
    InformReceived,
    Message,
    ProtocolFlags,
    Readings,
    ReplyReceived,
    Session,
    decode_text,
    mids,
)

#: Words that are simple, that need escapes, and that are wrong.
words = st.sampled_from(
    [b"1", b"2", b"01", b"a", b"b", b"nominal", b"warn", b"wrong", b"1.5", b"-3e2", b"nan", b"\\@",
     b"x\\_y", b"x\\\\_y", b"\\\\", b"\\q", b"x\\", b"\xff", b"\xc3\xa9", b"\x0b1", b"\0", b"\x1b", b""]
)  # fmt: skip
dividers = st.sampled_from([b" ", b" ", b" ", b" ", b"  ", b"\t", b" \t"])
heads = st.sampled_from(
    [b"#sensor-status", b"#sensor-status", b"#sensor-status", b"#sensor-status[3]", b"#sensor-list[7]",
     b"!watchdog[1]", b"!watchdog[01]", b"!watchdog[4000000000]", b"!watchdog[", b"!watchdog[]", b"!watchdog[1", b"!watchdog[1]]", b"?a", b"#1", b"x", b"", b" #a"]
)  # fmt: skip
tails = st.lists(st.tuples(dividers, words).map(b"".join), max_size=9).map(b"".join)
readings_of = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"c", b"x\\_y", b"x\\\\_y"]), st.sampled_from([b"nominal", b"?"]), words),
    min_size=1, max_size=3,
).map(lambda rs: b"#sensor-status 1.5 %d " % len(rs) + b" ".join(map(b" ".join, rs)))  # fmt: skip
lines = st.tuples(heads, tails).map(b"".join) | readings_of
ends = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r"])
streams = st.lists(st.tuples(lines, ends).map(b"".join), max_size=8).map(b"".join)
sizes = st.lists(st.integers(1, 60), max_size=40)

#: Those there are; the last is what another, ``x y``, is on the wire.
SENSORS = ("a", "b", "x\\_y")


class Sensor:
    """Notes what it is given; some statuses and values are none of its."""

    def __init__(self, name: str, told: list[Any]) -> None:
        self.name = name
        self.told = told

    def take_reading(
        self, received: float, timestamp: float, status: bytes, value: bytes, major: int
    ) -> None:
        if status not in (b"nominal", b"warn") or value == b"wrong":
            raise ValueError("not mine")
        self.told.append(("sensor", self.name, timestamp, status, value))


def by_codec(data: bytes) -> list[Any]:
    """Everything through the codec alone: what each line means for the sensors."""
    told: list[Any] = []
    for item in katcp_codec.Parser(1 << 20).append(data):
        if isinstance(item, ValueError):
            told.append("bad line")
            continue
        a = item.arguments
        simple = (
            item.name == b"sensor-status"
            and item.mid is None
            and item.mtype is katcp_codec.MessageType.INFORM
        )
        count = int(a[1]) if len(a) > 1 and a[1].isdigit() else -1
        if simple and len(a) == 2 + 3 * count and is_time(a[0]):
            for name, status, value in zip(a[2::3], a[3::3], a[4::3], strict=True):
                known = decode_text(name) in SENSORS and status in (b"nominal", b"warn")
                kind = "sensor" if known and value != b"wrong" else "other"
                told.append((kind, decode_text(name), float(a[0]), status, value))
        else:
            told.append((item.name.decode(), item.mid, a))
    return told


def is_time(raw: bytes) -> bool:
    return raw in (b"1", b"2", b"01", b"1.5", b"-3e2")


def by_session(data: bytes, sizes: list[int]) -> list[Any]:
    """The same through a session with a fast lane, in pieces of these sizes."""
    told: list[Any] = []
    sensors = {name: Sensor(name, told) for name in SENSORS}

    def update(name: str, timestamp: bytes, status: bytes, value: bytes) -> None:
        told.append(("other", name, float(timestamp), status, value))

    where = Readings(sensors, update, 7.0)
    session = Session(mids(), preset=ProtocolFlags(5, 1, "MI"), readings=lambda: where)
    sizes = list(sizes)
    while data:
        size = sizes.pop() if sizes else len(data)
        for event in session.receive(data[:size]):
            message: Any = getattr(event, "message", None)
            if message is None:
                told.append("bad line")
            else:
                told += as_codec(message, sensors, update, told)
        data = data[size:]
    return told


def as_codec(
    message: Message, sensors: dict[str, Sensor], update: Callable[..., None], told: list[Any]
) -> list[Any]:
    """What a message means: a reading that the lane left may still be one."""
    a = message.arguments
    count = int(a[1]) if len(a) > 1 and a[1].isdigit() else -1
    status = message.name == "sensor-status" and message.mid is None and message.mtype == 2
    if not (status and len(a) == 2 + 3 * count and is_time(a[0])):
        mid = None if message.mid is None else int(message.mid)
        return [(message.name, mid, a)]
    for name, state, value in zip(a[2::3], a[3::3], a[4::3], strict=True):
        try:
            sensors[decode_text(name)].take_reading(7.0, float(a[0]), state, value, 5)
        except (KeyError, ValueError):
            update(decode_text(name), a[0], state, value)
    return []


@given(streams, sizes)
@example(b"#sensor-status 1.5 1 a nominal \n", [])
@example(b"#sensor-status 1.5 2 a nominal  b nominal 1\n", [])
@example(b"#sensor-status 1.5 2 a nominal 1 b nominal \n", [])
@example(b"#sensor-status 1.5 1 x\\_y nominal 1\n", [])
def test_it_means_what_the_codec_says(data: bytes, sizes: list[int]) -> None:
    assert by_session(data, sizes) == by_codec(data)


@given(streams, sizes)
def test_lines_divided_here_are_those_of_the_codec(data: bytes, sizes: list[int]) -> None:
    decoder, found = Decoder(1 << 20), []
    rest, cuts = data, list(sizes)
    while rest:
        size = cuts.pop() if cuts else len(rest)
        found += decoder.feed(rest[:size])
        rest = rest[size:]
    codec = katcp_codec.Parser(1 << 20).append(data)
    assert [None if isinstance(i, ValueError) else (i.name.decode(), i.mid, i.arguments) for i in codec] == [
        (i.name, None if i.mid is None else int(i.mid), i.arguments) if isinstance(i, Message) else None
        for i in found
    ]  # fmt: skip


class Asked(Exchange):
    """A request whose answer is told: the words of its informs, and its reply, each with its mid."""

    takes_reply = True

    def __init__(
        self, message: Message, told: list[Any], then: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__(message, takes_words=True)
        self.told = told
        self.then = then

    def take_words(self, informs: list[list[bytes]]) -> None:
        assert informs
        self.told.extend(("answer", self.mid, words) for words in informs)
        self.then()

    def take_reply(self, reply: Message) -> None:
        self.told.append((reply, self.mid))
        self.then()


def answers(data: bytes, sizes: list[int], preset: ProtocolFlags, take: bool) -> list[Any]:
    """What a session says of this, with readings and two requests waiting; as they came or in words."""
    told: list[Any] = []
    sensors = {name: Sensor(name, told) for name in SENSORS}
    where = Readings(sensors, lambda *words: told.append(words), 7.0)
    session = Session(mids(), preset=preset, readings=lambda: where)

    for mid in (7, 8):
        request = Message.request("sensor-list", mid=mid if preset.message_ids else None)
        exchange = Asked(request, told) if take else Exchange(request)
        assert session.start(exchange) is None
    session.outgoing()
    sizes = list(sizes)
    while data:
        size = sizes.pop() if sizes else len(data)
        for event in session.receive(data[:size]):
            if isinstance(event, InformReceived) and event.exchange is not None:
                told.append(("answer", event.exchange.mid, event.message.arguments))
            elif isinstance(event, ReplyReceived):
                told.append((event.message, event.exchange and event.exchange.mid))
            else:
                told.append(event)
        data = data[size:]
    return told


list_heads = st.sampled_from(
    [b"#sensor-list[7]", b"#sensor-list[7]", b"#sensor-list[8]", b"#sensor-list[9]", b"#sensor-list", b"#a[7]",
     b"!sensor-list[7]", b"!sensor-list[8]", b"!sensor-list"]
)  # fmt: skip
list_lines = st.tuples(list_heads, tails).map(b"".join) | readings_of
list_streams = st.lists(st.tuples(list_lines, ends).map(b"".join), max_size=10).map(b"".join)


@given(list_streams, sizes, st.booleans())
@example(b"#sensor-list[7] a\n#sensor-list[7] b \n#sensor-list[7]\n#sensor-list[7] c\n", [], True)
@example(b"#sensor-list[7] a\n#sensor-list[8] b\n#sensor-status 1 1 a nominal 1\n", [], True)
@example(b"#sensor-list[7] a\n!sensor-list[7] ok\n#sensor-list[7] b\n", [], True)
@example(b"!sensor-list[7] ok x\\_y\n!sensor-list[8] ok  1 \n", [], True)
@example(
    b"!sensor-list[7] ok\n#sensor-list[7] a\n!sensor-list[7] ok\n!sensor-list[8] ok\n", [], True
)
def test_words_of_answers_are_those_of_their_messages(
    data: bytes, sizes: list[int], mids: bool
) -> None:
    preset = ProtocolFlags(5, 1, "MI" if mids else "")
    assert answers(data, sizes, preset, take=True) == answers(data, sizes, preset, take=False)


def asked(overheard: str = "", then: Any = None) -> tuple[Session, Asked, list[Any]]:
    """A session in which a request with the mid 1 takes words and its reply, and `then` calls this."""
    told: list[Any] = []
    session = Session(
        mids(), preset=ProtocolFlags(5, 1, "I"), overheard=lambda name: name == overheard
    )
    exchange = Asked(Message.request("sensor-list"), told)
    if then is not None:
        exchange.then = lambda: then(session, exchange)
    assert session.start(exchange) is None
    return session, exchange, told


def test_answers_make_no_message() -> None:
    session, _, told = asked()
    session.outgoing()
    line = b"#sensor-list[1] a x\\_y V float\n"
    assert list(session.receive(line * 2)) == []
    assert told == [("answer", b"1", [b"a", b"x y", b"V", b"float"])] * 2


def test_replies_are_no_events() -> None:
    session, _, told = asked()
    session.outgoing()
    data = b"#sensor-list[1] a b V float\n#x\n!sensor-list[2] ok\n!sensor-list[1] ok 1\n!sensor-list[1] ok\n"
    event, *events = list(session.receive(data))
    assert event.message.name == "x"
    assert [(e.message.arguments, e.exchange) for e in events] == [([b"ok"], None)] * 2
    reply = Message.reply("sensor-list", "ok", 1, mid=1)
    assert told == [("answer", b"1", [b"a", b"b", b"V", b"float"]), (reply, b"1")]


@pytest.mark.parametrize("line", [b"!sensor-list[1] ok 1\n", b"!sensor-list[1]\tok x\\_y\n"])
def test_no_reply_is_taken_before_its_request_was_written(line: bytes) -> None:
    session, _, told = asked()
    (event,) = session.receive(line)
    assert isinstance(event, ReplyReceived)
    assert event.exchange is None
    assert told == []
    session.outgoing()
    assert list(session.receive(line)) == []
    assert len(told) == 1


@pytest.mark.parametrize(
    "line", [b"!sensor-list[1] ok\n", b"!sensor-list[1] a\\_b\n", b"!sensor-list[1]\tok\n"]
)
def test_nothing_is_told_after_a_reply_that_ends_it(line: bytes) -> None:
    session, _, told = asked(then=lambda session, _: session.close())
    session.outgoing()
    assert list(session.receive(line + b"#log info 1 a b\n!x ok\n")) == []
    assert len(told) == 1


def test_nothing_answers_what_was_not_written() -> None:
    session, _, told = asked()
    (event,) = session.receive(b"#sensor-list[1] a b V float\n")
    assert isinstance(event, InformReceived)
    assert event.exchange is None
    assert told == []


def test_nothing_answers_what_was_given_up() -> None:
    session, _, told = asked(then=lambda session, exchange: session.abandon(exchange))
    session.outgoing()
    data = b"#sensor-list[1] a b V float\n#sensor-status 1 1 a nominal 1\n"
    events = list(session.receive(data * 2))
    assert [getattr(event, "exchange", "") for event in events] == [None] * 3
    assert len(told) == 1


def test_what_was_given_up_before_it_was_written_takes_no_words() -> None:
    session, exchange, told = asked()
    session.abandon(exchange)
    session.outgoing()
    (event,) = session.receive(b"#sensor-list[1] a b V float\n")
    assert isinstance(event, InformReceived)
    assert event.exchange is None
    assert told == []


def test_what_is_overheard_becomes_events() -> None:
    session, exchange, told = asked(overheard="sensor-list")
    session.outgoing()
    (event,) = session.receive(b"#sensor-list[1] a b V float\n")
    assert isinstance(event, InformReceived)
    assert event.exchange is exchange
    assert told == []


def test_no_answer_is_taken_after_the_end() -> None:
    session, _, told = asked(then=lambda session, _: session.close())
    session.outgoing()
    data = b"#sensor-list[1] a b V float\n!x ok\n#sensor-list[1] a b V float\n"
    assert list(session.receive(data)) == []
    assert len(told) == 1


def test_long_first_words_are_not_remembered() -> None:
    decoder = Decoder(1 << 20)
    for i in range(100):
        (message,) = decoder.feed(b"#" + b"a" * 10_000 + b"%d\n" % i)
        assert isinstance(message, Message)
    tracemalloc.start()
    for i in range(100):
        list(decoder.feed(b"#" + b"b" * 10_000 + b"%d\n" % i))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 100_000


def test_most_readings_make_no_message() -> None:
    told: list[Any] = []
    data = b"#sensor-status 1.5 1 a nominal x\\_y\n#sensor-status 2 2 a warn 1 a nominal 2\n"
    where = Readings({"a": Sensor("a", told)}, lambda *_: None, 7.0)
    session = Session(mids(), preset=ProtocolFlags(5, 1, ""), readings=lambda: where)
    assert list(session.receive(data)) == []
    assert [value for *_, value in told] == [b"x y", b"1", b"2"]


def test_each_reading_was_received_when_its_bytes_were() -> None:
    received: list[float] = []

    class Clocked(Sensor):
        def take_reading(self, when: float, *reading: Any) -> None:
            received.append(when)

    times = iter([7.0, 8.0])
    sensors = {"a": Clocked("a", [])}
    session = Session(
        mids(),
        preset=ProtocolFlags(5, 1, ""),
        readings=lambda: Readings(sensors, lambda *_: None, next(times)),
    )
    line = b"#sensor-status 1 1 a nominal 1\n"
    list(session.receive(line + b"#x\n" + line))
    list(session.receive(line))
    assert received == [7.0, 7.0, 8.0]


@pytest.mark.parametrize("major", [4, 5])
def test_times_are_those_of_the_protocol(major: int) -> None:
    told: list[Any] = []
    where = Readings({"a": Sensor("a", told)}, lambda *_: None, 7.0)
    session = Session(mids(), preset=ProtocolFlags(major, 0, ""), readings=lambda: where)
    list(session.receive(b"#sensor-status 1500 1 a nominal 1\n"))
    assert told[0][2] == {4: 1.5, 5: 1500.0}[major]


def test_the_protocol_may_become_known_on_the_way() -> None:
    told: list[Any] = []
    where = Readings({"a": Sensor("a", told)}, lambda *_: None, 7.0)
    session = Session(mids(), readings=lambda: where)
    line = b"#sensor-status 1500 1 a nominal 1\n"
    list(session.receive(line + b"#build-state x\n" + line))
    assert [timestamp for _, _, timestamp, *_ in told] == [1500.0, 1.5]


def test_nothing_is_told_after_the_end() -> None:
    told: list[Any] = []

    class Last(Sensor):
        def take_reading(self, *reading: Any) -> None:
            super().take_reading(*reading)
            session.close()  # as a listener does that drops the link

    where = Readings({"a": Last("a", told)}, lambda *_: None, 7.0)
    session = Session(mids(), preset=ProtocolFlags(5, 0, ""), readings=lambda: where)
    line = b"#sensor-status 1 2 a nominal 1 a nominal 2\n#sensor-status 1 1 a nominal 3\n"
    list(session.receive(line))
    assert len(told) == 1


def test_who_asked_for_such_a_message_gets_it() -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, ""))
    session.start(Exchange(Message.request("sensor-status")))
    session.outgoing()
    (event,) = session.receive(b"#sensor-status 1 1 a nominal 1\n")
    assert isinstance(event, InformReceived)
    assert event.exchange is not None


def test_once_for_what_was_received_it_is_asked_where_readings_go() -> None:
    asked: list[None] = []
    session = Session(mids(), preset=ProtocolFlags(5, 0, ""), readings=lambda: asked.append(None))
    assert len(list(session.receive(b"#sensor-status 1 1 a nominal 1\n" * 3))) == 3
    assert list(session.receive(b"#log info 1 a b\n"))
    assert len(asked) == 1
