# pyright: reportMissingModuleSource=false
"""For pyright: what is right passes, each line that ends in `# wrong` is found to be."""

from typing import TYPE_CHECKING

import katcp.blocking

if TYPE_CHECKING:
    from arrays import Arrays
    from single import Single

antenna: "Single"
with katcp.blocking.connect("localhost:5000") as antenna:
    antenna.req.target_azel(-20, 60, timeout=10).raise_on_failure()
    print(antenna.req.mode("STOP").succeeded, antenna.req.mode.timeout_hint)
    print(antenna.sensor.pos_actual_azim.get_value() + 1.0, antenna.phase)
    last = antenna.sensor.pos_actual_azim.reading.value
    print(last is None or last > 3, antenna.sensor.lock.status)
    antenna.sensor.pos_actual_azim.wait(lambda r: r.value > 3.0, timeout=5)

    antenna.req.target_azel(-20, [60])  # wrong: a list
    antenna.req.mdoe("STOP")  # wrong: no such request
    antenna.sensor.pos_actual_azm.get_value()  # wrong: no such sensor
    print(antenna.sensro)  # wrong: no such attribute
    print(antenna.sensor.mode.valeu)  # wrong: no such attribute

telescope: "Arrays"
with katcp.blocking.connect("telescope.toml") as telescope:
    print(telescope.ants.req.target_azel(-20, 60).succeeded, len(telescope.ants))
    print(telescope.m000.sensor.pos_actual_azim.get_value() + 1.0)
    print(telescope.req.m000_mode("STOP").succeeded, telescope.ants.clients[0].name)

    telescope.ants.req.target_azel(-20, [60])  # wrong: a list
    print(telescope.m002)  # wrong: no such device
