"""The sensors of the simulated antenna: one table."""

import enum
import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

from aiokatcp import Address, Sensor, Timestamp

__all__ = ["DeviceStatus", "Mode", "antenna_sensors", "receiver_sensors"]

Status = Sensor.Status


class Mode(enum.Enum):
    """What the antenna is doing."""

    STOP = b"STOP"
    POINT = b"POINT"
    STOW = b"STOW"
    MAINTENANCE = b"MAINTENANCE"

    @property
    def katcp_value(self) -> bytes:
        """How it is written on the wire."""
        return self.value


class DeviceStatus(enum.Enum):
    """How the antenna is, as a whole."""

    OK = b"ok"
    DEGRADED = b"degraded"
    FAIL = b"fail"


class BandSelect(enum.Enum):
    """Receiver in focus."""

    L = b"l"
    UHF = b"u"
    S = b"s"


def above(warn: float, error: float) -> Callable[[float], Status]:
    """Judge a value that is bad when high."""

    def judge(value: float) -> Status:
        return Status.ERROR if value >= error else Status.WARN if value >= warn else Status.NOMINAL

    return judge


def judged_status(value: DeviceStatus) -> Status:
    """Judge the device status."""
    return {DeviceStatus.OK: Status.NOMINAL, DeviceStatus.DEGRADED: Status.WARN}.get(
        value, Status.ERROR
    )


def _nominal(_: Any) -> Status:
    return Status.NOMINAL


_POINTING = [
    ("requested-azim", "Azimuth requested", "deg"),
    ("requested-elev", "Elevation requested", "deg"),
    ("actual-azim", "Azimuth read from the encoder", "deg"),
    ("actual-elev", "Elevation read from the encoder", "deg"),
    ("error-azim", "Requested less actual azimuth", "deg"),
    ("error-elev", "Requested less actual elevation", "deg"),
    ("rate-azim", "Rate of the azimuth axis", "deg/s"),
    ("rate-elev", "Rate of the elevation axis", "deg/s"),
    ("offset-azim", "Offset added to the azimuth of the target", "deg"),
    ("offset-elev", "Offset added to the elevation of the target", "deg"),
]
_WEATHER = [
    ("wind-speed", "Wind speed at the pedestal", "m/s", above(12.0, 17.0)),
    ("wind-direction", "Direction that the wind comes from", "deg", _nominal),
    ("temperature", "Air temperature", "degC", above(38.0, 45.0)),
    ("humidity", "Relative humidity", "%", above(90.0, 98.0)),
    ("pressure", "Air pressure", "hPa", _nominal),
]
_FLAGS = [
    ("safety.emergency-stop", "An emergency stop is pressed"),
    ("safety.fire-detected", "Fire is detected in the pedestal"),
    ("safety.hatch-open", "The hatch of the pedestal is open"),
    ("limits.azim-clockwise", "The clockwise limit switch of the azimuth axis is hit"),
    ("limits.azim-anticlockwise", "The anticlockwise limit switch of the azimuth axis is hit"),
    ("limits.elev-upper", "The upper limit switch of the elevation axis is hit"),
    ("limits.elev-lower", "The lower limit switch of the elevation axis is hit"),
    ("power.mains-ok", "Mains power is present"),
    ("power.ups-on-battery", "The UPS runs on its battery"),
    ("time.synchronised", "The clock follows the time server"),
]


