"""What a device has said has changed and has not been read again yet (section 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["EVERYTHING", "NOTHING", "Changes", "Scope"]

_MOST_NAMES = 100  # beyond this many, the whole list is cheaper


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read from a device.

    Attributes
    ----------
    connection
        The connection is a new one: nothing that was set on the device is known to be in force.
    requests, sensors
        Names to read, or None for the whole list.
    """

    connection: bool = False
    requests: frozenset[str] | None = frozenset()
    sensors: frozenset[str] | None = frozenset()

    def __or__(self, other: "Scope") -> "Scope":
        return Scope(
            self.connection or other.connection,
            _joined(self.requests, other.requests),
            _joined(self.sensors, other.sensors),
        )


NOTHING = Scope()
EVERYTHING = Scope(connection=True, requests=None, sensors=None)


@dataclass(slots=True)
class Changes:
    """Collects announced changes until someone takes them."""

    _scope: Scope = field(default=NOTHING)

    def __bool__(self) -> bool:
        return self._scope != NOTHING

    def note(self, words: Sequence[str]) -> None:
        """Note an ``#interface-changed`` with these arguments; one not understood means all."""
        match words:
            case ["sensor-list"]:
                scope = Scope(sensors=None)
            case ["request-list"]:
                scope = Scope(requests=None)
            case ["sensor", name, *_]:
                scope = Scope(sensors=frozenset({name}))
            case ["request", name, *_]:
                scope = Scope(requests=frozenset({name}))
            case _:
                scope = Scope(requests=None, sensors=None)
        self._scope |= scope

    def take(self) -> Scope:
        """Give what was noted, and forget it."""
        scope, self._scope = self._scope, NOTHING
        return scope


def _joined(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None or len(one | other) > _MOST_NAMES:
        return None
    return one | other
