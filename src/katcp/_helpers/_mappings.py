"""Dicts whose items are attributes."""

from collections.abc import Callable
from typing import Any

__all__ = ["AttrDict", "DefaultAttrDict"]


_ABSENT = object()
_get = dict.get


class AttrDict(dict[Any, Any]):
    """A dict whose items are attributes, too; an item hides a dict method of the same name."""

    def __getattribute__(self, name: str) -> Any:
        item = _get(self, name, _ABSENT)
        if item is _ABSENT or name[:2] == "__":
            return super().__getattribute__(name)
        return item

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key in dict.keys(self) if _is_name(key))})


class DefaultAttrDict(AttrDict):
    """An `AttrDict` that makes what is missing, by `factory`, and keeps it."""

    def __init__(self, factory: Callable[[], Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dict.__setattr__(self, "_factory", factory)

    def __missing__(self, key: Any) -> Any:
        self[key] = value = self.__dict__["_factory"]()
        return value

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self[name]


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and key.isidentifier()
