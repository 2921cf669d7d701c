"""`Correlator`: a simulated correlator that serves KATCP, on aiokatcp's device server."""

import asyncio
import enum
import time
from typing import Self

from aiokatcp import DeviceServer, FailReply, RequestContext, Sensor, Timestamp

__all__ = ["Correlator"]


class State(enum.Enum):
    """What the correlator is doing."""

    IDLE = b"idle"
    CAPTURING = b"capturing"

    @property
    def katcp_value(self) -> bytes:
        """How it is written on the wire."""
        return self.value


class Correlator(DeviceServer):
    """A simulated correlator: it counts the packets of its inputs, and captures or not.

    Parameters
    ----------
    inputs
        How many antennas feed it.
    host, port
        Where to listen; port 0 takes a free one, see `port`.
    """

    VERSION = "katcp-correlator-sim-1.0"
    BUILD_STATE = "katcp-correlator-sim-1.0.0"

    def __init__(self, inputs: int, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        self.name = "cbf"
        self.port = port
        self._inputs = [f"input.m{i:03}.packets" for i in range(inputs)]
        self._task: asyncio.Task[None] | None = None
        nominal = Sensor.Status.NOMINAL
        self.sensors.add(
            Sensor(State, "state", "What it does", default=State.IDLE, initial_status=nominal)
        )
        self.sensors.add(
            Sensor(Timestamp, "sync-time", "When it was synchronised", "s",
                   default=Timestamp(time.time()), initial_status=nominal)
        )  # fmt: skip
        for name in self._inputs:
            self.sensors.add(Sensor(int, name, "Packets captured from this antenna", "packets",
                                    default=0, initial_status=nominal))  # fmt: skip

    async def __aenter__(self) -> Self:
        await self.start()
        self.port = self.sockets[0].getsockname()[1]
        self._task = asyncio.get_running_loop().create_task(self._count())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
        await self.stop()

    async def request_capture_start(self, ctx: RequestContext) -> None:
        """Begin to capture."""
        if self.sensors["state"].value is State.CAPTURING:
            raise FailReply("it captures already")
        self.sensors["state"].set_value(State.CAPTURING)

    async def request_capture_stop(self, ctx: RequestContext) -> None:
        """End capturing."""
        self.sensors["state"].set_value(State.IDLE)

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self.sensors["state"].value is State.CAPTURING:
                for name in self._inputs:
                    self.sensors[name].set_value(self.sensors[name].value + 1000)
