"""The inspecting client of a resource: its requests give `KATCPReply` objects."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from .._loops import asyncio_loop
from ..client import Pending
from ..inspecting_client import InspectingClientAsync
from ..resource import KATCPReply
from ..wire import Message

__all__ = ["ReplyWrappedInspectingClientAsync", "transform_future"]

_new = tuple.__new__  # of a named tuple: half the time of its own, for every reply


def transform_future(
    transformation: Callable[..., Any], future: "asyncio.Future[Any]"
) -> "asyncio.Future[Any]":
    """Give a future of `transformation` applied to the result of `future`.

    A result that is a tuple is applied as arguments. Exceptions, of the future or of the
    transformation, are passed on. If `future` is done, so is the new one.
    """
    transformed = future.get_loop().create_future() if asyncio.isfuture(future) else None
    transformed = transformed or asyncio_loop(None).create_future()

    def done(source: "asyncio.Future[Any]") -> None:
        if transformed.done():
            return
        if source.cancelled():
            transformed.cancel()
            return
        try:
            result = source.result()
            star = isinstance(result, tuple)
            transformed.set_result(transformation(*result) if star else transformation(result))
        except Exception as exc:
            transformed.set_exception(exc)

    if future.done():
        done(future)
    else:
        future.add_done_callback(done)
    return transformed


class ReplyWrappedInspectingClientAsync(InspectingClientAsync):
    """An `InspectingClientAsync` whose `wrapped_request` gives a `KATCPReply`."""

    #: Name of the resource, for messages; None is the address.
    resource_name: str | None = None

    @staticmethod
    def reply_wrapper(x: tuple[Message, list[Message]]) -> Any:
        """Wrap a ``(reply, informs)`` pair."""
        return _new(KATCPReply, x)

    def wrapped_request(
        self,
        request: str,
        *args: Any,
        timeout: float | None = None,
        mid: Any = None,
        use_mid: bool | None = None,
        **_: Any,
    ) -> "asyncio.Future[KATCPReply]":
        """Send a request, now; gives the future of what `reply_wrapper` makes of the outcome.

        Keywords as for `simple_request`; a bad name, argument or mid is an exception in the
        future. All else that fails is a failed reply.
        """
        try:
            message = Message(Message.REQUEST, request, args, mid)
        except (ValueError, TypeError) as exc:
            failed: asyncio.Future[KATCPReply] = self._loop().create_future()
            failed.set_exception(exc)
            return failed
        return self.katcp_client.future_request(message, timeout, use_mid, self._wrap)

    def _wrap(self, asked: Pending, reply: Message) -> Any:
        wrapped = self.reply_wrapper((reply, asked.informs))
        if isinstance(wrapped, KATCPReply):
            request = asked.message
            device = self.resource_name or self.bind_address_string
            flags = self.katcp_client.protocol_flags
            about: tuple[Any, ...] = (
                device, request.name, request.arguments or (), asked.elapsed, flags
            )  # fmt: skip
            if request.name == "sensor-value":
                about = (*about, time.time(), self.sensor_descriptions)
            # As `Asked` has it. Most wrappers keep the message; a `__dict__` for each reply would take
            # a quarter of the time of requests in flight.
            keeps: KATCPReply | Message = reply if wrapped.reply is reply else wrapped
            keeps._answers = about
        return wrapped
