# pyright: reportMissingModuleSource=false
"""For pyright: what is right passes, each line that ends in `# wrong` is found to be."""

from typing import TYPE_CHECKING, Literal

import katcp

if TYPE_CHECKING:
    from antenna import Antenna
    from telescope import M000, Telescope

    from katcp.typed import Sensor


async def observe(azimuths: list[float], name: str) -> None:
    antenna: Antenna
    async with katcp.connect("localhost:5000") as antenna:
        for azimuth in azimuths:
            (await antenna.req.target_azel(azimuth, 60, timeout=10)).raise_on_failure()
        reply, informs = await antenna.req.mode("POINT")
        print(reply.arguments, informs, antenna.req.mode.timeout_hint)
        await antenna.req.mode(name, mid=7)
        await antenna.req.mode()
        (count,) = (await antenna.req.help("mode")).values(int)
        for name, words in (await antenna.req.help()).rows(str, str):
            print(count + 1, name.upper(), words.upper())
        for name, reading in (await antenna.req.sensor_value()).readings().items():
            print(name, reading.status, reading.timestamp)
        await antenna.req["sensor_list"]("/pos/", b"more")

        azim: float = await antenna.sensor.pos_actual_azim.get_value()
        mode: Literal["STOP", "POINT", "STOW", "MAINTENANCE", "ERROR"]
        mode = await antenna.sensor.mode.get_value()
        starts = await antenna.sensor.drive_azim_1_starts.get_value() + 1
        host, port = await antenna.sensor.net_own_address.get_value()
        print(azim, mode, starts, host.upper(), port or 0)
        last = antenna.sensor.pos_actual_azim.value
        print(last is not None and last > 3, antenna.sensor.lock.reading.value is True)
        async for reading in antenna.sensor.pos_actual_azim.readings():
            print(reading.timestamp, reading.status, reading.value > -30)
        await antenna.sensor.pos_actual_azim.wait(lambda r: r.value > 3.0, timeout=5)
        await antenna.sensor.mode.wait(["STOP", "POINT"], 5)
        await antenna.wait("mode", "STOP")
        for identifier, sensor in antenna.sensor.items():
            print(identifier, sensor.name, sensor.value)
        await track(antenna.sensor.pos_requested_azim)

        print((await antenna.req.help("mode")).values(int)[0].upper())  # wrong: a number
        await antenna.req.target_azel(-20, [60])  # wrong: a list
        await antenna.req.target_azel("north", 60)  # wrong: text for a number
        await antenna.req.target_azel(-20)  # wrong: one is missing
        await antenna.req.target_azel(-20, elev=60)  # wrong: no keyword
        await antenna.req.help({"request": "mode"})  # wrong: a dict
        await antenna.req.mode("STOP", timeout="5")  # wrong: the time-out
        await antenna.req.mdoe("STOP")  # wrong: no such request
        await antenna.sensor.pos_actual_azm.get_value()  # wrong: no such sensor
        print(await antenna.sensor.mode.get_value() == "STPO")  # wrong: no such option
        print((await antenna.sensor.mode.get_value()) + 1)  # wrong: text
        print(antenna.sensor.pos_actual_azim.value + 1)  # wrong: before the first reading
        await antenna.sensor.mode.wait("STPO")  # wrong: no such option
        await track(antenna.sensor.mode)  # wrong: a sensor of text


async def track(azimuth: "Sensor[float]") -> None:
    print(azimuth.units, await azimuth.get_value() + 1)


async def point() -> None:
    telescope: Telescope
    async with katcp.connect("telescope.toml") as telescope:
        await telescope.req.m000_target_azel(-20, 60)
        await telescope.m001.req.target_azel(-20, 60)
        await telescope.cbf.req.capture_start()
        results = await telescope.ants.req.target_azel(-20, 60)
        results.raise_on_failure()
        await telescope.groups.ants.wait("lock", True, 300, quorum=0.75)
        for antenna in telescope.ants:
            print(antenna.name, await antenna.sensor.pos_actual_azim.get_value() + 1.0)
        first: M000 = telescope.ants.clients[0]
        print(first.address_string, await telescope.sensor.m001_pos_actual_azim.get_value() + 1.0)
        print(telescope.children.cbf.synced, telescope.children["cbf"])

        await telescope.req.m000_target_azel(-20, None)  # wrong: None
        await telescope.ants.req.target_azel(-20, [60])  # wrong: a list
        print(telescope.sensor.m001_pos_actual_azm)  # wrong: no such sensor
        print(telescope.m002)  # wrong: no such device
        print(telescope.groups.ant)  # wrong: no such group
