"""A short run that fails when a ratio to aiokatcp has fallen to less than half of its target.

It compares seconds of CPU and not of the clock, so that it matters less what else the machine does.
"""

from collections.abc import Sequence
from dataclasses import replace

from .cases import AIOKATCP, CASES, OURS, Case, scaled
from .report import Verdict, judge
from .run import Runner
from .targets import ROWS, Row, by_cpu

__all__ = ["GUARDED", "guard"]

#: The cases, and the part of their updates and requests that is enough here.
GUARDED = {
    "updates-1": 0.1,
    "updates-1-silent": 0.1,
    "updates-50": 0.1,
    "sync-10000": 1.0,
    "serial": 0.25,
    "pipelined": 0.1,
}
_MOST_SENSORS = 4000
_REPETITIONS, _MORE = 3, 7


def guard() -> list[Verdict]:
    """Measure, and what failed once more with more repetitions; gives the verdicts."""
    rows = [_guarded(row) for row in ROWS if row.case in GUARDED and row.ours == OURS]
    verdicts = _judged(rows, _REPETITIONS)
    doubtful = [verdict.row for verdict in verdicts if not verdict.met]
    settled = [verdict for verdict in verdicts if verdict.met]
    return settled + (_judged(doubtful, _MORE) if doubtful else [])


def _judged(rows: Sequence[Row], repetitions: int) -> list[Verdict]:
    names = {row.case for row in rows}
    cases = [_smaller(case) for case in CASES if case.name in names]
    return judge(Runner().measure(cases, repetitions), rows)


def _guarded(row: Row) -> Row:
    """Give the row with half of what is to be reached, beside aiokatcp."""
    row = by_cpu(row)
    bounds = [replace(b, times=2 * b.times) for b in row.bounds if b.label == AIOKATCP]
    return replace(row, bounds=tuple(bounds))


def _smaller(case: Case) -> Case:
    """Give the case with less to do, and with the two clients that are compared."""
    runs = tuple(run for run in case.runs if run.label in (OURS, AIOKATCP))
    parameters, sensors = dict(case.parameters), min(case.sensors, _MOST_SENSORS)
    if "sensors" in parameters:
        parameters["sensors"] = sensors
    less = replace(case, runs=runs, sensors=sensors, parameters=parameters)
    return scaled(less, GUARDED[case.name])
