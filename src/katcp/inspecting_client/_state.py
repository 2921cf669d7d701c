"""The states of an inspecting client; there are exactly these five."""

from typing import NamedTuple

__all__ = [
    "CHANGED",
    "CONNECTED",
    "DISCONNECTED",
    "LEGAL_STATES",
    "SYNCED",
    "UNCHANGED",
    "InspectingClientStateType",
]


class InspectingClientStateType(NamedTuple):
    """What holds of an inspecting client.

    Attributes
    ----------
    connected : bool
        TCP is connected.
    synced : bool
        The model is current, and the user of the model has followed it.
    model_changed : bool
        The model has just changed.
    data_synced : bool
        The model is current.
    """

    connected: bool
    synced: bool
    model_changed: bool
    data_synced: bool

    def __str__(self) -> str:
        words = (("" if on else "!") + name for name, on in zip(self._fields, self, strict=True))
        return f"[{' '.join(words)}]"


DISCONNECTED = InspectingClientStateType(False, False, False, False)
CONNECTED = InspectingClientStateType(True, False, False, False)
CHANGED = InspectingClientStateType(True, False, True, True)
UNCHANGED = InspectingClientStateType(True, False, False, True)
SYNCED = InspectingClientStateType(True, True, False, True)

LEGAL_STATES = frozenset({DISCONNECTED, CONNECTED, CHANGED, UNCHANGED, SYNCED})
