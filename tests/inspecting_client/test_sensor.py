"""`katcp.Sensor`."""

from typing import Any

import pytest

from katcp import Sensor
from katcp.errors import KatcpSyntaxError, KatcpTypeError


@pytest.mark.parametrize(
    ("kind", "params", "value"),
    [
        (Sensor.INTEGER, None, 0),
        (Sensor.INTEGER, [3, 9], 3),
        (float, [-1.0, 1.0], 0.0),
        (bool, None, False),
        (Sensor.LRU, None, 0),
        (Sensor.DISCRETE, ["a", "b"], "a"),
        (str, None, ""),
        (Sensor.TIMESTAMP, None, 0.0),
        (Sensor.ADDRESS, None, ("0.0.0.0", None)),
    ],
)
def test_initial_value(kind: Any, params: Any, value: Any) -> None:
    sensor = Sensor(kind, "a.sensor", params=params)
    assert sensor.value() == value
    assert sensor.status() == Sensor.UNKNOWN
    assert sensor.stype == sensor.type == Sensor.SENSOR_TYPES[Sensor.parse_type(sensor.type)]
    assert "a.sensor" in sensor.description


def test_readings_and_observers() -> None:
    class Observer:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def update(self, sensor: Sensor, reading: Any) -> None:
            self.seen.append((sensor.name, *reading))

    sensor = Sensor.integer("x", "An integer", "V", [0, 5])
    observer = Observer()
    sensor.attach(observer)
    sensor.set_value(7, timestamp=1.5)
    sensor.set_formatted(b"2000", b"warn", b"8", 4)
    sensor.detach(observer)
    sensor.set(3.0, Sensor.ERROR, 9)
    assert observer.seen == [("x", 1.5, Sensor.NOMINAL, 7), ("x", 2.0, Sensor.WARN, 8)]
    assert sensor.read() == (3.0, Sensor.ERROR, 9)
    assert sensor.read_formatted() == (b"3.000000", b"error", b"9")
    assert sensor.read_formatted(4) == (b"3000", b"error", b"9")
    assert sensor.formatted_params == [b"0", b"5"]


def test_errors() -> None:
    discrete = Sensor.discrete("d", "", "", ["a", "b"])
    with pytest.raises(ValueError, match="options"):
        discrete.set_value("c")
    with pytest.raises(ValueError):
        discrete.set_formatted(b"1", b"splendid", b"a")
    with pytest.raises(KatcpTypeError):
        discrete.parse_value("a")  # type: ignore[arg-type]
    for bad in ("colour", b"integer"):
        with pytest.raises(KatcpSyntaxError):
            Sensor.parse_type(bad)  # type: ignore[arg-type]
    assert Sensor.parse_params(Sensor.INTEGER, [b"1", b"2"]) == [1, 2]
