"""Python source of a stub: names that can be written there, text that is harmless there."""

import keyword
import re
import unicodedata
from collections.abc import Iterable

from ...wire import printable, printable_lines

__all__ = ["Imports", "class_name", "comment", "docstring", "indented", "is_attribute", "quoted"]

_FROM = {
    "asyncio": ["Future"],
    "builtins": ["bool", "float", "int", "property", "str", "tuple", "list"],
    "collections.abc": ["Iterator"],
    "typing": ["Any", "Literal", "Unpack", "overload"],
    "katcp.resource": ["KATCPReply"],
    "katcp.resource_client": ["ClientGroup", "GroupResults", "KATCPClientResource"],
    "katcp.typed": [
        "Argument",
        "BlockingContainer",
        "BlockingDevice",
        "BlockingGroup",
        "BlockingGroupRequest",
        "BlockingRequest",
        "BlockingSensor",
        "Container",
        "Float",
        "GroupRequest",
        "Integer",
        "Items",
        "Request",
        "Sending",
        "Sensor",
        "blocking_group_request",
        "blocking_request",
        "group_request",
        "request",
    ],
}
_MODULES = {name: module for module, names in _FROM.items() for name in names}


class Imports:
    """The names that a stub imports, each under another name where a device has it for its own.

    Parameters
    ----------
    taken
        The names of sensors, requests, devices and classes in the stub.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._used: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """Give the name under which one of `_FROM` is used."""
        if name not in self._used:
            used = name
            while used in self._taken:
                used += "_"
            self._used[name] = used
        return self._used[name]

    def type(self, text: str) -> str:
        """Give a type with each name in it as it is used; nothing in it may be in quotes."""
        return re.sub(r"[A-Za-z_]+", lambda m: self(m[0]) if m[0] in _MODULES else m[0], text)

    def lines(self) -> list[str]:
        """Give the imports of what was used."""
        found: dict[str, list[str]] = {}
        for name, used in sorted(self._used.items()):
            if _MODULES[name] != "builtins" or used != name:
                shown = name if used == name else f"{name} as {used}"
                found.setdefault(_MODULES[name], []).append(shown)
        order = sorted(found, key=lambda module: (module.startswith("katcp"), module))
        return [f"from {module} import {', '.join(found[module])}" for module in order]


def is_attribute(identifier: str) -> bool:
    """Whether it can be written after a dot, and is the same name there."""
    return (
        identifier.isidentifier()
        and not keyword.iskeyword(identifier)
        and not identifier.startswith("__")
        and unicodedata.normalize("NFKC", identifier) == identifier
    )


def class_name(text: str) -> str:
    """Give the name of a class after a device, ``Rx1`` for ``rx-1``."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name[:1].isalpha() and not keyword.iskeyword(name) else f"Device{name}"


def quoted(text: str) -> str:
    """Give text as a Python literal, in ASCII where it is no plain text."""
    inner = ascii(text) if not text.isprintable() else repr(text)
    if inner[0] == "'" and '"' not in inner:
        return f'"{inner[1:-1]}"'
    return inner


def docstring(text: str) -> list[str]:
    """Give the lines of a docstring that shows just this text, whatever is in it."""
    lines = printable_lines(text.replace("\r\n", "\n")).rstrip().split("\n")
    safe = [line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip() for line in lines]
    if len(safe) == 1 and not safe[0].endswith('"'):
        return [f'"""{safe[0]}"""']
    return [f'"""{safe[0]}', *safe[1:], '"""']


def indented(lines: Iterable[str]) -> list[str]:
    """Give lines one level further in."""
    return [f"    {line}" if line else "" for line in lines]


def comment(text: str) -> str:
    """Give text as a comment of one line."""
    return f"# {printable(text)}"
