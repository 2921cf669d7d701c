"""Notices a link that is dead although the socket is open."""

import asyncio
from collections.abc import Callable
from typing import Any

from ..wire import Message
from ._connection import Connection
from ._requests import Requests

__all__ = ["KeepAlive"]


class KeepAlive:
    """Asks ``?watchdog`` when nothing was heard for a while; no answer ends the connection.

    Parameters
    ----------
    interval
        Seconds of silence after which to ask; 0 never asks.
    timeout
        Seconds to wait for the answer; longer while a request that was given more time is pending,
        since the device may serve one request at a time.
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
        if interval > 0:
            self._wait(interval)

    def stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, delay: float) -> None:
        self._timer = self._loop.call_later(delay, self._look)

    def _look(self) -> None:
        left = self._connection.heard + self._interval - self._loop.time()
        if left > 0:
            self._wait(left)
            return
        limit = max(self._timeout, self._requests.longest_remaining())
        self._timer = self._loop.call_later(limit, self._overdue)
        answer = self._requests.issue(Message.request("watchdog"), None)
        answer.add_done_callback(self._answered)

    def _answered(self, answer: "asyncio.Future[Any]") -> None:
        self.stop()
        if not self._connection.ended:
            self._wait(self._interval)

    def _overdue(self) -> None:
        left = self._requests.longest_remaining()
        if left > 0:
            self._timer = self._loop.call_later(left, self._overdue)
            return
        self._on_dead(
            f"nothing heard for {self._loop.time() - self._connection.heard:.1f} s and no answer "
            "to ?watchdog: the link is taken for dead"
        )
