"""What the help text of a request says of its arguments. It is believed only where it is plain."""

import inspect
import re
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Parameter", "Parameters", "parameters_of"]

_HEADING = re.compile(r"^Parameters\n-{3,}\n", re.MULTILINE)
_NEXT_HEADING = re.compile(r"^\S.*\n-{3,}$", re.MULTILINE)
_PARAMETER = re.compile(r"([A-Za-z_]\w*(?:, *[A-Za-z_]\w*)*) *(?:: *(.*))?", re.DOTALL)
_OPTIONAL = re.compile(r"(?<! ),? *\(?(?:optional|default\b.*)\)?$", re.DOTALL)
_OPTION = r"'[^'\\]*'|\"[^\"\\]*\""
_OPTIONS = re.compile(rf"\{{ *(?:{_OPTION})(?: *, *(?:{_OPTION}))* *\}}")
_TYPES = {
    "float": "Float",
    "double": "Float",
    "int": "Integer",
    "integer": "Integer",
    "bool": "Integer",
    "boolean": "Integer",
}
_WORD = r"[A-Za-z][A-Za-z0-9_-]*"
_WORDS = rf"{_WORD}(?:\|{_WORD})*"
_USAGE_WORD = re.compile(rf"\[{_WORDS}\]|{_WORDS}")


class Parameter(NamedTuple):
    """One argument: `type` as the stub has it, `options` that it is known to have."""

    name: str
    type: str = "Argument"
    options: tuple[str, ...] = ()
    optional: bool = True


class Parameters(NamedTuple):
    """The arguments of a request; it takes no others, and needs those it needs, if `complete`."""

    listed: tuple[Parameter, ...] = ()
    complete: bool = False


def parameters_of(request: str, help: str) -> Parameters:
    """Give what the help of a request says of its arguments; none if that is not plain.

    Two ways to say it are known: a section headed ``Parameters``, ``name : type`` a line, as the
    servers of katcp-python and aiokatcp have it, and the usage, ``?mode [mode]``. How many there
    are is believed if both say the same.
    """
    section, usage = _section(help), _usage(request, help)
    if section is None or usage is None:
        return Parameters(section or usage or ())
    same = [_plain(p.name) for p in section] == [_plain(p.name) for p in usage]
    if not same:
        return Parameters(section)
    return Parameters(
        tuple(s._replace(optional=u.optional) for s, u in zip(section, usage, strict=True)), True
    )


def _section(help: str) -> tuple[Parameter, ...] | None:
    text = inspect.cleandoc(help)
    heading = _HEADING.search(text)
    if heading is None:
        return None
    text = text[heading.end() :]
    following = _NEXT_HEADING.search(text)
    found: list[Parameter] = []
    for entry in _entries(text[: following.start()] if following else text):
        match = _PARAMETER.fullmatch(entry)
        if match is None:
            break  # what comes after it is at places that are not known
        if (match[2] or "").startswith("list of") or match[1].startswith("args"):
            break
        found += (_typed(name.strip(), match[2] or "") for name in match[1].split(","))
    return tuple(found)


def _entries(section: str) -> Iterable[str]:
    """Give the entries of a section without their descriptions; a broken ``{...}`` is joined."""
    entry = ""
    for line in section.splitlines():
        if entry.count("{") > entry.count("}"):
            entry += " " + line.strip()
        elif line[:1].strip():
            if entry:
                yield entry
            entry = line.strip()
    if entry:
        yield entry


def _typed(name: str, described: str) -> Parameter:
    kind = _OPTIONAL.sub("", described.strip()).strip()
    if _OPTIONS.fullmatch(kind):
        return Parameter(name, options=tuple(o[1:-1] for o in re.findall(_OPTION, kind)))
    return Parameter(name, _TYPES.get(kind, "Argument"))


def _usage(request: str, help: str) -> tuple[Parameter, ...] | None:
    match = re.search(rf"\(\?{re.escape(request)}((?: [^()\n]*)?)\)", help)
    if match is None:
        return None
    words = match[1].split()
    if not all(map(_USAGE_WORD.fullmatch, words)):
        return None
    found = tuple(_used(number, word) for number, word in enumerate(words, 1))
    needed = [not p.optional for p in found]
    return found if needed == sorted(needed, reverse=True) else None


def _used(number: int, word: str) -> Parameter:
    optional, options = word.startswith("["), tuple(word.strip("[]").split("|"))
    if len(options) == 1:
        return Parameter(options[0], optional=optional)
    return Parameter(f"argument_{number}", options=options, optional=optional)


def _plain(name: str) -> str:
    return name.replace("-", "_").lower()
