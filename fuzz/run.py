"""Runs a target under atheris: ``python -m fuzz.run TARGET [options of libFuzzer] [files]``."""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["katcp"]):
    from fuzz import targets

from fuzz import seeds

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Fuzz until told to stop, or run the files that are named."""
    name, *options = arguments
    here = Path(__file__).parent
    files = [option for option in options if not option.startswith("-")]
    if not files:
        corpus = here / "corpus" / name
        seeds.write(here / "corpus" / "seeds")
        corpus.mkdir(parents=True, exist_ok=True)
        found = here / "found" / name
        found.mkdir(parents=True, exist_ok=True)
        options += [f"-artifact_prefix={found}/", str(corpus), str(here / "corpus" / "seeds")]
    atheris.Setup([sys.argv[0], "-timeout=30", *options], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
