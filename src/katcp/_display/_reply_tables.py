"""What replies, results of groups and outcomes of strategies look like."""

from collections.abc import Iterator
from typing import Any

from ..resource import KATCPReply
from ..resource_client import GroupResults, TestableDict
from ..wire import Message, decode_text
from ._table import Cell, Table, cell, count, more

__all__ = ["met_table", "outcomes_table", "reply_table", "results_table"]

_MOST_INFORMS = 20  # of one reply that are shown
_DEEPEST = 4  # of dicts in dicts that a group gives
_MOST_OF_EACH = 3  # of each device of a group


def reply_table(reply: KATCPReply) -> Table:
    """Give a reply with its first informs."""
    asked = reply._asked
    title = [_outcome(_word(reply))]
    if asked is not None:
        request = " ".join(["?" + asked.request, *map(decode_text, asked.arguments)])
        title = [cell(f"{asked.device}:", "strong"), cell(request), *title]
        title += [Cell(f"after {asked.elapsed:.3g} s", "dim")]
    words = _words(reply.reply)[1:]
    if not reply and not words:
        words = ["(no reason given)"]
    shown = reply.informs[:_MOST_INFORMS]
    return Table(
        title=(*title, *map(cell, words)),
        rows=_even(
            [[Cell("#" + inform.name, "dim"), *map(cell, _words(inform))] for inform in shown]
        ),
        notes=more(
            len(reply.informs) - len(shown), "informs", "reply.informs has all; here, _.informs"
        ),
    )


def results_table(results: GroupResults) -> Table:
    """Give what each device of a group replied."""
    rows: list[list[Cell]] = []
    left = 0
    for name, reply in results.items():
        how, words = results.outcome(name)
        rows.append([cell(name, "strong"), _outcome(how), cell(words)])
        informs = [] if reply is None else reply.informs
        left += max(0, len(informs) - _MOST_OF_EACH)
        rows += [
            [Cell(""), Cell("#" + inform.name, "dim"), cell(" ".join(_words(inform)))]
            for inform in informs[:_MOST_OF_EACH]
        ]
    return Table(
        title=(count(sum(map(bool, results.values())), len(results), "succeeded"),),
        columns=("device", "result", "reply"),
        rows=_even(rows),
        notes=more(left, "informs", 'those of one device: _["NAME"]'),
    )


def met_table(met: TestableDict) -> Table:
    """Give which devices of a group met a condition."""
    enough = "" if met.required == len(met) else f" ({met.required} needed)"
    there = sum(map(bool, met.values()))
    style = "good" if met else "bad"
    return Table(
        title=(Cell(f"{there} of {len(met)} met the condition{enough}", style),),
        rows=tuple((cell(k, "strong"), _yes(v)) for k, v in met.items()),
    )


def outcomes_table(outcomes: Any) -> Table | None:
    """Give what setting strategies gave, for one sensor or many; None if it is not that."""
    rows: list[tuple[Cell, ...]] = []
    for row in _outcome_rows(outcomes, ()):
        if row is None:  # of any dict the first item says so, mostly
            return None
        rows.append(row)
    return Table(rows=tuple(rows)) if rows else None


def _outcome_rows(outcomes: Any, path: tuple[str, ...]) -> Iterator[tuple[Cell, ...] | None]:
    match outcomes:
        case dict() if len(path) < _DEEPEST:
            for name, inner in outcomes.items():
                yield from _outcome_rows(inner, (*path, str(name)))
        case (True, (str(), *_) as strategy) if all(isinstance(word, str) for word in strategy):
            yield cell(" ".join(path), "strong"), Cell("set", "good"), cell(" ".join(strategy))
        case (False, (_, Exception() as error, _)):
            yield cell(" ".join(path), "strong"), Cell("FAILED", "bad"), cell(error)
        case _:
            yield None


def _words(message: Message) -> list[str]:
    return [decode_text(argument) for argument in message.arguments]


def _word(reply: KATCPReply) -> str:
    return next(iter(_words(reply.reply)), "nothing")


def _outcome(word: str) -> Cell:
    if word == "ok":
        return Cell("ok", "good")
    return cell({"fail": "FAILED"}.get(word, word.upper()), "warn" if word == "absent" else "bad")


def _yes(met: bool) -> Cell:
    return Cell("yes", "good") if met else Cell("NO", "bad")


def _even(rows: list[list[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Give the rows with the same number of cells each."""
    most = max(map(len, rows), default=0)
    return tuple((*row, *[Cell("")] * (most - len(row))) for row in rows)
