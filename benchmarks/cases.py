"""What is measured, with which clients."""

from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["AIOKATCP", "CASES", "EARLY", "OURS", "REFERENCE", "UVLOOP", "Case", "Run", "scaled"]

OURS, AIOKATCP, REFERENCE = "ours", "aiokatcp", "katcp-python"
UVLOOP = "ours, uvloop"
EARLY = "ours, strategies first"
_ON_UVLOOP = {"uvloop": True}


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

    def given(self, case: "Case") -> dict[str, Any]:
        """Give all parameters."""
        return {**case.parameters, **self.parameters}


@dataclass(frozen=True)
class Case:
    """Something done with a device of so many sensors, by several clients in turn.

    With `one_core` client and server share one.

    Attributes
    ----------
    weight
        0: it is quick; 1: it takes long; 2: so long, or so much memory, that it is measured only
        when it is asked for by name.
    """

    name: str
    workload: str
    sensors: int
    runs: tuple[Run, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    one_core: bool = False
    weight: int = 0


def scaled(case: Case, part: float) -> Case:
    """Give the case with a part of its updates or requests."""

    def less(parameters: dict[str, Any]) -> dict[str, Any]:
        if "count" not in parameters:
            return parameters
        thousands = max(1, round(parameters["count"] * part / 1000))  # the chunks of the server
        return {**parameters, "count": 1000 * thousands}

    runs = tuple(replace(run, parameters=less(run.parameters)) for run in case.runs)
    return replace(case, runs=runs, parameters=less(case.parameters))


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
            Run(UVLOOP, "ours", _ON_UVLOOP),
            Run(AIOKATCP, "aiokatcp", {"count": slow}),
            Run("aiokatcp, uvloop", "aiokatcp", {"count": slow, **_ON_UVLOOP}),
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


def _syncing(slow: bool) -> tuple[Run, ...]:
    return (
        Run(OURS, "ours"),
        Run(UVLOOP, "ours", _ON_UVLOOP),
        Run(AIOKATCP, "aiokatcp"),
        Run(REFERENCE, "katcp_python", seldom=slow),
        Run("bare", "bare"),
    )


def _sync(sensors: int) -> Case:
    runs = (*_syncing(slow=sensors > 1000), Run(EARLY, "ours", {"strategies": "before"}))
    weight = int(sensors >= 50_000)
    return Case(f"sync-{sensors}", "sync", sensors, runs, {"sensors": sensors}, weight=weight)


def _holds(sensors: int, weight: int) -> Case:
    runs = (
        Run(OURS, "ours_holds", seldom=True),
        Run(EARLY, "ours_holds", {"strategies": "before"}, seldom=True),
        Run("ours, no strategies", "ours_holds", {"strategies": "never"}, seldom=True),
    )
    return Case(f"holds-{sensors}", "sync", sensors, runs, {"sensors": sensors}, weight=weight)


def _requests(workload: str, count: int, one_core: bool) -> Case:
    runs = (
        Run(OURS, "ours"),
        Run(UVLOOP, "ours", _ON_UVLOOP),
        Run(AIOKATCP, "aiokatcp"),
        Run("aiokatcp, uvloop", "aiokatcp", _ON_UVLOOP),
        Run(REFERENCE, "katcp_python", {"count": min(count, 5000)}),
        Run("bare", "bare"),
    )
    return Case(workload, workload, 10, runs, {"count": count}, one_core)


def _alone(name: str, program: str, sensors: int, **parameters: Any) -> Case:
    """Give a case of this library alone."""
    runs = (Run(OURS, program, seldom=True),)
    return Case(name, name, sensors, runs, {"sensors": sensors, **parameters}, weight=1)


CASES = (
    _updates(1, True, "eager"),
    _updates(1, False, "lazy"),
    _updates(50, True, "eager"),
    _reader(1),
    _reader(50),
    _sync(1_000),
    _sync(10_000),
    _sync(50_000),
    Case("many", "many", 500, _syncing(slow=True), {"sensors": 500, "connections": 64}),
    _requests("serial", 4_000, one_core=True),
    _requests("pipelined", 20_000, one_core=False),
    _holds(50_000, weight=1),
    Case(
        "holds-updates",
        "updates",
        1000,
        (Run(OURS, "ours_holds"),),
        {"count": 200_000, "per_inform": 1},
    ),
    Case(
        "holds-many",
        "many",
        500,
        (Run(OURS, "ours_holds"),),
        {"sensors": 500, "connections": 64},
    ),
    _alone("relist", "ours_holds", 50_000),
    _alone("reconnect", "ours_holds", 50_000),
    _alone("idle", "ours_upkeep", 50_000, seconds=3),
    _alone("change", "ours_upkeep", 50_000),
    _alone("container", "ours_upkeep", 1000, connections=64),
    _holds(1_000_000, weight=2),
)
