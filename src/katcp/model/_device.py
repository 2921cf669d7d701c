"""What a device offers: its requests and sensors, and what changed from one look to the next."""

from collections.abc import Mapping, Set
from typing import NamedTuple, TypeVar

__all__ = ["Request", "SensorDescription", "difference"]

D = TypeVar("D")


class Request(NamedTuple):
    """A request as the device describes it; `timeout_hint` in seconds, None if there is none."""

    name: str
    description: str
    timeout_hint: float | None


class SensorDescription(NamedTuple):
    """A sensor as the device describes it; `params` as they came, unescaped."""

    name: str
    description: str
    units: str
    type: str
    params: tuple[bytes, ...]


def difference(old: Mapping[str, D], new: Mapping[str, D]) -> tuple[Set[str], Set[str]]:
    """Give the names (added, removed) between two looks; what changed is in both."""
    added = {name for name, item in new.items() if old.get(name) != item}
    removed = {name for name, item in old.items() if new.get(name) != item}
    return added, removed
