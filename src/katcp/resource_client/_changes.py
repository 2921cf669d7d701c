"""The records that `KATCPClientResource.changes` gives."""

from dataclasses import dataclass

__all__ = ["Change", "RequestsChanged", "SensorStale", "SensorsChanged", "StateChanged"]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The resource entered a state; `reason` says why it was left, as far as it is known."""

    state: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RequestsChanged:
    """Requests came or went, by KATCP name; what was changed is in both."""

    added: frozenset[str]
    removed: frozenset[str]


@dataclass(frozen=True, slots=True)
class SensorsChanged:
    """Sensors came or went, by KATCP name; what was changed is in both."""

    added: frozenset[str]
    removed: frozenset[str]


@dataclass(frozen=True, slots=True)
class SensorStale:
    """The readings of these sensors, by KATCP name, are from a connection that was lost."""

    names: tuple[str, ...]


Change = StateChanged | RequestsChanged | SensorsChanged | SensorStale
