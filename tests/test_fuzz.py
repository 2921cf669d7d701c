"""The fuzz targets without the fuzzer: what it has found, seeds, and a few of hypothesis's ideas."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.seeds import seeds
from fuzz.targets import TARGETS

CRASHES = Path(__file__).parent.parent / "fuzz" / "crashes"
SEEDS = seeds()
MORE = settings(deadline=None, suppress_health_check=list(HealthCheck))
LINES = st.sampled_from([line + b"\n" for seed in SEEDS.values() for line in seed.split(b"\n")])


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_found_stays_mended(target: str) -> None:
    for path in sorted((CRASHES / target).iterdir()):
        TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("name", list(SEEDS)[::7])
def test_seeds(name: str) -> None:
    for target in TARGETS.values():
        target(SEEDS[name])


@settings(MORE, max_examples=100)
@given(text=st.lists(LINES | st.binary(max_size=30)), plan=st.binary(max_size=60))
def test_session(text: list[bytes], plan: bytes) -> None:
    TARGETS["session"](b"".join(text) + plan)


@settings(MORE, max_examples=300)
@given(text=st.lists(LINES | st.binary(max_size=30)), plan=st.binary(min_size=20, max_size=120))
def test_resource(text: list[bytes], plan: bytes) -> None:
    TARGETS["resource"](b"".join(text) + plan)
