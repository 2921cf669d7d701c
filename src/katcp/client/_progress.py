"""Where a client is on its way to being synced, and what last went wrong."""

import time
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["LastError", "Progress"]

#: Every phase, in the order of a good day; `waiting` is the pause before the next try.
PHASES = (
    "idle",
    "resolving",
    "connecting",
    "protocol",
    "help",
    "hints",
    "sensor-list",
    "strategies",
    "synced",
    "waiting",
)


class LastError(NamedTuple):
    """The last thing that went wrong; `when` in seconds since the Unix epoch."""

    when: float
    what: str

    def __str__(self) -> str:
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.when))
        return f"{self.what} (at {clock})"


class Progress:
    """One phase and one last error; each layer says so when it takes over the work."""

    def __init__(self) -> None:
        self.phase = "idle"
        self.last_error: LastError | None = None

    def enter(self, phase: str) -> None:
        """Begin a phase, one of `PHASES`."""
        assert phase in PHASES, phase
        self.phase = phase

    def failed(self, what: str, log: Callable[..., None] | None = None) -> None:
        """Note what went wrong; logged too when `log`, a logger's method, is given."""
        self.last_error = LastError(time.time(), what)
        if log is not None:
            log("%s", what)
