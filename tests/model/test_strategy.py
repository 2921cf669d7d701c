"""Sampling strategies: their normal form, what goes on the wire, what is remembered."""

import re
from dataclasses import replace
from typing import Any

import pytest

from katcp.model import (
    KATCPSensorReading,
    escape_name,
    format_strategy,
    is_sampled,
    normalize_strategy_parameters,
)
from katcp.resource_client._strategies import StrategyBook


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("period 10", ("period", "10.0")),
        ("  event-rate   0.1\t1 ", ("event-rate", "0.1", "1.0")),
        (["period", 1], ("period", "1.0")),
        (("period", (1)), ("period", "1.0")),
        (("period", 0.5), ("period", "0.5")),
        (["differential", "2"], ("differential", "2.0")),
        (b"period 10", ("period", "10.0")),
        ([b"period", b"10"], ("period", "10.0")),
        (["period 10"], ("period", "10.0")),
        ("none", ("none",)),
        ("bogus thing", ("bogus", "thing")),
        ("", ()),
    ],
)
def test_normal_form(given: Any, normal: tuple[str, ...]) -> None:
    assert normalize_strategy_parameters(given) == normal


def test_what_is_no_strategy() -> None:
    with pytest.raises(TypeError):
        normalize_strategy_parameters(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strategy", "sensor_type", "major", "words"),
    [
        ("period 0.5", "float", 5, "period 0.5"),
        ("period 1", "float", 5, "period 1.0"),
        ("period 250", "float", 4, "period 250"),
        ("event-rate 10 2000", "float", 4, "event-rate 10 2000"),
        ("differential 2", "integer", 5, "differential 2"),
        ("differential 2.5", "integer", 5, "differential 2.5"),
        ("differential 2", "float", 5, "differential 2.0"),
        ("differential-rate 2 100 200", "integer", 4, "differential-rate 2 100 200"),
        ("period soon", "float", 4, "period soon"),
        ("event", "string", 4, "event"),
    ],
)
def test_on_the_wire(strategy: str, sensor_type: str, major: int, words: str) -> None:
    normal = normalize_strategy_parameters(strategy)
    assert " ".join(format_strategy(normal, sensor_type, major)) == words


@pytest.mark.parametrize(
    "strategy", ["period 0.3", "period 0", "period -5", "event-rate 1 0.5", ""]
)
def test_version_4_would_flood(strategy: str) -> None:
    with pytest.raises(ValueError):
        format_strategy(normalize_strategy_parameters(strategy), "float", 4)


def test_small_things() -> None:
    assert escape_name("a.b-c_d e") == "a_b_c_d e"
    assert is_sampled(("event",))
    assert not is_sampled(("none",))
    assert not is_sampled(None)
    statuses = [KATCPSensorReading(0, 0, i, None).status for i in (None, 1, 2, 99)]
    assert statuses == ["unknown", "nominal", "warn", "unknown"]


def test_the_latest_asking_holds() -> None:
    book = StrategyBook()
    book.want("a", ("event",))
    book.want_matching(re.compile("^[ab]"), ("auto",))
    book.want("c", ("period", "1.0"))
    book.appeared("abc")
    assert [entry.wanted for entry in book.entries("abc")] == [
        ("auto",),
        ("auto",),
        ("period", "1.0"),
    ]
    book.want("b", ("event",))
    book.appeared("b")
    assert book.get("b").wanted == ("event",)
    book.drop("a")
    book.appeared("a")
    assert [name for name, _ in book] == ["c", "b"]
    assert book.get("a").shown == ("none",)
    book.want_matching(re.compile("^[ab]"), ("event",))
    book.appeared("a")
    assert book.get("a").wanted == ("event",)
    assert [name for name, _ in book] == ["c", "b", "a"]


def test_sensors_that_were_asked_together_share_an_entry_until_they_differ() -> None:
    book = StrategyBook()
    setting = book.begin("abcd", ("event",))
    book.note("ab", setting)
    first = book.entries("ab")
    assert first[0] is first[1]
    book.want("b", ("auto",))
    book.drop("c")
    book.note("cd", setting)
    book.finish(setting)
    rest = book.entries("cd")
    assert [entry.age for entry in rest] == [0, first[0].age]
    assert [name for name, _ in book] == ["a", "b", "d"]
    assert [entry.wanted[0] for entry in book.entries("abcd")] == ["event", "auto", "none", "event"]
    book.change("ab", lambda entry: replace(entry, in_force=entry.wanted))
    book.lost("ac")
    assert [entry.in_force for entry in book.entries("abcd")] == [None, ("auto",), None, None]
    book.change("b", lambda entry: replace(entry, refused=True, reported=("auto",)))
    assert book.get("b").shown == ("auto",)
    book.want("b", ("period", "1.0"))
    assert book.get("b").shown == ("period", "1.0")
    book.change("b", lambda entry: replace(entry, refused=True))
    assert book.get("b").shown == ("auto",)
    book.disconnected()
    b = book.get("b")
    assert (b.wanted, b.in_force, b.reported, b.refused) == (("period", "1.0"), None, None, False)
    assert [name for name, _ in book] == ["a", "b", "d"]


def test_what_is_being_set_counts_before_it_is_noted() -> None:
    book = StrategyBook()
    setting = book.begin("ab", ("event",))
    age = book.age
    assert book.get("a").wanted == ("event",)
    assert book.get("x").age == 0
    assert book.age == age  # to look is not to ask
    book.drop("b")
    assert book.age > age
    assert book.get("b").age == 0
    book.note("ab", setting)
    assert [entry.age for entry in book.entries("ab")] == [setting.age, 0]
