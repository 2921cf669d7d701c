"""``katcp icd`` and ``katcp icd diff``."""

import asyncio
from pathlib import Path
from typing import Any

from ...errors import KATCPResourceError
from ...model import Interface
from .._show import json_line, table
from .._target import split_where
from .._whole_file import check_free
from ._compare import Change, changes
from ._document import document, plain_document
from ._read import all_connected, interfaces_of
from ._stored import stored
from ._write import write

__all__ = ["diff", "icd"]

_LONGEST = 60  # characters of a text in a table of changes
_BEFORE = 20  # characters before the first that differs, of a longer one


async def icd(where: str, output: Path | None, force: bool, as_json: bool, timeout: float) -> None:
    """Write the interface of a device, or of all devices of a telescope, as a document."""
    import json

    if output is not None:
        check_free(output, force)
    async with all_connected(where, timeout) as target:
        interfaces = await interfaces_of(target)
        name = target.name
    if as_json:
        text = json.dumps(plain_document(name, interfaces), indent=1) + "\n"
    else:
        text = document(name, interfaces)
    write(text, output)


async def diff(old: str, new: str, only_breaking: bool, as_json: bool, timeout: float) -> bool:
    """Show what changed; False if something did, with `only_breaking` only what breaks programs.

    Raises
    ------
    ValueError
        If one of the two cannot be read or connected to.
    """
    before, after = await _read(old, timeout), await _read(new, timeout)
    found = [c for c in changes(before, after) if c.breaking or not only_breaking]
    if as_json:
        for change in found:
            json_line(change._asdict())
    else:
        table(["", "what", "name", "change"], map(_row, found))
    return not found


async def _read(where: str, timeout: float) -> dict[str, Interface]:
    """Give the interfaces of a document or of what is live; ValueError, too, if they are not there.

    Exit status 1 is for changes alone, as the diff of Unix has it.
    """
    file, telescope = Path(where), split_where(where)[0]
    try:
        if telescope is None and (":" not in where or await asyncio.to_thread(file.is_file)):
            return await asyncio.to_thread(stored, file)
        async with all_connected(where, timeout) as target:
            return await interfaces_of(target)
    except KATCPResourceError as exc:
        raise ValueError(str(exc)) from None
    except OSError as exc:
        raise ValueError(f"{where}: {exc.strerror}" if exc.strerror else str(exc)) from None


def _row(change: Change) -> list[str]:
    device = f"{change.device}: " if change.device and change.kind != "device" else ""
    how = change.change
    if change.change == "changed":
        how = f"{change.field.replace('_', '-')}: {_what(change)}"
    mark = "breaking" if change.breaking else ""
    return [mark, change.kind, device + change.name, how]


def _what(change: Change) -> str:
    if change.field == "options":
        gone = [f"-{option}" for option in change.old if option not in change.new]
        come = [f"+{option}" for option in change.new if option not in change.old]
        return " ".join(gone + come) or "in another order"
    old, new = _text(change.old), _text(change.new)
    pairs = enumerate(zip(old, new, strict=False))
    differs = next((at for at, (a, b) in pairs if a != b), min(len(old), len(new)))
    start = max(0, differs - _BEFORE)
    return f"{_shown(old, start)} -> {_shown(new, start)}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = " ".join(value)
    return "none" if value is None else str(value)


def _shown(text: str, start: int) -> str:
    """Give a text, of a long one the part from `start`, where it begins to differ."""
    if not text.strip():
        return repr(text)
    if len(text) <= _LONGEST:
        return text
    end = "..." if len(text) > start + _LONGEST else ""
    return ("..." if start else "") + text[start : start + _LONGEST] + end
