"""Every motion gives readings that were possible, at the rate that was seen."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.mimic._dice import Dice
from katcp.mimic._motions import Clock, Motion, Noise, Ramp, Reading, Stage, States, StatusOf, Walk
from katcp.mimic._track import Track

SEEDS = st.text(max_size=3)
TIMES = st.floats(0, 1e6)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


@st.composite
def motions_of_numbers(draw: st.DrawFn) -> Motion:
    low, high = sorted((draw(NUMBERS), draw(NUMBERS)))
    middle = low + (high - low) / 2
    statuses = (StatusOf("nominal", 0.9, low, middle), StatusOf("warn", 0.1, middle, high))
    common = {"low": low, "high": high, "statuses": statuses, "digits": draw(st.integers(0, 17)),
              "every": draw(st.floats(0.001, 1e3))}  # fmt: skip
    if common["digits"] == 0:
        common |= {"low": math.ceil(low), "high": max(math.ceil(low), math.floor(high))}
    step = draw(st.floats(0.001, 1e3))
    return draw(
        st.sampled_from(
            [
                Noise(mean=middle, deviation=step, **common),
                Walk(step=step, **common),
                Ramp(step=step, **common),
                Ramp(step=-step, **common),
            ]
        )
    )


STATES = st.builds(
    States,
    st.lists(
        st.builds(Stage, st.text(), st.just("nominal"), st.floats(0.001, 100)), min_size=1
    ).map(tuple),
)


@given(motions_of_numbers(), st.integers(0, 10**6), SEEDS)
def test_numbers_are_in_range(motion: Walk, index: int, seed: str) -> None:
    reading = motion.reading(index, 0.0, Dice(seed))
    assert reading == motion.reading(index, 1.0, Dice(seed))
    number = float(reading.value)
    rounding = 10.0 ** (1 - motion.digits) * max(abs(motion.low), abs(motion.high))
    slack = rounding if motion.digits else 0.0  # a bound itself has as many digits, if learnt
    assert motion.low - slack <= number <= motion.high + slack
    if motion.digits == 0:
        assert reading.value == str(int(number))
    assert reading.status in ("nominal", "warn")


@given(motions_of_numbers() | STATES | st.builds(Clock, every=st.floats(0.001, 10)), TIMES)
def test_a_reading_stands_from_its_time_on(motion: Motion, moment: float) -> None:
    index = motion.index(moment)
    assert motion.time_of(index) <= moment * (1 + 1e-12) + 1e-9
    assert moment < motion.time_of(index + 1) * (1 + 1e-12) + 1e-9
    assert motion.index(motion.time_of(index + 1)) >= index


@given(st.integers(0, 1 << 60), SEEDS)
def test_dice(number: int, seed: str) -> None:
    assert 0 < Dice(seed)(number) < 1
    assert Dice(seed)(number) != Dice(seed)(number + 1)


def test_dice_are_even() -> None:
    throws = sorted(Dice("any")(number) for number in range(10_000))
    assert max(abs(throw - i / 10_000) for i, throw in enumerate(throws)) < 0.03


# -- what is learnt


def track(type_name: str, values: list[str], every: float = 0.5) -> Track:
    learnt = Track(type_name)
    for i, value in enumerate(values):
        learnt.heard(Reading(value, "nominal"), 100 + i * every, 1e9 + i * every)
    return learnt


def test_what_never_moves() -> None:
    assert track("float", ["2.50"]).motion().reading(0, 0.0, Dice("")) == ("2.50", "nominal")
    assert track("float", ["2.5", "2.5"]).changes == 0


def test_a_ramp() -> None:
    motion = track("integer", [str(3 * i) for i in range(50)]).motion()
    assert isinstance(motion, Ramp)
    assert (motion.low, motion.high, motion.step, motion.every) == (0, 147, 3, 0.5)
    values = [int(motion.reading(i, 0.0, Dice("")).value) for i in range(100)]
    assert values[:50] == list(range(0, 150, 3)) == values[50:]


def test_the_rate_is_that_while_it_moved() -> None:
    learnt = track("integer", [str(3 * i) for i in range(50)])
    learnt.heard(Reading("147", "nominal"), 130.0, 130.0)
    assert getattr(learnt.motion(), "every", None) == 0.5
    learnt.finish(300.0)  # it moves no more: on the average
    assert getattr(learnt.motion(), "every", None) == pytest.approx(200 / 49, rel=0.01)


def test_a_saw_tooth() -> None:
    motion = track("float", [str(9.0 - i % 10) for i in range(95)]).motion()
    assert isinstance(motion, States | Ramp)
    assert {float(motion.reading(i, 0.0, Dice("")).value) for i in range(50)} == set(range(10))


def test_noise_and_a_walk() -> None:
    dice = Dice("seed")
    noise = track("float", [f"{5 + dice(i):.6f}" for i in range(300)]).motion()
    assert isinstance(noise, Noise)
    assert 5 <= noise.low < 5.05
    assert 5.4 < noise.mean < 5.6
    drift = track("float", [f"{math.sin(i / 30):.6f}" for i in range(300)]).motion()
    assert isinstance(drift, Walk)
    assert 0.01 < drift.step < 0.04
    steps = [float(drift.reading(i, 0.0, dice).value) for i in range(3000)]
    mean = sum(abs(b - a) for a, b in itertools.pairwise(steps)) / len(steps)
    assert 0.5 < mean / drift.step < 1.5


def test_states_last_as_long_as_was_seen() -> None:
    learnt = track("discrete", ["idle"] * 3 + ["busy"] + ["idle"] * 3 + ["busy"] + ["idle"])
    learnt.finish(104.0)
    motion = learnt.motion()
    assert isinstance(motion, States)
    (idle, busy) = motion.stages
    assert (idle.value, busy.value) == ("idle", "busy")
    assert 2.5 < idle.seconds / busy.seconds < 3.5
    assert idle.seconds + busy.seconds == 2.0  # four changes in four seconds


def test_a_clock() -> None:
    motion = track("timestamp", [f"{1e9 + i * 0.5 - 37:.6f}" for i in range(20)]).motion()
    assert isinstance(motion, Clock)
    assert motion.offset == -37
    assert motion.reading(0, 5000.0, Dice("")).value == "4963.000000"


def test_statuses_go_with_their_numbers() -> None:
    learnt = Track("integer")
    for i in range(300):
        value = i * 37 % 101
        status = "nominal" if value < 60 else "warn" if value < 90 else "error"
        learnt.heard(Reading(str(value), status), i, i)
    motion = learnt.motion()
    assert not isinstance(motion, States)
    for i in range(500):
        value, status = motion.reading(i, 0.0, Dice(""))
        expected = "nominal" if int(value) < 60 else "warn" if int(value) < 90 else "error"
        assert status == expected


def test_what_is_no_number_comes_again_as_it_came() -> None:
    seen = ["nan", "1.0", "inf", "junk", "2.0"] * 3
    motion = track("float", seen).motion()
    assert isinstance(motion, States)
    assert {stage.value for stage in motion.stages} == set(seen)


def test_text_that_is_always_another() -> None:
    motion = track("string", [f"message {i}" for i in range(1000)]).motion()
    assert isinstance(motion, States)
    assert len(motion.stages) == 64


def test_an_integer_beyond_computing() -> None:
    motion = track("integer", [str(10**400 + i) for i in range(20)]).motion()
    assert isinstance(motion, States)
