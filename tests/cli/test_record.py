"""``katcp record``: what a file has, and that nothing takes away what was recorded."""

import csv
import json
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from commands import complaint, good, katcp, records, run, running

from katcp.cli._csv import CsvFile
from katcp.cli._parquet import ParquetFile, journal_of, recover
from katcp.tables import read
from katcp.tables._row import Row

ABOUT = {"type": "float", "units": "m", "description": "d", "strategy": "event"}
OFTEN = ["--strategy", "period 20ms"]


def row(number: int, text: str | None = None) -> Row:
    times = float(number), number + 0.5
    return Row(f"s{number % 7}", number / 3, text, "m", "warn", *times, "float")


def rows_of(path: Path) -> int:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return len(list(csv.DictReader(file)))
    return int(pq.read_table(path).num_rows)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_recording(address: str, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    words = ["record", address, "^(mode|lock|weather.pressure|pos.actual-azim)$", "-o", str(file)]
    (record,) = records(*words, "--duration", "1s", *OFTEN)
    assert record["sensors"] == 4
    assert record["readings"] == rows_of(file) > 20
    assert record["bytes"] == file.stat().st_size
    assert "exists; give another name, or --force" in complaint(*words, status=2)
    (line,) = good(*words, "--force", "--duration", "100ms")
    assert line == f"{rows_of(file)} readings of 4 sensors in {file}"
    assert sorted(tmp_path.iterdir()) == [file]


def test_what_a_parquet_file_says(address: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    good("record", address, "mode|lock|drive.azim-1.starts|pos.actual-azim", "-o", str(file),
         "--duration", "300ms")  # fmt: skip
    table = pq.read_table(file)
    rows = table.drop_columns(["timestamp", "received"]).to_pylist()
    first = {row["sensor"]: row for row in reversed(rows)}
    assert isinstance(first["pos.actual-azim"]["value"], float)
    assert first["pos.actual-azim"]["units"] == "deg"
    assert first["drive.azim-1.starts"]["value"].is_integer()
    assert (first["lock"]["value"], first["lock"]["type"]) in ((1.0, "boolean"), (0.0, "boolean"))
    assert (first["mode"]["value"], first["mode"]["text"]) in ((None, "STOP"), (None, "POINT"))
    said = json.loads(table.schema.metadata[b"katcp.sensors"])
    assert said["pos.actual-azim"]["units"] == "deg"
    assert said["mode"] == {"type": "discrete", "units": "", "strategy": "event",
                            "description": said["mode"]["description"]}  # fmt: skip
    assert b"1970" in table.schema.field("timestamp").metadata[b"description"]


@pytest.mark.parametrize(
    ("suffix", "number", "status"),
    [
        (".csv", signal.SIGINT, 130),
        (".parquet", signal.SIGINT, 130),
        (".parquet", signal.SIGTERM, 143),
    ],
)
def test_a_signal(address: str, tmp_path: Path, suffix: str, number: int, status: int) -> None:
    file = tmp_path / f"x{suffix}"
    with running("record", address, "pos", "-o", str(file), *OFTEN) as process:
        _until_bigger(file if suffix == ".csv" else journal_of(file), 5000)
        process.send_signal(number)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (status, "")
    assert errors == f"katcp: stopped; {rows_of(file)} readings of 10 sensors in {file}\n"
    assert rows_of(file) > 10
    assert sorted(tmp_path.iterdir()) == [file]


def test_a_recording_that_was_killed(address: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    with running("record", address, "pos", "-o", str(file), *OFTEN) as process:
        _until(lambda: _rows_in_journal(file) > 20)
        process.kill()
        process.wait(10)
    assert not file.exists()
    assert f"katcp record --recover {file}" in complaint("record", address, "-o", str(file),
                                                        status=2)  # fmt: skip
    assert len(good("plot", str(journal_of(file)), "--json")) > 1
    (record,) = records("record", "--recover", str(file))
    assert record["readings"] == rows_of(file) > 10
    assert json.loads(pq.read_schema(file).metadata[b"katcp.sensors"])
    assert sorted(tmp_path.iterdir()) == [file]
    assert "no such file" in complaint("record", "--recover", str(file), status=1)


def test_a_journal_with_half_of_its_last_batch(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "x.parquet")
    for number in range(100):
        file.add(row(number), ABOUT)
        file.flush()
    whole = journal_of(file.path).read_bytes()
    file.finish()
    journal_of(tmp_path / "y.parquet").write_bytes(whole[:-10])
    assert recover(tmp_path / "y.parquet") == rows_of(tmp_path / "y.parquet") == 99


def test_a_lost_link(address: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    with running("record", address, "pos", "-o", str(file), *OFTEN) as process:
        grows = journal_of(file)
        _until_bigger(grows, 5000)
        good("req", address, "sim-drop", "0.1")
        assert "its readings are old now" in process.stderr.readline()
        assert "is back" in process.stderr.readline()
        before = grows.stat().st_size
        _until_bigger(grows, before + 5000)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert rows_of(file) > 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("not allowed to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # Arrow reads in threads


@pytest.mark.parametrize("make", [CsvFile, ParquetFile])
@pytest.mark.parametrize("other", [0, 700_000])
@pytest.mark.parametrize("text", [None, "\u00e9" * 500], ids=["short", "long"])
def test_a_full_disk(small_disk: Path, make: Any, other: int, text: str | None) -> None:
    (small_disk / "other").write_bytes(b"x" * other)
    file = make(small_disk / ("x.csv" if make is CsvFile else "x.parquet"))
    added = 0
    with pytest.raises(OSError, match="No space left"):
        while True:
            for _ in range(50):
                file.add(row(added, text), ABOUT)
                added += 1
            file.flush()
    file.finish()
    assert rows_of(file.path) == added > 20
    assert sorted(path.name for path in small_disk.iterdir()) == ["other", file.path.name]


def test_a_disk_that_is_full_from_the_start(small_disk: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "other").write_bytes(b"x" * 2_000_000)
    with pytest.raises(OSError, match="No space left"):
        ParquetFile(small_disk / "x.parquet")
    assert [path.name for path in small_disk.iterdir()] == ["other"]


@pytest.mark.parametrize("free", [70_000, 90_000, 130_000])
def test_what_the_space_set_aside_is_too_small_for(small_disk: Path, free: int) -> None:
    (small_disk / "other").write_bytes(b"x" * ((1 << 20) - free - 8192))
    file = ParquetFile(small_disk / "x.parquet")
    for number in range(60):  # of which what is said is longer than they are
        file.add(
            row(number)._replace(sensor=f"s{number}"), {**ABOUT, "description": "\u00e9" * 700}
        )
    with pytest.raises(OSError, match="No space left"):
        file.flush()
    with pytest.raises(OSError, match="No space left"):
        file.finish()
    (small_disk / "other").unlink()
    rows = recover(file.path) if journal_of(file.path).stat().st_size else 0
    assert rows + file.waiting == 60


def test_a_picture_for_which_there_is_no_room(small_disk: Path, tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "x.csv")
    file.add(row(1), ABOUT)
    file.finish()
    (small_disk / "other").write_bytes(b"x" * 1_040_000)
    words = ["plot", str(file.path), "--out", str(small_disk / "x.png")]
    line = complaint(*words, status=1)
    assert line == f"katcp: {small_disk / 'x.png'}: No space left on device"
    assert [path.name for path in small_disk.iterdir()] == ["other"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_that_may_not_grow(address: str, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    limit = 20_000 if suffix == ".csv" else 250_000
    done = run("record", address, "", "-o", str(file), "--strategy", "period 5ms",
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert (
        line == f"katcp: stopped: File too large; {rows_of(file)} readings of 58 sensors in {file}"
    )
    assert rows_of(file) > 50


def test_no_sensor_makes_no_file(address: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    assert "no sensor" in complaint("record", address, "nothing", "-o", str(file), status=1)
    assert not file.exists()


def test_a_file_that_cannot_be_written(address: str, tmp_path: Path) -> None:
    for name in ("no/x.csv", "no/x.parquet"):
        done = katcp("record", address, "-o", str(tmp_path / name))
        assert done.returncode == 1
        assert "No such file or directory" in done.stderr


def _until_bigger(file: Path, size: int) -> None:
    _until(lambda: file.exists() and file.stat().st_size > size)


def _rows_in_journal(file: Path) -> int:
    journal = journal_of(file)
    return int(read(journal).num_rows) if journal.exists() else 0


def _until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        signal.sigtimedwait([], 0.01)
    raise AssertionError("the file does not grow")
