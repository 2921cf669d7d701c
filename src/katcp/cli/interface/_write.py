"""Writes a document where it belongs."""

import sys
from pathlib import Path

from .._whole_file import put_whole

__all__ = ["write"]


def write(text: str, output: Path | None) -> None:
    """Write a document to a file, as a whole or not at all, or to standard output."""
    if output is None:
        sys.stdout.write(text)
        return
    put_whole(output, text.encode("utf-8", "backslashreplace"))
