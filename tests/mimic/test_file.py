"""The file of a mimic: nothing is lost in it, and what is wrong in it is said."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from katcp.errors import SpecError
from katcp.mimic import Answer, Likeness, read_likeness, text_of
from katcp.mimic._motions import Clock, Constant, Motion, Noise, Ramp, Stage, States, StatusOf, Walk
from katcp.model import Interface, Request, SensorDescription

BYTES = st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
TEXTS = (
    BYTES
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        [
            r"\xb0",
            r"\\xb0",
            "\\",
            '"""',
            "'''",
            "a\r\nb\n",
            "\tx ",
            "caf\udce9",
            "\x00\x1b",
            "é\n\\x41",
        ]
    )
)
STATUS = st.sampled_from(["nominal", "warn", "error", "failure", "unknown", "inactive"])
FLOATS = st.floats(-1e9, 1e9)
POSITIVE = st.floats(0.001, 1e6)


@st.composite
def numbers(draw: st.DrawFn, type_name: str) -> Motion:
    number = FLOATS if type_name == "float" else st.integers(-(10**9), 10**9)
    low, high = sorted((draw(number), draw(number)))
    statuses: tuple[StatusOf, ...] = (StatusOf(draw(STATUS), 1.0, low, high),)
    if draw(st.booleans()):
        statuses = (StatusOf("warn", 0.25, low, low), StatusOf("nominal", 0.75, low, high))
    common = {"low": low, "high": high, "every": draw(POSITIVE), "statuses": statuses,
              "digits": draw(st.integers(1, 17)) if type_name == "float" else 0}  # fmt: skip
    return draw(
        st.sampled_from(
            [
                Noise(mean=draw(FLOATS), deviation=draw(POSITIVE), **common),
                Walk(step=draw(POSITIVE), **common),
                Ramp(step=-draw(POSITIVE), **common),
            ]
        )
    )


@st.composite
def sensors(draw: st.DrawFn) -> tuple[SensorDescription, Motion]:
    type_name = draw(st.sampled_from(["integer", "float", "boolean", "lru", "discrete", "string",
                                      "timestamp", "address"]))  # fmt: skip
    params = draw(st.lists(st.binary(max_size=5), max_size=3)) if type_name == "discrete" else []
    value = st.sampled_from(["0", "1", "1.5", "-0.0", "nan", "inf", "1e400", "true"]) | TEXTS
    stage = st.builds(Stage, value, STATUS, POSITIVE)
    some: list[st.SearchStrategy[Motion]] = [
        st.builds(Constant, value, STATUS),
        st.builds(States, st.lists(stage, min_size=1, max_size=3).map(tuple)),
    ]
    if type_name in ("integer", "float"):
        some.append(numbers(type_name))
    if type_name == "timestamp":
        some.append(st.builds(Clock, every=POSITIVE, offset=FLOATS, status=STATUS))
    description = SensorDescription("", draw(TEXTS), draw(TEXTS), type_name, tuple(params))
    return description, draw(st.one_of(some))


@st.composite
def likenesses(draw: st.DrawFn) -> Likeness:
    names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]*", fullmatch=True)
    requests = {
        name: Request(name, draw(TEXTS), draw(st.none() | POSITIVE))
        for name in draw(st.sets(names, max_size=3))
    }
    words = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
    answer = st.builds(Answer, words, st.lists(words, max_size=2).map(tuple), POSITIVE)
    found, motions = {}, {}
    for name in draw(st.sets(TEXTS.filter(bool), max_size=3)):
        description, motions[name] = draw(sensors())
        found[name] = description._replace(name=name)
    protocol = draw(st.sampled_from(["4.0", "4.9-M", "5.0-IM", "5.1-BIMT"]))
    return Likeness(
        Interface(draw(TEXTS), protocol, requests, found),
        motions,
        draw(st.dictionaries(TEXTS, words, max_size=2)),
        draw(st.booleans()),
        {name: draw(answer) for name in draw(st.sets(st.sampled_from(sorted(requests))))}
        if requests
        else {},
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
          max_examples=150, deadline=None)  # fmt: skip
@given(likenesses())
def test_nothing_is_lost(tmp_path: Path, likeness: Likeness) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(text_of(likeness).encode())  # which it must be UTF-8 for
    assert read_likeness(file) == likeness


