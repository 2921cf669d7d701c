"""`AsyncClient`: requests whose outcome is a future."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from ..wire import LocalReply, Message
from ._device_client import DeviceClient, log
from ._requests import Listener, Outcome, Pending, Transform

__all__ = ["AsyncClient"]


class AsyncClient(DeviceClient):
    """A `DeviceClient` that pairs requests with their replies.

    Parameters
    ----------
    host, port, tb_limit, logger, auto_reconnect
        As for `DeviceClient`.
    timeout
        Seconds that a request has, unless it says otherwise.
    """

    def __init__(
        self,
        host: str,
        port: int | str,
        tb_limit: int = 20,
        timeout: float = 5.0,
        logger: logging.Logger = log,
        auto_reconnect: bool = True,
    ) -> None:
        super().__init__(host, port, tb_limit, logger, auto_reconnect)
        self._request_timeout = timeout

    def future_request(
        self,
        msg: Message,
        timeout: float | None = None,
        use_mid: bool | None = None,
        transform: Transform | None = None,
        silence: bool = False,
        on_inform: Callable[[Message], Any] | None = None,
        on_words: Callable[[list[list[bytes]]], Any] | None = None,
    ) -> "asyncio.Future[Any]":
        """Send a request, now; gives the future of ``(reply, informs)``.

        The future never holds an exception: what goes wrong at this end is a failed reply, too.

        Parameters
        ----------
        timeout
            Seconds from now, or, if it has to wait for what was given up before, from its writing;
            None is the time-out of the client.
        use_mid
            Whether to use a mid; None: if the device supports them. A mid in `msg` is used as is.
        transform
            Makes the result of the future out of the request, as `Pending` has it, and the reply;
            if it raises, that is in the future.
        silence
            Count the time from the last inform that came for the request.
        on_inform
            Called with each inform as it comes, before the next line is looked at; the informs are
            not in the outcome then.
        on_words
            Called, in place of `on_inform`, with a list that has the list of arguments of each
            inform that came; it costs less, since informs with a mid do not become messages then.
        """
        # No parameter is keyword-only: that would make every call dearer.
        connection = self._connection
        if connection is None:
            return self._refuse(msg, self._not_connected(), transform)
        size = sum(map(len, msg.arguments)) if msg.arguments else 0
        room = self.MAX_WRITE_BUFFER_SIZE - size
        if connection.backlog > room and connection.unsent() > room:
            text = (
                f"Request {msg.name} not sent: {self.bind_address_string} does not take what is "
                f"sent to it, and more than {self.MAX_WRITE_BUFFER_SIZE} bytes would be waiting"
            )
            return self._refuse(msg, text, transform)
        if len(self._requests.pending) >= self.max_pending_requests:
            text = (
                f"Request {msg.name} not sent: {len(self._requests.pending)} wait for their replies"
            )
            return self._refuse(msg, text, transform)
        connection.backlog += size
        if timeout is None:
            timeout = self._request_timeout
        listener = None
        if silence or on_inform is not None or on_words is not None:
            listener = Listener(on_inform, on_words, silence)
        return self._requests.issue(msg, timeout, use_mid, listener, transform)

    def callback_request(
        self,
        msg: Message,
        reply_cb: Callable[..., Any] | None = None,
        inform_cb: Callable[..., Any] | None = None,
        user_data: tuple[Any, ...] | None = None,
        timeout: float | None = None,
        use_mid: bool | None = None,
    ) -> None:
        """Send a request; each inform, then the reply, is given to a callback with `user_data`.

        The callbacks get the message and then the items of `user_data`, each message as it comes.
        Without `inform_cb` the informs go to the methods of this client, as do those of no request.
        """
        extra = user_data or ()
        loop = self._loop()

        def done(outcome: "asyncio.Future[Outcome]") -> None:
            if reply_cb is not None:
                reply_cb(outcome.result()[0], *extra)

        def informed(inform: Message) -> None:
            if inform_cb is None:
                self._handle("inform", inform)
            else:
                loop.call_soon(inform_cb, inform, *extra)

        outcome = self.future_request(msg, timeout, use_mid, on_inform=informed)
        outcome.add_done_callback(done)

    def blocking_request(
        self, msg: Message, timeout: float | None = None, use_mid: bool | None = None
    ) -> Outcome:
        """Send a request from another thread than the loop's, and block until its outcome.

        Raises
        ------
        RuntimeError
            In the thread of the loop, and before `start` or after `stop`.
        """

        async def request() -> Outcome:
            outcome: Outcome = await self.future_request(msg, timeout, use_mid)
            return outcome

        return self._own_loop.run(request())

    def _refuse(
        self, msg: Message, text: str, transform: Transform | None
    ) -> "asyncio.Future[Any]":
        future: asyncio.Future[Any] = self._loop().create_future()
        Pending(msg, future, transform).conclude(LocalReply(msg.name, text, sent=False), 0.0)
        return future
