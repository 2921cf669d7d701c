"""Bytes to messages and back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.wire import BadLine, Decoder, Message, encode

LIMIT = 1 << 20
TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.jsonl"))

names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True)
messages = st.builds(
    Message,
    st.sampled_from([Message.REQUEST, Message.REPLY, Message.INFORM]),
    names,
    st.lists(st.binary(max_size=20), max_size=5),
    st.none() | st.integers(1, 2**31 - 1),
)
good_lines = messages.map(lambda message: bytes(message))
bad_lines = st.binary(max_size=30).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b""))


def fed(data: bytes, sizes: list[int]) -> list[Any]:
    decoder, found = Decoder(LIMIT), []
    while data:
        size = sizes.pop() if sizes else len(data)
        found += decoder.feed(data[:size])
        data = data[size:]
    return found


@given(st.lists(good_lines | bad_lines, max_size=8), st.lists(st.integers(1, 40), max_size=30))
def test_no_line_costs_its_neighbours(lines: list[bytes], sizes: list[int]) -> None:
    alone = [item for line in lines for item in Decoder(LIMIT).feed(line + b"\n")]
    assert fed(b"".join(line + b"\n" for line in lines), list(sizes)) == alone


@given(st.lists(bad_lines.filter(lambda b: b.strip(b" \t")), max_size=5))
def test_bad_lines_are_shown(lines: list[bytes]) -> None:
    data = b"".join(b"bad" + line + b"\n" for line in lines)
    assert [item.line for item in fed(data, [7] * 50)] == [b"bad" + line for line in lines]


@given(st.binary(max_size=200), st.lists(st.integers(1, 10), max_size=50))
def test_nothing_raises(data: bytes, sizes: list[int]) -> None:
    for item in fed(data, sizes):
        assert isinstance(item, (Message, BadLine))


@given(messages)
def test_round_trip(message: Message) -> None:
    assert list(Decoder(LIMIT).feed(encode(message, message.mid))) == [message]


@given(
    st.lists(
        st.sampled_from(
            [
                b"!",
                b"#",
                b"help",
                b"[1]",
                b"[01]",
                b"[",
                b"]",
                b"\\",
                b"\\@",
                b"\\_",
                b" ",
                b"3",
                b"a-b",
            ]
        ),
        max_size=8,
    )
)
def test_a_line_means_what_the_codec_makes_of_it(parts: list[bytes]) -> None:
    line = b"".join(parts) + b"\n"
    assert list(Decoder(LIMIT).feed(line)) == list(Decoder(LIMIT).parse(line))


def test_long_line_is_one_bad_line() -> None:
    decoder = Decoder(1000)
    found = []
    for _ in range(100):
        found += decoder.feed(b"#x " + b"y" * 1000 if not found else b"y" * 1000)
    found += decoder.feed(b"\n#next 1\n")
    assert [type(item) for item in found] == [BadLine, Message]
    assert "too long" in found[0].reason.lower()
    assert len(found[0].line) <= 200


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\n\r", b"\n\n"])
def test_line_ends(end: bytes) -> None:
    found = list(Decoder(LIMIT).feed(b"#a 1" + end + b"   \t" + end + b"#b\t2  " + end))
    assert found == [Message.inform("a", 1), Message.inform("b", 2)]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("direction", ["s2c", "c2s"])
def test_recorded_sessions(path: Path, direction: str) -> None:
    entries = map(json.loads, path.read_text().splitlines())
    parts = [e["data"].encode("latin-1") for e in entries if e["dir"] == direction]
    decoder = Decoder(LIMIT)
    found = [item for part in parts for item in decoder.feed(part)]
    data = b"".join(parts)
    assert found == fed(data, [1] * len(data))
    lines = [line for line in data.replace(b"\r", b"\n").split(b"\n")[:-1] if line.strip(b" \t")]
    assert len(found) == len(lines)
    if direction == "s2c":  # servers speak KATCP but for nameless replies and raw text
        bad = [item for item in found if isinstance(item, BadLine)]
        assert [item.line for item in bad if not item.line.startswith(b"! ")] == []
