"""The fast lane: simple lines, of readings and of long answers, are taken without becoming messages.

Readings are nearly all that devices send, and lists of sensors are long; most of what a message
costs is not needed for them. Readings go to their sensors, the words of an answer to what takes
those of its request. A line is simple if dividing it at its spaces gives what the codec would give; one that is not, or
whose sensor or value is not as expected, is left to the codec, and so to whoever handles messages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ._message import unescape
from ._values import decode_timestamp

__all__ = ["STATUS", "Asked", "FastLane", "Readings"]

#: How the lines of readings begin.
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


class Asked(Protocol):
    """A request whose answer is taken word by word: `take` is given it, and those of an inform."""

    take: Callable[[Any, list[bytes]], None] | None


class FastLane:
    """Gives the readings of one connection to their sensors, and words to who asked for them.

    Parameters
    ----------
    readings
        Where readings go; None leaves them to the codec.
    asked
        First word of the informs of a request -> the request. It may change on the way.

    Attributes
    ----------
    major
        Version of the protocol of the device.
    closed
        Whether the connection was dropped, so that nothing more is to be told.
    """

    __slots__ = ("_asked", "_readings", "closed", "major")

    def __init__(
        self, readings: Readings | None, asked: Mapping[bytes, Asked], major: int
    ) -> None:
        self._readings = readings
        self._asked = asked
        self.major = major
        self.closed = False

    def take(self, lines: Iterator[bytes]) -> bytes | None:
        """Take lines as long as they are simple and all is as expected; gives the first that is not.

        That one is for the codec; None if there is none.
        """
        asked, major, readings = self._asked, self.major, self._readings
        if readings is not None:
            sensors, received = readings.sensors, readings.received
        for line in lines:
            if self.closed:
                return None
            words = line.split(b" ")
            if asked and words[0] in asked:
                if not self._take_answer(line, words):
                    return line
                continue
            if readings is None:
                return line
            if len(words) != 6:
                if not self._take_many(readings, line, words):
                    return line
                continue
            head, raw_timestamp, count, name, status, value = words
            if head != STATUS or count != b"1" or not value:
                return line
            try:
                if _BACKSLASH in line:
                    if _BACKSLASH in name:
                        return line
                    value = unescape(value)
                timestamp = decode_timestamp(raw_timestamp, major)
                sensors[name.decode()].take_reading(received, timestamp, status, value, major)
            except (LookupError, ValueError, AttributeError):
                return line
        return None

    def _take_answer(self, line: bytes, words: list[bytes]) -> bool:
        if b"" in words:
            return False
        request = self._asked[words[0]]
        del words[0]
        if _BACKSLASH in line:
            try:
                words = [unescape(word) if _BACKSLASH in word else word for word in words]
            except ValueError:
                return False
        assert request.take is not None
        request.take(request, words)
        return True

    def _take_many(self, readings: Readings, line: bytes, words: list[bytes]) -> bool:
        count = _COUNTS.get(len(words))
        if words[0] != STATUS or count is None or count != words[2] or _has_empty_word(line):
            return False
        raw_timestamp, names, statuses, values = words[1], words[3::3], words[4::3], words[5::3]
        sensors, received, major = readings.sensors, readings.received, self.major
        try:
            timestamp = decode_timestamp(raw_timestamp, major)
            if _BACKSLASH in line:
                values = [unescape(value) if _BACKSLASH in value else value for value in values]
                if _BACKSLASH in b"".join(names + statuses):
                    return False
        except ValueError:
            return False
        for raw_name, status, value in zip(names, statuses, values, strict=True):
            if self.closed:
                break
            try:
                sensor = sensors[raw_name.decode()]
                sensor.take_reading(received, timestamp, status, value, major)
            except (LookupError, ValueError, AttributeError):
                name = raw_name.decode("utf-8", "surrogateescape")
                readings.update(name, raw_timestamp, status, value)
        return True


def _has_empty_word(line: bytes) -> bool:
    return line.find(b"  ") >= 0 or line.endswith(b" ")
