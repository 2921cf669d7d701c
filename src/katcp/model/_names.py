"""KATCP names and the Python identifiers that stand for them."""

__all__ = ["escape_name"]


def escape_name(name: str) -> str:
    """Give the Python identifier of a KATCP name: every ``.`` and ``-`` becomes ``_``.

    Two names may escape alike; there is no way back.
    """
    return name.replace(".", "_").replace("-", "_")  # `translate` takes eight times as long
