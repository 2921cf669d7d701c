"""The load server: devices that send bytes which were encoded beforehand, in a process of its own.

``python -m benchmarks.server CORE SENSORS...`` serves a device for each number of sensors, prints
their ports as JSON, and ends when its input does.
"""

import functools
import itertools
import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable

from . import load

HELLO = (
    b"#version-connect katcp-protocol 5.1-BIMT\n"
    b"#version-connect katcp-library load-1 load-1.0\n"
    b"#version-connect katcp-device load-1.0 load-1.0.0\n"
)
_CHUNK = 1000  # updates that are sent at a time
_RECEIVE = 1 << 20  # bytes


class Device:
    """What can be said of a device with so many sensors, as bytes."""

    def __init__(self, count: int) -> None:
        names = load.names(count)
        self.lines = {name.encode(): _listed(name, load.type_of(i)) for i, name in enumerate(names)}
        self.readings = {name.encode(): _reading(name, i) for i, name in enumerate(names)}
        self._names = names
        self._updates: dict[int, list[bytes]] = {}  # chunks, by sensors in an inform
        self.listing = functools.lru_cache(maxsize=8)(self._listing)

    def _listing(self, mid: bytes) -> bytes:
        return b"".join([b"#sensor-list%s %s" % (mid, line) for line in self.lines.values()])

    def prepare(self, updates: int, per_inform: int) -> None:
        """Encode so many updates."""
        chunks = self._updates.setdefault(per_inform, [])
        for start in range(len(chunks) * _CHUNK, updates, _CHUNK):
            informs = range(start, start + _CHUNK, per_inform)
            chunks.append(b"".join([self._inform(i, per_inform) for i in informs]))

    def updates(self, count: int, per_inform: int) -> list[bytes]:
        """Give the first of what was prepared, in chunks."""
        return self._updates[per_inform][: count // _CHUNK]

    def _inform(self, start: int, per_inform: int) -> bytes:
        words = ["#sensor-status", f"{load.timestamp(start, per_inform):.6f}", str(per_inform)]
        for update in range(start, start + per_inform):
            sensor = update % len(self._names)
            words += [self._names[sensor], "nominal", load.encoded(sensor, update)]
        return " ".join(words).encode() + b"\n"


def _listed(name: str, type: str, description: str = "A\\_sensor\\_of\\_a\\_device") -> bytes:
    params = " on off standby" if type == "discrete" else ""
    return f"{name} {description} m {type}{params}\n".encode()


def _reading(name: str, sensor: int) -> bytes:
    text = f"#sensor-status {load.EPOCH:.6f} 1 {name} nominal {load.encoded(sensor, 0)}\n"
    return text.encode()


class Conversation:
    """One connection: what it changed of the device, and what was asked on it."""

    def __init__(self, device: Device, connection: socket.socket) -> None:
        self._device = device
        self._socket = connection
        self._changed: dict[bytes, bytes] = {}  # lines of sensors that are not as in the device
        self._seen: Counter[bytes] = Counter()
        self._handlers: dict[bytes, Callable[[bytes, list[bytes]], bytes]] = {
            b"announce": self._announce,
            b"change": self._change,
            b"drop": self._drop,
            b"help": self._help,
            b"prepare": self._prepare,
            b"request-timeout-hint": lambda mid, words: b" 0",
            b"seen": self._tell_seen,
            b"sensor-list": self._list,
            b"sensor-sampling": self._sample,
            b"sensor-value": self._read,
            b"updates": self._update,
            b"watchdog": lambda mid, words: b"",
        }

    def run(self) -> None:
        """Talk until the client goes."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self._socket:
                self._talk()
        except ConnectionError:
            pass  # so it went

    def _talk(self) -> None:
        self._socket.sendall(HELLO)
        rest = b""
        while received := self._socket.recv(_RECEIVE):
            *lines, rest = (rest + received).split(b"\n")
            self._answer(lines)

    def _answer(self, lines: list[bytes]) -> None:
        """Answer what was asked; runs of heartbeats, the request of the benchmarks, at once."""
        for beat, group in itertools.groupby(lines, lambda line: line.startswith(b"?watchdog")):
            if beat:
                beats = list(group)
                self._seen[b"watchdog"] += len(beats)
                self._socket.sendall(b"".join([b"!" + line[1:] + b" ok\n" for line in beats]))
            else:
                for line in group:
                    self._answer_one(line)

    def _answer_one(self, line: bytes) -> None:
        head, *words = line.split()
        name, bracket, mid = head[1:].partition(b"[")
        self._seen[name] += 1
        handler = self._handlers.get(name)
        if handler is None:
            self._socket.sendall(b"!%s invalid Unknown\\_request\n" % head[1:])
            return
        result = handler(bracket + mid, words)
        self._socket.sendall(b"!%s ok%s\n" % (head[1:], result))

    # -- what devices have: the informs are sent, and what follows the ok is given

    def _help(self, mid: bytes, words: list[bytes]) -> bytes:
        names = words or sorted(self._handlers)
        text = [b"#help%s %s What\\_%s\\_does.\n" % (mid, name, name) for name in names]
        self._socket.sendall(b"".join(text))
        return b" %d" % len(names)

    def _list(self, mid: bytes, words: list[bytes]) -> bytes:
        if words or self._changed:
            lines = {**self._device.lines, **self._changed}
            asked = [lines[name] for name in words or lines]
            text, count = b"".join([b"#sensor-list%s %s" % (mid, x) for x in asked]), len(asked)
        else:
            text, count = self._device.listing(mid), len(self._device.lines)
        self._seen[b"listed"] += count
        self._socket.sendall(text)
        return b" %d" % count

    def _sample(self, mid: bytes, words: list[bytes]) -> bytes:
        if len(words) > 1:
            readings = map(self._device.readings.__getitem__, words[0].split(b","))
            self._socket.sendall(b"".join(readings))
        return b" " + b" ".join(words)

    def _read(self, mid: bytes, words: list[bytes]) -> bytes:
        line = self._device.readings[words[0]].removeprefix(b"#sensor-status")
        self._socket.sendall(b"#sensor-value" + mid + line)
        return b" 1"

    # -- what only these have

    def _prepare(self, mid: bytes, words: list[bytes]) -> bytes:
        """Encode the first so many updates, so many in an inform."""
        self._device.prepare(*map(int, words))
        return b""

    def _update(self, mid: bytes, words: list[bytes]) -> bytes:
        """Send them; the reply comes when all are sent."""
        for chunk in self._device.updates(*map(int, words)):
            self._socket.sendall(chunk)
        return b""

    def _change(self, mid: bytes, words: list[bytes]) -> bytes:
        """Give a sensor another description, or have one more; announce that."""
        name, description = words
        self._changed[name] = _listed(name.decode(), "float", description.decode())
        self._device.readings.setdefault(name, _reading(name.decode(), 0))
        self._socket.sendall(b"#interface-changed sensor %s modified\n" % name)
        return b""

    def _announce(self, mid: bytes, words: list[bytes]) -> bytes:
        """Say that something has changed, though nothing has."""
        self._socket.sendall(b"#interface-changed %s\n" % b" ".join(words))
        return b""

    def _drop(self, mid: bytes, words: list[bytes]) -> bytes:
        """End the connection."""
        raise ConnectionAbortedError

    def _tell_seen(self, mid: bytes, words: list[bytes]) -> bytes:
        """Tell how often each request came on this connection, and how many sensors were listed."""
        return b"".join([b" %s %d" % item for item in self._seen.items()])


def _serve(listener: socket.socket, device: Device) -> None:
    while True:
        conversation = Conversation(device, listener.accept()[0])
        threading.Thread(target=conversation.run, daemon=True).start()


def main() -> None:
    """Serve until the input ends."""
    core, *sizes = map(int, sys.argv[1:])
    os.sched_setaffinity(0, {core})
    ports = {}
    for size in sizes:
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        ports[size] = listener.getsockname()[1]
        threading.Thread(target=_serve, args=(listener, Device(size)), daemon=True).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
