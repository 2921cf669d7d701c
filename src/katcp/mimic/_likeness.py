"""`Likeness`: all that is known of a device, to serve another that looks like it."""

from dataclasses import dataclass, field

from ..model import Interface
from ._motions import Motion

__all__ = ["BUILT_IN", "Answer", "Likeness"]

#: Requests that a mimic answers by itself, as far as the device has them.
BUILT_IN = frozenset(
    {
        "client-list",
        "help",
        "log-level",
        "request-timeout-hint",
        "sensor-list",
        "sensor-sampling",
        "sensor-sampling-clear",
        "sensor-value",
        "version-list",
        "watchdog",
    }
)


@dataclass(frozen=True)
class Answer:
    """What a request is answered with: words of the reply and of informs before it; seconds."""

    reply: tuple[str, ...] = ("ok",)
    informs: tuple[tuple[str, ...], ...] = ()
    after: float = 0.0


@dataclass
class Likeness:
    """What a device offers, and how it behaves.

    Attributes
    ----------
    versions
        Component -> words, as it says of itself when a client connects, beside the protocol;
        ``version`` and ``build-state`` are the informs of these names that version 4 has.
    first_status
        Whether setting a sampling strategy sends the present reading.
    motions
        How each sensor moves, by name.
    answers
        To requests that are not `BUILT_IN`, or are to be answered otherwise.
    explained
        Request -> help as it is when asked for by name, where that is more than what is listed.
    """

    interface: Interface
    motions: dict[str, Motion]
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    first_status: bool = True
    answers: dict[str, Answer] = field(default_factory=dict)
    explained: dict[str, str] = field(default_factory=dict)
