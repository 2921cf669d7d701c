"""What a device offers: its requests and sensors."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

__all__ = ["Request", "SensorDescription", "SensorDescriptions", "SensorFields"]


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


#: Those of a `SensorDescription`: what is kept of very many, since in contrast to named tuples the
#: garbage collector looks at plain ones only once.
SensorFields = tuple[str, str, str, str, tuple[bytes, ...]]


class SensorDescriptions(Mapping[str, SensorDescription]):
    """The sensors of a device by KATCP name, each described when it is looked at.

    Parameters
    ----------
    fields
        Those of each, by KATCP name.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, SensorFields]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> SensorDescription:
        return SensorDescription._make(self._fields[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)
