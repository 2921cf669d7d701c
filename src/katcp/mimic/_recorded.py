"""Learns a device from a recorded session with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ..resource_client import KATCPClientResource
from ..testing import Link, Recording, Replayer, attach
from ..testing._recording import sets_strategy
from ..wire import Message, decode_text
from ._learner import Learner
from ._likeness import Answer, Likeness

__all__ = ["learn_recorded"]

_SLOW = 0.1  # seconds from which an answer is said to take them
_NEEDED = ("sensor-list", "sensor-sampling", "sensor-value", "watchdog", "help")


async def learn_recorded(path: Path, timeout: float) -> tuple[Learner, Likeness]:
    """Give what was learnt from a file, and by whom, who has notes; see `Recording`.

    Raises
    ------
    ValueError
        If there is no session in it, or none of which something could be learnt.
    TimeoutError
        If no client would be synced with what it says, within so many seconds; says why not.
    """
    recording = Recording(path)
    replayer = Replayer(recording)
    notes = [*recording.notes, *_completed(path, replayer)]
    device = KATCPClientResource(
        {"name": str(path), "address": (path.name, 0), "controlled": True, "auto_reconnect": False}
    )
    attach(device, replayer)
    learner = Learner(device)
    learner.notes += notes
    device.start()
    try:
        await device.until_synced(timeout)
        now = recording.began
        for now, words in recording.readings():
            learner.heard(words, now)
        likeness = learner.likeness(now)
    finally:
        await device.stop()
        await replayer.give_up()
    likeness.interface = likeness.interface._replace(name=path.stem)
    likeness.first_status = _first_status(recording)
    likeness.answers |= {n: a for n, a in _answers(recording) if n in likeness.answers}
    return learner, likeness


def _completed(path: Path, replayer: Replayer) -> Iterator[str]:
    """Let the replayer answer what a client has to ask as far as it can; give what was amiss."""
    if not replayer.help and not replayer.sensors:
        raise ValueError(
            f"{path} has no answer to ?help or ?sensor-list, so nothing can be learnt; record a "
            "client that asks for them, like katcp info"
        )
    recording = replayer.recording
    if not recording.banner:
        mids = any(exchange.request.mid for exchange in recording.exchanges)
        protocol = "5.0-MI" if mids else "4.0"
        replayer.banner = [f"#version-connect katcp-protocol {protocol}"]
        yield f"it does not say which protocol the device speaks; taken for {protocol}"
    for name in ("help", "sensor-list", "request-timeout-hint"):
        informs = _informs(recording, name)
        if informs is None:
            known = _asked(recording) if name == "help" else []
            informs = [(request.encode(), b"") for request in known]
            if name != "request-timeout-hint":
                yield f"it has no answer to ?{name}; " + (
                    "requests without help are those that were used"
                    if known
                    else "no sensors known"
                )
        replayer.answers[name] = _listing(informs)


def _informs(recording: Recording, name: str) -> list[tuple[bytes, ...]] | None:
    """Give the arguments of the informs that answered a request for all; None if none was."""
    for exchange in recording.exchanges:
        if exchange.request.name == name and not exchange.request.arguments:
            failed = exchange.reply is not None and not exchange.reply.reply_ok()
            return None if failed else [tuple(m.arguments) for m in exchange.informs()]
    return None


def _listing(informs: list[tuple[bytes, ...]]) -> Callable[[Link, Message], list[bytes]]:
    def answer(link: Link, request: Message) -> list[bytes]:
        lines = [bytes(Message.reply_inform(request, *words)) for words in informs]
        return [*lines, bytes(Message.reply_to_request(request, "ok", len(informs)))]

    return answer


def _asked(recording: Recording) -> list[str]:
    """Give the requests that were used, and those without which no client can do."""
    used = {
        exchange.request.name
        for exchange in recording.exchanges
        if exchange.reply is not None and exchange.reply.arguments[:1] != [b"invalid"]
    }
    return sorted(used | set(_NEEDED))


def _answers(recording: Recording) -> Iterator[tuple[str, Answer]]:
    """Give how requests were answered, those that failed first."""
    replied = [(e, e.reply) for e in recording.exchanges if e.reply is not None]
    for exchange, reply in sorted(replied, key=lambda pair: pair[1].reply_ok()):
        took = exchange.answer[-1].time - exchange.time
        yield (
            exchange.request.name,
            Answer(
                tuple(map(decode_text, reply.arguments)) or ("ok",),
                tuple(tuple(map(decode_text, m.arguments)) for m in exchange.informs()),
                round(took, 3) if took >= _SLOW else 0.0,
            ),
        )


def _first_status(recording: Recording) -> bool:
    """Whether most strategies that were set were answered by a reading, too."""
    answered = [
        any(said.message and said.message.name == "sensor-status" for said in exchange.answer)
        for exchange in recording.exchanges
        if sets_strategy(exchange.request)
        and exchange.reply is not None
        and exchange.reply.reply_ok()
    ]
    return 2 * sum(answered) >= len(answered)
