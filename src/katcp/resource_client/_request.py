"""`KATCPClientResourceRequest`: a request of a connected device as something to call."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from .._helpers import AttrDict
from ..resource import KATCPDummyRequest, KATCPReply, KATCPRequest
from ._inspecting import ReplyWrappedInspectingClientAsync

__all__ = ["DummyRequests", "KATCPClientResourceRequest"]


class KATCPClientResourceRequest(KATCPRequest):
    """A request of a connected device; calling it sends it.

    Parameters
    ----------
    request_description
        Has ``name``, ``description`` and ``timeout_hint`` (seconds or None).
    client
        Sends it.
    is_active
        Says whether the resource that it belongs to is active.
    """

    def __init__(
        self,
        request_description: Mapping[str, Any],
        client: ReplyWrappedInspectingClientAsync,
        is_active: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(request_description, is_active)
        self._client = client

    def issue_request(self, *args: Any, **kwargs: Any) -> "asyncio.Future[KATCPReply]":
        """Send the request, now; gives the future of its `KATCPReply`, which may be a failed one.

        Parameters
        ----------
        *args
            Arguments, any Python values.
        timeout
            Seconds; None: the time-out hint of the device, else 5 s.
        mid
            Message identifier to use; None: the next one, if the device supports them.
        use_mid
            Whether to use a message identifier.
        """
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout_hint
        return self._client.wrapped_request(self._name, *args, **kwargs)


class DummyRequests(AttrDict):
    """Requests of which every one exists: those that the device lacks succeed as dummies."""

    def __missing__(self, key: str) -> KATCPDummyRequest:
        return KATCPDummyRequest({"name": key, "description": "a dummy", "timeout_hint": None})

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self[name]
