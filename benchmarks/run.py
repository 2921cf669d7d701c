"""Runs the measurements: one server process, each client in a process of its own, interleaved."""

import importlib.util
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from .cases import REFERENCE, Case, Run

__all__ = ["BenchmarkError", "Runner", "Server"]

_ROOT = Path(__file__).parent.parent
_TIMEOUT = 300.0  # seconds for one measurement
#: What `Runner.measure` gives: values by case, label of the run, and figure.
Results = dict[str, dict[str, dict[str, list[float]]]]


class BenchmarkError(Exception):
    """A program failed, or took too long."""


class Server:
    """The process of the load server, with a device for each of some numbers of sensors."""

    def __init__(self, core: int, sizes: Iterable[int]) -> None:
        self._command = [sys.executable, "-m", "benchmarks.server", str(core)]
        self._command += map(str, sorted(set(sizes)))

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=-1, stdout=-1, cwd=_ROOT, env=_environment(), text=True
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.ports = {int(size): int(port) for size, port in ports.items()}
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def prepare(self, case: Case, updates: int) -> None:
        """Have the updates of a case encoded."""
        line = f"?prepare {updates} {case.parameters['per_inform']}\n"
        with socket.create_connection(("127.0.0.1", self.ports[case.sensors])) as connection:
            connection.sendall(line.encode())
            lines = connection.makefile("rb")
            while not lines.readline().startswith(b"!prepare"):
                pass


@dataclass
class Runner:
    """Measures cases.

    Attributes
    ----------
    reference
        An interpreter that has katcp-python, or None to leave that out (as uvloop is when it is
        not installed).
    """

    reference: str | None = None
    clients: Sequence[str] = ()
    under: Sequence[str] = ()
    dice: random.Random = field(default_factory=random.Random)
    results: Results = field(default_factory=dict)

    def __post_init__(self) -> None:
        cores = sorted(os.sched_getaffinity(0))
        self._server_core, self._client_core = cores[0], cores[-1]

    def measure(self, cases: Sequence[Case], repetitions: int) -> Results:
        """Measure all, in random order each time; gives the values of every figure.

        Raises
        ------
        BenchmarkError
            If a client fails; `results` has what was measured before.
        """
        results = self.results
        with Server(self._server_core, [case.sensors for case in cases]) as server:
            self._prepare(server, cases)
            for repetition in range(repetitions):
                for case, run in self._shuffled(cases, repetition):
                    figures = self._measure(server.ports[case.sensors], case, run)
                    of_run = results.setdefault(case.name, {}).setdefault(run.label, {})
                    for name, value in figures.items():
                        of_run.setdefault(name, []).append(value)
        return results

    def _prepare(self, server: Server, cases: Sequence[Case]) -> None:
        for case in cases:
            if "per_inform" in case.parameters:
                server.prepare(case, max(run.given(case).get("count", 0) for run in case.runs))

    def _shuffled(self, cases: Sequence[Case], repetition: int) -> Iterable[tuple[Case, Run]]:
        """Give what to measure: the runs of a case stay together, since machines drift."""
        for case in self.dice.sample(cases, len(cases)):
            for run in self.dice.sample(case.runs, len(case.runs)):
                if self._wants(run) and not (run.seldom and repetition % 3):
                    yield case, run

    def _wants(self, run: Run) -> bool:
        if self.clients and run.label not in self.clients:
            return False
        if run.label == REFERENCE:
            return self.reference is not None
        return "uvloop" not in run.parameters or importlib.util.find_spec("uvloop") is not None

    def _measure(self, port: int, case: Case, run: Run) -> Mapping[str, float]:
        what = f"{case.name} with {run.label}"
        env = _environment(ours=run.label != REFERENCE)
        try:
            done = subprocess.run(
                self._command(port, case, run),
                capture_output=True, text=True, cwd=_ROOT, env=env, timeout=_TIMEOUT,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise BenchmarkError(f"{what} took more than {_TIMEOUT:g} s") from None
        if done.returncode:
            raise BenchmarkError(f"{what} failed:\n{done.stderr}")
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        print(f"{what}: {figures['seconds']:.3f} s", file=sys.stderr, flush=True)
        return figures

    def _command(self, port: int, case: Case, run: Run) -> list[str]:
        core = self._server_core if case.one_core else self._client_core
        program = ["-m", f"benchmarks.clients.{run.program}", str(port), str(core), case.workload]
        program.append(json.dumps(run.given(case)))
        if run.label == REFERENCE:
            return [str(self.reference), *program]
        if self.under and self.under[0].startswith("-"):
            return [sys.executable, *self.under, *program]
        return [*self.under, sys.executable, *program]


def _environment(ours: bool = True) -> dict[str, str]:
    """Give the environment of a program: with this very library, or without."""
    others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**others, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))} if ours else others
