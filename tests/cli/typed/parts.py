# pyright: reportMissingModuleSource=false
"""For pyright: a container in a container; each line that ends in `# wrong` is found to be."""

from typing import TYPE_CHECKING

import katcp

if TYPE_CHECKING:
    from nested import Nested


async def main() -> None:
    telescope: Nested
    async with katcp.connect("nested.toml") as telescope:
        await telescope.inner.m000.req.target_azel(-20, 60)
        await telescope.req.inner_m001_target_azel(-20, 60)
        await telescope.inner.req.m001_target_azel(-20, 60)
        print(await telescope.sensor.inner_m000_pos_actual_azim.get_value() + 1.0)
        print(await telescope.CBF.sensor.state.get_value() == "idle")
        print(telescope.Sensor.address_string, telescope.children["class"].name)
        await telescope.children.children.req.anything_at_all(1)
        print(telescope.CBFs.clients[0].name, telescope.groups.wait.name, len(telescope.empty))
        await telescope.CBFs.req.capture_start()
        await telescope.wait("inner_m000_mode", "STOP")
        await telescope.groups.wait.req.m000_mode("STOP")

        await telescope.inner.m000.req.target_azel(-20, [60])  # wrong: a list
        await telescope.CBF.req.capture_start()  # wrong: not exposed
        print(telescope.inner.m002)  # wrong: no such device
        print(telescope.sensor.m000_mode)  # wrong: it is in inner
