"""One antenna without an event loop. Before: katcp sim --antennas 8 --port 17100."""

import katcp.blocking

with katcp.blocking.connect("127.0.0.1:17100") as antenna:
    print(antenna.req.mode())
    print("azimuth", antenna.sensor.pos_actual_azim.get_value(), "deg")
