"""Markdown in which text of a device stays what it is, and is harmless on a terminal."""

import inspect
import re
from collections.abc import Iterable

from ...wire import printable, printable_lines

__all__ = ["code", "fenced", "table", "words"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&#])")
_TICKS = re.compile(r"`+")


def words(text: str) -> str:
    """Give text as words of a line, or of a cell: nothing in it is markup."""
    return _SPECIAL.sub(r"\\\1", printable(" ".join(text.split())))


def code(text: str) -> str:
    """Give text as code within a line, or a cell."""
    shown = printable(text)
    if not shown.strip():
        return words(repr(shown)) if shown else ""
    ticks = "`" * (_most_ticks(shown) + 1)
    space = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{space}{shown}{space}{ticks}".replace("|", "\\|")


def fenced(text: str, language: str = "text") -> list[str]:
    """Give text as a block of its own, its lines as they are."""
    shown = printable_lines(inspect.cleandoc(text.replace("\r\n", "\n")))
    ticks = "`" * max(3, _most_ticks(shown) + 1)
    return [f"{ticks}{language}", *(line.rstrip() for line in shown.split("\n")), ticks]


def table(columns: list[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Give a table of cells that are Markdown; a line for each row, so that diffs are short."""
    lines = [columns, ["---"] * len(columns), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _most_ticks(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
