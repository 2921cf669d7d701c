"""Sampling strategies, against what the specification says of them."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.mimic._motions import Reading
from katcp.mimic._rules import Rule, Watch, parse_rule

CHANGES = st.lists(
    st.tuples(
        st.floats(0.001, 5),
        st.sampled_from(["0", "1", "2.5", "-4", "nan", "junk"]),
        st.sampled_from(["nominal", "warn"]),
    ),
    max_size=30,
)
STRATEGIES = [
    ("event",),
    ("auto",),
    ("period", "0.75"),  # all its multiples are exact
    ("differential", "1.2"),
    ("event-rate", "0.5", "2"),
    ("differential-rate", "1.2", "0.5", "2"),
]


def sent(
    words: tuple[str, ...], changes: list[tuple[float, str, str]]
) -> list[tuple[float, Reading, Reading]]:
    """Give when what was sent, and what was known before, while a sensor changes so."""
    rule = parse_rule(words, "float", 5)
    assert rule is not None
    reading, now = Reading("0", "nominal"), 1000.0
    watch, known = Watch(words, rule, reading, now), reading
    out = []

    def look(when: float) -> None:
        nonlocal known
        if watch.wants(reading, when):
            out.append((when, known, reading))
            known = reading

    for wait, value, status in [*changes, (5.0, "0", "nominal")]:
        end = now + wait
        while (due := watch.due(reading)) < end:
            look(due)
            assert watch.due(reading) > due  # or it would go on for ever
        reading, now = Reading(value, status), end
        look(now)
    return out


@pytest.mark.parametrize("words", STRATEGIES, ids=" ".join)
@given(changes=CHANGES)
def test_strategy(words: tuple[str, ...], changes: list[tuple[float, str, str]]) -> None:
    out = sent(words, changes)
    times = [1000.0, *(when for when, _, _ in out)]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    numbers = [float(word) for word in words[1:]]
    match words[0]:
        case "period":
            assert gaps == pytest.approx([0.75] * len(gaps))
            assert len(out) == int((sum(wait for wait, _, _ in changes) + 5.0) / 0.75 + 1e-9)
        case "event" | "auto":
            assert all(known != now for _, known, now in out)
            every = [Reading("0", "nominal"), *(Reading(v, s) for _, v, s in changes),
                     Reading("0", "nominal")]  # fmt: skip
            assert len(out) == sum(a != b for a, b in itertools.pairwise(every))
        case "differential":
            assert all(far(known, now, 1.2) for _, known, now in out)
        case _:
            shortest, longest = numbers[-2:]
            assert all(gap >= shortest - 1e-9 for gap in gaps)
            assert all(gap <= longest + 1e-9 for gap in gaps)


def far(known: Reading, now: Reading, difference: float) -> bool:
    if known.status != now.status:
        return True
    if "junk" in (known.value, now.value):
        return known != now
    return not abs(float(known.value) - float(now.value)) <= difference


def test_what_changes_back_in_time_is_not_sent() -> None:
    changes = [(0.1, "5", "nominal"), (0.1, "0", "nominal")]
    assert [when for when, _, _ in sent(("event-rate", "0.5", "100"), changes)] == []


def test_great_integers_keep_their_digits() -> None:
    rule = parse_rule(("differential", "1"), "integer", 5)
    assert rule is not None
    watch = Watch((), rule, Reading(str(10**30), "nominal"), 0.0)
    assert not watch.wants(Reading(str(10**30 + 1), "nominal"), 1.0)
    assert watch.wants(Reading(str(10**30 + 2), "nominal"), 1.0)


@pytest.mark.parametrize(
    ("words", "type_name", "major", "why"),
    [
        ("event-rate 1 2", "float", 4, "unknown strategy"),
        ("often", "float", 5, "unknown strategy"),
        ("event 1", "float", 5, "takes 0 parameters"),
        ("period", "float", 5, "takes 1 parameters"),
        ("period 0", "float", 5, "no time"),
        ("period soon", "float", 5, "no timestamp"),
        ("period 0.5", "float", 4, ""),  # half a millisecond
        ("differential 1", "string", 5, "not for sensors of type string"),
        ("differential 1.5", "integer", 5, "no integer"),
        ("differential -1", "integer", 5, "no difference"),
        ("differential nan", "float", 5, "no difference"),
    ],
)
def test_refused(words: str, type_name: str, major: int, why: str) -> None:
    if not why:
        assert parse_rule(words.split(), type_name, major) == Rule(changes=False, longest=0.0005)
        return
    with pytest.raises(ValueError, match=why):
        parse_rule(words.split(), type_name, major)


def test_times_of_version_4_are_milliseconds() -> None:
    assert parse_rule(["period", "1500"], "string", 4) == Rule(changes=False, longest=1.5)
    assert parse_rule(["none"], "string", 4) is None
    assert Rule().longest == math.inf
