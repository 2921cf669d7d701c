"""How much comes, and what it costs."""

import time

from ._model import Board

__all__ = ["Rate"]


class Rate:
    """Updates in a second, and the CPU of this process in percent, over the last two seconds."""

    _LEAST = 2.0

    def __init__(self, board: Board) -> None:
        self._board = board
        self._then = self._now()
        self._last = (0.0, 0.0)

    def measured(self) -> tuple[float, float]:
        """Give both."""
        now, then = self._now(), self._then
        passed = now[0] - then[0]
        if passed >= self._LEAST:
            self._last = ((now[1] - then[1]) / passed, 100.0 * (now[2] - then[2]) / passed)
            self._then = now
        return self._last

    def _now(self) -> tuple[float, int, float]:
        return time.monotonic(), self._board.updates, time.process_time()
