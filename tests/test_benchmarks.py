"""`scripts/bench` works, and what it measures is right; CI runs its guard alone on the machine."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import load
from benchmarks.cases import AIOKATCP, CASES, OURS, REFERENCE, Case, scaled
from benchmarks.report import details, disturbed, judge, table
from benchmarks.run import BenchmarkError, Runner
from benchmarks.targets import ROWS, Bound, Row

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned to cores here"
)


def bench(*arguments: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        capture_output=True,
        text=True,
    )


def test_the_command_tells_what_it_measured(tmp_path: Path) -> None:
    done = bench("--quick", "--reps", 1, "--only", "serial", "--json", tmp_path / "figures.json")
    assert done.returncode in (0, 1), done.stderr
    assert "requests/s one after another" in done.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["values"]["serial"][OURS]["rate"][0] > 0
    missed = [target for target in figures["targets"] if not target["met"]]
    assert done.returncode == (1 if missed else 0)


def small(case: Case) -> Case:
    """Give the least of a case, with clients that have it on other loops left out."""
    less = {"sensors": 100, "connections": 2, "seconds": 0.1}
    parameters = {name: less.get(name, value) for name, value in case.parameters.items()}
    runs = {run.program: run for run in case.runs if run.label != REFERENCE}
    few = replace(case, sensors=100, parameters=parameters, runs=tuple(runs.values()))
    return scaled(few, 1e-6)


def test_every_client_does_all_of_its_workloads() -> None:
    different = {(case.workload, case.runs[0].program): case for case in CASES}
    cases = [small(case) for case in different.values()]
    results = Runner().measure(cases, 1)
    assert set(results) == {case.name for case in cases}
    for row in ROWS:
        for figures in results.get(row.case, {}).values():
            assert figures[row.figure][0] >= 0
    assert "reconnect" in details(results)
    assert table(results, ROWS).count("\n") == len(ROWS) + 1
    for busy, says in ((0.5, "The machine was not quiet"), (1.0, "")):
        for runs in results.values():
            for figures in runs.values():
                figures["busy"] = [busy]
        assert disturbed(results).split(":")[0] == says


def test_a_program_that_fails_is_told() -> None:
    wrong = replace(small(CASES[0]), parameters={"count": 1000, "per_inform": 1})
    with pytest.raises(BenchmarkError, match="listeners"):
        Runner().measure([wrong], 1)


def test_a_lost_update_is_noticed() -> None:
    latest = {
        name: load.timestamp(load.last_update(i, 10, 1000), 1)
        for i, name in enumerate(load.names(10))
    }
    load.check_latest(latest, 1000, 1)
    latest["dev.sub-0.sens-3"] -= 10 * load.STEP
    with pytest.raises(AssertionError, match="sens-3"):
        load.check_latest(latest, 1000, 1)


def test_targets_are_judged_by_medians() -> None:
    results = {
        "case": {OURS: {"rate": [1.0, 30.0, 40.0]}, AIOKATCP: {"rate": [10.0]}},
        "worst": {OURS: {"ms": [3.0, 1.0, 2.0]}},
    }
    rows = [
        Row("a", "case", "rate", "/s", (Bound(True, 3, AIOKATCP), Bound(True, 3.1, AIOKATCP))),
        Row("b", "worst", "ms", "ms", (Bound(False, 2.5),), worst=True),
        Row("c", "case", "rate", "/s", (Bound(False, 1, REFERENCE),)),
    ]
    assert [verdict.met for verdict in judge(results, rows)] == [True, False, False, None]
    assert "NOT ≥ 3.1 x aiokatcp: 3" in table(results, rows)


def test_what_was_measured_at_one_time_is_compared() -> None:
    drifting = {OURS: {"us": [2.0, 40.0, 5.0]}, AIOKATCP: {"us": [4.0, 80.0, 20.0]}}
    rows = [Row("a", "case", "us", "us", (Bound(False, 0.5, AIOKATCP),))]
    (verdict,) = judge({"case": drifting}, rows)
    assert verdict.ratio == 0.5  # the medians alone give 0.25
    assert verdict.met
