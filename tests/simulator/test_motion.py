"""How the simulated antenna moves."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.simulator._motion import Axis, Mount
from katcp.simulator._surroundings import Warmth, Weather


@given(
    st.floats(-90, 90),
    st.lists(
        st.tuples(st.floats(-200, 200), st.floats(0.01, 0.5), st.integers(1, 20)), max_size=10
    ),
)
def test_axis_keeps_its_limits(start: float, orders: list[tuple[float, float, int]]) -> None:
    axis = Axis(-90.0, 90.0, 2.0, 1.0, start)
    for requested, dt, steps in orders:
        axis.requested = requested
        for _ in range(steps):
            before = axis.rate
            axis.step(dt)
            assert -90.0 <= axis.position <= 90.0
            assert abs(axis.rate) <= 2.0 + 1e-9
            assert abs(axis.rate - before) <= 1.0 * dt + 1e-9


@pytest.mark.parametrize(("azim", "elev"), [(-20.0, 60.0), (100.0, 16.0), (-180.0, 91.0)])
def test_mount_gets_there_and_tracks(azim: float, elev: float) -> None:
    mount = Mount()
    mount.aim(azim, elev)
    mount.mode = "POINT"
    for _ in range(4000):
        mount.step(0.1)
    assert mount.lock
    assert mount.azim.position > azim  # the sky has turned
    assert mount.elev.position == pytest.approx(elev, abs=0.01)
    mount.mode = "STOP"
    for _ in range(100):
        mount.step(0.1)
    assert mount.azim.rate == pytest.approx(0.0, abs=1e-9)
    assert not mount.lock


@pytest.mark.parametrize(("azim", "elev"), [(0.0, 5.0), (400.0, 50.0)])
def test_mount_refuses_what_is_beyond_its_limits(azim: float, elev: float) -> None:
    with pytest.raises(ValueError, match="beyond the limits"):
        Mount().aim(azim, elev)


def test_weather_is_the_same_by_seed() -> None:
    one, two, other = (Weather(random.Random(seed)) for seed in (1, 1, 2))
    for weather in (one, two, other):
        for _ in range(500):
            weather.step(1.0)
            assert weather.wind_speed >= 0
            assert 0 <= weather.humidity <= 100
    assert one.wind_speed == two.wind_speed != other.wind_speed


def test_the_wind_goes_on_at_about_its_mean() -> None:
    weather = Weather(random.Random(1), wind=45.0, wind_speed=45.0)
    for _ in range(500):
        weather.step(1.0)
        assert weather.wind_speed > 30


def test_motors_warm_with_their_load() -> None:
    motor = Warmth(20.0)
    for _ in range(600):
        motor.step(1.0, 20.0, 1.0)
    assert 31 < motor.temperature <= 32
    for _ in range(600):
        motor.step(1.0, 20.0, 0.0)
    assert 20 <= motor.temperature < 21
