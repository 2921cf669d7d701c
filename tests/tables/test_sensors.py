"""`tables.sensors`: what `list_sensors` gave, as a table; and that tables are what pandas takes."""

import math
import subprocess
import sys
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest

import katcp
from katcp import tables
from katcp.model import STATUSES
from katcp.testing import FakeSensor, ScriptedDevice, resource_of

from .conftest import EXPECTED, VALUES, known

NAMES = [*tables.COLUMNS, "python_identifier", "description"]


async def sensors_of(sensors: dict[str, FakeSensor]) -> Any:
    async with resource_of(ScriptedDevice(sensors=sensors)) as device:
        return tables.sensors(await device.list_sensors(refresh=True))


async def test_every_type(odd_sensors: dict[str, FakeSensor]) -> None:
    table = await sensors_of(odd_sensors)
    assert table.column_names == NAMES
    assert known(table) == EXPECTED
    columns = table.drop_columns(["timestamp", "received"]).to_pydict()
    assert columns["type"] == [VALUES[name][0].replace("polynomial", "string")
                               for name in columns["sensor"]]  # fmt: skip
    assert set(columns["status"]) == {"warn"}
    assert set(columns["units"]) == {"\u00b5m", ""}
    assert columns["description"] == [f"It is {name}" for name in columns["sensor"]]
    assert columns["python_identifier"] == [n.replace(".", "_") for n in columns["sensor"]]
    assert table["timestamp"].cast("int64").to_pylist() == [1_700_000_000_000_001_000 - 46] * 20


async def test_nan_is_no_null() -> None:
    table = await sensors_of({"x": FakeSensor("float", value="nan")})
    assert table["value"].null_count == 0
    assert math.isnan(table["value"][0].as_py())


async def test_pandas(odd_sensors: dict[str, FakeSensor]) -> None:
    table = await sensors_of(odd_sensors)
    frame = table.to_pandas().set_index("sensor")
    assert frame.timestamp.dtype == pandas.DatetimeTZDtype("ns", "UTC")
    assert frame.status.dtype == pandas.CategoricalDtype(list(STATUSES.values()))
    assert list(frame[frame.status == "warn"].index) == table["sensor"].to_pylist()
    assert frame.value["float"] == -0.125
    assert frame.text["int.big"] == str(-(2**70) - 1)
    assert list(frame.columns) == NAMES[1:]


async def test_polars(odd_sensors: dict[str, FakeSensor]) -> None:
    table = await sensors_of(odd_sensors)
    frame = polars.DataFrame(table)
    assert frame.schema["received"] == polars.Datetime("ns", "UTC")
    assert isinstance(frame.schema["status"], polars.Categorical)
    shown = frame.filter(polars.col("status") == "warn", polars.col("sensor").str.contains("^bool"))
    assert shown["value"].to_list() == [1.0, 0.0]
    assert dict(zip(frame["sensor"], frame["text"], strict=True)) == {
        name: text for name, (_, text) in EXPECTED.items()
    }


async def test_what_was_never_read_has_no_times() -> None:
    async with resource_of(ScriptedDevice()) as device:
        table = tables.sensors(await device.list_sensors())
    assert table.drop_columns(["python_identifier", "description"]).to_pylist() == [
        {"sensor": "an.int", "value": None, "text": None, "units": "", "status": "unknown",
         "timestamp": None, "received": None, "type": "integer"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "nanoseconds"),
    [
        ("0", 0),
        ("1e9", 10**18),
        ("2e-6", 2000),
        ("-1.25", -1_250_000_000),
        ("9.2e9", 9_200_000_000 * 10**9),
        ("1.7e12", None),  # milliseconds where seconds belong
        ("-1e300", None),
    ],
)
async def test_clocks_of_devices(seconds: str, nanoseconds: int | None) -> None:
    table = await sensors_of({"x": FakeSensor(timestamp=float(seconds))})
    assert table["timestamp"].cast("int64").to_pylist() == [nanoseconds]
    assert table["received"].null_count == 0


async def test_the_sensors_of_a_telescope() -> None:
    sensors = {"pos.azim": FakeSensor("float"), "agg_all": FakeSensor("boolean")}
    async with ScriptedDevice(sensors=sensors) as one, ScriptedDevice(sensors=sensors) as two:
        clients = {"m-0": {"address": one.address}, "m-1": {"address": two.address}}
        async with katcp.connect({"clients": clients}) as telescope:
            table = tables.sensors(await telescope.list_sensors())
            assert table["sensor"].to_pylist() == ["agg_all", "m-0.pos.azim", "m-1.pos.azim"]
            async with tables.collect(telescope) as readings:
                await readings.until(4, timeout=10)
    assert set(readings.table()["sensor"].to_pylist()) == set(table["sensor"].to_pylist())


def test_none() -> None:
    table = tables.sensors([])
    assert table.num_rows == len(table.to_pandas()) == len(polars.DataFrame(table)) == 0
    assert table.column_names == NAMES
    assert pa.concat_tables([table, table]).num_rows == 0


async def test_other_rows() -> None:
    async with resource_of(ScriptedDevice()) as device:
        rows = await device.list_sensors(tuple=True)
    with pytest.raises(TypeError, match="without tuple=True"):
        tables.sensors(rows)


def test_without_pyarrow() -> None:
    code = (
        "import sys\n"
        "sys.modules['pyarrow'] = None\n"
        "import katcp.cli._csv, katcp.cli._record\n"
        "from katcp import tables\n"
        "for make in (lambda: tables.sensors([]), tables.Readings, lambda: tables.read('x.csv'),\n"
        "             lambda: tables.collect(None)):\n"
        "    try:\n"
        "        make()\n"
        "    except ModuleNotFoundError as exc:\n"
        "        print(exc)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    line = "katcp.tables needs pyarrow; run: pip install 'katcp-client[tables]'"
    assert done.stdout.splitlines() == [line] * 4
