"""Makes docs/images/top.svg: `katcp top` on a simulated telescope in which not all is well.

python docs/images/make_top.py
"""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from katcp.cli.top._app import TopApp
from katcp.cli.top._model import Board
from katcp.cli.top._run import sample
from katcp.resource_client import KATCPClientResourceContainer
from katcp.simulator import Antenna, Correlator

_ANTENNAS = 8
_SIZE = (100, 30)


async def main() -> None:
    """Serve the telescope, let things happen, and save what is on the screen."""
    async with AsyncExitStack() as stack:
        antennas = [Antenna(f"m{i:03}", seed=i, speed=4.0) for i in range(_ANTENNAS)]
        devices: list[Any] = [*antennas, Correlator(_ANTENNAS)]
        for device in devices:
            await stack.enter_async_context(device)
        clients = {d.name: {"address": ("127.0.0.1", d.port), "controlled": True} for d in devices}
        ants = [antenna.name for antenna in antennas]
        telescope = KATCPClientResourceContainer(
            {"name": "telescope", "clients": clients, "groups": {"ants": ants}}
        )
        board = Board(telescope)
        sample(board, "")
        telescope.start()
        await telescope.until_synced(timeout=30)
        await _screen(board, telescope, antennas)
        await telescope.stop()


async def _screen(board: Board, telescope: Any, antennas: list[Antenna]) -> None:
    app = TopApp(board)
    async with app.run_test(size=_SIZE) as pilot:
        await telescope.groups.ants.req.target_azel(-20, 60)
        await pilot.press("down", "slash", *"drive|pos", "enter", "down", "down")
        await asyncio.sleep(3)
        await telescope.req.m005_set_wind(15)
        antennas[3].refuse_clients(60)
        await asyncio.sleep(5)
        await telescope.req.m006_set_wind(18)
        await asyncio.sleep(1)
        svg = app.export_screenshot(title="katcp top telescope.toml")
    Path(__file__).with_name("top.svg").write_text(svg + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
