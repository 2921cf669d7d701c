"""What the tests of `katcp top` have in common: devices, a telescope of them, and a screen."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from textual.widgets import Input

from katcp.cli.top._app import TopApp
from katcp.cli.top._model import Board
from katcp.cli.top._run import sample
from katcp.resource_client import KATCPClientResourceContainer
from katcp.testing import FakeSensor, ScriptedDevice

__all__ = ["NOW", "Top", "antenna", "board_of", "telescope_of", "top_of", "until"]

_PATIENCE = 30.0  # seconds: machines that do much else are slow
NOW = 1_700_000_000.0  # what the clock of the board says


def antenna(**more: FakeSensor) -> ScriptedDevice:
    """Make a device with a request and some sensors whose times are fixed."""
    sensors = {
        "pos.actual-azim": FakeSensor("float", "Azimuth", "deg", value="-45.5", timestamp=NOW - 5),
        "lock": FakeSensor("boolean", "Whether it is on source", value="1", timestamp=NOW - 3600),
        "mode": FakeSensor("discrete", "What it does", params=("STOP", "POINT"), value="STOP",
                           timestamp=NOW - 90),
    }  # fmt: skip
    device = ScriptedDevice("5.1-MIBT", {**sensors, **more})

    @device.request
    def target_azel(azim: str, elev: str) -> str:
        """Point at azimuth and elevation in degrees."""
        if float(elev) < 15:
            raise ValueError("elevation is beyond the limits")
        return f"{azim} {elev}"

    return device


@contextlib.asynccontextmanager
async def telescope_of(**devices: Any) -> AsyncIterator[Any]:
    """Serve devices, and give a telescope of them that is not started, with a group of all."""
    async with contextlib.AsyncExitStack() as stack:
        for device in devices.values():
            await stack.enter_async_context(device)
        clients = {
            name: {
                "address": ("127.0.0.1", device.port),
                "controlled": True,
                "auto_reconnect_delay": 0.02,
            }
            for name, device in devices.items()
        }
        telescope = KATCPClientResourceContainer(
            {"name": "telescope", "clients": clients, "groups": {"ants": list(devices)}}
        )
        try:
            yield telescope
        finally:
            await telescope.stop()


@contextlib.asynccontextmanager
async def board_of(**devices: Any) -> AsyncIterator[Board]:
    """Give the board of a telescope of these devices that is synced; its clock stands still."""
    async with telescope_of(**devices) as telescope:
        board = Board(telescope, clock=lambda: NOW)
        sample(board, "")
        telescope.start()
        await telescope.until_synced(timeout=10)
        try:
            yield board
        finally:
            board.close()


class Top:
    """A screen that only looks when it is told to."""

    def __init__(self, app: TopApp, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot
        self.board = app.board
        self.telescope = app.board.root.target

    async def look(self) -> str:
        """Let it look; give the text of the screen."""
        self.app.tick()
        await self.pilot.pause()
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def press(self, *keys: str) -> str:
        """Press keys; give the text of the screen."""
        await self.pilot.press(*keys)
        return await self.look()

    async def fill(self, text: str) -> str:
        """Put text into the box that has the focus, as if pasted; give the text of the screen."""
        box = self.app.focused
        assert isinstance(box, Input)
        box.clear()
        box.insert_text_at_cursor(text)
        await self.pilot.pause()
        return await self.look()

    async def until(self, words: str) -> str:
        """Look until these words are on the screen."""
        text = ""
        try:
            async with asyncio.timeout(_PATIENCE):
                while words not in (text := await self.look()):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{words!r} did not come; there is\n{text}") from None
        return text


@contextlib.asynccontextmanager
async def top_of(size: tuple[int, int] = (80, 24), **devices: Any) -> AsyncIterator[Top]:
    """Give a screen of these devices, which are synced."""
    async with board_of(**devices) as board:
        app = TopApp(board, period=None)
        async with app.run_test(size=size, notifications=True) as pilot:
            top = Top(app, pilot)
            await top.look()
            yield top


async def until(what: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(_PATIENCE):
        while not what():  # noqa: ASYNC110 what is waited for has no event
            await asyncio.sleep(0.005)
