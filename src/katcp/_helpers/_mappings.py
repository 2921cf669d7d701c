"""Dicts whose items are attributes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

__all__ = ["AttrDict", "DefaultAttrDict"]


class AttrDict(dict[Any, Any]):
    """A dict whose items are attributes, too; an item hides a dict method of the same name."""

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Self:
        """Make one that is where its own attributes are kept."""
        made = super().__new__(cls)
        made.__dict__ = made
        return made

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key in dict.keys(self) if _is_name(key))})


class DefaultAttrDict(AttrDict):
    """An `AttrDict` that makes what is missing, by `factory`, and keeps it."""

    __slots__ = ("__factory",)

    def __init__(self, factory: Callable[[], Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.__factory = factory

    def __missing__(self, key: Any) -> Any:
        self[key] = value = self.__factory()
        return value

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self[name]


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and key.isidentifier()
