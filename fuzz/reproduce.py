"""Runs a target on files, without atheris: ``python -m fuzz.reproduce TARGET FILE...``."""

import sys
from pathlib import Path

from fuzz.targets import TARGETS

if __name__ == "__main__":
    for file in sys.argv[2:]:
        print(file)
        TARGETS[sys.argv[1]](Path(file).read_bytes())
