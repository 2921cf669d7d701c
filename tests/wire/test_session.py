"""One connection's conversation, as byte strings."""

from typing import Any

import pytest

from katcp.wire import (
    Exchange,
    InformReceived,
    LineRejected,
    LocalReply,
    Message,
    ProtocolDetected,
    ProtocolFlags,
    RequestReceived,
    Session,
    mids,
)

V5 = b"#version-connect katcp-protocol 5.0-MI\n"


def receive(session: Session, data: bytes) -> list[Any]:
    return list(session.receive(data))


def written(session: Session) -> list[bytes]:
    return session.outgoing().splitlines(keepends=True)


def start(session: Session, name: str = "x", *args: Any, **kwargs: Any) -> Exchange:
    exchange = Exchange(Message.request(name, *args))
    assert session.start(exchange, **kwargs) is None
    return exchange


@pytest.mark.parametrize(
    ("data", "flags"),
    [
        (V5, ProtocolFlags(5, 0, "MI")),
        (b"#version x-1.0\n", ProtocolFlags(4, 0)),
        (b"#build-state x-1.0\n", ProtocolFlags(4, 0)),
        (b"#version x\n#build-state y\n", ProtocolFlags(4, 0)),
        (b"#version-connect katcp-protocol 4.9-M\n", ProtocolFlags(4, 9, "M")),
        (
            b"#version-connect crich 1\n#version-connect katcp-library a b\n" + V5,
            ProtocolFlags(5, 0, "MI"),
        ),
        (V5 + b"#build-state y\n", ProtocolFlags(5, 0, "MI")),
        (b"#build-state y\n" + V5, ProtocolFlags(5, 0, "MI")),
        (b"#version-connect katcp-protocol 5.0-T\n", ProtocolFlags(5, 0)),
        (b"#version-connect katcp-protocol 5.1-BZ\n", ProtocolFlags(5, 1, "BZ")),
        (b"#version-connect katcp-protocol 5.0-\n", ProtocolFlags(5, 0)),
        (b"#version-connect katcp-protocol nonsense\n", None),
        (b"#version-connect katcp-protocol\n", None),
        (b"#version-connect katcp-device a b\n", None),
        (b"#log info 1 x y\n", None),
    ],
)
def test_detection(data: bytes, flags: ProtocolFlags | None) -> None:
    session = Session(mids())
    events = receive(session, data)
    assert session.flags == flags
    assert any(isinstance(e, ProtocolDetected) for e in events) == (flags is not None)


def test_preset_is_not_contradicted() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    assert not [e for e in receive(session, V5) if isinstance(e, ProtocolDetected)]
    assert session.flags == ProtocolFlags(4, 0)
    assert session.versions == {"katcp-protocol": ("5.0-MI",)}


def test_mids_go_on_over_sessions_and_wrap() -> None:
    numbers = mids(after=2**31 - 3)
    for expected in (b"?x[2147483646]\n", b"?x[2147483647]\n", b"?x[1]\n", b"?x[2]\n"):
        session = Session(numbers, preset=ProtocolFlags(5, 0, "I"))
        start(session)
        assert written(session) == [expected]


def test_replies_are_matched_by_mid_and_name() -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, "I"))
    one, two = start(session), start(session, "y")
    written(session)
    data = b"#y[2] a\n#y[1] b\n#y c\n!x[2] ok\n!y[2] ok 1\n!y[2] ok 2\n!x[1] ok\n"
    events = receive(session, data)
    assert [(e.message.name, e.exchange) for e in events] == [
        ("y", two),
        ("y", None),
        ("y", None),
        ("x", None),
        ("y", two),
        ("y", None),
        ("x", one),
    ]


def test_without_mids_the_oldest_of_the_name() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    first, second, other = start(session), start(session), start(session, "y")
    assert written(session) == [b"?x\n", b"?x\n", b"?y\n"]
    events = receive(session, b"!y ok\n#x 1\n#log info 1 a b\n!x ok\n#x 2\n!x ok\n!x ok\n")
    assert [(e.message.name, e.exchange) for e in events] == [
        ("y", other),
        ("x", first),
        ("log", None),
        ("x", first),
        ("x", second),
        ("x", second),
        ("x", None),
    ]


@pytest.mark.parametrize(
    ("flags", "mid", "use_mid", "line"),
    [
        ("I", None, None, b"?x[1]\n"),
        ("I", None, False, b"?x\n"),
        ("I", 12, False, b"?x[12]\n"),
        ("", None, None, b"?x\n"),
    ],
)
def test_choice_of_mid(flags: str, mid: Any, use_mid: Any, line: bytes) -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, flags))
    session.start(Exchange(Message.request("x", mid=mid)), use_mid)
    assert written(session) == [line]


