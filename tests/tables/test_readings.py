"""`tables.Readings`: nothing that comes is lost or altered, but the oldest, which are counted."""

import logging
import math
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katcp import Sensor, tables
from katcp.model import STATUSES, KATCPSensorReading
from katcp.resource import KATCPSensor
from katcp.tables import _readings
from katcp.testing import FakeSensor, ScriptedDevice, resource_of

from .conftest import EXPECTED, known

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = {
    "integer": st.integers(-(10**320), 10**320) | st.integers(2**53 - 9, 2**53 + 9),
    "float": st.floats(),
    "boolean": st.booleans(),
    "lru": st.integers(0, 1),
    "discrete": TEXT,
    "string": TEXT,
    "timestamp": st.floats(-1e10, 1e10),
    "address": st.tuples(st.sampled_from(["host", "::1"]), st.none() | st.integers(0, 65535)),
}
TIMES = st.floats(
    2**23, 9.2e9
)  # April 1970 to 2261; before, a float may tell less than a nanosecond


def sensor_of(kind: str) -> KATCPSensor:
    number = Sensor.parse_type(kind)
    described = {"name": f"a.{kind}", "sensor_type": number, "units": kind[:1]}
    return KATCPSensor(described, None)  # type: ignore[arg-type]


SENSORS = {kind: sensor_of(kind) for kind in VALUES}
READINGS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.tuples(
        st.just(SENSORS[kind]),
        st.builds(
            KATCPSensorReading, TIMES, TIMES, st.sampled_from(sorted(STATUSES)), VALUES[kind]
        ),
    )
)


def value_of(row: dict[str, Any]) -> Any:
    """Give the value that a row was made of."""
    match row["type"], row["text"]:
        case "integer", None:
            return int(row["value"])
        case "integer", text:
            return int(text)
        case "boolean", None:
            return bool(row["value"])
        case "lru", text:
            return ("nominal", "error").index(text)
        case "address", text:
            host, _, port = (
                text.rpartition(":") if "]:" in text or "host:" in text else (text, "", "")
            )
            return host.strip("[]"), int(port) if port else None
        case _, None:
            return row["value"]
    return row["text"]


def same(one: Any, other: Any) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@given(st.lists(READINGS, max_size=30), st.none() | st.integers(1, 20))
@settings(deadline=None, max_examples=150)
def test_no_reading_is_lost_or_altered(given: list[Any], limit: int | None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_readings, "_CHUNK", 4)
        readings = tables.Readings(limit)
        for sensor, reading in given:
            readings.listener(sensor, reading)
            assert readings.seen - readings.dropped == len(readings)
        table = readings.table()
    kept = given[-limit:] if limit else given
    assert (readings.seen, len(readings)) == (len(given), len(kept))
    for name in ("timestamp", "received"):
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].cast("int64"))
    rows = table.to_pylist()
    assert len(rows) == len(kept)
    for row, (sensor, reading) in zip(rows, kept, strict=True):
        assert (row["sensor"], row["type"]) == (sensor.name, sensor.type)
        assert (row["units"], row["status"]) == (sensor.units, reading.status)
        assert same(value_of(row), reading.value)
        assert row["timestamp"] / 10**9 == reading.timestamp
        assert row["received"] / 10**9 == reading.received_timestamp


async def test_every_type_as_a_listener(odd_sensors: dict[str, FakeSensor]) -> None:
    async with resource_of(ScriptedDevice(sensors=odd_sensors)) as device:
        readings = tables.Readings()
        for sensor in device.sensor.values():
            sensor.register_listener(readings.listener, reading=True)
        await device.set_sampling_strategies("", "event")
        await readings.until(len(EXPECTED), timeout=10)
        there = tables.sensors(await device.list_sensors())
    table = readings.table()
    assert known(table) == EXPECTED
    there = there.select(list(tables.COLUMNS))
    assert sorted_plainly(table).equals(sorted_plainly(there))


def sorted_plainly(table: pa.Table) -> pa.Table:
    """Give rows by sensor, without dictionaries: these are in the order in which things came."""
    plain = [
        pa.field(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(plain)).sort_by("sensor")


async def test_what_pandas_and_polars_take() -> None:
    readings = tables.Readings()
    for number in range(1000):
        readings.listener(SENSORS["float"], KATCPSensorReading(1e9, 1e9, 1, number / 8))
    table = readings.table()
    assert pa.table(readings).equals(table)
    assert polars.DataFrame(readings)["value"].to_list() == [number / 8 for number in range(1000)]
    if hasattr(pandas.DataFrame, "from_arrow"):  # from pandas 3 on
        assert pandas.DataFrame.from_arrow(readings).equals(table.to_pandas())
    assert repr(readings) == "<Readings: 1000>"


async def test_a_limit_is_said(caplog: pytest.LogCaptureFixture) -> None:
    readings = tables.Readings(limit=300)
    with caplog.at_level(logging.WARNING, "katcp"):
        for number in range(3000):
            readings.listener(SENSORS["integer"], KATCPSensorReading(1e9, 1e9, 1, number))
    assert [r.getMessage() for r in caplog.records] == [
        "more than 300 readings came: the oldest are dropped"
    ]
    assert readings.table()["value"].to_pylist() == list(range(2700, 3000))
    assert repr(readings) == "<Readings: 300, 2700 dropped>"
    assert sum(batch.num_rows for batch in readings._batches) < 1000  # memory is bounded
    with pytest.raises(ValueError, match="limit must be 1 or more"):
        tables.Readings(limit=0)


async def test_a_table_stays_as_it_was() -> None:
    readings = tables.Readings(limit=2)
    sensor = SENSORS["string"]
    readings.listener(sensor, KATCPSensorReading(1e9, 1e9, 1, "a"))
    before = readings.table()
    for _ in range(1000):
        readings.listener(sensor, KATCPSensorReading(1e9, 1e9, 1, "b"))
    assert before["text"].to_pylist() == ["a"]


async def test_a_sensor_that_changes_its_units() -> None:
    readings = tables.Readings()
    for units in ("deg", "rad"):
        described = {"name": "x", "sensor_type": Sensor.FLOAT, "units": units}
        sensor = KATCPSensor(described, None)  # type: ignore[arg-type]
        readings.listener(sensor, KATCPSensorReading(1e9, 1e9, 1, 1.0))
    assert readings.table()["units"].to_pylist() == ["deg", "rad"]


@pytest.mark.parametrize("counts", [[1, 3, 500], [500, 3], [3, 3]])
async def test_until(counts: list[int]) -> None:
    readings = tables.Readings()
    waits = {count: readings.until(count, timeout=10) for count in counts}
    for number in range(1, 501):
        readings.listener(SENSORS["boolean"], KATCPSensorReading(1e9, 1e9, 1, True))
        assert {count for count, wait in waits.items() if wait.done()} == {
            count for count in counts if count <= number
        }
    assert readings.until(2).done()
    with pytest.raises(TimeoutError, match="there are 500 of 501 readings"):
        await readings.until(501, timeout=0)
