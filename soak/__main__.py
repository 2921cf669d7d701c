"""Runs for some minutes and says what came of it: ``python -m soak [MINUTES] [--seed N]``."""

import argparse
import asyncio
import json
import random
import sys
from pathlib import Path
from typing import Any

from .run import Plan, Soak


def main() -> int:
    """Run; gives the exit status."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=5.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--devices", type=int, default=64)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    plan = Plan(given.minutes, given.seed, given.devices)
    print(f"{plan.devices} devices, {plan.minutes:g} minutes, seed {plan.seed}", flush=True)
    figures = asyncio.run(Soak(plan).run())
    _print(figures)
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 1 if figures["checks failed"] else 0


def _print(figures: dict[str, Any]) -> None:
    print()
    for name, value in figures.items():
        lines = [value]
        if isinstance(value, dict):
            lines = [f"{kind} {count}" for kind, count in sorted(value.items())]
        elif isinstance(value, list) and name == "checks failed":
            lines = value or ["none"]
        for i, line in enumerate(lines):
            print(f"{name if i == 0 else '':36}{line}")


if __name__ == "__main__":
    sys.exit(main())
