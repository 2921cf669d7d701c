"""What the measured programs share: ``python -m benchmarks.clients.NAME PORT CORE WORKLOAD JSON``.

The JSON has the parameters of the workload; the program prints its figures as JSON. Python 3.9
runs this, too, and no library for KATCP is imported here.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["Figures", "Stopwatch", "main", "memory", "percentile"]

Figures = dict[str, float]


def main(workloads: Mapping[str, Callable[..., Figures]]) -> None:
    """Do what the command line says, and print the figures."""
    port, core, workload, parameters = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    print(json.dumps(workloads[workload](int(port), **json.loads(parameters))))


class Stopwatch:
    """Measures from when it is made, with the garbage of before collected."""

    def __init__(self) -> None:
        gc.collect()
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def stop(self, count: int) -> Figures:
        """Give the figures for `count` things done since.

        They are: ``seconds``, ``rate`` (things a second), ``us`` (of CPU, a thing) and ``busy``
        (the part of the time in which this process had the CPU).
        """
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return {
            "seconds": seconds,
            "rate": count / seconds,
            "us": 1e6 * cpu / count,
            "busy": cpu / seconds,
        }


def memory() -> int:
    """Give the bytes of memory that this process holds once its garbage is collected."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def percentile(values: list[float], percent: float) -> float:
    """Give the value that so many percent do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]
