# pyright: reportMissingModuleSource=false
"""For pyright: a device whose names are odd; each line that ends in `# wrong` is found to be."""

from typing import TYPE_CHECKING

import katcp

if TYPE_CHECKING:
    from odd_device import OddDevice


async def main() -> None:
    device: OddDevice
    async with katcp.connect("localhost:5000") as device:
        print(await device.sensor["class"].get_value() + 1)
        print(await device.sensor["1st"].get_value() + 1.0)
        print((await device.sensor["\ufb01x"].get_value()).upper())
        print(await device.sensor.float.get_value() + 1, await device.sensor.items.get_value() + 1)
        print(await device.sensor.same.get_value() + 1, await device.sensor.a_b.get_value())
        print(await device.sensor.x.get_value() == 'say "hi"', await device.sensor.raw.get_value())
        await device.req.get("key", 1, 2, 3)
        await device.req["import"]("x")
        await device.req.go_now({})  # wrong: a dict
        print(device.sensor.st1)  # wrong: no such sensor
        print((await device.sensor["class"].get_value()).upper())  # wrong: an integer
