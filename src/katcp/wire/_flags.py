"""`ProtocolFlags`: which version of KATCP a device speaks, and which options (section 4.2)."""

import re
from collections.abc import Iterable

from ._text import printable

__all__ = ["ProtocolFlags"]

_VERSION = re.compile(rb"(\d{1,9})\.(\d{1,9})(?:-(.{0,256}))?")
_SINCE = {b"I": (5, 0), b"T": (5, 1), b"B": (5, 1)}


class ProtocolFlags:
    """Version and options of a device's protocol.

    Parameters
    ----------
    major, minor
        Version; None counts as 0.
    flags
        Letters of the options: text or bytes, or a collection of either.

    Raises
    ------
    ValueError
        If an option does not exist in that version.
    """

    MULTI_CLIENT = b"M"
    MESSAGE_IDS = b"I"
    REQUEST_TIMEOUT_HINTS = b"T"
    BULK_SET_SENSOR_SAMPLING = b"B"
    STRATEGIES_V4 = frozenset({b"none", b"auto", b"period", b"event", b"differential"})
    STRATEGIES_V5 = STRATEGIES_V4 | {b"event-rate", b"differential-rate"}
    STRATEGIES_ALLOWED_BY_MAJOR_VERSION = {4: STRATEGIES_V4, 5: STRATEGIES_V5}  # noqa: RUF012

    def __init__(
        self,
        major: int | None,
        minor: int | None,
        flags: str | bytes | Iterable[str | bytes | int] = "",
    ) -> None:
        self.major = major or 0
        self.minor = minor or 0
        self.flags = {_letter(flag) for flag in flags}
        wrong = _not_in((self.major, self.minor), self.flags)
        if wrong:
            letters = b"".join(sorted(wrong)).decode("latin-1")
            raise ValueError(f"KATCP {self.major}.{self.minor} has no flags {letters}")

    @property
    def multi_client(self) -> bool:
        """Whether several clients may be connected."""
        return self.supports(self.MULTI_CLIENT)

    @property
    def message_ids(self) -> bool:
        """Whether requests may carry mids."""
        return self.supports(self.MESSAGE_IDS)

    @property
    def request_timeout_hints(self) -> bool:
        """Whether there is ``?request-timeout-hint``."""
        return self.supports(self.REQUEST_TIMEOUT_HINTS)

    @property
    def bulk_set_sensor_sampling(self) -> bool:
        """Whether ``?sensor-sampling`` takes many names."""
        return self.supports(self.BULK_SET_SENSOR_SAMPLING)

    def supports(self, flag: str | bytes) -> bool:
        """Whether the option `flag`, a letter, is there."""
        return _letter(flag) in self.flags

    def strategy_allowed(self, strategy: bytes) -> bool:
        """Whether this version of the protocol has a sampling strategy of that name."""
        return strategy in self.STRATEGIES_ALLOWED_BY_MAJOR_VERSION[4 if self.major < 5 else 5]

    @classmethod
    def parse_version(cls, version: bytes | str) -> "ProtocolFlags":
        """Read ``<major>.<minor>[-<flags>]``; what is none of that gives 0.0 without flags."""
        raw = version.encode("utf-8", "replace") if isinstance(version, str) else version
        match = _VERSION.fullmatch(raw)
        if match is None:
            return cls(0, 0)
        return cls(int(match[1]), int(match[2]), match[3] or b"")

    @classmethod
    def announced(cls, version: bytes) -> "tuple[ProtocolFlags | None, set[bytes]]":
        """Read what a device announced; gives also the flags that its version does not have.

        These are left out of the result. None if the version cannot be read at all.
        """
        match = _VERSION.fullmatch(version)
        if match is None:
            return None, set()
        major, minor = int(match[1]), int(match[2])
        flags = {_letter(flag) for flag in match[3] or b""}
        wrong = _not_in((major, minor), flags)
        return cls(major, minor, flags - wrong), wrong

    def __str__(self) -> str:
        letters = printable(b"".join(sorted(self.flags)).decode("latin-1"))
        return f"{self.major}.{self.minor}" + (f"-{letters}" if letters else "")

    def __repr__(self) -> str:
        return f"<ProtocolFlags {self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProtocolFlags):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, int, frozenset[bytes]]:
        return (self.major, self.minor, frozenset(self.flags))


def _letter(flag: str | bytes | int) -> bytes:
    if isinstance(flag, int):  # an item of bytes
        return bytes([flag])
    return flag.encode("utf-8") if isinstance(flag, str) else flag


def _not_in(version: tuple[int, int], flags: set[bytes]) -> set[bytes]:
    return {flag for flag in flags if version < _SINCE.get(flag, (0, 0))}
