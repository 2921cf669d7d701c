"""What a device offers: its requests and sensors."""

from typing import NamedTuple

__all__ = ["Request", "SensorDescription"]


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
