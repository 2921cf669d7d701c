"""The ``katcp`` command, run as a user runs it: as text and as JSON, with its exit status."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import KATCP, complaint, good, katcp, records, run, running, started

from katcp import __version__
from katcp.cli._ask import req
from katcp.testing import FakeSensor, ScriptedDevice


def test_info(address: str) -> None:
    lines = good("info", address)
    assert "protocol\t5.1-BIM" in lines
    assert any(line.startswith("target-azel\tPoint at") for line in lines)
    (record,) = records("info", address)
    assert record["state"] == "synced"
    assert "target-azel" in record["requests"]


def test_sensors(address: str) -> None:
    lines = good("sensors", address, "^pos_actual")
    assert [line.split("\t")[0] for line in lines] == ["pos.actual-azim", "pos.actual-elev"]
    assert len(good("sensors", address, r"^pos\.actual-azim$")) == 1  # the name of KATCP, too
    found = records("sensors", address)
    assert len(found) > 55
    assert {"name", "status", "value", "timestamp", "units"} <= set(found[0])


def test_sensors_are_filtered_and_sorted(address: str) -> None:
    assert good("sensors", address, "lock", "--status", "failure,error") == []
    found = records("sensors", address, "pos|drive", "--status", "nominal", "--sort", "value")
    values = [record["value"] for record in found if isinstance(record["value"], float)]
    assert len(values) > 5
    assert values == sorted(values)
    back = records("sensors", address, "pos|drive", "--sort", "type", "--reverse")
    types = [record["type"] for record in back]
    assert types == sorted(types, reverse=True)
    assert len(set(types)) > 1


def test_req(address: str) -> None:
    assert good("req", address, "target-azel", "-20", "60") == ["!target-azel ok"]
    assert good("req", address, "target_azel", "-20", "60", "--json") == [
        '{"type": "reply", "name": "target-azel", "arguments": ["ok"]}'
    ]
    assert len(good("req", address, "watchdog")) == 1
    assert any(line.startswith("target-azel\tPoint at") for line in good("req", address))
    assert {"mode", "watchdog"} <= {record["name"] for record in records("req", address)}


def test_the_requests_of_a_telescope_are_told_apart(telescope: Path) -> None:
    names = [
        json.loads(line)["name"]
        for line in katcp("req", str(telescope), "--json").stdout.splitlines()
    ]
    assert {"m000.mode", "m001.mode", "cbf.capture-start"} <= set(names)
    assert len(set(names)) == len(names)
    assert katcp("req", str(telescope), "m001.watchdog").stdout == "!watchdog ok\n"
    assert (
        "no request 'mode'; it has m001.mode, m000.mode"
        in katcp("req", str(telescope), "mode").stderr
    )


def test_watch(address: str) -> None:
    lines = good("watch", address, "^weather_pressure$", "--count", "1")
    assert "hPa" in lines[0]
    (record,) = records("watch", address, "^weather_pressure$", "--count", "1")
    assert record["name"] == "weather.pressure"


def test_watch_only_what_changes_and_not_too_often(address: str) -> None:
    often = [
        "watch",
        address,
        "^device_status$",
        "--strategy",
        "period 50ms",
        "--duration",
        "500ms",
    ]
    assert len(good(*often)) > 1
    assert len(good(*often, "--changes")) == 1
    assert len(good(*often, "--rate", "0.5")) == 1


def test_wait(address: str) -> None:
    good("req", address, "mode", "STOP")
    (line,) = good("wait", address, "mode", "==", "STOP", "--timeout", "20s")
    assert "mode" in line
    (record,) = records("wait", address, "weather.pressure", "is", "nominal")
    assert (record["reached"], record["name"]) == (True, "weather.pressure")
    good("req", address, "target-azel", "-40", "60")
    good("wait", address, "pos.actual-azim", "> -44", "--timeout", "30s")


def test_wait_in_vain_says_how_things_are(address: str) -> None:
    line = complaint("wait", address, "weather_pressure", "<", "-1", "--timeout", "500ms", status=1)
    for words in ("did not meet '< -1' in 0.5 s", "its last value is", "s ago", "link is synced"):
        assert words in line
    done = katcp("wait", address, "weather_pressure", "< -1", "--timeout", "0.5", "--json")
    record = json.loads(done.stdout)
    assert (done.returncode, record["reached"], record["link"]) == (1, False, "synced")


def test_a_device_of_a_file_and_a_telescope(telescope: Path) -> None:
    assert "protocol\t5.1-BIM" in good("info", f"{telescope}:m000")
    done = katcp("sensors", str(telescope), "lock$", "--timeout", "500ms")
    names = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert (done.returncode, names) == (1, ["m000.lock", "m001.lock"])
    assert "without gone (127.0.0.1:1): cannot connect" in done.stderr
    done = katcp("info", str(telescope), "--timeout", "500ms", "--json")
    states = {r["name"]: r["state"] for r in map(json.loads, done.stdout.splitlines())}
    assert states == {"m000": "synced", "m001": "synced", "cbf": "synced", "gone": "disconnected"}
    done = katcp("wait", str(telescope), "m001.lock", "0", "--timeout", "1s", "--json")
    record = json.loads(done.stdout)
    assert (done.stderr, record["reached"], record["name"]) == ("", True, "m001.lock")


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ("info nonsense", 2, "host:port"),
        ("info no-such.toml:m000", 2, "cannot read the telescope file no-such.toml"),
        ("info TELESCOPE:m00", 2, "has no device 'm00'; it has m001, m000"),
        ("info 127.0.0.1:1 --timeout 0.3", 1, "connection refused"),
        ("sensors ADDRESS [", 2, "at position 0; a part of a name is enough"),
        ("sensors ADDRESS pos.actal", 1, "matches 'pos.actal'; it has pos.actual-"),
        ("sensors ADDRESS --status bad", 2, "statuses are unknown, nominal"),
        ("sensors ADDRESS --sort size", 2, "'--sort': 'size' is not one of 'name', "),
        ("help sensor", 2, "Did you mean 'sensors'? see katcp --help"),
        ("sensor ADDRESS", 2, "Did you mean 'sensors'? see katcp --help"),
        ("watch ADDRESS lock --strategy sometimes", 2, "strategies are none, auto, event, period"),
        ("watch ADDRESS lock --strategy period", 2, "with s or ms, and 'period' has 0; see katcp"),
        ("watch ADDRESS lock --strategy period\xa01h", 2, "with s or ms, not '1h'"),
        ("watch ADDRESS lock --duration 10parsecs", 2, "one of ms, s, m, h, d"),
        ("req ADDRESS target-azle", 1, "has no request 'target-azle'; it has target-azel"),
        ("wait TELESCOPE lock 1", 2, "names begin with a device: m000, cbf, m001, gone"),
        ("wait ADDRESS lok 1", 1, "has no sensor 'lok'; it has lock"),
        ("wait ADDRESS lock maybe", 2, "boolean: 'maybe' is no boolean, which is 1 or 0"),
        ("wait ADDRESS lock > 1", 2, "use == or !=, not >"),
        ("wait ADDRESS mode NO", 2, "none of the options 'STOP', 'POINT'"),
        ("wait ADDRESS mode is odd", 2, "'odd' is no status"),
        ("wait ADDRESS lock", 2, "Missing argument"),
        ("no-such-command", 2, "see katcp --help"),
        ("watch", 2, "Missing argument 'WHERE'"),
        ("record ADDRESS", 2, "-o FILE.parquet"),
        ("record ADDRESS -o x.fits", 2, ".parquet or .csv"),
        ("record ADDRESS -o /no/such/folder/x.csv", 1, "/no/such/folder/x.csv: No such file"),
        ("plot ADDRESS -o x.gif", 2, ".png, .svg, .pdf"),
        ("plot no-such.csv", 1, "no-such.csv: No such file"),
        ("doctor nonsense", 2, "host:port"),
        ("sim --port TAKEN", 1, "Address already in use; give another --port"),
        ("sim --port 65535 --antennas 1", 1, "port must be 0-65535; give another --port"),
        ("sim --port 65536", 2, "less than or equal to 65535"),
        ("sim --antennas -1", 2, "greater than or equal to 0"),
        ("sim --speed 0", 2, "--speed"),
    ],
)
def test_what_is_wrong_is_one_line(
    address: str, telescope: Path, words: str, status: int, says: str
) -> None:
    places = {"ADDRESS": address, "TELESCOPE:m00": f"{telescope}:m00", "TELESCOPE": str(telescope)}
    places["TAKEN"] = address.split(":")[1]
    given = [places.get(word, word) for word in words.split(" ")]
    assert says in complaint(*given, status=status)


def test_in_a_process_of_its_own(address: str) -> None:
    done = run("sensors", address, "^mode$")
    assert (done.returncode, done.stderr, done.stdout[:13]) == (0, "", "mode\tnominal\t")
    done = run("info", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("katcp: 'nonsense' is no address")


def test_failed_request_is_shown(address: str) -> None:
    done = katcp("req", address, "target-azel", "0", "5")
    assert done.returncode == 1
    assert "beyond the limits" in done.stdout


def test_values_are_shown_as_conditions_take_them(address: str) -> None:
    words = (address, "net.time-server")
    assert good("sensors", *words)[0].split("\t")[2] == "192.0.2.11:123"
    assert good("watch", *words, "--count", "1")[0].endswith("192.0.2.11:123")
    assert good("wait", *words, "192.0.2.11:123", "--timeout", "5s")
    assert "last value is 192.0.2.11:123" in complaint(
        "wait", *words, "1.2.3.4", "--timeout", "100ms", status=1
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_interrupted_watch(address: str, number: int, status: int) -> None:
    with running("watch", address, "pressure") as process:
        process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (status, "")


def test_interrupted_before_there_is_a_device() -> None:
    with running("watch", "127.0.0.1:1", "--timeout", "30") as process:
        _until_it_listens_to_signals(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 130


def _until_it_listens_to_signals(pid: int) -> None:
    """Wait until asyncio has its handlers in place: SIGTERM is caught then."""
    bit = 1 << (signal.SIGTERM - 1)
    for _ in range(3000):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("SigCgt:") and int(line.split()[1], 16) & bit:
                return
        os.sched_yield()
        signal.sigtimedwait([], 0.01)
    raise AssertionError("it never caught SIGTERM")


def test_a_lost_link_is_said_while_watching(address: str) -> None:
    with running("watch", address, "weather_pressure", "--strategy", "period 0.1") as process:
        process.stdout.readline()
        good("req", address, "sim-drop", "0.2")
        assert "its readings are old now; trying again" in process.stderr.readline()
        assert "is back" in process.stderr.readline()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)


def test_sensors_that_appear_are_watched_too(address: str) -> None:
    with running("watch", address, "^(lock|rx_s_)", "--json") as process:
        assert json.loads(process.stdout.readline())["name"] == "lock"
        good("req", address, "receiver-install", "s")
        assert json.loads(process.stdout.readline())["name"].startswith("rx.s.")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    good("req", address, "receiver-remove", "s")


def test_reader_goes_away(address: str) -> None:
    with running("watch", address) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 141
        assert process.stderr.read() == ""


@pytest.mark.parametrize("words", ["sensors ADDRESS", "--help"])
def test_nobody_reads(address: str, words: str) -> None:
    read, write = os.pipe()
    os.close(read)
    given = words.replace("ADDRESS", address).split()
    done = subprocess.run([*KATCP, *given], stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_no_output_at_all(address: str) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *KATCP, "watch", address, "--count", "1"],
        timeout=60,
        check=False,
    )
    assert done.returncode == 0


def test_sim_as_json() -> None:
    with running("sim", "--json", "--name", "m007") as process:
        said = json.loads(process.stdout.readline())
        assert said["name"] == "m007"
        assert records("info", said["listening"])[0]["state"] == "synced"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_version() -> None:
    assert good("--version") == [f"katcp-client {__version__}"]
    assert good("-h") == good("--help")


def test_help_of_each_command_has_examples() -> None:
    done = katcp("--help")
    assert done.returncode == 0
    section = done.stdout.split("Commands:")[1].split("Examples:")[0]
    commands = [line.split()[0] for line in section.splitlines() if line.strip()]
    assert {"info", "sensors", "req", "watch", "wait", "record", "plot", "sim", "chaos",
            "doctor"} <= set(commands)  # fmt: skip
    assert "..." not in section
    assert katcp().stdout == katcp("help").stdout == done.stdout
    for command in commands:
        text = katcp(command, "--help").stdout
        assert f"katcp {command}" in text.split("Examples:")[1], command


def test_help_imports_only_what_it_needs() -> None:
    code = (
        "import sys; sys.argv = ['katcp', '--help']\n"
        "from katcp.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'asyncio', 'rich', 'tornado', 'katcp_codec', 'textual', 'IPython', 'pyarrow'}\n"
        "print('imported:', *sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "imported:"


def test_without_a_library_the_line_says_what_to_install(address: str, tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ModuleNotFoundError('no', name='pyarrow')")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    words = ["record", address, "-o", str(tmp_path / "x.parquet")]
    done = run(*words, env={"PYTHONPATH": path})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "katcp: this needs pyarrow; run: pip install 'katcp-client[console]'\n"


def test_demo_ends_by_itself() -> None:
    done = run("demo", stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    assert "stale: True" in done.stdout
    assert done.stdout.rstrip().endswith("--- Done")


def test_the_demo_asks_nothing_of_real_devices(tmp_path: Path, address: str) -> None:
    file = tmp_path / "real.toml"
    host, port = address.split(":")
    names = ["m000", "m001", "m002", "m003", "m004", "m005", "cbf"]
    clients = [f'{name} = {{ address = "{host}:{int(port) + i}" }}' for i, name in enumerate(names)]
    groups = ["[groups]", f"ants = {names[:-1]}"]
    elsewhere = ['cbf = { address = "10.0.0.1:7147" }']
    for lines in (clients, clients[:-1] + groups, clients[:-1] + elsewhere + groups):
        file.write_text("\n".join(["[clients]", *lines]))
        assert "is not of the simulated telescope" in complaint("demo", str(file), status=2)
    file.write_text("\n".join(["[clients]", *clients, *groups]))
    done = run("demo", str(file), stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "Address already in use; give another --port" in done.stderr
    assert done.stderr.endswith(
        "katcp: the simulated telescope did not start; does another one run?\n"
    )
    assert "target_azel" not in done.stdout


def _first_of_free_ports(count: int) -> int:
    for _ in range(100):
        with contextlib.ExitStack() as taken, contextlib.suppress(OSError, OverflowError):
            first: int = taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[
                1
            ]
            for port in range(first + 1, first + count):
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError(f"there are no {count} free ports in a row")


def test_the_demo_of_a_telescope(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "examples" / "telescope.toml"
    first, file = _first_of_free_ports(9), tmp_path / "telescope.toml"
    moved = re.sub(r"\b171\d\d\b", lambda m: str(int(m[0]) - 17100 + first), example.read_text())
    file.write_text(moved)
    done: Any = run("demo", str(file), stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    for words in ("m007  absent   is disconnected", "of 8 locked", "m003  fail     Not connected"):
        assert words in done.stdout
    assert done.stdout.rstrip().endswith("--- Done")


@pytest.mark.parametrize(
    ("hint", "option", "waits"), [(30, "0.2", 0.2), (0.3, "", 0.3), (0.1, "0.4", 0.4)]
)
async def test_the_time_out_that_is_given_counts(
    capsys: Any, hint: float, option: str, waits: float
) -> None:
    device = ScriptedDevice("5.1-MIT")
    device.hints["slow"] = hint
    device.help["slow"] = "Never answers."
    device.answers["slow"] = lambda link, request: []
    async with device:
        where = f"127.0.0.1:{device.port}"
        timeout = float(option) if option else None
        assert not await req(where, "slow", [], timeout, as_json=False)
    assert f"timed out after {waits} seconds" in capsys.readouterr().out


async def test_what_a_device_does_wrong_is_said() -> None:
    device = ScriptedDevice("5.1-MI", {"a": FakeSensor("float", value="none")})
    usual = device.answers["sensor-list"]
    device.answers["sensor-list"] = lambda link, request: [
        *usual(link, request)[:-1], f"!sensor-list[{request.mid.decode()}] ok 3"
    ]  # fmt: skip
    async with device, started("sensors", f"127.0.0.1:{device.port}") as process:
        output, errors = await process.communicate()
    assert output.startswith(b"a\tunknown")
    lines = errors.decode().splitlines()
    assert all(line.startswith(f"katcp: 127.0.0.1:{device.port}: ") for line in lines)
    assert "wrong number of #sensor-list informs: sent 1, announced 3" in lines[0]
    assert "reading" in lines[-1]
    assert "'none' is no float" in lines[-1]
