"""Clients for programs without an event loop: they run one in a thread of their own."""

from collections.abc import Callable
from typing import Any

from ..errors import KatcpClientDisconnected
from ..wire import Message
from ._async_client import AsyncClient

__all__ = ["BlockingClient", "CallbackClient"]


class CallbackClient(AsyncClient):
    """An `AsyncClient` whose methods may be called from any thread.

    The methods that handle messages, and callbacks, run in the thread of the loop.
    """

    threadsafe = True

    def setDaemon(self, daemonic: bool) -> None:  # noqa: N802 the old name
        """Say, before `start`, whether the thread may be left running at the end of the program."""
        self._own_loop.daemon = daemonic

    def send_message(self, msg: Message) -> None:
        """Send any message, from any thread.

        Raises
        ------
        KatcpClientDisconnected
            If there is no connection.
        """
        if not self.is_connected():
            raise KatcpClientDisconnected(self._not_connected())
        self._own_loop.call(lambda: self._send_if_connected(msg))

    def callback_request(
        self,
        msg: Message,
        reply_cb: Callable[..., Any] | None = None,
        inform_cb: Callable[..., Any] | None = None,
        user_data: tuple[Any, ...] | None = None,
        timeout: float | None = None,
        use_mid: bool | None = None,
    ) -> None:
        """Send a request, from any thread; see `AsyncClient.callback_request`.

        Raises
        ------
        RuntimeError
            Before `start` and after `stop`, when no callback can ever be called.
        """
        self._own_loop.require()
        send = super().callback_request
        self._own_loop.call(lambda: send(msg, reply_cb, inform_cb, user_data, timeout, use_mid))

    def disconnect(self, reason: str = "disconnected at this end") -> None:
        """Drop the connection, from any thread; it is made again if `auto_reconnect` is set."""
        drop = super().disconnect
        self._own_loop.call(lambda: drop(reason))

    def _send_if_connected(self, msg: Message) -> None:
        try:
            super().send_message(msg)
        except KatcpClientDisconnected as exc:
            self._logger.warning("%s; not sent: %s", exc, msg.name)


class BlockingClient(CallbackClient):
    """A `CallbackClient`, under the name that programs know which use `blocking_request`."""
