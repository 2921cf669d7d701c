"""Readings on their way from messages to the objects of their sensors."""

import functools
import logging
from collections.abc import Callable

from .._helpers import RAISED
from .._observe import Observed
from ..client import AsyncClient
from ..model import SensorFields
from ..wire import (
    Message,
    brief,
    decode_count,
    decode_text,
)
from ._model import Catalogue
from ._state import InspectingClientStateType

__all__ = ["Updates"]

_MOST_UNPARSABLE = 10_000  # sensors that are remembered, so as to complain of each once


class Updates:
    """Gives the readings of a device to the objects of its sensors.

    Parameters
    ----------
    client
        The client that they come from.
    sensors
        The sensors that there are.
    state
        Readings that come after the connection was dropped are not looked at.
    update
        Gives one reading to its sensor: `update`, unless a user has put another in its place.
    """

    def __init__(
        self,
        client: AsyncClient,
        sensors: Catalogue[SensorFields],
        state: Observed[InspectingClientStateType],
        update: Callable[[str, bytes, bytes, bytes], None],
        logger: logging.Logger,
    ) -> None:
        self._client = client
        self._sensors = sensors
        self._state = state
        self._update = update
        self._logger = logger
        self._unparsable: set[str] = set()  # sensors whose values have been complained of

    def on_message(self, message: Message) -> None:
        """Take a ``#sensor-status`` or what has its form."""
        words = message.arguments
        count = decode_count(words[1]) if len(words) > 1 else None
        if count is None or len(words) != 2 + 3 * count:
            self._client.complain(f"malformed #{message.name}", str(message))
            return
        for i in range(2, len(words), 3):
            if i > 2 and not self._state.value.connected:  # a listener dropped the link
                return
            self.tell(decode_text(words[i]), words[0], words[i + 1], words[i + 2])

    def tell(self, name: str, timestamp: bytes, status: bytes, value: bytes) -> None:
        """Give one reading to whoever takes them; an exception of it is logged."""
        try:
            self._update(name, timestamp, status, value)
        except RAISED:
            self._logger.exception("What takes readings raised an exception for %s", brief(name))

    def update(self, name: str, timestamp: bytes, status: bytes, value: bytes) -> None:
        """Give a reading, as it came from the device, to the object of its sensor.

        One that cannot be understood, or is of no sensor in the model, changes nothing and is
        logged.
        """
        sensor = self._sensors.get(name)
        if sensor is None:
            self._client.complain("reading of a sensor that is not in the list", name)
            return
        try:
            sensor.set_formatted(timestamp, status, value, self.major())
        except ValueError as exc:
            self._complain(name, exc)

    def major(self) -> int:
        """Give the version of the protocol of the device; 5 while it is not known."""
        flags = self._client.protocol_flags
        return flags.major if flags is not None else 5

    def _complain(self, name: str, exc: ValueError) -> None:
        if name in self._unparsable:
            return
        if len(self._unparsable) >= _MOST_UNPARSABLE:
            self._unparsable.clear()
        self._unparsable.add(name)
        what = brief(f"sensor {name}: {exc}; its reading stays as it was")
        what = f"{self._client.bind_address_string}: {what}"
        warn = functools.partial(self._logger.warning, extra={"complaint": True})
        self._client.progress.failed(what, warn)
