"""Files for a disk that may get full."""

import io
import os
from typing import Any

__all__ = ["WholeFile"]


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
