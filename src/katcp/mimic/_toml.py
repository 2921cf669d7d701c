"""Writes TOML for people: short lists on a line, long text as it is.

tomli-w writes each word of a list on a line of its own, or else all text on one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDE = 100  # characters of a line


def toml(table: Mapping[str, Any]) -> str:
    """Give a table as TOML: its tables, and the tables in these, with headers of their own.

    Text has no control characters but tabs and line ends, and no lone surrogates.
    """
    return "\n".join(_lines(table)) + "\n"


def _lines(whole: Mapping[str, Any]) -> Iterable[str]:
    yield from _pairs(whole)
    for kind, tables in whole.items():
        if not isinstance(tables, dict):
            continue
        yield from ["", f"[{_key(kind)}]", *_pairs(tables)] if list(_pairs(tables)) else []
        for name, table in tables.items():
            if isinstance(table, dict):
                yield from ["", f"[{_key(kind)}.{_key(name)}]", *_pairs(table)]


def _pairs(table: Mapping[str, Any]) -> Iterable[str]:
    for key, value in table.items():
        if not isinstance(value, dict):
            yield f"{_key(key)} = {_literal(value, _WIDE - len(key))}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _literal(value: Any, width: int = 10**9) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() if "\n" in value and width < 10**9:
            return '"""\n' + "\n".join(_quoted(line)[1:-1] for line in value.split("\n")) + '"""'
        case str():
            return _quoted(value)
        case dict():
            pairs = (f"{_key(key)} = {_literal(item)}" for key, item in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list():
            items = [_literal(item) for item in value]
            line = f"[{', '.join(items)}]"
            many = len(line) > width or (len(items) > 1 and isinstance(value[0], dict))
            return "[\n" + "".join(f"    {item},\n" for item in items) + "]" if many else line
    return repr(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # of which TOML understands all
