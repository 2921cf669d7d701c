"""Interfaces out of what ``katcp icd`` wrote: the document, or its JSON."""

import json
import re
from pathlib import Path
from typing import Any

from ...model import Interface
from ._document import MARK

__all__ = ["stored"]

_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def stored(file: Path) -> dict[str, Interface]:
    """Give the interfaces that are in a file, by device.

    Raises
    ------
    ValueError
        If it has none, or they were damaged; names the file.
    OSError
        If it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
        return _interfaces(_plain(text))
    except ValueError as exc:  # of what is no UTF-8, too
        raise ValueError(f"{file} is no document of katcp icd: {exc}") from None


def _plain(text: str) -> dict[str, Any]:
    whole = text if text.lstrip().startswith("{") else ""
    for block in [whole, *reversed(_BLOCK.findall(text))]:
        if f'"{MARK}"' in block:
            plain = json.loads(block)
            if isinstance(plain, dict) and MARK in plain:
                return plain
    raise ValueError("its part for programs, at the end, is missing")


def _interfaces(plain: dict[str, Any]) -> dict[str, Interface]:
    if plain[MARK] != 1:
        raise ValueError(f"its format is {plain[MARK]!r}, and this katcp-client knows 1")
    kinds = plain.get("interfaces")
    if not isinstance(kinds, list):
        raise ValueError(f"interfaces must be a list, not {kinds!r}")
    found: dict[str, Interface] = {}
    for kind in kinds:
        if not isinstance(kind, dict) or not isinstance(kind.get("devices"), list):
            raise ValueError("each of its interfaces must be an object with a list of devices")
        for device in map(str, kind["devices"]):
            found[device] = Interface.from_plain({**kind, "name": device})
    return found
