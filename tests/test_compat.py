"""Programs for the old library, run unchanged: what they observe must be what they did there."""

import subprocess
import sys
from pathlib import Path

import pytest

COMPAT = Path(__file__).parent / "compat"


@pytest.mark.parametrize("scenario", sorted(p.stem for p in (COMPAT / "scenarios").glob("*.py")))
def test_scenario_agrees(scenario: str) -> None:
    command = [
        sys.executable,
        COMPAT / "compare.py",
        "--python",
        sys.executable,
        "--device-python",
        sys.executable,
        COMPAT / "scenarios" / f"{scenario}.py",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