def antenna_sensors(host: str, port: int, version: str) -> Iterator[Sensor[Any]]:
    """Make every sensor that the antenna always has."""
    yield Sensor(
        DeviceStatus,
        "device-status",
        "Status of the antenna as a whole",
        "",
        DeviceStatus.OK,
        Status.NOMINAL,
        status_func=judged_status,
    )
    yield Sensor(Mode, "mode", "What the antenna is doing", "", Mode.STOP, Status.NOMINAL)
    yield Sensor(bool, "lock", "The antenna is on its target", "", False, Status.NOMINAL)
    yield Sensor(str, "target", "Description of the target", "", "", Status.NOMINAL)
    for name, description, unit in _POINTING:
        yield Sensor(
            float, f"pos.{name}", description, unit, 0.0, Status.NOMINAL, status_func=_nominal
        )
    for axis in ("azim", "elev"):
        for i in (1, 2):
            what = f"{axis}-{i}"
            yield Sensor(
                float,
                f"drive.{what}.current",
                f"Current of motor {what}",
                "A",
                0.0,
                Status.NOMINAL,
                status_func=above(18.0, 24.0),
            )
            yield Sensor(
                float,
                f"drive.{what}.temperature",
                f"Temperature of motor {what}",
                "degC",
                20.0,
                Status.NOMINAL,
                status_func=above(55.0, 70.0),
            )
            yield Sensor(
                int,
                f"drive.{what}.starts",
                f"Times that motor {what} was started",
                "",
                0,
                Status.NOMINAL,
            )
        yield Sensor(
            bool,
            f"drive.{axis}.brake-on",
            f"The brake of the {axis} axis is on",
            "",
            True,
            Status.NOMINAL,
        )
    for name, description, unit, judge in _WEATHER:
        yield Sensor(
            float, f"weather.{name}", description, unit, 0.0, Status.NOMINAL, status_func=judge
        )
    for name, description in _FLAGS:
        good = name in ("power.mains-ok", "time.synchronised")
        yield Sensor(
            bool, name, description, "", good, Status.NOMINAL, status_func=_flag_judge(good)
        )
    yield Sensor(
        float,
        "cryo.first-stage.temperature",
        "Cryostat, first stage",
        "K",
        72.0,
        Status.NOMINAL,
        status_func=above(85.0, 110.0),
    )
    yield Sensor(
        float,
        "cryo.second-stage.temperature",
        "Cryostat, second stage",
        "K",
        14.5,
        Status.NOMINAL,
        status_func=above(22.0, 40.0),
    )
    yield Sensor(
        float,
        "cryo.pressure",
        "Pressure in the cryostat",
        "mbar",
        1.2e-6,
        Status.NOMINAL,
        status_func=above(1e-4, 1e-2),
    )
    yield Sensor(
        BandSelect, "rx.selected-band", "Receiver in focus", "", BandSelect.L, Status.NOMINAL
    )
    yield Sensor(
        Address,
        "net.time-server",
        "Where the time comes from",
        "",
        Address(ipaddress.ip_address("192.0.2.11"), 123),
        Status.NOMINAL,
    )
    yield Sensor(
        Address,
        "net.own-address",
        "Where this device listens",
        "",
        Address(ipaddress.ip_address(host), port),
        Status.NOMINAL,
    )
    yield Sensor(
        Timestamp,
        "time.started",
        "When this device was started",
        "",
        Timestamp(0.0),
        Status.NOMINAL,
    )
    yield Sensor(
        Timestamp, "time.last-command", "When a request last moved the antenna", "", Timestamp(0.0)
    )
    yield Sensor(str, "version.firmware", "Version of the controller", "", version, Status.NOMINAL)
    yield Sensor(
        int, "stats.requests", "Requests that moved or stopped the antenna", "", 0, Status.NOMINAL
    )
    yield Sensor(int, "stats.refusals", "Requests that were refused", "", 0, Status.NOMINAL)
    yield Sensor(
        float, "stats.distance", "Way that the antenna has turned", "deg", 0.0, Status.NOMINAL
    )


def receiver_sensors(band: str) -> Iterator[Sensor[Any]]:
    """Make the sensors of a receiver that is installed in `band`."""
    yield Sensor(
        float,
        f"rx.{band}.temperature",
        f"Temperature of the {band} receiver",
        "K",
        15.0,
        Status.NOMINAL,
    )
    yield Sensor(
        float,
        f"rx.{band}.attenuation",
        f"Attenuation in the {band} receiver",
        "dB",
        3.0,
        Status.NOMINAL,
    )
    yield Sensor(
        bool,
        f"rx.{band}.noise-diode-on",
        f"Noise diode of the {band} receiver",
        "",
        False,
        Status.NOMINAL,
    )


def _flag_judge(good: bool) -> Callable[[bool], Status]:
    return lambda value: Status.NOMINAL if value == good else Status.ERROR
