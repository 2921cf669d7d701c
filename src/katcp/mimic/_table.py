"""A table of a TOML file whose every key is checked."""

import difflib
import math
import sys
from collections.abc import Iterator
from typing import Any

from ..errors import SpecError
from ..wire import printable

__all__ = ["Table", "is_number"]


class Table:
    """Takes keys out of a table; what is left at the end is wrong.

    Parameters
    ----------
    where
        File and table, for errors.
    """

    def __init__(self, where: str, plain: Any) -> None:
        self._where = where
        if not isinstance(plain, dict):
            self.fail("", "a table", plain)
        self._left = dict(plain)
        self._taken: list[str] = []

    def fail(self, key: str, wanted: str, found: Any) -> Any:
        """Raise `SpecError` for a key that should have been something else."""
        shown = "is missing" if found is None else f"is {printable(repr(found))[:100]}"
        dot = ": " if key else ""
        raise SpecError(f"{printable(self._where)}{dot}{key} {shown}; it must be {wanted}")

    def take(self, key: str) -> Any:
        """Give the value of a key, None if it is not there."""
        self._taken.append(key)
        return self._left.pop(key, None)

    def text(self, key: str, default: str | None = None) -> str:
        """Give a text; `SpecError` if it is none."""
        value = self.take(key)
        value = default if value is None else value
        return value if isinstance(value, str) else self.fail(key, "text", value)

    def flag(self, key: str, default: bool) -> bool:
        """Give true or false; `SpecError` if it is neither."""
        value = self.take(key)
        value = default if value is None else value
        return value if isinstance(value, bool) else self.fail(key, "true or false", value)

    def one_of(self, key: str, allowed: list[str], default: str | None = None) -> str:
        """Give one of the texts that are allowed; `SpecError` if it is none."""
        value = self.text(key, default)
        return value if value in allowed else self.fail(key, f"one of {', '.join(allowed)}", value)

    def number(
        self,
        key: str,
        default: float | None = None,
        *,
        above: float = -math.inf,
        least: float = -math.inf,
    ) -> float:
        """Give a number that is not too large, within limits; `SpecError` if it is none."""
        found = self.take(key)
        value: Any = default if found is None else found
        if (
            not is_number(value)
            or not (above < value >= least)
            or not abs(value) <= sys.float_info.max
        ):
            limit = f" above {above:g}" if above > -math.inf else ""
            limit += f", {least:g} or more" if least > -math.inf else ""
            self.fail(key, f"a number{limit}", value)
        return float(value) if isinstance(value, float) else int(value)

    def word_lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Give a list of lists of text, empty if not there; `SpecError` if it is none."""
        value = self.take(key) or []
        if not isinstance(value, list):
            self.fail(key, "a list of lists of text", value)
        lists = [Table(self._where, {key: each}) for each in value]
        return tuple(each.words(key) for each in lists)

    def words(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """Give a list of text; `SpecError` if it is none."""
        value = self.take(key)
        value = default if value is None else value
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.fail(key, "a list of text", value)
        return tuple(value)

    def tables(self, key: str) -> Iterator["Table"]:
        """Give the tables of a list; `SpecError` if it is none, or empty."""
        value = self.take(key)
        if not isinstance(value, list) or not value:
            self.fail(key, "a list of tables", value)
        for number, each in enumerate(value, 1):
            yield Table(f"{self._where}: {key}, no. {number}", each)

    def table(self, key: str) -> "Table":
        """Give a table in this, empty if not there; `SpecError` if it is none."""
        value = self.take(key)
        return Table(f"{self._where}: {key}", {} if value is None else value)

    def named(self, kind: str) -> Iterator[tuple[str, "Table"]]:
        """Give the tables in the table of this key, by name; `SpecError` if there are others."""
        value = self.take(kind)
        for name, each in Table(f"{self._where}: {kind}", {} if value is None else value).items():
            yield name, Table(f"{self._where}: {kind} {name}", each)

    def items(self) -> list[tuple[str, Any]]:
        """Give what is left."""
        return list(self._left.items())

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def end(self) -> None:
        """Raise `SpecError` if there is something that nobody has taken."""
        for key in self._left:
            known = sorted(set(self._taken))
            close = difflib.get_close_matches(key, known, 1) or known
            raise SpecError(printable(f"{self._where}: no key {key!r}; known: {', '.join(close)}"))


def is_number(value: Any) -> bool:
    """Whether it is an integer or a float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
