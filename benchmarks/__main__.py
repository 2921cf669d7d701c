"""Measures, prints a table, and says whether the targets were met: ``python -m benchmarks``."""

import argparse
import datetime
import json
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from .cases import CASES, Case, scaled
from .guard import guard
from .report import Verdict, details, disturbed, judge, table
from .run import BenchmarkError, Results, Runner
from .targets import ROWS, by_cpu


def main() -> int:
    """Run; gives the exit status, 1 if a target was missed."""
    given = _parser().parse_args()
    try:
        return _guard() if given.guard else _measure(given)
    except BenchmarkError as exc:
        print(exc, file=sys.stderr)
        return 2


def _guard() -> int:
    verdicts = guard()
    for verdict in verdicts:
        print(f"{verdict.row.case}, us of CPU: {verdict}")
    return 0 if all(verdict.met for verdict in verdicts) else 1


def _measure(given: argparse.Namespace) -> int:
    cases = [case for case in CASES if _wanted(case, given)]
    if given.quick:
        cases = [scaled(case, 0.25) for case in cases]
    repetitions = given.reps or (2 if given.quick else 5)
    runner = Runner(given.reference_python, given.clients, shlex.split(given.under))
    try:
        runner.measure(cases, repetitions)
    finally:  # what was measured before something failed is worth telling
        met = _tell(runner.results, given)
    return 0 if met else 1


def _tell(results: Results, given: argparse.Namespace) -> bool:
    """Print the tables, write the file; gives whether all targets were met."""
    rows = [by_cpu(row) if given.cpu else row for row in ROWS if row.case in results]
    verdicts = judge(results, rows)
    print(f"{details(results)}\n\n{table(results, rows)}\n\n{disturbed(results)}".rstrip())
    if given.json is not None:
        given.json.write_text(json.dumps(_everything(results, verdicts), indent=1) + "\n")
    return all(verdict.met is not False for verdict in verdicts)


def _wanted(case: Case, given: argparse.Namespace) -> bool:
    return case.name in given.only or (not given.only and case.weight <= (not given.quick))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    names = [case.name for case in CASES]
    labels = {run.label for case in CASES for run in case.runs}
    parser.add_argument("--quick", action="store_true", help="less of everything, nothing big")
    parser.add_argument("--guard", action="store_true",
                        help="only see that no ratio is below half of its target")  # fmt: skip
    parser.add_argument("--cpu", action="store_true",
                        help="judge by seconds of CPU, when others use the machine")  # fmt: skip
    parser.add_argument("--reps", type=int, metavar="N", help="repetitions (5; quick: 2)")
    parser.add_argument("--only", nargs="+", choices=names, default=[], metavar="CASE",
                        help=f"measure only these: {', '.join(names)}")  # fmt: skip
    parser.add_argument(
        "--clients",
        nargs="+",
        choices=sorted(labels),
        default=[],
        metavar="CLIENT",
        help=f"with these, quoted: {'; '.join(sorted(labels))}",
    )
    parser.add_argument("--under", default="", metavar="COMMAND",
                        help="run clients under a profiler, see docs/performance.md")  # fmt: skip
    parser.add_argument("--reference-python", metavar="PYTHON",
                        help="an interpreter that has katcp-python 0.9.3")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values there")
    return parser


def _everything(results: Results, verdicts: list[Verdict]) -> dict[str, Any]:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True)
    return {
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.decode().strip(),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "targets": [
            {"what": v.row.title, "target": str(v), "ratio": v.ratio, "met": v.met}
            for v in verdicts
        ],
        "values": results,
    }


if __name__ == "__main__":
    sys.exit(main())
