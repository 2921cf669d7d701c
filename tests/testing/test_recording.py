"""Recorded sessions: whatever is in the file, and played at their own time."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from katcp.mimic import learn_recorded
from katcp.testing import Recording, Replayer, ScriptedDevice, recorded, resource_of, virtual_time

TRANSCRIPTS = Path(__file__).parents[1] / "wire" / "transcripts"


def session(path: Path, *entries: Any) -> Path:
    """Write entries: ``(t, dir, data)`` or with a link, or a line as it is."""
    lines = []
    for entry in entries:
        if isinstance(entry, bytes):
            lines.append(entry + b"\n")
        else:
            time, direction, data, *link = entry
            lines.append(recorded(time, link[0] if link else 1, direction, data).encode())
    path.write_bytes(b"".join(lines))
    return path


BANNER = (0.0, "s2c", b"#version-connect katcp-protocol 5.0-MI\n")
HELP = [(1.0, "c2s", b"?help[1]\n"), (1.1, "s2c", b"#help[1] help x\n!help[1] ok 1\n")]
LIST = [
    (2.0, "c2s", b"?sensor-list[2]\n"),
    (2.1, "s2c", b"#sensor-list[2] a d \\@ integer\n#sensor-list[2] b d \\@ string\n"),
    (2.2, "s2c", b"!sensor-list[2] ok 2\n"),
]
SAMPLING = [
    (3.0, "c2s", b"?sensor-sampling[3] a event\n"),
    (3.001, "s2c", b"#sensor-status 1000 1 a nominal 1\n!sensor-sampling[3] ok a event\n"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "session.jsonl"


def test_lines_that_are_split_over_entries(file: Path) -> None:
    data = b"#help[1] help x\r\n!help[1] ok 1\n"
    pieces = [(1.1 + i / 100, "s2c", data[i : i + 1]) for i in range(len(data))]
    recording = Recording(session(file, BANNER, HELP[0], *pieces))
    (exchange,) = recording.exchanges
    assert [said.line for said in exchange.answer] == [b"#help[1] help x", b"!help[1] ok 1"]
    assert (recording.informs, recording.notes) == ([], [])


def test_what_belongs_to_an_answer(file: Path) -> None:
    recording = Recording(
        session(
            file,
            BANNER,
            (1.0, "s2c", b"#client-connected x\n"),
            (2.0, "c2s", b"?slow[1]\n?quick[2]\n?slow[3]\n"),
            (2.1, "s2c", b"#log info early\n#slow[3] half\n"),
            (4.0, "s2c", b"#sensor-status 1 1 a nominal 1\n!quick[2] ok\n"),
            (5.0, "s2c", b"!slow[3] ok\n#sensor-status 2 1 a nominal 2\n!slow[1] fail\n"),
            (6.0, "s2c", b"#log info late\n"),
        )
    )
    answers = [[said.line for said in exchange.answer] for exchange in recording.exchanges]
    assert answers == [
        [b"#sensor-status 2 1 a nominal 2", b"!slow[1] fail"],
        [b"#sensor-status 1 1 a nominal 1", b"!quick[2] ok"],
        [b"#slow[3] half", b"!slow[3] ok"],
    ]
    told = [said.line for said in recording.informs]
    assert told == [b"#client-connected x", b"#log info early", b"#log info late"]


def test_several_connections(file: Path) -> None:
    other = [
        (t + 10, d, data.replace(b" 1\n", b" 9\n"), 2) for t, d, data, *_ in [BANNER, *SAMPLING]
    ]
    informs = [(14.0 + i, "s2c", b"#sensor-status 5 1 a nominal %d\n" % i, 2) for i in range(3)]
    recording = Recording(session(file, BANNER, *HELP, *LIST, *other, *informs))
    assert recording.banner == [BANNER[2].strip()]
    assert len(recording.exchanges) == 3
    assert len(recording.informs) == 3
    assert (recording.began, recording.asked) == (10.0, 13.0)


def test_bytes_of_no_encoding(file: Path) -> None:
    line = b"!help[1] \xff\xb0 \\_\x80"
    recording = Recording(
        session(file, BANNER, HELP[0], (1.1, "s2c", b"\xfe\xfd\n" + line + b"\n"))
    )
    assert [said.line for said in recording.exchanges[0].answer] == [b"\xfe\xfd", line]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], " is empty: there is no session in it"),
        ([b"", b"  "], " is empty: there is no session in it"),
        ([b"hello"], "line 1 of {} is no entry of a recorded session: Expecting value"),
        ([BANNER, b"\xff\xfe", BANNER], "line 2 of {} is no entry of a recorded session: "),
        ([b"[1, 2]", BANNER], "line 1 of {} is no entry of a recorded session: it is no JSON"),
        ([b'{"t": "x", "dir": "c2s", "data": ""}', BANNER], ": t must be a number of seconds"),
        ([b'{"t": 1, "dir": "up", "data": ""}', BANNER], ": dir must be c2s or s2c"),
        ([b'{"t": 1, "dir": "c2s", "data": "\\u20ac"}', BANNER], ": data must be text whose"),
        ([b'{"t": 1, "dir": "c2s", "data": "", "link": "a"}', BANNER], ": link must be a number"),
    ],
)
def test_files_of_which_nothing_can_be_made(file: Path, entries: list[Any], says: str) -> None:
    with pytest.raises(ValueError, match=r"session\.jsonl") as caught:
        Recording(session(file, *entries))
    assert says.format(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut(file: Path) -> None:
    whole = session(file, BANNER, *HELP, *LIST).read_bytes()
    lines, notes = whole.splitlines(keepends=True), set()
    for size in range(len(lines[0]), len(whole)):
        file.write_bytes(whole[:size])
        recording = Recording(file)
        assert len(recording.exchanges) <= 2
        notes.update(note.replace(str(file), "FILE") for note in recording.notes)
    cut = [f"line {i} of FILE is no entry of a recorded session, as if it were cut; all before it "
           "is used" for i in range(2, 7)]  # fmt: skip
    open = [f"?{name} is not answered to its end" for name in ("help", "sensor-list")]
    assert notes == {*cut, *open}


def test_a_line_of_the_device_that_is_cut(file: Path) -> None:
    recording = Recording(session(file, BANNER, *HELP, LIST[0], (2.1, "s2c", b"#sensor-list[2] a")))
    assert recording.notes == [
        "it ends in the middle of a line of the device, which is left out",
        "?sensor-list is not answered to its end",
    ]


# -- what can be learnt from it


async def test_learnt_from_half_an_answer(file: Path) -> None:
    learner, likeness = await learn_recorded(session(file, BANNER, *HELP, *LIST[:2]), 5)
    assert set(likeness.interface.sensors) == {"a", "b"}
    assert learner.notes[0] == "?sensor-list is not answered to its end"
    assert learner.notes[1].startswith("2 of 2 sensors gave no reading")


async def test_learnt_without_sensor_list(file: Path) -> None:
    learner, likeness = await learn_recorded(session(file, BANNER, *HELP), 5)
    assert (set(likeness.interface.requests), likeness.interface.sensors) == ({"help"}, {})
    assert learner.notes == ["it has no answer to ?sensor-list; no sensors known"]


async def test_learnt_without_help_and_banner(file: Path) -> None:
    learner, likeness = await learn_recorded(session(file, *LIST, *SAMPLING), 5)
    assert set(likeness.interface.requests) == {"help", "sensor-list", "sensor-sampling",
                                                "sensor-value", "watchdog"}  # fmt: skip
    assert likeness.interface.protocol == "5.0-IM"
    assert likeness.motions["a"].reading(0, 0.0, lambda number: 0.5) == ("1", "nominal")
    assert len(learner.notes) == 3


async def test_learnt_from_nothing_that_helps(file: Path) -> None:
    with pytest.raises(ValueError, match="has no answer to \\?help or \\?sensor-list"):
        await learn_recorded(session(file, BANNER, *SAMPLING), 5)


async def test_answers_are_learnt(file: Path) -> None:
    more = [
        (3.0, "c2s", b"?help[5]\n?mode[6]\n?mode[7] x\n"),
        (3.0, "s2c", b"#help[5] mode m\n!help[5] ok 1\n#mode[6] 50%\n"),
        (4.5, "s2c", b"!mode[6] ok STOP\n!mode[7] fail no\n"),
    ]
    _, likeness = await learn_recorded(session(file, BANNER, *LIST, *more), 5)
    answer = likeness.answers["mode"]
    assert (answer.reply, answer.informs, answer.after) == (("ok", "STOP"), (("50%",),), 1.5)


# -- replayed


async def test_informs_come_at_their_times(file: Path) -> None:
    informs = [(13.0 + 2 * i, "s2c", b"#sensor-status %d 1 a nominal %d\n#sensor-status 1 1 b nominal"
                b" %d\n" % (1000 + i, 10 + i, i)) for i in range(5)]  # fmt: skip
    recording = Recording(session(file, BANNER, *HELP, *LIST, *SAMPLING, *informs))
    replayer, ended = Replayer(recording, speed=4), []
    replayer.on_end = ended.append
    with virtual_time():
        async with resource_of(replayer) as device:
            await asyncio.sleep(30)
            assert device.sensor.a.reading.value is None  # as nobody asked for it
            loop, heard = asyncio.get_running_loop(), []
            device.sensor.a.register_listener(
                lambda s, r: heard.append((loop.time(), r.value)), True
            )
            began = loop.time()
            success, why = await device.sensor.a.set_strategy("event")
            assert success, why
            await asyncio.sleep(30)
            assert device.sensor.b.reading.value is None
    assert [value for _, value in heard] == [1, 10, 11, 12, 13, 14]
    times = [when - began for when, _ in heard[1:]]
    assert times == pytest.approx([2.5, 3.0, 3.5, 4.0, 4.5], abs=0.05)
    assert ended == [1]


async def test_answers_take_as_long_as_they_took(file: Path) -> None:
    slow = [(4.0, "c2s", b"?slew[7] 1\n"), (5.0, "s2c", b"#slew[7] half\n"), (6.0, "s2c", b"!slew[7] ok\n"),
            (7.0, "c2s", b"?slew[8] 1\n"), (7.0, "s2c", b"!slew[8] fail again\n")]  # fmt: skip
    replayer = Replayer(Recording(session(file, BANNER, *HELP, *LIST, *slow)), speed=0.5)
    with virtual_time():
        async with resource_of(replayer) as device:
            loop, client = asyncio.get_running_loop(), device._client()
            began = loop.time()
            reply, informs = await client.simple_request("slew", 1, timeout=20)
            assert loop.time() - began == pytest.approx(4.0, abs=0.05)
            assert (reply.arguments, len(informs)) == ([b"ok"], 1)
            for _ in range(2):  # the last again
                reply, _ = await client.simple_request("slew", 1, timeout=20)
                assert reply.arguments == [b"fail", b"again"]
            reply, _ = await client.simple_request("slew", 2)
            assert reply.arguments == [b"invalid", b"not recorded"]
            reply, _ = await client.simple_request("watchdog")
            assert reply.reply_ok()


async def test_a_recording_of_a_proxy_is_one(file: Path, device: ScriptedDevice, katcp_proxy: Any,
                                             make_resource: Any) -> None:  # fmt: skip
    proxy = await katcp_proxy(device)
    lines: list[str] = []
    loop = asyncio.get_running_loop()
    proxy.on_bytes = lambda *what: lines.append(recorded(loop.time(), *what))
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(10)
    await resource.sensor.an_int.set_strategy("event")
    device.set_sensor("an.int", "8")
    assert await resource.sensor.an_int.wait(8, timeout=10)
    interface = resource.interface
    await resource.stop()
    await proxy.close()
    assert {json.loads(line)["dir"] for line in lines} == {"c2s", "s2c"}
    session(file, *(line.strip().encode() for line in lines))
    async with resource_of(Replayer(file, speed=100), name="dev") as again:
        assert again.interface == interface
        await again.sensor.an_int.set_strategy("event")
        assert await again.sensor.an_int.wait(8, timeout=10)


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("*.jsonl")), ids=lambda path: path.stem)
def test_real_sessions_are_understood(path: Path) -> None:
    recording = Recording(path)
    assert recording.banner
    answered = [exchange for exchange in recording.exchanges if exchange.reply is not None]
    assert len(answered) >= len(recording.exchanges) - 2  # one server pauses for ever
    names = {s.message.name for s in recording.informs if s.message is not None}
    assert names <= {"sensor-status", "log", "client-connected", "client-disconnected",
                     "interface-changed", "disconnect", "fpga"}  # fmt: skip
