"""The fast lane: simple lines of readings and of answers go straight to whom they are for.

Readings are nearly all that devices send, lists of sensors are long, and most of what a message
costs is not needed for them. Readings go to their sensors; the words of informs that answer a
request, and those of its reply, to what asked. A line is simple if dividing it at its spaces gives
what the codec would give; one that is not, or whose sensor or value is not as expected, is left to
the codec, and so to whoever handles messages.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._exchange import Exchange
from ._message import REPLY, Message, divide, unescape
from ._values import decode_timestamp

__all__ = ["FastLane", "Readings"]

#: How the lines of readings begin.
_STATUS = b"#sensor-status"
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
    """Gives the readings of one connection to their sensors, and answers to who asked.

    Parameters
    ----------
    readings
        Called when there are readings; gives where those of what was received go, or None to leave
        them to the codec.

    Attributes
    ----------
    by_mid
        Mid -> the request that has it.
    replies, informs
        First word of a reply, or of informs whose words are taken -> the request that it answers,
        which was written.
    major
        Version of the protocol of the device.
    closed
        Whether nothing more is to be told.
    """

    __slots__ = (
        "_asked", "_given", "_readings", "by_mid", "closed", "informs", "major", "replies"
    )  # fmt: skip

    def __init__(self, readings: Callable[[], Readings | None]) -> None:
        self._readings = readings
        self._given: Readings | None = None  # by that, if it was asked
        self._asked = False
        self.by_mid: dict[bytes | None, Exchange] = {}
        self.replies: dict[bytes, Exchange] = {}
        self.informs: dict[bytes, Exchange] = {}
        self.major = 5
        self.closed = False

    def close(self) -> None:
        """Take nothing more: the connection was dropped."""
        self.closed = True
        self._given = None
        self.by_mid.clear()
        self.replies.clear()
        self.informs.clear()

    def take(self, lines: Iterator[bytes], more: bool = False) -> bytes | None:
        """Take lines that are simple and as expected; gives the first that is not, None at the end.

        `more` says that the lines were received together with those of before.
        """
        replies, informs = self.replies, self.informs
        readings: Readings | None = None
        if not more:
            self._asked = False
        for line in lines:
            if self.closed:
                return None
            words = line.split(b" ")
            first = words[0]
            if first != _STATUS:
                if first in replies and b"" not in words and _BACKSLASH not in line:
                    request = replies[first]
                    if request.takes_reply:
                        del words[0], replies[first], self.by_mid[request.mid]
                        if request.takes_words:
                            informs.pop(b"#" + first[1:], None)
                        request.take_reply(
                            Message._trusted(REPLY, request.message.name, request.mid, words)
                        )
                        continue
                if first in informs:
                    after = self._take_informs(line, first, lines)
                    if after is None or self.closed:
                        continue
                    line = after  # a reading, or for the codec, though it may be an answer, too
                    words = line.split(b" ")
                if words[0] != _STATUS:
                    return line
            if readings is None:
                if not self._asked:
                    self._given, self._asked = self._readings(), True
                readings = self._given
                if readings is None:
                    return line
                sensors, received = readings.sensors, readings.received
            if len(words) != 6:
                if not self._take_many(readings, line, words):
                    return line
                continue
            _, raw_timestamp, count, name, status, value = words
            if count == b"1" and value:
                try:
                    if _BACKSLASH in line:
                        name, value = unescape(name), unescape(value)
                    major = self.major
                    timestamp = decode_timestamp(raw_timestamp, major)
                    sensors[name.decode()].take_reading(received, timestamp, status, value, major)
                    continue
                except (LookupError, ValueError, AttributeError):
                    pass
            return line
        return None

    def _take_informs(self, line: bytes, first: bytes, lines: Iterator[bytes]) -> bytes | None:
        """Take this line and those that follow with the same first word; gives the next, if any."""
        begins = first + b" "
        length = len(begins)
        informs = []
        found: bytes | None = line
        while found is not None and found.startswith(begins):
            try:
                words = divide(found[length:])
            except ValueError:
                break
            if words is None:
                break
            informs.append(words)
            found = next(lines, None)
        if informs:
            self.informs[first].take_words(informs)
        return found

    def _take_many(self, readings: Readings, line: bytes, words: list[bytes]) -> bool:
        count = _COUNTS.get(len(words))
        if count is None or count != words[2] or _has_empty_word(line):
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
