"""A session, recorded as it goes over the wire."""

import asyncio
import time
from pathlib import Path

from ..testing import recorded
from ._whole_file import WholeFile

__all__ = ["SessionFile"]


class SessionFile:
    """A file that each recv is written to at once, as a line, whole or not at all.

    Parameters
    ----------
    path
        Of the file, which must not be there yet: OSError.
    ended
        Is given the error if the file takes no more.
    """

    def __init__(self, path: Path, ended: "asyncio.Future[None]") -> None:
        self._file = WholeFile(path, "x")
        self._ended = ended
        self._began = time.monotonic()

    def add(self, link: int, direction: str, data: bytes) -> None:
        """Write what was received on a link, from ``c2s`` client or ``s2c`` device."""
        if self._ended.done():
            return
        line = recorded(time.monotonic() - self._began, link, direction, data)
        try:
            self._file.write(line.encode())
        except OSError as exc:
            self._ended.set_exception(exc)
