"""Notices a link that is dead although the socket is open."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..wire import Message
from ._connection import Connection
from ._requests import Requests

__all__ = ["KeepAlive"]

_CATCHING_UP = 0.1  # seconds until to look again, while received bytes wait to be handled
_PATIENCE = 3  # times the time-out for a device that still talks: the answer may be behind that


class KeepAlive:
    """Asks ``?watchdog`` when nothing was answered for a while; no answer ends the connection.

    Only answers count, and not what the device says by itself: some devices go deaf and still send
    their sensors. But while it talks it has three times as long.

    Parameters
    ----------
    interval
        Seconds without an answer after which to ask; 0 never asks.
    timeout
        Seconds to wait for the answer; longer while a request that was sent before, and was given
        more time, is pending, since the device may serve one request at a time.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection,
        requests: Requests,
        interval: float,
        timeout: float,
        on_dead: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._connection = connection
        self._requests = requests
        self._interval = interval
        self._timeout = timeout
        self._on_dead = on_dead
        self._timer: asyncio.TimerHandle | None = None
        self._asked: asyncio.Future[Any] | None = None
        self._asked_at = 0.0

    def start(self) -> None:
        """Begin; again does nothing."""
        if self._interval > 0 and self._timer is None:
            self._wait(self._interval)

    def stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, delay: float) -> None:
        self._timer = self._loop.call_later(delay, self._look)

    def _look(self) -> None:
        left = self._requests.last_answer + self._interval - self._loop.time()
        if left > 0:
            self._wait(left)
            return
        self._timer = self._loop.call_later(self._timeout, self._overdue)
        self._asked_at = self._loop.time()
        self._asked = self._requests.issue(Message.request("watchdog"), None)
        self._asked.add_done_callback(self._answered)

    def _answered(self, answer: "asyncio.Future[Any]") -> None:
        self.stop()
        if not self._connection.ended:
            self._wait(self._interval)

    def _overdue(self) -> None:
        """End the connection, unless the answer may still be behind something else."""
        assert self._asked is not None
        left = max(self._requests.longest_remaining(before=self._asked), self._talking())
        if self._connection.behind:
            self._connection.behind = False  # the next reading says so if it still is
            left = max(left, _CATCHING_UP)
        if left > 0:
            self._timer = self._loop.call_later(left, self._overdue)
            return
        self._on_dead(
            f"no answer to ?watchdog, nor to anything else for "
            f"{self._loop.time() - self._requests.last_answer:.1f} s: the link is taken for dead"
        )

    def _talking(self) -> float:
        """Seconds that a device which does not answer still has, because it talks."""
        end = min(
            self._connection.heard + self._timeout, self._asked_at + _PATIENCE * self._timeout
        )
        return end - self._loop.time()
