"""``katcp stubs``: programs that use what it writes are checked, the right ones and the wrong."""

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import complaint, good, katcp

import katcp as package
from katcp import blocking
from katcp.cli.interface import stubs
from katcp.cli.interface._parameters import Parameter, Parameters, parameters_of
from katcp.cli.interface._source import Imports, class_name, docstring, quoted
from katcp.errors import KATCPResourceError
from katcp.testing import FakeSensor, Replayer, ScriptedDevice

TESTS = Path(__file__).parent.parent
PROGRAMS = TESTS / "cli" / "typed"
SESSIONS = sorted((TESTS / "wire" / "transcripts").glob("*.natural.jsonl"))  # of real servers
SOURCE = Path(package.__file__).parent.parent

ODD_HELP = 'Say """hi""" \\ to\x1b[31m the \\N{oops} \udcff\r\nand so on "'


def odd_device() -> ScriptedDevice:
    sensors = {
        "class": FakeSensor("integer", ODD_HELP, ODD_HELP),
        "1st": FakeSensor("float"),
        "\ufb01x": FakeSensor("string"),  # Python takes it for "fix" after a dot
        "float": FakeSensor("integer"),
        "Sensor": FakeSensor("string"),
        "items": FakeSensor("integer"),
        "sa.me": FakeSensor("boolean"),
        "same": FakeSensor("float"),
        "a.b": FakeSensor("integer"),
        "a-b": FakeSensor("string"),
        "x": FakeSensor("discrete", params=('say "hi"', "a\\b", "")),
        "raw": FakeSensor("discrete", params=("\x1b[31m", "\udcff")),
        "__dunder": FakeSensor("lru"),
        'quo"te\nnew': FakeSensor("nosuchtype"),
    }
    device = ScriptedDevice(sensors=sensors)
    device.help |= {"go-now": ODD_HELP, "get": "Get", "import": ODD_HELP, "self": "?self"}
    device.hints = {"go-now": 20.0}
    return device


@pytest.fixture(scope="module")
def written(address: str, whole_telescope: Path, tmp_path_factory: Any) -> Path:
    """A directory with stubs, and beside them the programs that use them."""
    here: Path = tmp_path_factory.mktemp("stubs")
    asyncio.run(write_stubs(here, address, whole_telescope))
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, here)
    return here


async def write_stubs(here: Path, address: str, whole_telescope: Path) -> None:
    await stubs(address, here / "antenna.pyi", "", False, 10.0)
    await stubs(address, here / "single.pyi", "", True, 10.0)
    await stubs(str(whole_telescope), here / "telescope.pyi", "", False, 10.0)
    await stubs(str(whole_telescope), here / "arrays.pyi", "", True, 10.0)
    await stubs(nested(whole_telescope), here / "nested.pyi", "", False, 10.0)
    async with odd_device() as device:
        where = "{}:{}".format(*device.address)
        await stubs(where, here / "odd_device.pyi", "", False, 10.0)
        await stubs(where, here / "odd_blocking.pyi", "", True, 10.0)
        spec = f'[clients]\nitems = {{ address = "{where}" }}\n[groups]\nget = ["items"]\n'
        (here / "odd_names.toml").write_text(spec)
        await stubs(str(here / "odd_names.toml"), here / "odd_names.pyi", "", False, 10.0)
    for session in SESSIONS:
        async with Replayer(session) as device:
            where = "{}:{}".format(*device.address)
            name = session.name.removesuffix(".natural.jsonl").replace("-", "_").replace(".", "_")
            await stubs(where, here / f"{name}.pyi", "", False, 10.0)


def nested(telescope: Path) -> str:
    """A file of a container in a container, with names that are hard."""
    found = dict(re.findall(r'(\w+) = .*"(.*:\d+)"', telescope.read_text()))
    m000, m001, cbf = found["m000"], found["m001"], found["cbf"]
    file = telescope.with_name("nested.toml")
    file.write_text(f'''
[clients.Sensor]
address = "{cbf}"
[clients.CBF]
address = "{cbf}"
controlled = false
[clients.children]
address = "{cbf}"
dummy_unknown_requests = true
[clients.class]
address = "{cbf}"
always_excluded_requests = ["help"]
[clients.inner.clients]
m000 = {{ address = "{m000}" }}
m001 = {{ address = "{m001}" }}
[groups]
CBFs = ["CBF", "Sensor", "inner.m000"]
wait = ["inner"]
empty = []
''')
    return str(file)


