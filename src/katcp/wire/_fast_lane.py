"""The fast lane: simple lines of readings and of long answers do not become messages.

Readings are nearly all that devices send, lists of sensors are long, and most of what a message
costs is not needed for them. Readings go to their sensors, the words of informs that answer a
request to what takes them. A line is simple if dividing it at its spaces gives what the codec would
give; one that is not, or whose sensor or value is not as expected, is left to the codec, and so to
whoever handles messages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ._message import unescape
from ._values import decode_timestamp

__all__ = ["STATUS", "FastLane", "Readings", "Taker"]

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


class Taker(Protocol):
    """A request whose `take` is given it, and the words of some of the informs that answer it."""

    take: Callable[[Any, list[list[bytes]]], None] | None


class FastLane:
    """Gives the readings of one connection to their sensors, and words to who asked for them.

    Parameters
    ----------
    readings
        Where readings go; None leaves them to the codec.
    takers
        First word of the informs of a request -> the request. It may change on the way.

    Attributes
    ----------
    major
        Version of the protocol of the device.
    closed
        Whether the connection was dropped, so that nothing more is to be told.
    """

    __slots__ = ("_readings", "_takers", "closed", "major")

    def __init__(
        self, readings: Readings | None, takers: Mapping[bytes, Taker], major: int
    ) -> None:
        self._readings = readings
        self._takers = takers
        self.major = major
        self.closed = False

    def take(self, lines: Iterator[bytes]) -> bytes | None:
        """Take lines as long as they are simple and all is as expected; gives the first that is not.

        That one is for the codec; None if there is none.
        """
        takers, major, readings = self._takers, self.major, self._readings
        if readings is not None:
            sensors, received = readings.sensors, readings.received
        for line in lines:
            if self.closed:
                return None
            if takers and (first := line.partition(b" ")[0]) in takers:
                after = self._take_answer(first, line, lines)
                if after is None or self.closed:
                    return None
                line = after  # a reading, or for the codec, though it may answer another request
            if readings is None:
                return line
            words = line.split(b" ")
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

    def _take_answer(self, first: bytes, line: bytes, lines: Iterator[bytes]) -> bytes | None:
        """Take this line and those that follow with the same first word; gives the next, if any."""
        begins = first + b" "
        length = len(begins)
        informs = []
        found: bytes | None = line
        while found is not None and found.startswith(begins):
            words = found[length:].split(b" ")
            if b"" in words:
                break
            if _BACKSLASH in found:
                try:
                    words = [unescape(word) if _BACKSLASH in word else word for word in words]
                except ValueError:
                    break
            informs.append(words)
            found = next(lines, None)
        request = self._takers[first]
        if informs and request.take is not None:
            request.take(request, informs)
        return found

    def _take_many(self, readings: Readings, line: bytes, words: list[bytes]) -> bool:
        count = _COUNTS.get(len(words))
        if words[0] != STATUS or count is None or count != words[2] or _has_empty_word(line):
            return False
        raw_timestamp, statuses, values = words[1], words[4::3], words[5::3]
        raw_names = b" ".join(words[3::3])
        sensors, received, major = readings.sensors, readings.received, self.major
        try:
            timestamp = decode_timestamp(raw_timestamp, major)
            names = raw_names.decode().split(" ")
            if _BACKSLASH in line:
                values = [unescape(value) if _BACKSLASH in value else value for value in values]
                if _BACKSLASH in raw_names or _BACKSLASH in b"".join(statuses):
                    return False
        except ValueError:
            return False
        for name, status, value in zip(names, statuses, values, strict=True):
            if self.closed:
                break
            try:
                sensors[name].take_reading(received, timestamp, status, value, major)
            except (LookupError, ValueError, AttributeError):
                readings.update(name, raw_timestamp, status, value)
        return True


def _has_empty_word(line: bytes) -> bool:
    return line.find(b"  ") >= 0 or line.endswith(b" ")
