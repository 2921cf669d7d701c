"""What was measured, as a table for people and as JSON for programs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .cases import AIOKATCP, OURS, REFERENCE, UVLOOP
from .run import Results
from .targets import Bound, Row

__all__ = ["Verdict", "details", "disturbed", "judge", "table"]

_ALONE = 0.9  # part of the time for which a program that needs a core has it


@dataclass(frozen=True)
class Verdict:
    """Whether a target was met, and by how much; None if it was not measured."""

    row: Row
    bound: Bound
    ratio: float | None

    @property
    def met(self) -> bool | None:
        """Whether it was met."""
        if self.ratio is None:
            return None
        return (
            self.ratio >= self.bound.times if self.bound.least else self.ratio <= self.bound.times
        )

    def __str__(self) -> str:
        sign = "≥" if self.bound.least else "≤"
        of = " ".join(filter(None, [self.bound.label, self.bound.case]))
        limit = _number(self.bound.times) + (f" x {of}" if of else "")
        if self.ratio is None:
            return f"{sign} {limit}"
        return f"{'' if self.met else 'NOT '}{sign} {limit}: {_number(self.ratio)}"


def value(results: Results, row: Row, label: str, case: str | None = None) -> float | None:
    """Give the figure of a row for a run, or None."""
    values = results.get(case or row.case, {}).get(label, {}).get(row.figure)
    if not values:
        return None
    return max(values) if row.worst else statistics.median(values)


def judge(results: Results, rows: Sequence[Row]) -> list[Verdict]:
    """Compare what was measured with the targets."""
    return [
        Verdict(row, bound, _ratio(results, row, bound)) for row in rows for bound in row.bounds
    ]


def _ratio(results: Results, row: Row, bound: Bound) -> float | None:
    """Give ours to that of another: the median of the repetitions' own, if they can be paired.

    The runs of one repetition are next to each other in time, and machines drift.
    """
    runs = results.get(row.case, {})
    mine = runs.get(row.ours, {}).get(row.figure, [])
    theirs = runs.get(bound.label or "", {}).get(row.figure, [])
    if bound.case is None and not row.worst and mine and len(mine) == len(theirs):
        return statistics.median(ours / other for ours, other in zip(mine, theirs, strict=True))
    ours = value(results, row, row.ours)
    against = value(results, row, bound.label, bound.case) if bound.label else 1.0
    return ours / against if ours is not None and against is not None else None


def table(results: Results, rows: Sequence[Row]) -> str:
    """Give the table, in Markdown."""
    lines = [["", REFERENCE, AIOKATCP, "ceiling", OURS, UVLOOP, "to reach"]]
    for row in rows:
        labels = [REFERENCE, AIOKATCP, row.ceiling or "", row.ours]
        labels.append(UVLOOP if row.ours == OURS else "")
        values = [_shown(value(results, row, label), row.unit) for label in labels]
        lines.append([row.title, *values, "; ".join(map(str, judge(results, [row])))])
    return _markdown(lines)


def details(results: Results) -> str:
    """Give a table of every run: the median and the range of its rate, and its CPU."""
    lines = [["case", "client", "a second", "least", "most", "us of CPU each", "CPU busy"]]
    for case, runs in results.items():
        for label, figures in sorted(runs.items()):
            rates = figures.get("rate", [])
            if rates:
                shown = [f"{x:,.0f}" for x in (statistics.median(rates), min(rates), max(rates))]
                us, busy = (statistics.median(figures[name]) for name in ("us", "busy"))
                lines.append([case, label, *shown, f"{us:.3g}", f"{busy:.0%}"])
    return _markdown(lines)


def disturbed(results: Results) -> str:
    """Say in how many runs others had the CPU that should have been ours alone; or nothing."""
    busy = [
        value
        for case, runs in results.items()
        if case.startswith(("updates", "sync-10000"))
        for figures in runs.values()
        for value in figures["busy"]
    ]
    few = sum(value < _ALONE for value in busy)
    return (
        f"The machine was not quiet: {few} of {len(busy)} runs that need a core had less than"
        f" {_ALONE:.0%} of it. ``--cpu`` judges by CPU."
        if few
        else ""
    )


def _shown(number: float | None, unit: str) -> str:
    return "" if number is None else f"{_number(number)} {unit}".strip()


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _markdown(lines: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [" | ".join(map(str.ljust, line, widths)) for line in lines]
    rows.insert(1, "-|-".join("-" * width for width in widths))
    return "\n".join(f"| {row} |" if "-|-" not in row else f"|-{row}-|" for row in rows)
