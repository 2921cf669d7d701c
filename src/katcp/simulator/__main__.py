"""Serves a simulated antenna: ``python -m katcp.simulator --port 5000``."""

import argparse
import asyncio

from . import serve

parser = argparse.ArgumentParser(prog="python -m katcp.simulator", description=__doc__)
parser.add_argument("--host", default="127.0.0.1", help="IP address to listen on")
parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
parser.add_argument("--name", default="m000", help="name of the antenna")
parser.add_argument("--seed", type=int, help="makes the weather the same every time")
given = parser.parse_args()
asyncio.run(serve(given.name, given.host, given.port, given.seed))
