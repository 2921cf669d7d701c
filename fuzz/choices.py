"""What a run of a target does, read from the bytes that the fuzzer gives."""

from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Choices"]

T = TypeVar("T")


class Choices:
    """Numbers come from the end of `data`, text from its front: so text stays readable.

    When there is nothing left every number is 0 and all text empty.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data

    def number(self, below: int) -> int:
        """Give a number from 0 up to, but not including, `below` (at most 256)."""
        if not self._data:
            return 0
        number = self._data[-1]
        self._data = self._data[:-1]
        return number % below

    def flag(self) -> bool:
        """Give a yes or a no."""
        return self.number(2) == 1

    def pick(self, items: Sequence[T]) -> T:
        """Give one of `items`."""
        return items[self.number(len(items))]

    def line(self) -> bytes:
        """Give the text up to the next newline, without it."""
        line, _, self._data = self._data.partition(b"\n")
        return line

    def lines(self, most: int) -> list[bytes]:
        """Give one to `most` lines."""
        return [self.line() for _ in range(1 + self.number(most))]

    def text(self, size: int | None = None) -> bytes:
        """Give so many bytes of text, newlines and all; None: all there is."""
        text = self._data[:size]
        self._data = self._data[len(text) :]
        return text
