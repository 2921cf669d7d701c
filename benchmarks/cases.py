"""What is measured, with which clients, and what is to be reached."""

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "ROWS", "Bound", "Case", "Row", "Run"]

OURS, AIOKATCP, REFERENCE = "ours", "aiokatcp", "katcp-python"
UVLOOP = {"uvloop": True}


@dataclass(frozen=True)
class Run:
    """A client in a case.

    Attributes
    ----------
    label
        What it is called in tables.
    program
        Module of `benchmarks.clients`.
    parameters
        What it is given beside, or instead of, the parameters of the case.
    seldom
        It takes so long that it is measured in a third of the repetitions.
    """

    label: str
    program: str
    parameters: dict[str, Any] = field(default_factory=dict)
    seldom: bool = False


@dataclass(frozen=True)
class Case:
    """Something done with a device of so many sensors, by several clients in turn.

    With `one_core` client and server share one; those that are not `quick` take long.
    """

    name: str
    workload: str
    sensors: int
    runs: tuple[Run, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    one_core: bool = False
    quick: bool = True


@dataclass(frozen=True)
class Bound:
    """A target for our figure: at least, or at most, so many times that of a run, or of nothing."""

    least: bool
    times: float
    label: str | None = None
    case: str | None = None  # of that run, if it is another


@dataclass(frozen=True)
class Row:
    """A line of the table: a figure of a case, the ceiling to show beside, the targets.

    What must never be exceeded is told by its `worst`, not by its median.
    """

    title: str
    case: str
    figure: str
    unit: str
    ceiling: str | None = None
    bounds: tuple[Bound, ...] = ()
    worst: bool = False


def _least(times: float, label: str | None = None, case: str | None = None) -> Bound:
    return Bound(True, times, label, case)


def _most(times: float, label: str | None = None) -> Bound:
    return Bound(False, times, label)


def _updates(per_inform: int, listeners: bool, ceiling: str) -> Case:
    fast, slow, slowest = (
        (500_000, 200_000, 40_000) if per_inform > 1 else (200_000, 80_000, 20_000)
    )
    reference = (Run(REFERENCE, "katcp_python", {"count": slowest}),) if listeners else ()
    return Case(
        f"updates-{per_inform}" + ("" if listeners else "-silent"),
        "updates",
        1000,
        (
            Run(OURS, "ours"),
            Run("ours, uvloop", "ours", UVLOOP),
            Run(AIOKATCP, "aiokatcp", {"count": slow}),
            Run("aiokatcp, uvloop", "aiokatcp", {"count": slow, **UVLOOP}),
            *reference,
            Run(ceiling, "bare", {"count": 2 * fast}),
        ),
        {"count": fast, "per_inform": per_inform, "listeners": listeners},
    )


def _reader(per_inform: int) -> Case:
    return Case(
        f"reader-{per_inform}",
        "reader",
        1000,
        (Run("reader", "bare"),),
        {"count": 1_000_000, "per_inform": per_inform},
    )


def _syncing(sensors: int, slow: bool) -> tuple[Run, ...]:
    return (
        Run(OURS, "ours"),
        Run("ours, uvloop", "ours", UVLOOP),
        Run(AIOKATCP, "aiokatcp"),
        Run(REFERENCE, "katcp_python", seldom=slow),
        Run("bare", "bare"),
    )


def _sync(sensors: int) -> Case:
    early = Run("ours, strategies first", "ours", {"early": True})
    runs = (*_syncing(sensors, sensors > 1000), early)
    return Case(
        f"sync-{sensors}", "sync", sensors, runs, {"sensors": sensors}, quick=sensors < 50_000
    )


def _requests(workload: str, count: int, one_core: bool) -> Case:
    runs = (
        Run(OURS, "ours"),
        Run("ours, uvloop", "ours", UVLOOP),
        Run(AIOKATCP, "aiokatcp"),
        Run("aiokatcp, uvloop", "aiokatcp", UVLOOP),
        Run(REFERENCE, "katcp_python", {"count": min(count, 5000)}),
        Run("bare", "bare"),
    )
    return Case(workload, workload, 10, runs, {"count": count}, one_core)


CASES = (
    _updates(1, True, "eager"),
    _updates(1, False, "lazy"),
    _updates(50, True, "eager"),
    _reader(1),
    _reader(50),
    _sync(1_000),
    _sync(10_000),
    _sync(50_000),
    Case("many", "many", 500, _syncing(500, True), {"sensors": 500, "connections": 64}),
    _requests("serial", 4_000, one_core=True),
    _requests("pipelined", 20_000, one_core=False),
)

ROWS = (
    Row(
        "updates/s, 1 sensor an inform, a listener each",
        "updates-1", "rate", "/s", "eager", (_least(8, AIOKATCP), _least(0.7, "eager")),
    ),
    Row(
        "the same, no listener",
        "updates-1-silent", "rate", "/s", "lazy", (_least(12, AIOKATCP), _least(0.5, "lazy")),
    ),
    Row(
        "updates/s, 50 sensors an inform, a listener each",
        "updates-50", "rate", "/s", "eager", (_least(4, AIOKATCP), _least(0.65, "eager")),
    ),
    Row(
        "connect, sync, sample 10 000 sensors",
        "sync-10000", "seconds", "s", "bare", (_most(1 / 3, AIOKATCP), _most(1 / 40, REFERENCE)),
    ),
    Row(
        "the same, 50 000 sensors",
        "sync-50000", "seconds", "s", "bare", (_most(1 / 3, AIOKATCP), _most(1 / 40, REFERENCE)),
    ),
    Row(
        "sensors/s of that",
        "sync-50000", "rate", "/s", "bare", (_least(1 / 1.2, OURS, "sync-1000"),),
    ),
    Row(
        "memory a sensor at 50 000",
        "sync-50000", "bytes", "B", "bare", (_most(1300),),
    ),
    Row(
        "64 connections of 500 sensors, synced and sampled",
        "many", "seconds", "s", "bare", (_most(1 / 3, AIOKATCP),),
    ),
    Row(
        "requests/s one after another, on one core",
        "serial", "rate", "/s", "bare", (_least(1, AIOKATCP), _least(0.75, "bare")),
    ),
    Row(
        "requests/s, 20 000 in flight, on two cores",
        "pipelined", "rate", "/s", "bare", (_least(3, AIOKATCP),),
    ),
)  # fmt: skip
