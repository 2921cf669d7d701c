"""Writes a document where it belongs."""

import sys
from pathlib import Path

__all__ = ["write"]


def write(text: str, output: Path | None) -> None:
    """Write a document to a file, as a whole or not at all, or to standard output."""
    if output is None:
        sys.stdout.write(text)
        return
    data = text.encode("utf-8", "backslashreplace")
    if output.exists() and not output.is_file():  # /dev/stdout and the like
        output.write_bytes(data)
        return
    whole = output.resolve()
    part = whole.with_name(whole.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(whole)
    except OSError:
        part.unlink(missing_ok=True)
        raise
