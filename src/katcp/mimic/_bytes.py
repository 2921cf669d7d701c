r"""Bytes that are no text, in files that are UTF-8: ``\xb0`` stands for the byte 0xb0.

A backslash of the device that would be taken for the start of one is written ``\x5c``; all others
stand for themselves.
"""

import re
from collections.abc import Callable
from typing import Any

__all__ = ["escaped", "unescaped"]

_STRANGE = re.compile(r"[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]|\\(?=x[0-9a-fA-F]{2})")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


def escaped(plain: Any) -> Any:
    """Give dicts, lists and text with bytes that are no text, and control characters, as escapes."""
    return _mapped(plain, lambda text: _STRANGE.sub(lambda m: rf"\x{ord(m[0]) & 0xFF:02x}", text))


def unescaped(plain: Any) -> Any:
    """Give what `escaped` was given."""
    return _mapped(plain, lambda text: _ESCAPE.sub(lambda m: _character(int(m[1], 16)), text))


def _character(byte: int) -> str:
    return bytes([byte]).decode("utf-8", "surrogateescape")


def _mapped(plain: Any, change: Callable[[str], str]) -> Any:
    match plain:
        case str():
            return change(plain)
        case dict():
            return {change(key): _mapped(value, change) for key, value in plain.items()}
        case list() | tuple():
            return [_mapped(value, change) for value in plain]
    return plain
