"""`KATCPReply`: what came back for a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import RequestFailed
from ..wire import LocalReply, Message, decode_text, printable

__all__ = ["Asked", "KATCPReply"]


@dataclass(slots=True)
class Asked:
    """What a reply answers: on which device, which request, and after how many seconds."""

    device: str
    request: str
    arguments: tuple[bytes, ...]
    elapsed: float


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

    _asked: Asked | None = None

    @property
    def messages(self) -> list[Message]:
        """The reply, then the informs."""
        return [self.reply, *self.informs]

    @property
    def succeeded(self) -> bool:
        """Whether the reply is ``ok``."""
        return self.reply.reply_ok()

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
        asked = self._asked or Asked("device", reply.name, (), 0.0)
        words = " ".join(decode_text(a) for a in reply.arguments[1:])
        sent = not isinstance(reply, LocalReply) or reply.sent
        raise RequestFailed(
            asked.device, asked.request, asked.arguments, asked.elapsed, printable(words), sent=sent
        )

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
