"""What `katcp top` knows of a telescope, without a screen, against real devices."""

import math
from typing import Any

import pytest
from cli.topping import antenna, board_of, telescope_of, until

from katcp.cli.top._model import Board
from katcp.cli.top._order import OrderError, candidates, help_of, parse
from katcp.cli.top._rings import Rings, numbers, sparkline
from katcp.cli.top._rows import Rows
from katcp.cli.top._run import sample
from katcp.testing import FakeSensor


def names(board: Board) -> list[str]:
    """Give what is not nominal, newest first."""
    return [
        f"{t.device.path}{'.' + t.sensor.name if t.sensor else ''} {t.what}"
        for t in board.newest_troubles()
    ]


async def test_what_is_not_nominal_is_listed_newest_first() -> None:
    m000, m001 = antenna(), antenna()
    async with board_of(m000=m000, m001=m001) as board:
        assert board.nominal()
        lock, mode = (board.root.target.sensor[f"m000_{name}"] for name in ("lock", "mode"))
        m000.set_sensor("lock", "0", "warn")
        await lock.wait(False)
        m000.set_sensor("mode", "POINT", "error")
        await mode.wait("POINT")
        assert names(board) == ["m000.mode error", "m000.lock warn"]
        m000.set_sensor("lock", "1", "failure")  # worse: that is news
        await lock.wait(True)
        assert names(board) == ["m000.lock failure", "m000.mode error"]
        m000.set_sensor("lock", "0", "failure")  # no news
        await lock.wait(False)
        m000.set_sensor("mode", "STOP")
        await mode.wait("STOP")
        assert names(board) == ["m000.lock failure"]
        assert [len(device.bad) for device in board.devices] == [1, 0]
        await m001.refuse()
        await until(lambda: not board.devices[1].resource.is_connected())
        assert names(board) == ["m001 disconnected", "m000.lock failure"]
        await m001.listen()
        await board.root.target.until_synced(timeout=10)
        assert names(board) == ["m000.lock failure"]


async def test_before_the_devices_are_there_they_are_the_trouble() -> None:
    async with telescope_of(m000=antenna()) as telescope:
        board = Board(telescope)
        assert names(board) == ["m000 disconnected"]
        telescope.start()
        await telescope.until_synced(timeout=10)
        # Nobody asked for the sensors: what they are is not known, and that is not nominal.
        assert sorted(names(board)) == [
            f"m000.{s} unknown" for s in ("lock", "mode", "pos.actual-azim")
        ]
        board.close()


async def test_sensors_come_and_go() -> None:
    device = antenna()
    async with board_of(m000=device) as board:
        (m000,) = board.devices
        device.sensors["new"] = FakeSensor(value="7", status="warn")
        device.change("sensor", "new", "added")
        await until(lambda: names(board) == ["m000.new warn"])
        assert [s.name for s in m000.ordered()] == ["lock", "mode", "new", "pos.actual-azim"]
        new = m000.sensors["new"]
        assert new in board.rings
        del device.sensors["new"]
        device.change("sensor", "new", "removed")
        await until(lambda: "new" not in m000.sensors)
        assert board.nominal()
        assert new not in board.rings
        assert len(m000.ordered()) == 3


async def test_a_board_that_is_closed_is_told_nothing() -> None:
    device = antenna()
    async with board_of(m000=device) as board:
        board.close()
        before = board.updates
        lock = board.root.target.sensor.m000_lock
        device.set_sensor("lock", "0", "error")
        await lock.wait(False)
        assert (board.updates, board.nominal()) == (before, True)


async def test_every_update_counts_and_the_last_is_there() -> None:
    device = antenna(count=FakeSensor())
    async with board_of(m000=device) as board:
        (m000,) = board.devices
        count, before = m000.sensors["count"], board.updates
        ring = board.rings.follow(count)
        for i in range(1, 2001):
            device.set_sensor("count", str(i))
        await count.wait(2000)
        assert board.updates - before == 2000
        assert [r.value for r in ring if r] == list(range(1801, 2001))  # of bounded length


async def test_the_strategies_of_the_file_are_kept_unless_another_is_asked_for() -> None:
    async with telescope_of(m000=antenna()) as telescope:
        resource = telescope.children.m000
        object.__setattr__(resource._spec, "strategies", {"^lock$": ("period", "5.0")})
        board = Board(telescope)
        sample(board, "")
        telescope.start()
        await telescope.until_synced(timeout=10)
        assert resource.sensor.lock.sampling_strategy == ("period", "5.0")
        assert resource.sensor.mode.sampling_strategy == ("event",)
        sample(board, "period 500 ms")
        await until(lambda: resource.sensor.lock.reported_strategy == ("period", "0.5"))
        assert resource.sensor.lock.sampling_strategy == ("period", "0.5")
        board.close()


# -- rows


def labels(rows: Rows) -> list[str]:
    rows.refresh(now=True)
    return [rows.label(row) for row in rows.found]


async def test_rows_are_filtered_and_sorted() -> None:
    m000, m001 = antenna(), antenna()
    m001.sensors["lock"].status = "error"
    async with board_of(m000=m000, m001=m001) as board:
        rows = Rows(board)
        assert labels(rows)[:3] == ["m000.lock", "m000.mode", "m000.pos.actual-azim"]
        rows.text = "AZIM"
        assert labels(rows) == ["m000.pos.actual-azim", "m001.pos.actual-azim"]
        rows.text = "^m001.*(lock|mode)$"
        assert labels(rows) == ["m001.lock", "m001.mode"]
        rows.text = "[lo"  # no regular expression
        assert labels(rows) == []
        rows.text = ""
        rows.order = "status"
        assert labels(rows)[0] == "m001.lock"
        rows.order = "newest"
        assert labels(rows)[:2] == ["m000.pos.actual-azim", "m001.pos.actual-azim"]
        rows.only_bad = True
        assert labels(rows) == ["m001.lock"]
        rows.devices = board.devices[:1]
        assert labels(rows) == []
        await m000.refuse()
        await until(lambda: not board.devices[0].resource.is_connected())
        assert labels(rows) == ["pos.actual-azim", "mode", "lock"]  # stale: nobody knows


