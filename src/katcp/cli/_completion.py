"""What the shell is told when the user presses Tab."""

import contextlib
import glob
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["complete", "joined", "places", "requests", "sensors"]

_PATIENCE = 2.0  # seconds that somebody who has pressed Tab waits for a device
_MOST_HELP = 80  # characters


def complete(app: Any) -> None:
    """Answer the shell, which asks by environment variables; see `joined` for bash."""
    if not os.environ["_KATCP_COMPLETE"].endswith("bash"):
        app(prog_name="katcp")
    words = os.environ.get("COMP_WORDS", "").split("\n")
    words, cursor = joined(words, int(os.environ.get("COMP_CWORD", "0")))
    os.environ.update(COMP_WORDS="\n".join(words), COMP_CWORD=str(cursor))
    there, colon, _ = words[cursor].rpartition(":") if cursor < len(words) else ("", "", "")
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        app(prog_name="katcp")
    for line in output.getvalue().splitlines():
        print(line.removeprefix(there + colon))


def joined(words: list[str], cursor: int) -> tuple[list[str], int]:
    """Put together again what bash takes apart: ``host:port`` is three words to it.

    To bash, what is to be completed begins after the last colon; `complete` has it so.
    """
    whole: list[str] = []
    at = cursor
    for i, word in enumerate(words):
        if i > 1 and (word == ":" or whole[-1].endswith(":")):
            whole[-1] += word
            at -= i <= cursor
        else:
            whole.append(word)
    return whole, at


def places(incomplete: str) -> Iterable[str]:
    """Give the telescope files, or the devices of one, that go on from `incomplete`.

    Of a folder, and of a file, that is the only one what is in it comes along: shells put a space
    after what cannot go on.
    """
    from ._target import split_where

    file, device = split_where(incomplete)
    if file is not None and device is not None:
        return _devices(file)
    folder, slash, start = incomplete.rpartition("/")
    found = [
        f"{folder}{slash}{path.name}{'/' * path.is_dir()}"
        for path in sorted(Path(f"{folder}{slash}").glob(f"{glob.escape(start)}*"))
        if path.suffix == ".toml" or (path.is_dir() and not path.name.startswith("."))
    ]
    if len(found) != 1:
        return found
    return places(found[0]) if found[0].endswith("/") else [*found, *_devices(Path(found[0]))]


def requests(where: str | None) -> list[tuple[str, str]]:
    """Give the requests of a device, with the first line of their help."""
    from ._ask import requests_of

    target = _looked_at(where)
    found = requests_of(target) if target is not None else {}
    return [(_brief(name), _brief(request.description)) for name, request in found.items()]


def sensors(where: str | None) -> list[tuple[str, str]]:
    """Give the sensors of a device or telescope, with what they are."""
    from ._sensors import every

    target = _looked_at(where)
    found = every(target) if target is not None else ()
    return sorted((_brief(each.name), _brief(each.sensor.description)) for each in found)


def _devices(file: Path) -> list[str]:
    from ._target import names_of, open_target

    try:
        return [f"{file}:{name}" for name in names_of(open_target(str(file)))]
    except ValueError:  # there is nobody to tell: what is printed goes to the prompt
        return []


def _looked_at(where: str | None) -> Any:
    """Give what there is, stopped again; None if that is nothing."""
    import asyncio
    import logging

    logging.disable()  # as above
    try:
        return asyncio.run(_look(where)) if where else None
    except ValueError:
        return None
    finally:
        logging.disable(logging.NOTSET)


async def _look(where: str) -> Any:
    from ..errors import TimeoutError
    from ._target import open_target

    target = open_target(where)
    target.start()
    with contextlib.suppress(TimeoutError):  # what is there by then will do
        await target.until_synced(_PATIENCE)
    await target.stop()
    return target


def _brief(text: str) -> str:
    from ..wire import printable

    return printable(text.split("\n")[0])[:_MOST_HELP]
