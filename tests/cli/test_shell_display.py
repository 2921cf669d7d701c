"""What the shell shows, completes and explains; without IPython, but for the last tests."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from serving import served

from katcp._display import Table, age, as_html, as_text, sensors_in, table_of
from katcp.cli._shell._banner import banner, not_up
from katcp.cli._shell._complete import _complete, names_of
from katcp.cli._shell._help import help_of
from katcp.cli._shell._links import Links
from katcp.cli._shell._statements import statements
from katcp.ioloop_manager import IOLoopThreadWrapper
from katcp.resource_client import (
    KATCPClientResourceContainer,
    TestableDict,
    ThreadSafeKATCPClientResourceWrapper,
)
from katcp.testing import FakeSensor, ScriptedDevice, reply

EVIL = "evil\x1b[31m\x9b\u202e"


def text(thing: Any, width: int = 200, colour: bool = False) -> str:
    table = table_of(thing)
    assert table is not None
    return as_text(table, width, colour)


def listing(count: int) -> Any:
    def answer(_: Any, request: Any) -> list[str]:
        informs = [f"#list[{request.mid.decode()}] row{number} <b>" for number in range(count)]
        return [*informs, reply(request, "ok", str(count))]

    return answer


@pytest.fixture
async def devices() -> AsyncIterator[list[ScriptedDevice]]:
    made = []
    for number in range(2):
        device = ScriptedDevice(
            sensors={
                "lock": FakeSensor("boolean", "Is on\x1b[31m target", value="1"),
                "pos.azim": FakeSensor("float", units="deg", value="-45.123456789", status="warn"),
                "text": FakeSensor("string", value=EVIL.encode().decode("latin-1")),
            }
        )
        device.help |= {
            "list": f"List\n\nall of it {EVIL}",
            "refuse": "Refuse",
            f"only{number}": "Only here",
        }
        device.hints["list"] = 30.0 + number
        device.announce("5.1-MIT")
        device.answers["list"] = listing(30)
        device.answers["refuse"] = lambda _, request: [reply(request, "fail", "not", "now")]
        made.append(device)
        await device.listen()
    yield made
    for device in made:
        await device.__aexit__()


@pytest.fixture
async def kat(devices: list[ScriptedDevice]) -> AsyncIterator[Any]:
    """A telescope of two devices that are up and one that is not."""
    clients = {f"m{n}": {"address": d.address, "controlled": True} for n, d in enumerate(devices)}
    clients["gone"] = {"address": ("127.0.0.1", 1), "controlled": True}
    telescope = KATCPClientResourceContainer(
        {"name": "kat", "clients": clients, "groups": {"ants": ["m0", "m1"], "all": list(clients)}}
    )
    telescope.start()
    await asyncio.gather(telescope.m0.until_synced(10), telescope.m1.until_synced(10))
    while telescope.gone.last_error is None:
        await telescope.gone.until_not_synced(10)
        await asyncio.sleep(0.01)
    yield telescope
    await telescope.stop()


async def test_a_reply(kat: Any) -> None:
    good = await kat.m0.req.list("a", 1)
    lines = text(good).splitlines()
    assert lines[0].startswith("m0:  ?list a 1  ok  after ")
    assert lines[1].split() == ["#list", "row0", "<b>"]
    assert len(lines) == 22
    assert lines[-1] == "... and 10 more informs: reply.informs has all; here, _.informs"
    assert "FAILED" in text(await kat.m0.req.refuse())
    assert text(await kat.m0.req.refuse()).endswith("not  now")
    assert str(good).startswith("!list[")  # what programs see has not changed
    assert repr(good).startswith("!list ok 30\n#list row0")


async def test_results_of_a_group(kat: Any) -> None:
    lines = text(await kat.all.req.list()).splitlines()
    assert lines[0] == "2 of 3 succeeded"
    assert lines[2].split() == ["m0", "ok", "30"]
    assert lines[3].split() == ["#list", "row0", "<b>"]
    assert lines[-2] == "gone    ABSENT  is disconnected: its requests are not known"
    assert lines[-1] == '... and 54 more informs: those of one device: _["NAME"]'
    refused = text(await kat.ants.req.refuse()).splitlines()
    assert refused[2:] == ["m0      FAILED  not now", "m1      FAILED  not now"]
    assert text(TestableDict({"m0": True, "m1": False}, 1)) == (
        "1 of 2 met the condition (1 needed)\nm0  yes\nm1  NO"
    )


async def test_outcomes_of_strategies(kat: Any, devices: list[ScriptedDevice]) -> None:
    assert text(await kat.m0.sensor.lock.set_strategy("event")).split() == ["set", "event"]
    both = text(await kat.ants.set_sampling_strategy("pos.azim", "event"))
    assert [line.split() for line in both.splitlines()] == [
        ["m0", "pos_azim", "set", "event"], ["m1", "pos_azim", "set", "event"],
    ]  # fmt: skip
    devices[0].answers["sensor-sampling"] = lambda _, r: [reply(r, "fail", "not today")]
    failed = text(await kat.m0.set_sampling_strategies("lock", "period 1"))
    assert failed.startswith("lock  FAILED  ")
    assert "not today" in failed
    for other in (
        {},
        {"a": 1},
        (),
        (True, False),
        (1, 2),
        (True, (1, 2)),
        (True, ()),
        {"a": (False, (1, 2, 3))},
    ):
        assert table_of(other) is None


async def test_a_sensor(kat: Any, devices: list[ScriptedDevice]) -> None:
    sensor = kat.m0.sensor.pos_azim
    assert text(sensor).startswith("m0 pos.azim  =  never read")
    devices[0].sensors["pos.azim"].timestamp = time.time() - 125
    await sensor.set_strategy("event")
    await sensor.get_reading()
    first, second = text(sensor).splitlines()
    assert first == "m0 pos.azim  =  -45.1235 deg  warn  2 min ago"
    assert second == "  A sensor (float, strategy event)"
    assert "\x1b[33mwarn" in text(sensor, colour=True)
    assert text(sensor.reading) == "-45.1235  warn  2 min ago"
    lost = kat.m0.until_not_synced(10)
    devices[0].drop()
    await lost
    assert "2 min ago, STALE: the link was lost since" in text(sensor)


async def test_sensors_requests_and_devices(kat: Any) -> None:
    lines = text(kat.m0.sensor).splitlines()
    assert lines[0].split() == ["sensor", "value", "status", "age", "description"]
    assert lines[1].startswith("lock      never read")
    assert sensors_in(kat.m0.sensor) == [kat.m0.sensor[n] for n in ("lock", "pos_azim", "text")]
    rows = await kat.list_sensors("lock")
    assert [line.split()[0] for line in text(rows).splitlines()[1:]] == ["m0.lock", "m1.lock"]
    assert sensors_in(rows) == [kat.m0.sensor.lock, kat.m1.sensor.lock]
    assert table_of([1]) is table_of([]) is table_of("text") is None
    assert sensors_in(kat.m0.req) == sensors_in([1]) == sensors_in(3) == []
    assert ["refuse", "Refuse"] in [line.split() for line in text(kat.m0.req).splitlines()]
    assert "watchdog" in text(kat.ants.req)
    assert text(kat.m0.req.refuse).startswith("?refuse  Refuse\n")
    assert "nothing there" in text(kat.gone.sensor)
    lines = text(kat).splitlines()
    assert lines[0] == "2 of 3 up"
    assert lines[2].split()[:3] == ["m0", kat.m0.address_string, "up"]
    assert "disconnected  connection refused; does the device run" in lines[4]
    assert lines[5] == "groups: ants, all"
    assert text(kat.ants).startswith("2 of 2 up")
    assert text(kat.children).startswith("2 of 3 up")
    assert text(kat.groups).splitlines()[2] == "ants   m0, m1"
    assert text(kat.m1).startswith(f"m1 at {kat.m1.address_string}:  up  3 sensors, ")


async def test_a_device_may_have_the_name_of_a_method_of_dicts() -> None:
    clients = {name: {"address": ("127.0.0.1", 1)} for name in ("keys", "values")}
    kat = KATCPClientResourceContainer({"name": "kat", "clients": clients})
    assert [line.split()[0] for line in text(kat).split("\n")[-2:]] == ["keys", "values"]


async def test_wrapped_things_look_the_same(kat: Any) -> None:
    wrapped = ThreadSafeKATCPClientResourceWrapper(
        kat, IOLoopThreadWrapper(asyncio.get_running_loop())
    )
    assert text(wrapped) == text(kat)
    assert text(wrapped.m0.sensor) == text(kat.m0.sensor)
    assert text(wrapped.m0.sensor.lock) == text(kat.m0.sensor.lock)
    assert names_of(wrapped.ants) == names_of(kat.ants)
    asked = await asyncio.to_thread(lambda: wrapped.ants.req)  # this is read in the loop
    assert text(asked) == text(kat.ants.req)
    assert help_of(asked.list) == help_of(kat.ants.req.list)


async def test_no_escape_of_a_device_is_shown(kat: Any) -> None:
    await kat.m0.sensor.text.get_reading()
    echoed = await kat.m0.req.help("list")
    things = [kat.m0.sensor, kat.m0.sensor.text, kat.m0.sensor.lock, kat.m0.req, echoed]
    shown = [text(thing) for thing in things]
    shown += [as_html(table) for table in map(table_of, things) if table is not None]
    shown += [help_of(kat.m0.req.list) or "", help_of(kat.m0.sensor.text) or ""]
    for words in shown:
        assert not set(words) & set("\x1b\x9b\u202e"), words
    assert r"evil\x1b[31m" in "".join(shown)


async def test_html(kat: Any) -> None:
    table = table_of(await kat.m0.req.list())
    assert table is not None
    html = as_html(table)
    assert ">&lt;b&gt;</td>" in html
    assert '<span style="color:green">ok</span>' in html
    assert as_html(Table()) == ""


@pytest.mark.parametrize("width", [1, 20, 40])
async def test_no_line_is_wider_than_the_terminal(kat: Any, width: int) -> None:
    for thing in (kat, kat.m0.sensor, kat.m0.sensor.lock, await kat.all.req.list()):
        assert max(map(len, text(thing, width).splitlines())) <= max(width, 20)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.3, "now"), (3.9, "3 s ago"), (300, "5 min ago"), (7300, "2 h ago"),
        (200000, "2 d ago"), (-0.5, "now"), (-90, "in 1 min (its clock is ahead)"),
    ],
)  # fmt: skip
def test_age(seconds: float, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("line", "offered", "not_offered"),
    [
        ("kat.", {"m0", "gone", "ants", "all", "req", "wait"}, {"stop", "ioloop", "_active"}),
        ("x = kat.ants.re", {"req"}, {"wait"}),
        ("kat.m0.req.l", {"list"}, {"refuse", "items"}),
        ("kat.ants.req.only", {"only0", "only1"}, {"list"}),
        ("f(kat.m0.sensor.pos", {"pos_azim"}, {"lock"}),
        ("kat.m0.sensor.lock.", {"value", "status", "set_strategy"}, {"parse_value", "retire"}),
        ("kat.all.wait('p", {"pos_azim"}, {"lock"}),
        ('kat.m0.wait("lo', {"lock"}, {"text"}),
        ("kat.set_sampling_strategy('m0_', ", set(), {"m0_lock"}),
        ("kat.set_sampling_strategy('m0_l", {"m0_lock"}, set()),
        ("kat.m0.req.list().", set(), {"list"}),  # that would have to be sent
        ("kat.m9.sensor.", set(), {"lock"}),
        ("other.", set(), {"m0"}),
        ("f(1).kat.", set(), {"m0"}),
        ("kat.m0._", set(), {"_spec"}),
    ],
)
async def test_completion(kat: Any, line: str, offered: set[str], not_offered: set[str]) -> None:
    _, found = _complete(line + "rest", len(line), {"kat": kat, "other": 3})
    assert offered <= set(found)
    assert not not_offered & set(found)
    assert bool(offered) == bool(found)


async def test_help(kat: Any) -> None:
    lines = (help_of(kat.ants.req.list) or "").splitlines()
    assert lines[0] == "?list to all of group ants: m0, m1"
    assert lines[2] == "List"
    assert lines[-1] == "Time-out hint of the device: 30 to 31 s; timeout=SECONDS sets another."
    assert (help_of(kat.ants.req.only1) or "").endswith("Not there (yet) on: m0")
    single = help_of(kat.m0.req.list) or ""
    assert single.startswith("?list\n\nList\n")
    assert "Time-out hint of the device: 30 s" in single
    assert "gives no hint" in (help_of(kat.m0.req.refuse) or "")
    assert "Units:       deg" in (help_of(kat.m0.sensor.pos_azim) or "")
    assert help_of(kat) is help_of(3) is None


async def test_banner(kat: Any) -> None:
    await kat.ants.set_sampling_strategy("lock", "event")
    lines = banner(kat)
    assert len(lines) <= 8
    assert lines[0] == "kat is kat: 2 of 3 devices up, the rest join later; groups: ants, all"
    assert lines[1].strip() == (
        "not up: gone: connection refused; does the device run, and is this its port?"
    )
    examples = [line.split("  ")[1].strip() for line in lines[2:5]]
    for example in examples:
        value = eval(example, {"kat": kat})
        assert not asyncio.isfuture(value) or await value
    assert examples[2] == 'kat.ants.wait("lock", True, 60)'
    assert banner(kat.m0)[0].startswith("kat is m0: 3 sensors, ")
    assert "kat.req.watchdog()" in banner(kat.m0)[1]
    assert "nothing is up yet" in banner(kat.gone)[-1]


async def test_the_banner_shows_a_sensor_that_can_be_typed() -> None:
    odd = {name: FakeSensor() for name in ("$(reboot)", "1st", "class", "[x]")}
    async with served(ScriptedDevice(sensors={**odd, "x": FakeSensor()})) as device:
        assert any("kat.sensor.x  " in line for line in banner(device))
    async with served(ScriptedDevice(sensors=dict(odd))) as device:
        assert any("kat.sensor  " in line for line in banner(device))


def test_many_that_are_not_up() -> None:
    clients = {f"m{n:03}": {"address": ("127.0.0.1", 1)} for n in range(64)}
    kat = KATCPClientResourceContainer({"name": "kat", "clients": clients})
    (line,) = not_up(kat)
    assert line == f"not up: {', '.join(list(clients)[:8])} and 56 more: idle ..."
    assert len(banner(kat)) <= 8


async def test_what_happens_to_links_is_one_line(kat: Any, devices: list[ScriptedDevice]) -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    links = Links(kat, said.put_nowait)
    for device in devices:
        device.drop()
    async with asyncio.timeout(20):
        lost, back = await said.get(), await said.get()
    assert lost.startswith("link lost to m0, m1 (m0: ")
    assert back == "m0, m1 are up"
    del links


def test_code_is_cut_into_statements() -> None:
    code = "a = 1\n\n@f\ndef g():\n    return 2\nb; await c\nfor x in y:\n  z\n"
    cut = list(statements(code))
    assert [part.lstrip("#\n") for part in cut] == [
        "a = 1\n", "@f\ndef g():\n    return 2\n", "b; await c\n", "for x in y:\n  z\n",
    ]  # fmt: skip
    assert [part.count("\n") for part in cut] == [1, 5, 6, 8]  # lines keep their numbers
    assert list(statements("print(")) == ["print("]
