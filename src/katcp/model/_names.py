"""KATCP names and the Python identifiers that stand for them."""

__all__ = ["escape_name"]

_ESCAPES = str.maketrans(".-", "__")


def escape_name(name: str) -> str:
    """Give the Python identifier of a KATCP name: every ``.`` and ``-`` becomes ``_``.

    Two names may escape alike; there is no way back.
    """
    return name.translate(_ESCAPES)
