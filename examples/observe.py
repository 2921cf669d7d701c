"""An observation with a group of antennas. Before: katcp sim --antennas 8 --port 17100 --speed 8."""

from pathlib import Path

import katcp.blocking

with katcp.blocking.connect(Path(__file__).with_name("telescope.toml")) as telescope:
    ants = telescope.groups.ants
    results = ants.req.target_azel(-20, 60)
    print(results)
    results.raise_on_failure()

    locked = ants.wait("lock", True, 300, quorum=0.75)
    print(sum(locked.values()), "antennas are on source")

    telescope.req.cbf_capture_start().raise_on_failure()
    print("capturing:", telescope.wait("cbf_state", "capturing", 10))
    telescope.req.cbf_capture_stop().raise_on_failure()
    ants.req.mode("STOP")
