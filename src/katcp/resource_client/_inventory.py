"""Mappings that say what they lack: whose it would be, what comes close, why it may be missing."""

import difflib
import weakref
from collections.abc import Iterable
from typing import Any, NoReturn

from .. import errors
from .._helpers import AttrDict
from ..model import escape_name
from ..wire import brief

__all__ = ["Inventory", "close_to"]

_ABOUT = "what it is of"  # where an Inventory keeps that: under no name that an item may have


class Inventory(AttrDict):
    """An `AttrDict` of what a resource or group has; its errors name what comes close.

    Parameters
    ----------
    kind
        What the items are, in the singular.
    owner
        Whose they are; has ``name``, and may have ``synced`` and ``why()``.
    """

    def __init__(self, kind: str, owner: Any) -> None:
        super().__init__()
        self.__dict__[_ABOUT] = kind, weakref.ref(owner)

    def __getattr__(self, name: str) -> NoReturn:
        if name[:2] == "__":
            raise AttributeError(name)
        raise errors.AttributeError(name, lambda: self.__lacks(name))

    def __missing__(self, key: Any) -> NoReturn:
        raise errors.KeyError(key, lambda: self.__lacks(key))

    def __lacks(self, name: Any) -> str:
        kind, reference = self.__dict__[_ABOUT]
        owner = reference()
        whose = getattr(owner, "name", "it")
        why = "" if getattr(owner, "synced", True) else f"; it is not synced{owner.why()}"
        return f"{whose} has no {kind} {name!r}{close_to(name, dict.keys(self))}{why}"


def close_to(name: Any, there: Iterable[Any]) -> str:
    """Give the names among `there` that may be meant by `name`, as words to add to an error."""
    candidates = [key for key in there if isinstance(key, str)]
    close = difflib.get_close_matches(escape_name(str(name)), candidates, 3)
    return f"; close to it: {', '.join(map(brief, close))}" if close else ""
