"""`KATCPReply`: what came back for a request."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, overload

from ..errors import RequestFailed
from ..model import KATCPSensorReading, SensorDescription
from ..wire import LocalReply, Message, ProtocolFlags, decode_text, printable
from ._words import decoded, readings_in

__all__ = ["Asked", "KATCPReply"]

log = logging.getLogger("katcp.resource")

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


class Asked(NamedTuple):
    """What a reply answers: on which device, which request, and after how many seconds.

    Besides, what is needed to understand it: the protocol, when it was `received` (seconds since
    the epoch), and, if readings may be in it, what the device said of its sensors.
    """

    device: str
    request: str
    arguments: Sequence[bytes] = ()
    elapsed: float = 0.0
    flags: ProtocolFlags | None = None
    received: float = 0.0
    sensors: Mapping[str, SensorDescription] | None = None

    @property
    def major(self) -> int:
        """Major version of the protocol; 5 if it is not known."""
        return 5 if self.flags is None else self.flags.major


class _Pair(NamedTuple):
    reply: Message
    informs: list[Message]


class KATCPReply(_Pair):
    """The reply to a request and the informs that came with it; true if the reply is ``ok``.

    A pair: it unpacks as ``reply, informs``. ``str()`` gives the lines as they were on the wire,
    ``repr()`` the same without mids and escapes; both with control characters made visible.

    Attributes
    ----------
    reply : Message
        The reply; one with ``fail`` that this client made if the device did not answer.
    informs : list of Message
        The informs that came with it, in order.
    """

    #: What `Asked` is made of, if it is not kept with the reply.
    _answers: tuple[Any, ...] | None = None

    @property
    def messages(self) -> list[Message]:
        """The reply, then the informs."""
        return [self.reply, *self.informs]

    @property
    def succeeded(self) -> bool:
        """Whether the reply is ``ok``."""
        return self.reply.reply_ok()

    @overload
    def values(self, a: type[A], /) -> tuple[A]: ...
    @overload
    def values(self, a: type[A], b: type[B], /) -> tuple[A, B]: ...
    @overload
    def values(self, a: type[A], b: type[B], c: type[C], /) -> tuple[A, B, C]: ...
    @overload
    def values(self, a: type[A], b: type[B], c: type[C], d: type[D], /) -> tuple[A, B, C, D]: ...
    @overload
    def values(self, *types: type[Any] | str) -> tuple[Any, ...]: ...
    def values(self, *types: Any) -> tuple[Any, ...]:
        """Give the words after ``ok`` as Python values, one for each type; further ones are left.

        Parameters
        ----------
        *types
            int, float, bool, str or bytes; or KATCP's names of types, ``timestamp`` (in seconds
            since the epoch, whatever the protocol), ``address``, ``integer`` and so on.

        Raises
        ------
        RequestFailed
            If the reply is not ``ok``.
        UnexpectedReply
            If there are fewer words, or one is none of its type; names it, device and request.
        TypeError
            If there is no such type.
        """
        words = self.raise_on_failure().reply.arguments[1:]
        return decoded(words, types, self._about.major, self._where("the reply") + " after ok")

    @overload
    def rows(self, a: type[A], /) -> list[tuple[A]]: ...
    @overload
    def rows(self, a: type[A], b: type[B], /) -> list[tuple[A, B]]: ...
    @overload
    def rows(self, a: type[A], b: type[B], c: type[C], /) -> list[tuple[A, B, C]]: ...
    @overload
    def rows(
        self, a: type[A], b: type[B], c: type[C], d: type[D], /
    ) -> list[tuple[A, B, C, D]]: ...
    @overload
    def rows(self, *types: type[Any] | str) -> list[tuple[Any, ...]]: ...
    def rows(self, *types: Any) -> list[tuple[Any, ...]]:
        """Give the words of each inform as `values` gives those of the reply, with its errors."""
        informs = enumerate(self.raise_on_failure().informs, 1)
        major = self._about.major
        return [
            decoded(inform.arguments, types, major, self._where(f"inform {number}"))
            for number, inform in informs
        ]

    def readings(self, *, skip: bool = False) -> dict[str, KATCPSensorReading]:
        """Give the readings in the informs of a ``?sensor-value``, by KATCP name of sensor.

        Values are decoded by the type that the device gave the sensor. With `skip` a sensor whose
        reading cannot be understood is left out, which the log says.

        Raises
        ------
        RequestFailed
            If the reply is not ``ok``.
        UnexpectedReply
            If a reading cannot be understood (without `skip`), or an inform is none of readings.
        """
        self.raise_on_failure()
        about = self._about
        found: dict[str, KATCPSensorReading] = {}
        for number, inform in enumerate(self.informs, 1):
            where = self._where(f"inform {number}")
            for name, reading in readings_in(
                inform, about.sensors or {}, about.major, about.received, where
            ):
                if isinstance(reading, KATCPSensorReading):
                    found[name] = reading
                elif skip:
                    log.warning("Left out: %s", reading)
                else:
                    raise reading
        return found

    def raise_on_failure(self) -> "KATCPReply":
        """Give the reply back if it is ``ok``.

        Raises
        ------
        RequestFailed
            If it is not, with the device, the request, its arguments, the elapsed seconds and the
            words of the device.
        """
        if self.succeeded:
            return self
        reply = self.reply
        asked = self._about
        words = " ".join(decode_text(a) for a in reply.arguments[1:])
        sent = not isinstance(reply, LocalReply) or reply.sent
        arguments = tuple(asked.arguments)
        raise RequestFailed(
            asked.device, asked.request, arguments, asked.elapsed, printable(words), sent=sent
        )

    @property
    def _about(self) -> Asked:
        return self._asked or Asked("device", self.reply.name)

    @property
    def _asked(self) -> Asked | None:
        answers = self._answers or getattr(self.reply, "_answers", None)
        return None if answers is None else Asked(*answers)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_answers": self._asked}

    def _where(self, part: str) -> str:
        about = self._about
        return f"{part} of {about.device} to ?{about.request}"

    def __bool__(self) -> bool:
        return self.succeeded

    def __str__(self) -> str:
        return "\n".join(printable(str(message)) for message in self.messages)

    def __repr__(self) -> str:
        return "\n".join(_plain(message) for message in self.messages)


def _plain(message: Message) -> str:
    symbol = Message.TYPE_SYMBOLS[message.mtype].decode()
    words: Iterable[str] = (a.decode("utf-8", "backslashreplace") for a in message.arguments)
    return printable(" ".join([symbol + message.name, *words]))
