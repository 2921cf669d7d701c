"""``katcp plot``: recordings and devices, in characters and as pictures."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from commands import complaint, good, katcp, records, started

from katcp.cli._csv import CsvFile
from katcp.tables._row import Row
from katcp.testing import FakeSensor, ScriptedDevice


@pytest.fixture(scope="module")
def files(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("recordings")
    made = {suffix: folder / f"x.{suffix}" for suffix in ("csv", "parquet")}
    good("req", address, "target-azel", "-20", "60")
    for file in made.values():
        good("record", address, "mode|lock|pos.*azim|pressure", "-o", str(file),
             "--duration", "1s", "--strategy", "period 100ms")  # fmt: skip
    return made


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_recording(files: dict[str, Path], kind: str) -> None:
    lines = good("plot", str(files[kind]), "actual")
    assert "pos.actual-azim" in lines[0]
    assert "[deg]" in lines[0]
    assert any("\u2800" <= c <= "\u28ff" for line in lines for c in line)
    assert all(len(line) <= 80 for line in lines)
    (record,) = records("plot", str(files[kind]), "actual")
    assert (record["name"], record["units"]) == ("pos.actual-azim", "deg")
    assert len(record["times"]) == len(record["values"]) > 8
    assert record["times"] == sorted(record["times"])


def test_several_sensors_can_be_told_apart_without_colours(files: dict[str, Path]) -> None:
    text = "\n".join(good("plot", str(files["csv"]), "pos.*azim|lock"))
    assert "\x1b" not in text
    for words in ("a pos.actual-azim", "b pos.error-azim", "lock"):
        assert words in text


def test_a_picture(files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    words = ["plot", str(files["parquet"]), "azim|pressure|lock", "--out", str(out)]
    done = katcp(*words)
    assert (done.returncode, done.stdout) == (0, f"10 sensors in {out}\n")
    assert done.stderr == ""
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "exists; give another name, or --force" in complaint(*words, status=2)
    out.with_suffix(".svg").touch()
    words[-1] = str(out.with_suffix(".svg"))
    assert katcp(*words, "--force", "--json").returncode == 0
    assert "<svg" in out.with_suffix(".svg").read_text()


def test_a_device(address: str, telescope: Path) -> None:
    (record,) = records("plot", address, "weather.pressure", "--duration", "200ms")
    assert record["units"] == "hPa"
    assert len(set(record["times"])) > 1  # the value goes on until the end
    (record,) = records("plot", f"{telescope}:m001", "^lock$", "--duration", "100ms")
    assert record["name"] == "lock"


def test_not_more_than_can_be_told_apart(tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "many.csv")
    for number in range(40):
        name = f"s{number % 20:02}"
        file.add(Row(name, float(number), None, "", "nominal", 1e9, 1e9, "float"), {})
    file.finish()
    done = katcp("plot", str(file.path), "--json")
    assert len(done.stdout.splitlines()) == 12
    assert "20 sensors match; plotted are the first 12" in done.stderr
    assert "s11" in katcp("plot", str(file.path)).stdout  # all at one time


def test_what_is_no_number(files: dict[str, Path], tmp_path: Path) -> None:
    line = complaint("plot", str(files["csv"]), "mode", status=2)
    assert "has no numbers of a sensor that matches 'mode'; mode cannot be plotted" in line
    done = katcp("plot", str(files["csv"]), "mode|lock")
    assert (done.returncode, done.stderr[:24]) == (0, "katcp: mode is left out:")
    for name in ("x.csv", "x.parquet", "x.parquet.part"):
        (tmp_path / name).write_bytes(b"\xff\xfe no recording")
        assert complaint("plot", str(tmp_path / name), status=2)
    assert "no recording made by" in complaint("plot", str(tmp_path / "x.parquet"), status=2)


def test_many_that_are_no_numbers_are_one_line(tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "texts.csv")
    for number in range(20):
        file.add(Row(f"t{number:02}", "text", None, "", "nominal", 1e9, 1e9, "string"), {})
    file.add(Row("x", 1.0, None, "", "nominal", 1e9, 1e9, "float"), {})
    file.finish()
    done = katcp("plot", str(file.path))
    said = "katcp: t00, t01, t02, t03, t04 and 15 more are left out: no numbers\n"
    assert (done.returncode, done.stderr) == (0, said)


def test_what_cannot_be_drawn_is_a_gap(tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "gap.csv")
    about = {"type": "float", "units": "K"}
    for second, value in enumerate(("1", "2", "nan", "inf", "1e308", "3")):
        at = 1e9 + second
        file.add(Row("gap", float(value), None, "K", "nominal", at, at, "float"), about)
        file.add(Row("never", float("nan"), None, "K", "nominal", at, at, "float"), about)
    file.finish()
    done = katcp("plot", str(file.path))
    assert (done.returncode, done.stderr[:25]) == (0, "katcp: never is left out:")
    assert any("\u2800" <= c <= "\u28ff" for c in done.stdout)
    assert "no numbers to plot" not in done.stderr
    line = complaint("plot", str(file.path), "never", status=2)
    assert "no numbers of a sensor that matches 'never'" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_what_came_until_a_signal_is_plotted(number: int) -> None:
    async with ScriptedDevice(sensors={"s": FakeSensor(value="7")}) as device:
        usual, sampled = device.answers["sensor-sampling"], asyncio.Event()

        def answer(link: Any, request: Any) -> Any:
            asyncio.get_running_loop().call_soon(sampled.set)
            return usual(link, request)

        device.answers["sensor-sampling"] = answer
        words = ("plot", f"127.0.0.1:{device.port}", "s", "--duration", "1h", "--json")
        async with started(*words) as process:
            await asyncio.wait_for(sampled.wait(), 60)
            device.set_sensor("s", "8")  # is in the client's socket before the signal comes
            process.send_signal(number)
            output, errors = await process.communicate()
    assert (process.returncode, errors) == (128 + number, b"")
    record = json.loads(output)
    assert (record["name"], record["values"][-1]) == ("s", 8)
