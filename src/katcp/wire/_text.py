"""Text from a device, made harmless for a terminal or a log."""

__all__ = ["brief", "printable"]


def printable(text: str) -> str:
    """Give `text` with control characters, lone surrogates and the like written as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )


def brief(text: str, most: int = 1000) -> str:
    """Give `text` printable, and no longer than `most` characters: for logs and errors."""
    if len(text) <= most:
        return printable(text)
    return f"{printable(text[:most])}... ({len(text)} characters)"
