"""How the screens of `katcp top` look, compared with pictures that a person has looked at.

After a change that is meant to be seen, or for another version of Textual:
``pytest tests/cli/test_top_snapshots.py --snapshot-update``, and look at ``__snapshots__``.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import textual
from cli.topping import NOW, Top, antenna, top_of, until
from pytest_textual_snapshot import SVGImageExtension
from textual.widgets import Input

from katcp.cli.top._rate import Rate
from katcp.testing import FakeSensor

_PICTURED = "8."  # the version of Textual that the pictures are of

pytestmark = pytest.mark.skipif(
    not textual.__version__.startswith(_PICTURED),
    reason=f"the pictures are of Textual {_PICTURED}x; another draws in another way",
)


@pytest.fixture
def picture(snapshot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give what compares a screen with its picture."""
    monkeypatch.setattr(Rate, "_LEAST", float("inf"))  # neither rate nor CPU are measured

    async def compare(top: Top) -> None:
        for box in top.app.screen.query(Input):
            box.cursor_blink = False  # and is seen
        await top.look()
        seen = _steady(top.app.export_screenshot(title="katcp top"))
        assert snapshot(extension_class=SVGImageExtension) == seen

    return compare


def _steady(svg: str) -> str:
    """Take out what differs from run to run: ports, and when readings were received."""
    svg = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:50000", svg)
    return re.sub(r"(?!2023)\d{4}(-\d\d-\d\d)(\S{1,6})\d\d:\d\d:\d\d\.\d{3}",
                  r"2023-11-14\g<2>22:13:20.000", svg)  # fmt: skip


_STATUSES = ("warn", "error", "failure", "unknown", "unreachable", "inactive")


@contextlib.asynccontextmanager
async def troubled(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Top]:
    """Give a screen with a sensor of each status, and a device that is lost."""
    more = {
        f"rx.{status}": FakeSensor("float", f"It is {status}", "K", timestamp=NOW - 10.0**i)
        for i, status in enumerate(_STATUSES)
    }
    m000, m001 = antenna(**more), antenna()
    async with top_of(size, m000=m000, m001=m001, m002=antenna()) as top:
        for i, status in enumerate(_STATUSES):
            m000.set_sensor(f"rx.{status}", f"{i}.25", status)
            await top.telescope.sensor[f"m000_rx_{status}"].wait(i + 0.25)
        await m001.refuse()
        gone = top.telescope.children.m001
        await until(lambda: gone.last_error and "refused" in gone.last_error.what)
        yield top


async def test_all_is_well(picture: Any) -> None:
    async with top_of(m000=antenna(), m001=antenna()) as top:
        await picture(top)


@pytest.mark.parametrize("size", ["80x24", "120x40", "60x16"])
async def test_much_is_wrong(picture: Any, size: str) -> None:
    width, height = map(int, size.split("x"))
    async with troubled((width, height)) as top:
        await top.press("down", "tab", "s", "down", "down")
        await picture(top)


async def test_no_colour(picture: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with troubled() as top:
        await top.press("down", "tab")
        await picture(top)


async def test_filtered(picture: Any) -> None:
    async with troubled() as top:
        await top.press("slash")
        await top.fill("m00[01].*az")
        await picture(top)


async def test_details(picture: Any) -> None:
    device = antenna()
    async with top_of(m000=device) as top:
        azim = top.telescope.sensor.m000_pos_actual_azim
        await top.press("down", "tab", "end")
        for i in range(30):
            device.sensors["pos.actual-azim"].timestamp = NOW - 5 + i / 8
            device.set_sensor(
                "pos.actual-azim", str((i % 10) ** 2), "warn" if i > 20 else "nominal"
            )
        await azim.wait(81.0)
        await until(lambda: azim.reading.timestamp == NOW - 5 + 29 / 8)
        await top.press("enter")
        await picture(top)


async def test_a_question(picture: Any) -> None:
    async with troubled() as top:
        await top.press("r")
        await top.fill("ants target-azel -20 60")
        await top.press("enter")
        await picture(top)


async def test_an_answer(picture: Any) -> None:
    async with top_of(m000=antenna(), m001=antenna()) as top:
        await top.press("r")
        await top.fill("ants target-azel -20 5")
        await top.press("enter", "y")
        await top.until("0 of 2 succeeded")
        top.app.screen._order.answer[0][-1] = ("(0.1 s)", "dim")
        await picture(top)


async def test_completion(picture: Any) -> None:
    async with top_of(m000=antenna()) as top:
        await top.press("down", "r", *"se")
        await picture(top)


async def test_help(picture: Any) -> None:
    async with top_of(m000=antenna()) as top:
        await top.press("question_mark")
        await picture(top)


async def test_too_small(picture: Any) -> None:
    async with top_of((40, 10), m000=antenna()) as top:
        await picture(top)
