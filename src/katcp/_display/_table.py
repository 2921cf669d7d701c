"""`Table`: something to show, and its two faces, text of a terminal and HTML."""

import html
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..wire import brief, printable

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["Cell", "Table", "as_html", "as_text", "cell", "count", "more"]

_RICH = {"good": "green", "warn": "yellow", "bad": "bold red", "dim": "dim", "strong": "bold"}
_CSS = {
    "good": "color:green",
    "warn": "color:darkorange",
    "bad": "color:red;font-weight:bold",
    "dim": "color:gray",
    "strong": "font-weight:bold",
}


class Cell(NamedTuple):
    """A text without control characters and how it looks: a key of the styles above, or ``""``."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Table:
    """A line of text, rows under column names (none of either may be), and notes below."""

    title: tuple[Cell, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()


def cell(value: object, style: str = "") -> Cell:
    """Make a cell of anything, a device's text included, which is cut if it is very long."""
    return Cell(brief(str(value)), style)


def count(good: int, of: int, what: str) -> Cell:
    """Give so many of so many, good if they are all."""
    return Cell(f"{good} of {of} {what}", "good" if good == of else "bad")


def more(left: int, what: str, hint: str) -> tuple[str, ...]:
    """Give the note that there are more, and where; none if there are not."""
    return (f"... and {left} more {what}: {hint}",) if left > 0 else ()


def as_text(table: Table, width: int, colour: bool) -> str:
    """Give the table as text of lines no wider than `width`, with escapes if in `colour`."""
    from rich.console import Console
    from rich.table import Table as Grid

    output = io.StringIO()
    console = Console(
        file=output, width=max(width, 20), force_terminal=colour, no_color=not colour,
        color_system="standard" if colour else None, highlight=False, emoji=False, markup=False,
        force_jupyter=False,  # else it shows things in a notebook by itself
    )  # fmt: skip
    if table.title:
        console.print(_line(table.title))
    if table.rows:
        shown = any(table.columns)
        grid = Grid(
            *table.columns, box=None, pad_edge=False, header_style="bold", show_header=shown
        )
        for row in table.rows:
            grid.add_row(*(_line([text]) for text in row))
        console.print(grid)
    for note in table.notes:
        console.print(_line([Cell(printable(note), "dim")]))
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


def as_html(table: Table) -> str:
    """Give the table as HTML."""
    parts = []
    if table.title:
        parts.append(f"<div>{'&nbsp; '.join(map(_span, table.title))}</div>")
    if table.rows:
        head = _row("th", map(html.escape, table.columns)) if any(table.columns) else ""
        rows = "".join(_row("td", map(_span, row)) for row in table.rows)
        parts.append(f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>")
    parts += [f"<div>{_span(Cell(printable(note), 'dim'))}</div>" for note in table.notes]
    return "".join(parts)


def _line(cells: Iterable[Cell]) -> "Text":
    from rich.text import Text

    return Text("  ").join(Text(text, style=_RICH.get(style, "")) for text, style in cells)


def _row(tag: str, cells: Iterable[str]) -> str:
    # Jupyter would have them at the right.
    return "".join(
        ["<tr>", *(f'<{tag} style="text-align:left">{c}</{tag}>' for c in cells), "</tr>"]
    )


def _span(text: Cell) -> str:
    words = html.escape(text.text)
    return f'<span style="{_CSS[text.style]}">{words}</span>' if text.style else words
