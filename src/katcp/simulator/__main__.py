"""Serves simulated devices: ``python -m katcp.simulator --port 5000 [--antennas 8]``."""

import argparse
import asyncio
import sys

from . import serve, serve_telescope

parser = argparse.ArgumentParser(prog="python -m katcp.simulator", description=__doc__)
parser.add_argument("--host", default="127.0.0.1", help="IP address to listen on")
parser.add_argument("--port", type=int, default=0, help="first port; 0 takes free ones")
parser.add_argument("--name", default="m000", help="name of the antenna, if it is one")
parser.add_argument("--seed", type=int, help="makes the weather the same every time")
parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a second")
parser.add_argument("--antennas", type=int, help="serve so many antennas and a correlator")
parser.add_argument("--late", type=float, default=0.0, help="seconds until the last one appears")
given = parser.parse_args()
if given.antennas:
    work = serve_telescope(
        given.antennas, given.host, given.port, given.seed, given.speed, given.late
    )
else:
    work = serve(given.name, given.host, given.port, given.seed, given.speed)
try:
    asyncio.run(work)
except OSError as exc:
    sys.exit(f"katcp: {exc.strerror or exc}")
