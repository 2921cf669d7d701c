"""`KATCPRequest`: a request of a device as something to call."""

import abc
import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from .._loops import asyncio_loop
from ..errors import KATCPResourceInactive
from ..wire import Message, printable_lines
from ._reply import KATCPReply

__all__ = ["KATCPDummyRequest", "KATCPRequest"]


class KATCPRequest(abc.ABC):
    """A request of a device; calling it sends it.

    Parameters
    ----------
    request_description
        Has ``name``, ``description`` and ``timeout_hint`` (seconds or None).
    is_active
        Says whether the resource that it belongs to is active.

    Raises
    ------
    ValueError
        If something is missing in `request_description`.
    """

    def __init__(
        self,
        request_description: Mapping[str, Any],
        is_active: Callable[[], bool] = lambda: True,
    ) -> None:
        missing = {"name", "description", "timeout_hint"} - set(request_description)
        if missing:
            raise ValueError(f"request description lacks {', '.join(sorted(missing))}")
        self._name = str(request_description["name"])
        self._description = str(request_description["description"])
        self._timeout_hint: float | None = request_description["timeout_hint"]
        self._is_active = is_active
        help = printable_lines(self.description)
        self.__doc__ = f"{self.name}: {help}\n\nTime-out hint: {self.timeout_hint} s"

    @property
    def name(self) -> str:
        """KATCP name."""
        return self._name

    @property
    def description(self) -> str:
        """Help text of the device."""
        return self._description

    @property
    def timeout_hint(self) -> float | None:
        """Seconds that the device says the request may take; None if it does not say."""
        return self._timeout_hint

    def is_active(self) -> bool:
        """Whether the resource that it belongs to is active."""
        return self._is_active()

    def __call__(self, *args: Any, **kwargs: Any) -> "asyncio.Future[KATCPReply]":
        """Send the request, now, with `args`; gives the future of the reply.

        Keywords as for `issue_request`.

        Raises
        ------
        KATCPResourceInactive
            At once, if the resource is not active.
        """
        if not self.is_active():
            raise KATCPResourceInactive(
                f"request {self.name} not sent: its resource is set inactive; "
                "set_active(True) allows requests"
            )
        return self.issue_request(*args, **kwargs)

    @abc.abstractmethod
    def issue_request(self, *args: Any, **kwargs: Any) -> "asyncio.Future[KATCPReply]":
        """Send the request without looking at whether the resource is active."""

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__}(name={self.name!r})>"


class KATCPDummyRequest(KATCPRequest):
    """A request that no device has; it succeeds at once with ``!fake ok``, active or not."""

    def issue_request(self, *args: Any, **kwargs: Any) -> "asyncio.Future[KATCPReply]":
        """Give a future that is done already."""
        future: asyncio.Future[KATCPReply] = asyncio_loop(None).create_future()
        future.set_result(KATCPReply(Message.reply("fake", "ok"), []))
        return future
