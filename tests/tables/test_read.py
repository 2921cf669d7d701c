"""`tables.read`: what `katcp record` wrote is what came, as a table like any other."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katcp import tables
from katcp.cli._csv import CsvFile
from katcp.cli._parquet import ParquetFile, journal_of
from katcp.simulator import Antenna
from katcp.tables._row import Row, about, row_of
from katcp.testing import FakeSensor, ScriptedDevice, resource_of

from .conftest import EXPECTED, known
from .test_readings import READINGS

FILES = {".parquet": ParquetFile, ".csv": CsvFile}


def test_a_row_has_the_columns() -> None:
    assert list(Row._fields) == list(tables.COLUMNS)


@pytest.mark.parametrize("suffix", FILES)
async def test_every_type(tmp_path: Path, odd_sensors: dict[str, FakeSensor], suffix: str) -> None:
    async with resource_of(ScriptedDevice(sensors=odd_sensors)) as device:
        async with tables.collect(device) as readings:
            await readings.until(len(EXPECTED), timeout=10)
        file = FILES[suffix](tmp_path / f"x{suffix}")
        for sensor in device.sensor.values():
            file.add(row_of(sensor.name, sensor, sensor.reading), about(sensor))
        file.finish()
    table, live = tables.read(file.path), readings.table()
    assert table.schema.equals(live.schema)
    if suffix == ".csv":  # control characters are escapes there
        text = EXPECTED["string"][1].replace("\x1b", "\\x1b").replace("\n", "\\n")
        assert known(table) == {**EXPECTED, "string": (None, text)}
        table, live = (
            each.filter(pa.compute.not_equal(each["sensor"], "string")) for each in (table, live)
        )
    else:
        assert json.loads(table.schema.metadata[b"katcp.sensors"])["float"]["units"] == "\u00b5m"
    by_name = [("sensor", "ascending")]
    assert table.sort_by(by_name).equals(live.sort_by(by_name))


@given(st.lists(READINGS, max_size=20), st.integers(1, 10))
@settings(deadline=None, max_examples=40)
def test_nothing_is_lost_or_altered(
    tmp_path_factory: pytest.TempPathFactory, given: list[Any], often: int
) -> None:
    file = ParquetFile(tmp_path_factory.mktemp("recording") / "x.parquet")
    readings = tables.Readings()
    for number, (sensor, reading) in enumerate(given):
        readings.listener(sensor, reading)
        file.add(row_of(sensor.name, sensor, reading), about_of(sensor))
        if number % often == 0:
            file.flush()
            assert tables.read(journal_of(file.path)).num_rows == number + 1
    file.finish()
    read, live = tables.read(file.path), readings.table()
    assert read.schema.equals(live.schema)
    assert [list(map(repr, c)) for c in plain(read)] == [list(map(repr, c)) for c in plain(live)]


def plain(table: Any) -> list[Any]:
    """Give the columns as Python has them; a NaN is equal to another as text only."""
    times = [table[name].cast("int64") for name in ("timestamp", "received")]
    others = table.drop_columns(["timestamp", "received"]).columns
    return [column.to_pylist() for column in (*times, *others)]


def about_of(sensor: Any) -> dict[str, str]:
    return {"type": sensor.type, "units": sensor.units, "description": ""}


@pytest.mark.parametrize("suffix", FILES)
async def test_a_recording(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    async with Antenna(seed=1) as antenna:
        code = "from katcp.cli import main; main()"
        words = ["record", f"127.0.0.1:{antenna.port}", "^mode|lock$|pos.actual", "-o", str(file),
                 "--duration", "300ms", "--strategy", "period 20ms"]  # fmt: skip
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, *words], check=True)
    table = tables.read(str(file))
    assert set(table["sensor"].to_pylist()) == {
        "lock",
        "mode",
        "pos.actual-azim",
        "pos.actual-elev",
    }
    frame = table.to_pandas()
    assert frame[frame.sensor == "pos.actual-azim"].units.unique().tolist() == ["deg"]
    assert frame.received.is_monotonic_increasing
    assert frame.status.dtype.categories.tolist()[:2] == ["unknown", "nominal"]
    if suffix == ".parquet":
        assert list(pandas.read_parquet(file).columns) == list(tables.COLUMNS)
        read, live = polars.read_parquet(file), polars.DataFrame(table)
        assert read.schema == live.schema
        text = {polars.Categorical: polars.String}  # categories of two frames may count otherwise
        assert read.cast(text).equals(live.cast(text))
    wide = frame.pivot_table(index="received", columns="sensor", values="value").ffill()
    assert set(wide.columns) == {"lock", "pos.actual-azim", "pos.actual-elev"}


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe no recording", b"a,b\n1,2\n"])
def test_what_is_no_recording(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="is no recording made by katcp record"):
        tables.read(tmp_path / name)


def test_another_table(tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"sensor": ["x"]}), tmp_path / "x.parquet")
    with pytest.raises(ValueError, match="is no recording"):
        tables.read(tmp_path / "x.parquet")
    with pytest.raises(FileNotFoundError):
        tables.read(tmp_path / "y.parquet")


@pytest.mark.parametrize("suffix", FILES)
def test_an_empty_recording(tmp_path: Path, suffix: str) -> None:
    FILES[suffix](tmp_path / f"x{suffix}").finish()
    table = tables.read(tmp_path / f"x{suffix}")
    assert table.num_rows == 0
    assert table.schema.equals(tables.Readings().table().schema)


def test_a_table_that_was_written_is_a_recording(tmp_path: Path) -> None:
    readings = tables.Readings()
    pa.parquet.write_table(readings.table(), tmp_path / "x.parquet")
    assert tables.read(tmp_path / "x.parquet").equals(readings.table())


@pytest.mark.parametrize("suffix", FILES)
def test_a_long_text(tmp_path: Path, suffix: str) -> None:
    file = FILES[suffix](tmp_path / f"x{suffix}")
    row = Row("x", None, "x" * 5_000_000, "", "nominal", 1e9, 1e9, "string")
    file.add(row, {})
    file.finish()
    assert tables.read(file.path)["text"].to_pylist() == [row.text]
