"""What the targets watch: the log, what is shown to people, and what the device has listed."""

import logging
from typing import Any, Self

from katcp.resource_client import KATCPClientResource
from katcp.wire import Exchange, InformReceived, Message, ReplyReceived

__all__ = ["Listed", "Records", "check_shown"]


class Records(logging.Handler):
    """Takes what the client logs; none of it is printed."""

    def __enter__(self) -> Self:
        self._records: list[logging.LogRecord] = []
        self._logger = logging.getLogger("katcp")
        self._before = (self._logger.level, self._logger.propagate)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        self._logger.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        level, self._logger.propagate = self._before
        self._logger.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self._records.append(record)

    def check(self) -> None:
        """Nothing was raised on the way, and every line can be shown."""
        for record in self._records:
            text = record.getMessage()
            assert record.exc_info is None, f"{text}: {record.exc_info[1]!r}"
            assert "syncing failed" not in text, text
            assert text.isprintable(), f"{text!r} would show control characters"


def check_shown(target: KATCPClientResource) -> None:
    """Whatever a person may be shown of a resource has no control characters."""
    shown = [repr(target), str(target), str(target.last_error), target.why()]
    for sensor in dict.values(target.sensor):
        shown += [repr(sensor), str(sensor)]
    for request in dict.values(target.req):
        shown += [repr(request), *str(request.__doc__).split("\n")]
    for text in shown:
        assert text.replace("\t", " ").isprintable(), f"{text!r} would show control characters"


class Listed:
    """Notes what the device has validly listed since it was connected."""

    def __init__(self, target: KATCPClientResource) -> None:
        self._target = target
        self._rows: dict[Exchange, set[str]] = {}
        self._names: set[str] = set()
        make = target.inspecting_client_factory

        def factory(*args: Any) -> Any:
            self._client = make(*args)
            low = self._client.katcp_client
            handle = low._on_event

            def on_event(event: Any) -> None:
                self._note(event)
                handle(event)

            low._on_event = on_event  # type: ignore[method-assign]
            return self._client

        target.inspecting_client_factory = factory  # type: ignore[method-assign]

    def check(self) -> None:
        """A resource that is synced lacks nothing of it, and has what its client has."""
        if not self._target.synced:
            return
        has = set(self._client.sensors)
        assert has >= self._names, f"synced without {self._names - has}"
        assert self._target._sensors.names() == has
        assert self._target._requests.names() == set(self._client.requests)

    def _note(self, event: object) -> None:
        match event:
            case InformReceived(Message(name="sensor-list") as row, Exchange() as exchange):
                if len(row.arguments) >= 4 and row.arguments[0]:
                    self._rows.setdefault(exchange, set()).add(_text(row.arguments[0]))
            case ReplyReceived(Message(name="sensor-list") as reply, Exchange() as exchange):
                self._answered(exchange, self._rows.pop(exchange, set()), reply.reply_ok())

    def _answered(self, exchange: Exchange, rows: set[str], ok: bool) -> None:
        asked = {_text(word) for word in exchange.message.arguments}
        if asked:
            self._names = (self._names - asked) | (rows & asked if ok else set())
        elif ok:
            self._names = rows


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