GOOD = """
protocol = "5.1-MIB"
[sensor.volts]
description = "Voltage"
type = "float"
units = "V"
motion = "walk"
low = 1
high = 2.5
step = 0.1
every = 0.5
[sensor.mode]
type = "discrete"
params = ["a", "b"]
motion = "states"
states = [{ value = "a", seconds = 2 }, { value = "b", status = "warn", seconds = 1 }]
[sensor.on]
type = "boolean"
motion = "constant"
value = true
[sensor.n]
type = "integer"
motion = "ramp"
low = 0
high = 9
step = 1
every = 1
statuses = [{ status = "nominal", share = 0.9, low = 0, high = 7 }, { share = 1, low = 8, high = 9 }]
[request.slew]
help = "Slew"
timeout_hint = 20
reply = ["ok"]
after = 1.5
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "dev.toml"
    file.write_text(text)
    return file


def test_what_people_write(tmp_path: Path) -> None:
    likeness = read_likeness(written(tmp_path, GOOD))
    assert likeness.motions["on"] == Constant("1", "nominal")
    assert likeness.motions["volts"] == Walk(
        low=1, high=2.5, step=0.1, every=0.5, statuses=(StatusOf("nominal", 1.0, 1, 2.5),)
    )
    assert likeness.interface.requests["slew"].timeout_hint == 20
    assert likeness.answers == {"slew": Answer(("ok",), (), 1.5)}
    assert math.isinf(Constant("1").time_of(1))


def test_what_the_documentation_shows(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "mimic.md").read_text("utf-8")
    (shown,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    likeness = read_likeness(written(tmp_path, shown))
    assert len(likeness.motions) == 2
    assert likeness.answers["slew"].after == 2.5


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"5.1-MIB"', '"five"', ": protocol is 'five'; it must be a version of KATCP like"),
        ('"5.1-MIB"', "5", ": protocol is 5; it must be text"),
        ('protocol = "5.1-MIB"', "", ": protocol is missing"),
        ('"float"', '"flaot"', ": sensor volts: type is 'flaot'; it must be one of integer"),
        ('"walk"', '"wlak"', ": sensor volts: motion is 'wlak'; it must be one of constant"),
        ("low = 1\n", "", ": sensor volts: low is missing; it must be a number"),
        ("high = 2.5", "high = 0.5", ": sensor volts: high is 0.5; it must be a number, 1 or more"),
        ("high = 2.5", "high = nan", ": sensor volts: high is nan; it must be a number"),
        ("step = 0.1", "step = 0", ": sensor volts: step is 0; it must be a number above 0"),
        ("step = 0.1", "steps = 0.1", ": sensor volts: step is missing"),
        ("step = 0.1", "step = 0.1\nstop = 1", ": sensor volts: no key 'stop'; known: step"),
        ("every = 0.5", "every = 1\ndigits = 0.5", ": sensor volts: digits is 0.5; it must be a number, 1"),
        ("every = 0.5", "every = true", ": sensor volts: every is True; it must be a number"),
        ("value = true", "value = 3.5", ": sensor on: value is 3.5; it must be true or false, or"),
        ("value = true", "", ": sensor on: value is missing"),
        ('params = ["a", "b"]', 'params = "a"', ": sensor mode: params is 'a'; it must be a list"),
        ('status = "warn"', 'status = "bad"', ": sensor mode: states, no. 2: status is 'bad'"),
        ("seconds = 2", "seconds = 0", ": sensor mode: states, no. 1: seconds is 0"),
        ("seconds = 2", "second = 2", ": sensor mode: states, no. 1: seconds is missing"),
        ("share = 0.9", "share = 0", ": sensor n: statuses, no. 1: share is 0"),
        ('motion = "states"', 'motion = "walk"\nevery = 1', ": sensor mode: motion is 'walk'; it"),
        ('help = "Slew"', "", ": request slew: help is missing; it must be text"),
        ("after = 1.5", "after = -1", ": request slew: after is -1; it must be a number, 0 or"),
        ("timeout_hint = 20", 'timeout_hint = "20"', ": request slew: timeout_hint is '20'"),
        ('reply = ["ok"]', "reply = []", ": request slew: reply is []; it must be a list of text"),
        ('reply = ["ok"]', 'informs = ["a"]', ": request slew: informs is 'a'; it must be a list"),
        ("[request.slew]", "[request.'slew it']", ": request slew it: its name is 'slew it'"),
        ("[request.slew]", "[requests.slew]", ": no key 'requests'; known: request"),
        ("[sensor.on]", "[sensor.'']", ": sensor : its name is ''"),
        ("[sensor.volts]", "[sensor]\nx = 1\n[sensor.volts]", ": sensor x is 1; it must be a table"),
        ("[sensor.volts]", "[sensor.volts", " is no TOML: "),
        ("[sensor.volts]", "[clients.volts]", " is a telescope file, not that of a mimic: "),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = written(tmp_path, GOOD.replace(old, new, 1))
    assert old in GOOD
    with pytest.raises(SpecError) as caught:
        read_likeness(file)
    assert str(caught.value).startswith(f"{file}{says}")
    assert "\n" not in str(caught.value)


def test_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b'name = "\xb0"')
    with pytest.raises(SpecError, match="is no UTF-8 at byte 8; save it as UTF-8"):
        read_likeness(file)
