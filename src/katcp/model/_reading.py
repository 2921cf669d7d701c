"""What a sensor said: status and reading (section 7, table 8)."""

from typing import Any, NamedTuple

__all__ = [
    "STATUSES",
    "STATUSES_RAW",
    "STATUS_NAMES",
    "STATUS_NAMES_RAW",
    "KATCPSensorReading",
    "parse_status",
    "status_name",
]

#: Status number -> KATCP status name.
STATUSES = {
    0: "unknown",
    1: "nominal",
    2: "warn",
    3: "error",
    4: "failure",
    5: "unreachable",
    6: "inactive",
}
STATUSES_RAW = {number: name.encode() for number, name in STATUSES.items()}
STATUS_NAMES = {name: number for number, name in STATUSES.items()}
STATUS_NAMES_RAW = {name: number for number, name in STATUSES_RAW.items()}


def parse_status(raw: bytes) -> int:
    """Give the number of a status as it came on the wire; ValueError if it is none."""
    try:
        return STATUS_NAMES_RAW[raw]
    except KeyError:
        raise ValueError(f"unknown status {raw!r}") from None


def status_name(number: int | None) -> str:
    """Give the KATCP name of a status; ``unknown`` for any number that is none."""
    return STATUSES.get(number, "unknown") if number is not None else "unknown"


class KATCPSensorReading(NamedTuple):
    """One reading of a sensor.

    Attributes
    ----------
    received_timestamp : float
        When this client received it, seconds since the Unix epoch.
    timestamp : float
        When the device took it, seconds since the Unix epoch, as the device says.
    istatus : int or None
        Status as a number, see `STATUSES`.
    value : object
        The value, decoded by the type of the sensor; None if there never was one.
    """

    received_timestamp: float
    timestamp: float
    istatus: int | None
    value: Any

    @property
    def status(self) -> str:
        """Status as its KATCP name; ``unknown`` for any number that is no status."""
        return status_name(self.istatus)
