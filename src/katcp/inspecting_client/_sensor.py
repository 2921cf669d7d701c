"""`katcp.Sensor`: a sensor as programs know it that do without resources."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from ..errors import KatcpSyntaxError, KatcpTypeError
from ..model import STATUS_NAMES, STATUS_NAMES_RAW, STATUSES, STATUSES_RAW, parse_status
from ..wire import (
    TYPE_NAMES,
    decode_params,
    decode_timestamp,
    decode_value,
    encode_timestamp,
    encode_value,
)

__all__ = ["Reading", "Sensor"]


class Reading(NamedTuple):
    """One reading: `timestamp` in seconds since the Unix epoch, `status` a number, `value`."""

    timestamp: float
    status: int
    value: Any


_PYTHON_TYPES = {int: 0, float: 1, bool: 2, str: 5}
_INITIAL = {
    "integer": 0,
    "float": 0.0,
    "boolean": False,
    "lru": 0,
    "string": "",
    "timestamp": 0.0,
    "address": ("0.0.0.0", None),  # noqa: S104 what the type starts from
}


class Sensor:
    """A sensor: what it is, its present reading, and objects that want to hear of readings.

    Parameters
    ----------
    sensor_type
        One of `INTEGER` to `ADDRESS`, or int, float, bool, str.
    name, description, units
        As in the description of the sensor.
    params
        Range of a number (informational), options of a discrete sensor.
    default
        First value.
    initial_status
        First status; `UNKNOWN` if not given.

    Raises
    ------
    KatcpSyntaxError
        If there is no such type.
    """

    INTEGER, FLOAT, BOOLEAN, LRU, DISCRETE, STRING, TIMESTAMP, ADDRESS = range(8)
    UNKNOWN, NOMINAL, WARN, ERROR, FAILURE, UNREACHABLE, INACTIVE = range(7)
    LRU_NOMINAL, LRU_ERROR = range(2)
    STATUSES: ClassVar = STATUSES
    STATUSES_RAW: ClassVar = STATUSES_RAW
    STATUS_NAMES: ClassVar = STATUS_NAMES
    STATUS_NAMES_RAW: ClassVar = STATUS_NAMES_RAW
    SENSOR_TYPES: ClassVar = dict(enumerate(TYPE_NAMES))
    SENSOR_TYPE_LOOKUP: ClassVar = {name: i for i, name in enumerate(TYPE_NAMES)}

    def __init__(
        self,
        sensor_type: Any,
        name: str,
        description: str | None = None,
        units: str | None = None,
        params: Iterable[Any] | None = None,
        default: Any = None,
        initial_status: int | None = None,
    ) -> None:
        self._type = _PYTHON_TYPES[sensor_type] if isinstance(sensor_type, type) else sensor_type
        if self._type not in self.SENSOR_TYPES:
            raise KatcpSyntaxError(f"{sensor_type!r} is no sensor type")
        self.type = self.stype = self.SENSOR_TYPES[self._type]
        self.name = name
        self.units = units or ""
        self.params = list(params or ())
        self.description = description or f"{self.type} sensor {name}, no description given"
        self._observers: list[Any] = []
        value = self._initial_value() if default is None else default
        self._reading = Reading(time.time(), initial_status or self.UNKNOWN, value)

    @property
    def formatted_params(self) -> list[bytes]:
        """The parameters as they go on the wire."""
        return [encode_value(self.type, param) for param in self.params]

    def read(self) -> Reading:
        """Give the present reading."""
        return self._reading

    def value(self) -> Any:
        """Give the present value."""
        return self._reading.value

    def status(self) -> int:
        """Give the present status, a number."""
        return self._reading.status

    def set(self, timestamp: float, status: int, value: Any) -> None:
        """Set the reading and tell the observers."""
        self._reading = Reading(timestamp, status, value)
        self.notify(self._reading)

    def set_value(
        self, value: Any, status: int = NOMINAL, timestamp: float | None = None, major: int = 5
    ) -> None:
        """Set the value, by default as nominal and of now.

        Raises
        ------
        ValueError
            If it is none of the options of a discrete sensor.
        """
        if self.type == "discrete" and value not in self.params:
            raise ValueError(f"{value!r} is none of the options {self.params!r}")
        self.set(time.time() if timestamp is None else timestamp, status, value)

    def set_formatted(
        self, raw_timestamp: bytes, raw_status: bytes, raw_value: bytes, major: int = 5
    ) -> None:
        """Set the reading from words of the wire; ValueError if they make none."""
        timestamp = decode_timestamp(raw_timestamp, major)
        status = parse_status(raw_status)
        self.set(timestamp, status, self.parse_value(raw_value, major))

    def read_formatted(self, major: int = 5) -> tuple[bytes, bytes, bytes]:
        """Give the present reading as words of the wire."""
        return self.format_reading(self._reading, major)

    def format_reading(self, reading: Reading, major: int = 5) -> tuple[bytes, bytes, bytes]:
        """Give a reading as words of the wire: timestamp, status, value."""
        timestamp, status, value = reading
        return (
            encode_timestamp(timestamp, major),
            STATUSES_RAW[status],
            encode_value(self.type, value, major),
        )

    def parse_value(self, s_value: bytes, katcp_major: int = 5) -> Any:
        """Decode a value of this sensor; ValueError if it is none, KatcpTypeError for text."""
        if not isinstance(s_value, bytes):
            raise KatcpTypeError(f"a value on the wire is bytes, not {type(s_value).__name__}")
        return decode_value(self.type, s_value, katcp_major, self.params)

    @classmethod
    def parse_type(cls, type_string: str) -> int:
        """Give the number of a type name; KatcpSyntaxError for an unknown one."""
        try:
            return cls.SENSOR_TYPE_LOOKUP[type_string]
        except KeyError:
            raise KatcpSyntaxError(f"{type_string!r} is no sensor type") from None

    @classmethod
    def parse_params(
        cls, sensor_type: int, formatted_params: Sequence[bytes], major: int = 5
    ) -> list[Any]:
        """Decode the parameters of a sensor description; none if one of them cannot be."""
        return decode_params(cls.SENSOR_TYPES[sensor_type], formatted_params, major)

    def attach(self, observer: Any) -> None:
        """Call ``observer.update(sensor, reading)`` at every reading."""
        if observer not in self._observers:
            self._observers.append(observer)

    def detach(self, observer: Any) -> None:
        """Do not call `observer` any more."""
        if observer in self._observers:
            self._observers.remove(observer)

    def notify(self, reading: Reading) -> None:
        """Tell the observers of a reading."""
        for observer in self._observers.copy():
            observer.update(self, reading)

    def _initial_value(self) -> Any:
        if self.type == "discrete":
            return self.params[0] if self.params else ""
        if self.type in ("integer", "float") and len(self.params) == 2:
            low, high = self.params
            return low if not low <= 0 <= high else _INITIAL[self.type]
        return _INITIAL[self.type]

    def __repr__(self) -> str:
        return f"<Sensor {self.name} ({self.type})>"


def _builder(type_name: str, has_params: bool) -> Any:
    number = Sensor.SENSOR_TYPE_LOOKUP[type_name]

    def with_params(
        cls: type[Sensor],
        name: str,
        description: str | None = None,
        unit: str = "",
        params: Any = None,
        default: Any = None,
        initial_status: int | None = None,
    ) -> Sensor:
        return cls(number, name, description, unit, params, default, initial_status)

    def without_params(
        cls: type[Sensor],
        name: str,
        description: str | None = None,
        unit: str = "",
        default: Any = None,
        initial_status: int | None = None,
    ) -> Sensor:
        return cls(number, name, description, unit, None, default, initial_status)

    build = with_params if has_params else without_params
    build.__doc__ = f"Make a sensor of type {type_name}."
    build.__name__ = type_name
    return classmethod(build)


for _name in TYPE_NAMES:
    setattr(Sensor, _name, _builder(_name, _name in ("integer", "float", "discrete")))