@pytest.fixture(scope="module")
def found(written: Path) -> dict[str, list[tuple[int, str]]]:
    """What pyright, in its strict mode, finds, by file: lines from 1, and what it says."""
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(SOURCE)]}
    settings |= {"reportUnusedExpression": "none", "reportPrivateUsage": "none"}
    # Of a name that there is not it says so, and then that the type of what is made of it is unknown.
    settings |= {f"reportUnknown{what}Type": "none" for what in ("Member", "Argument", "Variable")}
    (written / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    env = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=written, env=env, capture_output=True, timeout=100)
    answer = json.loads(done.stdout)
    assert answer["summary"]["filesAnalyzed"] == len(
        [*written.glob("*.py"), *written.glob("*.pyi")]
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for each in answer["generalDiagnostics"]:
        at = (each["range"]["start"]["line"] + 1, each["message"])
        found.setdefault(Path(each["file"]).name, []).append(at)
    return found


def wrong_lines(program: Path) -> list[int]:
    lines = program.read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if "  # wrong" in line]


@pytest.mark.parametrize("program", ["loop.py", "blocking.py", "odd.py", "parts.py"])
def test_what_is_wrong_is_found_and_nothing_else(program: str, found: Any) -> None:
    expected = wrong_lines(PROGRAMS / program)
    assert len(expected) > 2
    assert sorted({line for line, _ in found[program]}) == expected, found[program]


def test_the_stubs_themselves_are_right(found: Any, written: Path) -> None:
    stubs = sorted(path.name for path in written.glob("*.pyi"))
    assert len(stubs) == 8 + len(SESSIONS) > 10
    assert {name: found.get(name) for name in stubs} == dict.fromkeys(stubs)


