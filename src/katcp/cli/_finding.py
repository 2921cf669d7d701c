"""What ``katcp doctor`` finds, and how it is shown."""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ..wire import brief
from ._show import json_line, painted

__all__ = ["Finding", "few", "show_finding"]

_COLOURS = {"ok": "green", "note": "", "warning": "yellow", "problem": "red"}
_INDENT = 22  # columns
_MOST = 200  # characters of what a device said


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a device.

    Attributes
    ----------
    level
        ``ok``, ``note``, ``warning`` (it works, but not as it could) or ``problem``.
    check
        What was looked at, in a word.
    what
        What was seen.
    do
        What to do about it; empty if nothing.
    """

    level: str
    check: str
    what: str
    do: str = ""


def few(names: Sequence[str], most: int = 5) -> str:
    """Give the first of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(brief(name, _MOST) for name in names[:most]) + more


def show_finding(device: str, finding: Finding, as_json: bool) -> None:
    """Print a finding as it comes."""
    if as_json:
        json_line({"device": device, **asdict(finding)})
        return
    level = painted(f"{finding.level:8}", _COLOURS[finding.level])
    print(f"{level} {finding.check:12} {_wrapped(brief(finding.what))}", flush=True)
    if finding.do:
        print(f"{'':21} {_wrapped(f'-> {finding.do}')}", flush=True)


def _wrapped(text: str) -> str:
    """Give text in lines that fit in the last column of a terminal; as it is for what is none."""
    if not sys.stdout.isatty():
        return text
    width = max(20, shutil.get_terminal_size().columns - _INDENT)
    lines = textwrap.wrap(text, width, break_on_hyphens=False)
    return f"\n{'':{_INDENT}}".join(lines)
