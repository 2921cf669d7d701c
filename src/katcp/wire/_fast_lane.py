"""The fast lane: simple ``#sensor-status`` lines go to their sensors without becoming messages.

Readings are nearly all that devices send, and most of what a message costs is not needed for them.
A line is simple if dividing it at its spaces gives what the codec would give; one that is not, or
whose sensor or value is not as expected, is left to the codec, and so to whoever handles messages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ._message import unescape
from ._values import decode_timestamp

__all__ = ["STATUS", "FastLane", "Readings"]

#: How the lines begin that this is for.
STATUS = b"#sensor-status"
_BACKSLASH = ord("\\")  # `in` is ten times as slow for bytes: it makes an exception first
#: Number of words on a line -> its count of sensors, as nearly all devices write it.
_COUNTS = {3 + 3 * count: b"%d" % count for count in range(1, 1001)}


@dataclass(slots=True)
class Readings:
    """Where readings go.

    Attributes
    ----------
    sensors
        KATCP name -> object that has ``take_reading(received, timestamp, status, value, major)``,
        where times are in seconds, the others words of the wire. It raises `ValueError` for what
        it cannot understand.
    update
        Takes what `sensors` does not: name of the sensor, and words of the wire: timestamp, status,
        value.
    received
        When what is read now was received, in seconds since the Unix epoch.
    """

    sensors: Mapping[str, Any]
    update: Callable[[str, bytes, bytes, bytes], None]
    received: float


class FastLane:
    """Gives the readings of one connection to their sensors.

    Attributes
    ----------
    major
        Version of the protocol of the device.
    closed
        Whether the connection was dropped, so that nothing more is to be told.
    """

    __slots__ = ("_received", "_sensors", "_update", "closed", "major")

    def __init__(self, readings: Readings, major: int) -> None:
        self._sensors = readings.sensors
        self._update = readings.update
        self._received = readings.received
        self.major = major
        self.closed = False

    def take(self, line: bytes) -> bool:
        """Take a line if it is simple and all is as expected; else it is for the codec."""
        if self.closed:
            return True
        words = line.split(b" ")
        if len(words) != 6:
            return self._take_many(words)
        head, timestamp, count, name, status, value = words
        if head != STATUS or count != b"1" or not value:
            return False
        try:
            if _BACKSLASH in value:
                value = unescape(value)
            major = self.major
            when = decode_timestamp(timestamp, major)
            self._sensors[name.decode()].take_reading(self._received, when, status, value, major)
        except (LookupError, ValueError, AttributeError):
            return False
        return True

    def _take_many(self, words: list[bytes]) -> bool:
        count = _COUNTS.get(len(words))
        if words[0] != STATUS or count is None or count != words[2] or b"" in words:
            return False
        sensors, received, major, raw_timestamp = (
            self._sensors,
            self._received,
            self.major,
            words[1],
        )
        try:
            timestamp = decode_timestamp(raw_timestamp, major)
            words = [unescape(word) if _BACKSLASH in word else word for word in words]
        except ValueError:
            return False
        for i in range(3, len(words), 3):
            if self.closed:
                break
            try:
                sensor = sensors[words[i].decode()]
                sensor.take_reading(received, timestamp, words[i + 1], words[i + 2], major)
            except (LookupError, ValueError, AttributeError):
                name = words[i].decode("utf-8", "surrogateescape")
                self._update(name, raw_timestamp, words[i + 1], words[i + 2])
        return True