async def test_the_list_is_made_again_when_it_is_outdated() -> None:
    device = antenna()
    async with board_of(m000=device) as board:
        rows = Rows(board)
        assert rows.refresh()
        assert not rows.refresh()
        rows.only_bad = True
        rows.refresh(now=True)
        device.set_sensor("lock", "0", "warn")
        await board.devices[0].sensors["lock"].wait(False)
        await until(rows.refresh)
        assert [row[1].name for row in rows.found] == ["lock"]


# -- histories


class FakeReader:
    def __init__(self) -> None:
        self.reading = type("Reading", (), {"received_timestamp": 0.0})()


def test_so_many_histories_are_kept_and_no_more() -> None:
    rings, sensors = Rings(most=3), [FakeReader() for _ in range(4)]
    for sensor in sensors[:3]:
        rings.follow(sensor)
    rings.follow(sensors[0])  # looked at again
    rings.follow(sensors[3])
    assert list(rings) == [sensors[2], sensors[0], sensors[3]]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], "    "),
        ([1.0], "   ▁"),
        ([0.0, 7.0, 3.0], " ▁█▄"),
        ([0.0, None, 1.0], " ▁ █"),
        ([9.0, 9.0, 0.0, 1.0, 2.0, 3.0], "▁▃▆█"),
        ([0.0, math.inf, math.nan, -math.inf], "▁   "),
        ([-1e308, 1e308, 0.0], " ▁█▅"),
    ],
)
def test_sparkline(values: list[float | None], line: str) -> None:
    assert sparkline(values, 4) == line


async def test_words_are_drawn_as_they_first_appear() -> None:
    device = antenna()
    async with board_of(m000=device) as board:
        mode = board.devices[0].sensors["mode"]
        ring = board.rings.follow(mode)
        for value in ("POINT", "STOP"):
            device.set_sensor("mode", value)
            await mode.wait(value)
        await device.refuse()
        await until(lambda: ring[-1] is None)
        assert numbers(ring) == [0.0, 1.0, 0.0, None]


# -- requests as they are typed


def typed(board: Board, line: str) -> list[str]:
    return [candidate.line for candidate in candidates(board, line)]


async def test_completion() -> None:
    async with board_of(m000=antenna(), m001=antenna()) as board:
        assert typed(board, "") == ["ants ", "m000 ", "m001 "]
        assert typed(board, "1") == ["m001 "]
        assert typed(board, "m001 azel") == ["m001 target-azel "]
        assert typed(board, "ants target_") == ["ants target-azel "]
        assert typed(board, "ants target-azel ") == []
        assert typed(board, "nobody x") == []
        assert help_of(board, "ants target-azel 1") == "Point at azimuth and elevation in degrees."
        assert help_of(board, "ants") == ""


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "type a device or group"),
        ("m009 mode", "no device or group 'm009'"),
        ("m000", "type a request of m000"),
        ("m000 no-such", "m000 has no such request"),
        ("ants no-such", "ants has no device"),
        ("m000 target-azel 'a", "quote"),
    ],
)
async def test_what_cannot_be_sent(line: str, says: str) -> None:
    async with board_of(m000=antenna()) as board:
        with pytest.raises(OrderError, match=says):
            parse(board, line)


async def test_the_question_says_who_will_not_get_it() -> None:
    m000, m001, m002 = antenna(), antenna(), antenna()
    del m002.help["target-azel"]
    async with board_of(m000=m000, m001=m001, m002=m002) as board:
        await m001.refuse()
        await until(lambda: not board.devices[1].resource.is_connected())
        order = parse(board, "ants target_azel -20 'a b'")
        assert order.question() == [
            "Send  ?target-azel -20 'a b'",
            "to the 3 devices of ants, all at once: m000, m001, m002",
            "m001 is disconnected: it will not get it",
            "m002 has no such request: it will not get it",
        ]
        await order.send()
        assert not order.good
        shown = ["".join(text for text, _ in line) for line in order.answer or []]
        assert m000.asked("target-azel")[0].endswith("-20 a\\_b")
        assert any(line.startswith("m002") and "absent" in line for line in shown)
        assert m002.asked("target-azel") == []


def words_of(lines: Any) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


async def test_answers() -> None:
    device = antenna()
    device.answers["slow"] = lambda link, request: None
    device.help["slow"] = "Never answers."
    device.hints["slow"] = 0.05
    device.help["request-timeout-hint"] = "Hints."
    async with board_of(m000=device) as board:
        good = parse(board, "m000 target-azel -20 60")
        await good.send()
        assert good.good
        assert "!target-azel ok -20\\_60" in words_of(good.answer) or "ok -20 60" in words_of(
            good.answer
        )
        bad = parse(board, "m000 target-azel -20 5")
        await bad.send()
        assert not bad.good
        assert words_of(bad.answer).startswith("X failed: elevation is beyond the limits")
        help = parse(board, "ants help watchdog")
        await help.send()
        assert "m000: #help watchdog Help of watchdog" in words_of(help.answer)
        slow = parse(board, "m000 slow")
        await slow.send()
        assert words_of(slow.answer).startswith("X failed: ")
        assert "0.05" in words_of(slow.answer)