def attributes(stub: str) -> dict[str, list[str]]:
    """Give the attributes that each class of a stub has, by class."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = names = []
            for item in node.body:
                if isinstance(item, ast.AnnAssign):
                    names.append(ast.unparse(item.target))
                elif isinstance(item, ast.Assign):
                    names += map(ast.unparse, item.targets)
                elif isinstance(item, ast.FunctionDef) and not item.name.startswith("__"):
                    names.append(item.name)
    return found


def test_what_the_stub_of_a_telescope_has_is_there(written: Path, whole_telescope: Path) -> None:
    classes = attributes((written / "arrays.pyi").read_text())
    with blocking.connect(str(whole_telescope)) as telescope:
        things = {
            "Arrays": telescope,
            "ArraysRequests": telescope.req,
            "ArraysSensors": telescope.sensor,
            "ArraysDevices": telescope.children,
            "ArraysGroups": telescope.groups,
            "ArraysAnts": telescope.ants,
            "ArraysAntsRequests": telescope.ants.req,
            "M000": telescope.m000,
            "M000Requests": telescope.m001.req,
            "M000Sensors": telescope.m001.sensor,
            "Cbf": telescope.cbf,
            "CbfRequests": telescope.cbf.req,
            "CbfSensors": telescope.cbf.sensor,
        }
        assert things.keys() == classes.keys()
        for name, thing in things.items():
            assert classes[name]
            assert [a for a in classes[name] if not hasattr(thing, a)] == [], name
        assert {*classes["M000Sensors"]} == {*telescope.m000.sensor}
        assert {*classes["ArraysRequests"]} == {*telescope.req}


async def test_what_the_stub_of_an_odd_device_has_is_there(written: Path) -> None:
    files = {"OddDevice": "odd_device.pyi", "OddBlocking": "odd_blocking.pyi"}
    stubs = {name: attributes((written / file).read_text()) for name, file in files.items()}
    async with odd_device() as device:
        where = "{}:{}".format(*device.address)
        async with package.connect(where) as dev:
            check_odd(stubs["OddDevice"]["OddDeviceSensors"], dev.sensor)
            assert dev.req.get.name == "get"
        await asyncio.to_thread(check_blocking, where, stubs["OddBlocking"]["OddBlockingSensors"])


def check_odd(names: list[str], sensors: Any) -> None:
    assert {"float", "Sensor", "same"} <= {*names}
    for name in names:
        assert getattr(sensors, name).normalised_name == name
    assert {"class", "1st", "\ufb01x", "__dunder", 'quo"te\nnew'} <= {*sensors} - {*names}


def check_blocking(where: str, names: list[str]) -> None:
    with blocking.connect(where) as dev:
        check_odd(names, dev.sensor)
        assert "items" in {*dev.sensor} - {*names}  # there the method of mappings is not hidden


@pytest.mark.parametrize("blocking", [False, True])
async def test_requests_that_are_attributes_of_the_telescope_only(
    tmp_path: Path, blocking: bool
) -> None:
    async with odd_device() as device:
        spec = f'[clients]\nm = {{ address = "127.0.0.1:{device.port}", controlled = true }}\n'
        (tmp_path / "one.toml").write_text(spec)
        await stubs(str(tmp_path / "one.toml"), tmp_path / "one.pyi", "", blocking, 10.0)
    text = (tmp_path / "one.pyi").read_text()
    kind = "BlockingRequest" if blocking else "Request"
    assert f"    m_import: {kind}[...]" in text
    assert (f"    m_get: {kind}[...]" if blocking else "    m_get = MRequests.get") in text


def test_mypy_takes_them(written: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path}"]
    env = dict(os.environ)
    if SOURCE.name != "site-packages":  # where mypy looks by itself
        env["MYPYPATH"] = str(SOURCE)
    files = [path.name for path in written.glob("*.pyi")]
    done = subprocess.run(
        [*command, *files], cwd=written, env=env, capture_output=True, text=True, timeout=100
    )
    assert done.stdout.startswith("Success"), done.stdout


def test_the_help_of_a_device_is_in_the_stub_as_it_is(written: Path) -> None:
    text = (written / "odd_device.pyi").read_text()
    assert text.isprintable() or set(text) & {"\x1b", "\r"} == set()
    classes = {n.name: n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)}
    [go_now] = [
        node
        for node in classes["OddDeviceRequests"].body
        if isinstance(node, ast.FunctionDef) and node.name == "go_now"
    ]
    said = ast.get_docstring(go_now) or ""
    assert 'Say """hi""" \\ to\\x1b[31m the \\N{oops} \\xff' in said
    assert 'and so on "' in said


def test_a_device_that_changes_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "device.pyi"
    asyncio.run(read_while_it_changes(file))
    text = file.read_text()
    assert "old: Sensor[float]" in text
    assert "same: Sensor[int]" in text
    assert "new:" not in text
    assert '"""?gone: It goes."""' in text


async def read_while_it_changes(file: Path) -> None:
    device = ScriptedDevice(sensors={"old": FakeSensor("float"), "same": FakeSensor()})
    device.help["gone"] = "It goes."
    listed = device.answers["help"]

    def changing(link: Any, request: Any) -> Any:
        if request.arguments and "gone" in device.help:
            del device.help["gone"]
            device.sensors = {"new": FakeSensor("string"), "same": FakeSensor("string")}
            device.change()
        return listed(link, request)

    async with device:
        device.answers["help"] = changing
        await stubs("{}:{}".format(*device.address), file, "", False, 10.0)


def test_a_device_that_does_not_explain_itself(tmp_path: Path) -> None:
    with pytest.raises(KATCPResourceError, match="timed out"):
        asyncio.run(read_the_silent(tmp_path / "device.pyi"))
    assert not any(tmp_path.iterdir())


async def read_the_silent(file: Path) -> None:
    device = ScriptedDevice()
    device.help["slow"] = "Slow."
    device.hints = {"help": 0.1}
    device.announce("5.1-MIT")
    listed = device.answers["help"]
    device.answers["help"] = lambda link, request: (
        None if request.arguments else listed(link, request)
    )
    async with device:
        await stubs("{}:{}".format(*device.address), file, "", False, 10.0)


def test_on_standard_output(address: str) -> None:
    lines = good("stubs", address)
    assert "class Device(KATCPClientResource):" in lines
    assert f'        async with katcp.connect("{address}") as device:' in lines
    assert "class Dish(KATCPClientResource):" in good("stubs", address, "--class", "Dish")


def test_nothing_is_written_of_half_a_telescope(telescope: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.pyi"
    done = katcp("stubs", str(telescope), "-o", str(file))
    assert (done.returncode, done.stdout, file.exists()) == (1, "", False)
    assert "all of its devices must be there, but gone is not" in done.stderr.splitlines()[-1]


def test_bad_words(address: str, tmp_path: Path) -> None:
    assert "no name for a Python class" in complaint("stubs", address, "--class", "class", status=2)
    there = complaint("stubs", address, "-o", str(tmp_path / "no" / "x.pyi"), status=1)
    assert "No such file or directory" in there
    for name in ("antenna.py", "my-antenna.pyi", "class.pyi"):
        assert "give a name like antenna.pyi" in complaint("stubs", address, "-o", name, status=2)


@pytest.mark.parametrize(
    ("help", "expected"),
    [
        ("Set it", ()),
        ("Set it (?mode)", ()),
        ("Set it (?other [mode])", ()),
        ("Set it (?mode [mode])", [Parameter("mode")]),
        ("Set it (?mode STOP|POINT)", [Parameter("argument_1", "Argument", ("STOP", "POINT"), False)]),
        ("Set it (?mode [list|add name])", ()),
        ("Set it (?mode [a] b)", ()),
        ("Set it (?mode a [b [c]])", ()),
        ("Set it (?mode host:port)", ()),
        ("Set.\n\nParameters\n----------\na : float\n  Degrees\nb : str\n", [Parameter("a", "Float"), Parameter("b")]),
        ("Set.\n\n    Parameters\n    ----------\n    a, b : int, optional\n\n    Returns\n    -------\n    c : int", [Parameter("a", "Integer"), Parameter("b", "Integer")]),
        ("Set.\n\nParameters\n----------\na : int or float\nb : {'x',\n     'y'}, optional", [Parameter("a"), Parameter("b", options=("x", "y"))]),
        ("Set.\n\nParameters\n----------\na : list of str\nb : int", ()),
        ("Set.\n\nParameters\n----------\na\n  Name\nb : bool (default False)", [Parameter("a"), Parameter("b", "Integer")]),
        ("Parameters are many: a : int", ()),
    ],
)  # fmt: skip
def test_arguments_are_believed_only_where_they_are_plain(help: str, expected: Any) -> None:
    assert parameters_of("mode", help) == Parameters(tuple(expected))


def test_their_number_is_believed_where_it_is_said_twice() -> None:
    help = "Go (?go a [b])\n\nParameters\n----------\na : float\nb : int, optional\n"
    a, b = Parameter("a", "Float", optional=False), Parameter("b", "Integer")
    assert parameters_of("go", help) == Parameters((a, b), complete=True)
    assert not parameters_of("go", help.replace("[b]", "[c]")).complete


def test_names() -> None:
    assert class_name("rx-1.l") == "Rx1L"
    assert class_name("127.0.0.1:5000") == "Device1270015000"
    assert class_name("") == "Device"
    use = Imports({"float", "float_"})
    assert use("float") == "float__"
    assert use.lines() == ["from builtins import float as float__"]


@pytest.mark.parametrize(
    "text",
    ["plain", "", 'a"b', "a'b", "a\"'b", "\\", "\\x1b", "\n\t\x00", "\udcff", 'end"', "é\u2028"],
)
def test_text_comes_through(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    shown = "\n".join(docstring(text))
    assert ast.literal_eval(shown).isprintable() or "\n" in shown


@pytest.fixture(scope="module")
def whole_telescope(telescope: Path, tmp_path_factory: Any) -> Path:
    """The file of the telescope without the device that is not there, and with a group."""
    file = tmp_path_factory.mktemp("whole") / "telescope.toml"
    lines = [line for line in telescope.read_text().splitlines() if not line.startswith("gone")]
    file.write_text("\n".join([*lines, "[groups]", 'ants = ["m000", "m001"]']))
    return file
