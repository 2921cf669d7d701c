"""Fuzzes everything for some minutes in all, and says what came of it: ``python -m fuzz MINUTES``."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOUND = Path(__file__).parent / "found"
#: Target -> its share of the time.
SHARES = {"session": 0.2, "resource": 0.5, "machine": 0.3}
_DONE = re.compile(r"Done (\d+) runs in (\d+) second")
_COUNT = re.compile(r"^#(\d+)\s", re.MULTILINE)
_FEATURES = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass
class Row:
    """What came of one target."""

    target: str
    executions: int
    seconds: int
    coverage: str
    crashes: list[Path]
    failed: bool


def main(minutes: float) -> int:
    """Run the targets one after the other; gives the exit status."""
    rows = [_run(target, int(60 * minutes * share)) for target, share in SHARES.items()]
    print(f"\n{'target':10} {'executions':>10} {'seconds':>8} {'cov/features':>14} {'crashes':>8}")
    for row in rows:
        print(
            f"{row.target:10} {row.executions:10} {row.seconds:8} {row.coverage:>14} "
            f"{len(row.crashes):8}"
        )
    for row in rows:
        for crash in row.crashes:
            print(f"crash of {row.target}: {crash}")
        if row.failed and not row.crashes:
            print(f"{row.target} ended without having run its time")
    return int(any(row.failed for row in rows))


def _run(target: str, seconds: int) -> Row:
    print(f"--- {target}, {seconds} s", flush=True)
    before = _found(target)
    command = [sys.executable, "-m"]
    if target == "machine":
        command += ["fuzz.machine", str(seconds)]
    else:
        command += ["fuzz.run", target, f"-max_total_time={seconds}", "-print_final_stats=0"]
    done = subprocess.run(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
    )
    if done.returncode:
        print(done.stdout[-8000:])
    runs = _DONE.search(done.stdout)
    counts = _COUNT.findall(done.stdout) or ["0"]
    features = _FEATURES.findall(done.stdout)
    return Row(
        target,
        int(runs[1]) if runs else int(counts[-1]),
        int(runs[2]) if runs else seconds,
        "/".join(features[-1]) if features else "-",
        sorted(_found(target) - before),
        done.returncode != 0,
    )


def _found(target: str) -> set[Path]:
    return set((FOUND / target).glob("*"))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5))