@pytest.mark.parametrize(
    ("flags", "mid", "use_mid", "words"),
    [
        ("", 3, None, b"not supported"),
        ("", None, True, b"not supported"),
        ("I", 0, None, b"not in 1..2147483647"),
        ("I", 2**31, None, b"not in 1..2147483647"),
        ("I", 1, None, b"waits for its reply"),
    ],
)
def test_mids_that_cannot_be(flags: str, mid: Any, use_mid: Any, words: bytes) -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, flags))
    start(session)
    session.outgoing()
    answer = session.start(Exchange(Message.request("x", mid=mid)), use_mid)
    assert isinstance(answer, LocalReply)
    assert not answer.sent
    assert words in answer.arguments[1]
    assert written(session) == []


@pytest.mark.quirk(26)
def test_own_mid_is_not_given_out_again() -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, "I"))
    session.start(Exchange(Message.request("x", mid=1)))
    start(session)
    assert written(session) == [b"?x[1]\n", b"?x[2]\n"]


def test_late_reply_without_mids_is_dropped() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    given_up = start(session)
    session.outgoing()
    session.abandon(given_up)
    assert receive(session, b"!x ok late\n")[0].exchange is None
    start(session)
    assert written(session) == [b"?x\n"]  # the late reply came: there is no danger any more


def test_barrier() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    session.abandon(given_up := start(session))
    assert written(session) == [b"?x\n"]
    held, other = start(session), start(session, "y")
    assert written(session) == [b"?watchdog\n"]  # and nothing may overtake it
    assert receive(session, b"!x ok late\n")[0].exchange is None
    (event,) = receive(session, b"!watchdog ok\n")
    assert event.exchange.message.name == "watchdog"
    assert written(session) == [b"?x\n", b"?y\n"]
    events = receive(session, b"!x ok mine\n!y ok\n")
    assert [e.exchange for e in events] == [held, other]
    assert given_up.abandoned


def test_barrier_frees_from_what_is_never_answered() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    session.abandon(start(session))
    held = start(session)
    written(session)
    receive(session, b"!watchdog ok\n")
    written(session)
    assert receive(session, b"!x ok mine\n")[0].exchange is held


def test_what_is_still_to_be_written_is_not_answered_yet() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    session.abandon(start(session))
    held = start(session)
    written(session)
    events = receive(session, b"!x ok late\n!watchdog ok\n!x ok once-more\n#x too\n")
    assert [e.exchange for e in events if e.message.name == "x"] == [None] * 3
    assert written(session) == [b"?x\n"]
    assert receive(session, b"!x ok mine\n")[0].exchange is held


def test_what_is_held_back_and_given_up_is_not_written() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    session.abandon(start(session))
    held = start(session, "x", "abc")
    assert written(session) == [b"?x\n", b"?watchdog\n"]
    assert session.held_bytes == 3
    assert not session.abandon(held)
    assert session.held_bytes == 0
    receive(session, b"!watchdog ok\n")
    assert written(session) == []


def test_lines_after_one_that_only_the_codec_could_divide() -> None:
    session = Session(mids())
    events = receive(session, b"#a 1\r#b") + receive(session, b" 2\n#c 3\n#d 4\n")
    assert [event.message.name for event in events] == ["a", "b", "c", "d"]


def test_close_gives_what_waits() -> None:
    session = Session(mids(), preset=ProtocolFlags(4, 0))
    session.abandon(start(session))
    sent = start(session, "y")
    written(session)
    queued, held = start(session, "z"), start(session)
    waiting, (*unwritten, last) = session.close()
    assert waiting == [sent]
    assert last is held
    assert unwritten[0] is queued
    assert [exchange.message.name for exchange in unwritten] == ["z", "watchdog"]
    assert session.close() == ([], [])


def test_everything_else_is_told() -> None:
    session = Session(mids())
    events = receive(session, b"?do-this[3] a\nrubbish\n#some thing\n")
    assert isinstance(events[0], RequestReceived)
    assert isinstance(events[1], LineRejected)
    assert events[1].line.line == b"rubbish"
    assert isinstance(events[2], InformReceived)


def test_nothing_is_kept_of_what_has_ended() -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, "I"))
    sent = start(session)
    written(session)
    exchange = start(session)
    assert session.close() == ([sent], [exchange])
    assert session.close() == ([], [])
    assert session.outgoing() == b""
    assert session._lane.replies == {}


class _TakesNothing(Exchange):
    takes_reply = True

    def take_reply(self, reply: Message) -> None:
        pytest.fail("it was given up")


def test_what_was_given_up_before_it_was_written_takes_no_reply() -> None:
    session = Session(mids(), preset=ProtocolFlags(5, 0, "I"))
    exchange = _TakesNothing(Message.request("x"))
    assert session.start(exchange) is None
    assert session.abandon(exchange), "it will be written all the same"
    assert written(session) == [b"?x[1]\n"]
    (event,) = receive(session, b"!x[1] ok\n")
    assert event.exchange is None
