"""The screen of `katcp top`, driven by its keys, against devices on real sockets."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from cli.topping import Top, antenna, top_of, until

from katcp.cli.top._app import INTERRUPTED
from katcp.cli.top._rings import numbers
from katcp.simulator import Antenna
from katcp.testing import FakeSensor, ScriptedDevice


@pytest.fixture
def m000() -> ScriptedDevice:
    return antenna()


@pytest.fixture
async def top(m000: ScriptedDevice) -> AsyncIterator[Top]:
    """A screen of two antennas."""
    async with top_of(m000=m000, m001=antenna()) as there:
        yield there


async def test_all_is_seen_at_80_by_24(top: Top) -> None:
    text = await top.look()
    assert "2 of 2 synced" in text
    assert "• telescope 2/2" in text
    assert "• ants 2/2" in text
    assert "Everything is nominal." in text
    assert "-45.5 deg" in text
    lines = text.splitlines()
    assert len(lines) == 24
    assert max(map(len, lines)) <= 80
    for key in ("Filter", "Not nominal", "Sort", "Request", "Help", "Quit"):
        assert key in lines[-1]


async def test_a_reading_is_shown_with_its_status(top: Top, m000: ScriptedDevice) -> None:
    lock = top.telescope.sensor.m000_lock
    m000.set_sensor("lock", "0", "error")
    await lock.wait(False)
    text = await top.look()
    assert "■ error" in text
    assert "not nominal: 1, newest first" in text
    assert "• m000 ▲1" in text
    m000.set_sensor("lock", "1")
    await lock.wait(True)
    assert "Everything is nominal." in await top.look()


async def test_a_lost_device_is_never_shown_as_good(top: Top, m000: ScriptedDevice) -> None:
    await top.press("down")
    assert "• nominal" in await top.look()
    await m000.refuse()
    text = await top.until("X m000 lost")
    assert "• nominal" not in text
    assert text.count("~ stale") == 3
    assert "X disconnected m000" in text
    assert "m000 X disconnected 127.0.0.1:" in text  # what the cursor is at, and below why
    text = await top.until("connection refused")
    assert "1/2" in text
    await m000.listen()
    text = await top.until("2 of 2 synced")
    assert "~ stale" not in text


async def test_filter_as_it_is_typed(top: Top) -> None:
    await top.press("slash")
    assert "2 of 6 sensors" in await top.press(*"azim")
    assert "1 of 6 sensors" in await top.fill("m001.*azim")
    text = await top.press("enter")
    assert "m001.pos.actual-azim" in text  # chosen in the table, and told of below
    assert "6 of 6 sensors" in await top.press("escape")
    await top.press("slash")
    text = await top.fill("nothing")
    assert "0 of 6 sensors" in text
    assert "No sensor matches" in text


async def test_only_what_is_not_nominal(top: Top, m000: ScriptedDevice) -> None:
    assert "All nominal" in await top.press("n")
    m000.set_sensor("mode", "POINT", "warn")
    await top.telescope.sensor.m000_mode.wait("POINT")
    assert "1 of 6 sensors (n: not nominal)" in await top.until("▲ warn")
    assert "6 of 6 sensors" in await top.press("n")


async def test_sort(top: Top, m000: ScriptedDevice) -> None:
    m000.set_sensor("pos.actual-azim", "3", "failure")
    await top.telescope.sensor.m000_pos_actual_azim.wait(3.0)
    assert "sensor▼" in await top.look()
    text = await top.press("s")
    assert "status▼" in text
    assert "X failure" in text.splitlines()[2]
    assert "age▼" in await top.press("s")
    assert "sensor▼" in await top.press("s")


async def test_tree_chooses_what_the_table_lists(top: Top) -> None:
    text = await top.press("down")
    assert "3 of 3 sensors" in text
    assert "m001.lock" not in text
    text = await top.press("down", "down")  # the group, folded
    assert "group of 2 devices" in text
    assert "• m001" in (await top.press("right", "down", "down")).splitlines()[6]
    assert "3 of 3 sensors" in await top.look()
    assert "ants" in await top.press("left", "left")
    assert "m000.lock" in await top.press("home")
    wide = await top.press("t")
    assert "ants" not in wide.splitlines()[5]
    assert "ants" in (await top.press("t")).splitlines()[4]


async def test_details_of_a_sensor(top: Top, m000: ScriptedDevice) -> None:
    text = await top.press("down", "tab", "down", "enter")
    for words in ("m000.mode", "What it does", "discrete", "event", "2023-11-14 22:11:50.000 UTC"):
        assert words in text, words
    mode = top.telescope.sensor.m000_mode
    m000.set_sensor("mode", "POINT", "warn")
    await mode.wait("POINT")
    text = await top.look()
    assert "history      ▁█" in text
    assert "▲ warn" in text
    await m000.refuse()
    text = await top.until("~ stale: was warn")
    assert "the link was lost" in text
    assert "2 synced" not in text
    assert "1 of 2 synced" in await top.press("escape")


async def test_details_of_a_device(top: Top) -> None:
    text = await top.press("down", "enter")
    for words in ("m000 at 127.0.0.1:", "• synced since", "5.1-BIMT", "scripted-1.0", "6"):
        assert words in text, words
    assert "Request: DEVICE or GROUP" in await top.press("r")


async def test_a_trouble_leads_to_its_details(top: Top, m000: ScriptedDevice) -> None:
    m000.set_sensor("lock", "0", "error")
    await top.telescope.sensor.m000_lock.wait(False)
    await top.look()
    assert "Whether it is on source" in await top.press("tab", "tab", "enter")


async def test_a_request_is_completed_asked_about_and_answered(
    top: Top, m000: ScriptedDevice
) -> None:
    text = await top.press("down", "r")
    assert "target-azel" in text
    text = await top.press("t", "a", "r", "tab")
    assert "m000 target-azel" in text
    assert "Point at azimuth and elevation in degrees." in text
    await top.fill("m000 target-azel -20 60")
    text = await top.press("enter")
    assert "Send  ?target-azel -20 60" in text
    assert "to m000 at 127.0.0.1" in text
    assert m000.asked("target-azel") == []
    await top.press("n")
    assert m000.asked("target-azel") == []
    await top.press("enter", "y")
    assert "!target-azel ok -20 60" in await top.until("• succeeded")
    assert len(m000.asked("target-azel")) == 1
    await top.press("backspace", "backspace", "5", "enter", "y")
    assert "elevation is beyond the limits" in await top.until("X failed")


async def test_a_request_to_a_group(top: Top, m000: ScriptedDevice) -> None:
    await top.press("r")
    await top.fill("ants target-azel -20 60")
    text = await top.press("enter")
    assert "to the 2 devices of ants, all at once: m000, m001" in text
    await top.press("y")
    assert "m001  ok       -20 60" in await top.until("2 of 2 succeeded")


async def test_what_cannot_be_sent_is_said(top: Top) -> None:
    await top.press("down", "r")
    await top.fill("m000 nonsense")
    assert "m000 has no such request" in await top.press("enter")
    assert "Send" not in await top.look()


async def test_the_answer_that_comes_late_is_told(top: Top, m000: ScriptedDevice) -> None:
    go = asyncio.Event()

    @m000.request
    async def calibrate() -> None:
        """Take long."""
        await go.wait()

    await until(lambda: "m000_calibrate" in top.telescope.req)
    await top.press("r")
    await top.fill("m000 calibrate")
    await top.press("enter", "y")
    assert "○ sent;" in await top.look()
    await top.press("escape")
    go.set()
    assert "• succeeded" in await top.until("m000 ?calibrate")


async def test_text_of_a_device_is_only_text() -> None:
    evil = "\x1b[2J[red]\x07[/] [@click=app.bell]x[/]"
    device = antenna(evil=FakeSensor("string", evil, evil, status="warn", value=evil))
    device.help["evil"] = evil
    device.answers["evil"] = lambda link, request: [
        f"#evil{_mid(request)} [bold]\\e[31m", f"!evil{_mid(request)} fail [/nothing]\\e[0m"
    ]  # fmt: skip
    async with top_of(m000=device) as top:
        text = await top.press("down", "tab")
        assert "\\x1b[2J[" in text
        assert "[@click" in await top.press("enter")
        await top.press("escape", "r")
        await top.fill("m000 evil")
        await top.press("enter", "y")
        text = await top.until("[/nothing]\\x1b[0m")
        assert "#evil [bold]\\x1b[31m" in text
        assert "\x1b" not in top.app.export_screenshot()


def _mid(request: object) -> str:
    mid = getattr(request, "mid", None)
    return "" if mid is None else f"[{mid.decode()}]"


@pytest.mark.parametrize("size", [(59, 24), (80, 15)])
async def test_a_terminal_that_is_too_small(size: tuple[int, int]) -> None:
    async with top_of(size, m000=antenna()) as top:
        assert "This" in await top.look()
        await top.pilot.resize_terminal(80, 24)
        await top.until("1 of 1 synced")
        await top.pilot.resize_terminal(*size)
        await top.until("This")
        await top.press("ctrl+c")
        assert top.app.return_value == INTERRUPTED


@pytest.mark.parametrize("size", [(60, 16), (200, 60)])
async def test_every_size_that_is_large_enough(size: tuple[int, int]) -> None:
    async with top_of(size, m000=antenna(), m001=antenna()) as top:
        for keys in ((), ("question_mark",), ("escape", "tab", "enter"), ("escape", "r")):
            lines = (await top.press(*keys)).splitlines()
            assert len(lines) == size[1]
            assert max(map(len, lines)) <= size[0]


@pytest.mark.parametrize("before", [(), ("r",), ("r", "x"), ("slash",), ("question_mark",), ("l",),
                                    ("down", "enter")])  # fmt: skip
async def test_ctrl_c_leaves_from_anywhere(top: Top, before: tuple[str, ...]) -> None:
    await top.press(*before)
    await top.pilot.press("ctrl+c")
    assert top.app.return_value == INTERRUPTED


async def test_q_leaves(top: Top) -> None:
    await top.pilot.press("q")
    assert top.app.return_value == 0


async def test_help_and_log(top: Top) -> None:
    assert "only what is not nominal" in await top.press("question_mark")
    assert "only what is not nominal" not in await top.press("escape")
    assert "Nothing was logged." in await top.press("l")
    top.app.remember(logging.makeLogRecord({"msg": "a \x1b[31m thing", "levelno": logging.ERROR}))
    assert "a \\x1b[31m thing" in await top.look()


async def test_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    device = antenna()
    device.sensors["lock"].status = "error"
    async with top_of(m000=device) as top:
        text = await top.look()
        assert "■ error" in text
        for strip in top.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(
                top.app.get_line_filters()[-1], top.app.screen.styles.background
            ):
                style = segment.style
                assert style is None or style.color is None or style.color.is_default


async def test_nothing_is_lost_and_the_last_value_is_seen(top: Top, m000: ScriptedDevice) -> None:
    await top.press("down")
    azim = top.telescope.sensor.m000_pos_actual_azim
    before = top.board.updates
    for i in range(1, 3001):
        m000.set_sensor("pos.actual-azim", str(i))
        if i % 100 == 0:
            await asyncio.sleep(0)
    await azim.wait(3000.0)
    assert top.board.updates - before == 3000
    assert "3000 deg" in await top.look()


async def test_only_what_is_seen_is_drawn() -> None:
    many = {f"s{i:04}": FakeSensor(timestamp=1.0) for i in range(2000)}
    device = antenna(**many)
    async with top_of(m000=device) as top:
        await top.press("down", "tab")
        drawn = []
        table = top.app.screen.query_one("#table")
        monkey = table.cells
        table.cells = lambda item, width: drawn.append(item) or monkey(item, width)  # type: ignore[attr-defined]
        await top.look()
        assert len(drawn) < 30
        assert len(top.board.rings) < 60
        text = await top.press("end")
        assert "s1999" in text
        assert "s1999" in (await top.press("enter"))


async def test_against_simulated_antennas() -> None:
    antennas = {name: Antenna(name, seed=1, speed=8) for name in ("m000", "m001")}
    async with top_of(**antennas) as top:
        await top.press("r")
        await top.fill("ants target-azel -20 60")
        await top.press("enter", "y")
        await top.until("2 of 2 succeeded")
        await top.press("escape", "slash")
        await top.fill("pos.actual-azim")
        azim = top.telescope.sensor.m001_pos_actual_azim
        await azim.wait(lambda reading: reading.value > -44, timeout=10)
        ring = top.board.rings.follow(azim)
        await until(lambda: len(set(numbers(ring))) > 3)  # it moves
        assert "m001.pos.actual-azim" in await top.look()
        await top.press("escape", "r")
        await top.fill("m001 sim-drop 3")
        await top.press("enter", "y", "escape")
        await top.until("X m001 lost")
        await top.until("2 of 2 synced")
