"""Every exception of this package, in one tree.

::

    Exception
    ├── KatcpClientError                the client itself could not do what was asked
    │   ├── KatcpVersionError           the device's protocol version does not allow it
    │   └── KatcpClientDisconnected     there is no connection to send on
    ├── KatcpDeviceError                for code that implements devices
    ├── FailReply                       for request handlers: reply with ``fail``
    ├── AsyncReply                      for request handlers: the reply comes later
    ├── SyncError                       an inspection of a device did not succeed
    ├── KATCPResourceError              something a resource was asked for failed
    │   ├── KATCPResourceInactive       the resource has been set inactive
    │   ├── SpecError                   a file that describes resources is wrong (also a ValueError)
    │   ├── RequestFailed               ``reply.raise_on_failure()`` of a failed reply
    │   ├── UnexpectedReply             a reply does not hold what was asked of it (also a ValueError)
    │   └── KATCPSensorError            something a sensor was asked for failed
    │       └── KATCPSensorMissing      no such sensor (also a KeyError)
    ├── AttributeError
    │   └── KATCPNameMissing            no such device, group, request or sensor (also a KeyError)
    ├── ValueError
    │   └── KatcpSyntaxError            bytes or text that KATCP does not allow
    ├── TypeError
    │   └── KatcpTypeError              a Python value of the wrong type
    └── builtins.TimeoutError
        └── TimeoutError                a wait ended before what was waited for
            └── ConnectTimeout          ``katcp.connect()`` did not get a synced device in time

On every supported Python the builtin ``TimeoutError`` is also ``asyncio.TimeoutError``,
``concurrent.futures.TimeoutError`` and ``tornado.gen.TimeoutError``, so any of these names
catches ours.
"""

import builtins
from collections.abc import Callable, Sequence
from typing import Any

__all__ = [
    "AsyncReply",
    "ConnectTimeout",
    "FailReply",
    "KATCPNameMissing",
    "KATCPResourceError",
    "KATCPResourceInactive",
    "KATCPSensorError",
    "KATCPSensorMissing",
    "KatcpClientDisconnected",
    "KatcpClientError",
    "KatcpDeviceError",
    "KatcpSyntaxError",
    "KatcpTypeError",
    "KatcpVersionError",
    "RequestFailed",
    "SpecError",
    "SyncError",
    "TimeoutError",
    "UnexpectedReply",
]


class KatcpClientError(Exception):
    """The client could not do what was asked of it."""


class KatcpVersionError(KatcpClientError):
    """The protocol version of the device does not allow what was asked."""


class KatcpClientDisconnected(KatcpClientError):
    """There is no connection to the device to send on."""


class KatcpDeviceError(Exception):
    """A device implementation could not do what was asked of it."""


class FailReply(Exception):
    """Raised by a request handler to reply with ``fail`` and the given text."""


class AsyncReply(Exception):
    """Raised by a request handler that will reply later."""


class KatcpSyntaxError(ValueError):
    """Bytes or text that the KATCP grammar (section 2.1) does not allow."""


class KatcpTypeError(TypeError):
    """A Python value of a type that cannot be used here."""


class SyncError(Exception):
    """An inspection of a device did not succeed; what was known before still stands."""


class KATCPResourceError(Exception):
    """Something that a resource was asked for failed."""


class KATCPResourceInactive(KATCPResourceError):
    """A request was called on a resource that has been set inactive."""


class SpecError(KATCPResourceError, ValueError):
    """A file or dict that describes resources is wrong; says where, and what was expected."""


class KATCPSensorError(KATCPResourceError):
    """Something that a sensor was asked for failed."""


class KATCPSensorMissing(KATCPSensorError, builtins.KeyError):
    """The resource has no sensor of that name."""

    __str__ = Exception.__str__  # KeyError would show the message quoted


class KATCPNameMissing(builtins.AttributeError, builtins.KeyError):
    """There is no device, group, request or sensor of that name.

    Raised as one of two subclasses, whose names are those that programs print and log for a
    name that is missing: `AttributeError` for ``req.name``, `KeyError` for ``req["name"]``.

    Attributes
    ----------
    args : tuple
        The name alone, as other errors of attributes and keys have it; ``str()`` is for a person.
    """

    def __init__(self, name: Any, say: str | Callable[[], str]) -> None:
        super().__init__(name)
        self._say = say  # looking for what comes close takes time: only when it is shown

    def __str__(self) -> str:
        return self._say if isinstance(self._say, str) else self._say()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, str(self))


class AttributeError(KATCPNameMissing):
    """A `KATCPNameMissing` that was looked up as an attribute."""


class KeyError(KATCPNameMissing):
    """A `KATCPNameMissing` that was looked up as an item."""


class RequestFailed(KATCPResourceError):
    """A reply that was asked to raise was not ``ok``.

    Attributes
    ----------
    device : str
        Name of the resource the request was made on.
    request : str
        KATCP name of the request.
    arguments : tuple of bytes
        The arguments as they went on the wire, unescaped.
    elapsed : float
        Seconds from the call to when the reply came, by the clock of the loop (uvloop's has whole
        milliseconds).
    words : str
        What the device said (or, when it never answered, what this client says).
    sent : bool
        False when the request never left this machine.
    """

    def __init__(
        self,
        device: str,
        request: str,
        arguments: Sequence[bytes],
        elapsed: float,
        words: str,
        *,
        sent: bool,
    ) -> None:
        self.device = device
        self.request = request
        self.arguments = tuple(arguments)
        self.elapsed = elapsed
        self.words = words
        self.sent = sent
        asked = " ".join([f"?{request}", *(repr(a)[1:] for a in self.arguments)])
        how = f"failed after {elapsed:.3g} s" if sent else "was never sent"
        super().__init__(f"{device}: {asked} {how}: {words or 'the device gave no reason'}")


class UnexpectedReply(KATCPResourceError, ValueError):
    """A reply does not hold what was asked of it; the text names device, request and word."""


class TimeoutError(builtins.TimeoutError):
    """A wait ended before what was waited for happened."""


class ConnectTimeout(TimeoutError):
    """No synced device in the time that ``katcp.connect()`` was given."""
