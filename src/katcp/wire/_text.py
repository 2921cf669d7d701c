"""Text from a device: without loss from and to bytes, and harmless on a terminal or in a log."""

__all__ = ["brief", "decode_text", "encode_text", "printable", "printable_lines"]


def decode_text(raw: bytes) -> str:
    """Give bytes of the wire as text; what is no UTF-8 is kept as lone surrogates."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def encode_text(text: str) -> bytes:
    """Give the bytes that `decode_text` took."""
    return text.encode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    """Give `text` with control characters and the like written as escapes; bytes of no text as such."""
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # as `decode_text` keeps a byte
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def printable_lines(text: str) -> str:
    """Give `text` likewise, but for its line ends; tabs become spaces."""
    return "\n".join(printable(line.expandtabs()) for line in text.split("\n"))


def brief(text: str, most: int = 1000) -> str:
    """Give `text` printable, and no longer than `most` characters: for logs and errors."""
    if len(text) <= most:
        return printable(text)
    return f"{printable(text[:most])}... ({len(text)} characters)"
