"""Files for a disk that may get full."""

import io
import os
from pathlib import Path
from typing import Any

__all__ = ["WholeFile", "check_free", "put_whole"]


class WholeFile(io.FileIO):
    """A file, without a buffer, to which data is written whole or not at all."""

    def write(self, data: Any) -> int:
        """Write all of `data`; OSError if that cannot be, with the file as it was before."""
        start, left = self.tell(), memoryview(data).cast("B")
        try:
            while left:
                left = left[super().write(left) or 0 :]
        except OSError as exc:
            exc.filename = self.name
            self.cut(start)
            raise
        return memoryview(data).nbytes

    def cut(self, size: int) -> None:
        """Cut it to so many bytes, and go on there."""
        os.ftruncate(self.fileno(), size)
        self.seek(size)


def check_free(path: Path, force: bool) -> None:
    """Raise ValueError if there is a file, or a folder, that is not to be written over."""
    if (path.is_file() or path.is_dir()) and not force:
        raise ValueError(f"{path} exists; give another name, or --force to write over it")


def put_whole(path: Path, data: bytes) -> None:
    """Make `data` what is in a file, as a whole or not at all; OSError, of that name, if not.

    A symbolic link is followed; what is no file, like ``/dev/stdout``, is written to.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        whole = path.resolve()
        part = whole.with_name(f"{whole.name}.tmp")
        try:
            with WholeFile(part, "w") as file:
                file.write(data)
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        exc.filename, exc.filename2 = str(path), None
        raise
