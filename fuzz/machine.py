"""Runs the state machine of the tests for a time: ``python -m fuzz.machine SECONDS``."""

import sys
import time
import traceback
from pathlib import Path

import test_state_machine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

__all__ = ["main"]

FOUND = Path(__file__).parent / "found" / "machine"
_SETTINGS = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def main(seconds: float) -> int:
    """Run until the time is over, or a fault is found: the steps to it are then written down."""
    began, runs = time.monotonic(), 0
    FOUND.mkdir(parents=True, exist_ok=True)
    while (spent := time.monotonic() - began) < seconds:
        try:
            run_state_machine_as_test(test_state_machine.Machine, settings=_SETTINGS)
        except Exception:
            steps = FOUND / f"steps-{time.time():.0f}.txt"
            steps.write_text(traceback.format_exc())
            traceback.print_exc()
            break
        runs += _SETTINGS.max_examples
    print(f"Done {runs} runs in {spent:.0f} second(s)")
    return 1 if spent < seconds else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
