"""Replays a recorded session to a live client."""

import json
from pathlib import Path

from ..wire import Decoder, Message, decode_text
from ._responder import Link, Responder

__all__ = ["Replayer"]


class Replayer(Responder):
    """Answers each request with what was recorded for it, mids exchanged; else ``invalid``.

    Parameters
    ----------
    path
        JSON lines ``{"t", "dir", "data"}``: ``dir`` is ``c2s`` or ``s2c``, ``data`` the bytes of one
        recv as latin-1.

    Attributes
    ----------
    sensors, help : set of str
        Names that the recorded answers to ``?sensor-list`` and ``?help`` list.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._recorded: dict[tuple[str, tuple[bytes, ...]], list[bytes]] = {}
        self._load(path)
        self.sensors = self._listed("sensor-list")
        self.help = self._listed("help")
        self.answers = {"*": self._replay}

    def _load(self, path: Path) -> None:
        asked: tuple[str, tuple[bytes, ...]] | None = None
        banner: list[bytes] = []
        for entry in map(json.loads, path.read_text().splitlines()):
            lines = entry["data"].encode("latin-1").splitlines()
            if entry["dir"] == "s2c":
                if asked is None:
                    banner += lines
                else:
                    self._recorded[asked] += lines
                continue
            for line in lines:
                message = _message(line)
                if message is not None and message.mtype == Message.REQUEST:
                    asked = (message.name, tuple(message.arguments))
                    self._recorded[asked] = []
        self.banner = list(map(decode_text, banner))

    def _listed(self, request: str) -> set[str]:
        messages = map(_message, self._recorded.get((request, ()), ()))
        return {
            decode_text(m.arguments[0])
            for m in messages
            if m is not None and m.mtype == Message.INFORM and m.name == request
        }

    def _replay(self, link: Link, request: Message) -> list[bytes]:
        recorded = self._recorded.get((request.name, tuple(request.arguments)))
        if recorded is None:
            return [bytes(Message.reply_to_request(request, "invalid", "not recorded"))]
        return [_with_mid(line, request) for line in recorded]


def _with_mid(line: bytes, request: Message) -> bytes:
    """Give a recorded line with the mid of a live request, if it belongs to its answer."""
    message = _message(line)
    if message is None or message.name != request.name:
        return line
    return bytes(Message(message.mtype, message.name, message.arguments, request.mid))


def _message(line: bytes) -> Message | None:
    for item in Decoder(1 << 26).feed(line + b"\n"):
        return item if isinstance(item, Message) else None
    return None
