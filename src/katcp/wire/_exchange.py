"""A request on its way."""

from ._message import Message

__all__ = ["Exchange"]


class Exchange:
    """A request as it was given, and the mid that it has on the wire.

    Attributes
    ----------
    mid
        Of the wire; None for none, and until it is known.
    takes_reply
        Whether the reply goes to `take_reply`; else it becomes an event.
    takes_words
        Whether informs that carry the mid, and that nobody overhears, go to `take_words`; else all
        become events.
    """

    __slots__ = ("abandoned", "message", "mid", "takes_words")
    takes_reply = False

    def __init__(self, message: Message, takes_words: bool = False) -> None:
        self.message = message
        self.mid: bytes | None = None
        self.takes_words = takes_words
        self.abandoned = False

    def take_reply(self, reply: Message) -> None:
        """Called with the reply."""

    def take_words(self, informs: list[list[bytes]]) -> None:
        """Called with the lists of the words of informs, as many as came together."""
