"""Bytes to lines, of which nothing is lost."""

from collections.abc import Iterator

__all__ = ["Framer"]

_LONGEST = 1 << 20  # bytes of a line that is kept until its end has come


class Framer:
    """Divides bytes into lines, of which it keeps the last until its end has come, or does not."""

    def __init__(self) -> None:
        self._start = b""
        self._inside = False  # a line whose start has been given

    def feed(self, data: bytes, keep: bool) -> Iterator[tuple[bytes, bool]]:
        """Give what has come, in pieces: the bytes, and whether they are a line and its end."""
        data, self._start = self._start + data, b""
        if keep and self._inside:
            end = data.find(b"\n") + 1 or len(data)
            yield self._raw(data[:end])
            data = data[end:]
        if keep:
            *lines, data = data.split(b"\n")
            for line in lines:
                yield line + b"\n", True
        if keep and len(data) <= _LONGEST:
            self._start = data
        elif data:
            yield self._raw(data)

    def _raw(self, data: bytes) -> tuple[bytes, bool]:
        self._inside = not data.endswith(b"\n")
        return data, False

    def rest(self) -> bytes:
        """Give what was kept of a line that has no end."""
        rest, self._start = self._start, b""
        return rest
