"""Keeps a device that changes all the time from being read all the time. No clock of its own."""

__all__ = ["Pace"]

_BURST = 10  # readings that need no pause between them
_INTERVAL = 0.5  # seconds between readings in the long run


class Pace:
    """How long to wait before a device is read again: not at all, unless it was read a lot."""

    def __init__(self) -> None:
        self._free_at = 0.0  # when all of a burst is allowed again

    def pause(self, now: float) -> float:
        """Seconds to wait before the next reading, which is taken to begin after them."""
        self._free_at = max(self._free_at, now) + _INTERVAL
        return max(0.0, self._free_at - now - _BURST * _INTERVAL)
