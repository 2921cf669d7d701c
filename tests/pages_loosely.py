"""Compares what a page shows with what came; as a program it runs a session: FILE, which has ``>>>``."""

import doctest
import re
import sys
from pathlib import Path

__all__ = ["is_shown", "run_session"]

_FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
_ANY = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),  # bold headings are not in a page
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:0"),
    (re.compile(r"\d+ (ms|readings)\b"), r"0 \1"),
    (re.compile(r"\d\d:\d\d:\d\d"), "00:00:00"),
    (re.compile(r"\d+\.\d+"), "0.0"),
)


def is_shown(shown: str, output: str) -> bool:
    """Whether a page shows this output, but for space, ``...``, ports, times, and numbers
    with a point, of milliseconds and of readings.
    """
    return doctest.OutputChecker().check_output(_loose(shown), _loose(output), _FLAGS)


class _Loosely(doctest.OutputChecker):
    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(_loose(want), _loose(got), optionflags)


def run_session(file: Path) -> int:
    """Run a session; gives how many of its lines went wrong, the first of which is printed."""
    test = doctest.DocTestParser().get_doctest(file.read_text(), {}, file.name, file.name, 0)
    runner = doctest.DocTestRunner(_Loosely(), optionflags=_FLAGS | doctest.FAIL_FAST)
    return runner.run(test).failed


def _loose(text: str) -> str:
    for pattern, instead in _ANY:
        text = pattern.sub(instead, text)
    return text


if __name__ == "__main__":
    sys.exit(run_session(Path(sys.argv[1])))
