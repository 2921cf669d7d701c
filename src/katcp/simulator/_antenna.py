"""`Antenna`: a simulated antenna that serves KATCP, on aiokatcp's device server."""

import asyncio
import random
import time
import weakref
from typing import Any, Self

from aiokatcp import DeviceServer, FailReply, Message, RequestContext, Timestamp
from aiokatcp.server import ClientConnection

from ._motion import Mount
from ._sensors import DeviceStatus, Mode, antenna_sensors, receiver_sensors
from ._surroundings import Warmth, Weather

__all__ = ["Antenna"]

_STEP = 0.1  # seconds between steps
_STOW_WIND = 17.0  # m/s from which the antenna must not leave the zenith


class Antenna(DeviceServer):
    """A simulated antenna: some sixty sensors that move, requests that act on them, and faults.

    Parameters
    ----------
    name
        Name of the antenna.
    host, port
        Where to listen; `host` is an IP address, port 0 takes a free one, see `port`.
    seed
        Makes the weather the same every time.
    speed
        Simulated seconds in a second.
    """

    VERSION = "katcp-antenna-sim-1.0"
    BUILD_STATE = "katcp-antenna-sim-1.0.0"

    def __init__(
        self,
        name: str = "m000",
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int | None = None,
        speed: float = 1.0,
    ) -> None:
        super().__init__(host, port)
        self.name = name
        self.speed = speed
        self.mount = Mount()
        self.weather = Weather(random.Random(seed))
        self._listen_host, self._listen_port = host, port
        self._motors = {f"{axis}-{i}": Warmth(24.0) for axis in ("azim", "elev") for i in (1, 2)}
        self._moving = {"azim": False, "elev": False}
        self._deaf: weakref.WeakSet[ClientConnection] = weakref.WeakSet()
        self._task: asyncio.Task[None] | None = None
        self._listening_again: asyncio.Task[None] | None = None
        for sensor in antenna_sensors(host, port, self.BUILD_STATE):
            self.sensors.add(sensor)
        for sensor in receiver_sensors("l"):
            self.sensors.add(sensor)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """Port that it listens on."""
        return self._listen_port

    async def start(self) -> None:
        """Listen, and begin to move."""
        await super().start()
        self._listen_port = self._port = self.sockets[0].getsockname()[1]
        self.sensors["time.started"].set_value(Timestamp(time.time()))
        self._move(0.001)
        self._task = asyncio.create_task(self._run(), name=f"simulated antenna {self.name}")

    async def on_stop(self) -> None:
        """Stop moving (called by the server)."""
        tasks = [task for task in (self._task, self._listening_again) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- faults

    def drop_clients(self) -> None:
        """Cut every connection without a word."""
        for connection in list(self._connections):
            connection.abort()

    def refuse_clients(self, seconds: float) -> None:
        """Cut every connection, and do not listen for `seconds`."""
        self.drop_clients()
        self._listening_again = asyncio.create_task(self._away(seconds))

    def hang(self) -> None:
        """Answer nothing any more on the connections of now, as servers do that went deaf.

        Their sockets stay open, and sensors go on being sent.
        """
        self._deaf.update(self._connections)

    async def _away(self, seconds: float) -> None:
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(seconds)
        self._server = await self.loop.create_server(
            lambda: ClientConnection(self, self._limit), self._listen_host, self._listen_port
        )

    def handle_message(self, conn: ClientConnection, msg: Message) -> None:
        """Handle a message of a client (called by the server)."""
        if conn not in self._deaf:
            super().handle_message(conn, msg)

    # -- requests

    async def request_mode(self, ctx: RequestContext, mode: Mode | None = None) -> Mode:
        """Ask for the mode, or set it: STOP, POINT, STOW or MAINTENANCE (?mode [mode])

        Parameters
        ----------
        mode : {'STOP', 'POINT', 'STOW', 'MAINTENANCE'}, optional
            What to do from now on.
        """
        if mode is not None:
            if mode is Mode.POINT:
                self._check_may_move()
            self.mount.mode = mode.name
            self._commanded()
        return Mode[self.mount.mode]

    async def request_target_azel(self, ctx: RequestContext, azim: float, elev: float) -> None:
        """Point at azimuth and elevation in degrees, and track (?target-azel azim elev)

        Parameters
        ----------
        azim : float
            Degrees, from north to east.
        elev : float
            Degrees above the horizon.
        """
        self._check_may_move()
        try:
            self.mount.aim(azim, elev)
        except ValueError as exc:
            raise self._refusal(str(exc)) from None
        self.mount.mode = "POINT"
        self.sensors["target"].set_value(f"azel, {azim:g}, {elev:g}")
        self._commanded()

    async def request_offset(self, ctx: RequestContext, azim: float, elev: float) -> None:
        """Offset from the target, in degrees, at most 5 (?offset azim elev)

        Parameters
        ----------
        azim : float
            Degrees.
        elev : float
            Degrees.
        """
        if max(abs(azim), abs(elev)) > 5.0:
            raise self._refusal("offsets are limited to 5 deg")
        self.mount.offset_azim, self.mount.offset_elev = azim, elev
        self._commanded()

    async def request_calibrate(self, ctx: RequestContext, seconds: float = 3.0) -> float:
        """Calibrate, which takes some seconds; reports its progress (?calibrate [seconds])

        Parameters
        ----------
        seconds : float, optional
            How long it takes.
        """
        for percent in range(0, 100, 20):
            ctx.inform(f"{percent}%")
            await asyncio.sleep(max(0.0, seconds) / 5)
        return seconds

    async def request_set_wind(self, ctx: RequestContext, speed: float) -> None:
        """Let the wind blow at about this speed in m/s, for trying what it does (?set-wind speed)

        Parameters
        ----------
        speed : float
            Metres a second.
        """
        self.weather.wind = self.weather.wind_speed = speed
        self._move(0.001)

    async def request_receiver_install(self, ctx: RequestContext, band: str) -> None:
        """Install a receiver: its sensors appear (?receiver-install band)

        Parameters
        ----------
        band : str
            Its letter.
        """
        names = []
        for sensor in receiver_sensors(band):
            self.sensors.add(sensor)
            names.append(sensor.name)
        self._announce(names, "added")

    async def request_receiver_remove(self, ctx: RequestContext, band: str) -> None:
        """Remove a receiver: its sensors disappear (?receiver-remove band)

        Parameters
        ----------
        band : str
            Its letter.
        """
        names = [name for name in self.sensors if name.startswith(f"rx.{band}.")]
        if not names:
            raise self._refusal(f"there is no {band} receiver")
        for name in names:
            del self.sensors[name]
        self._announce(names, "removed")

    async def request_fail(self, ctx: RequestContext) -> None:
        """Fail always, for trying what a failure looks like (?fail)"""
        raise self._refusal("this request always fails, as it says")

    async def request_sim_drop(self, ctx: RequestContext, seconds: float = 1.0) -> None:
        """Cut every connection and refuse new ones for some seconds (?sim-drop [seconds])

        Parameters
        ----------
        seconds : float, optional
            How long to be away.
        """
        self.loop.call_later(0.05, self.refuse_clients, seconds)

    async def request_sim_hang(self, ctx: RequestContext) -> None:
        """Go deaf: answer nothing any more on the connections of now, sockets open (?sim-hang)"""
        self.loop.call_later(0.05, self.hang)

    # -- inside

    def _announce(self, names: list[str], what: str) -> None:
        for name in names:
            self.mass_inform("interface-changed", "sensor", name, what)

    def _check_may_move(self) -> None:
        if self.mount.mode == "MAINTENANCE":
            raise self._refusal("the antenna is in MAINTENANCE; set mode STOP first")
        if self.weather.wind_speed >= _STOW_WIND:
            raise self._refusal(f"the wind is {self.weather.wind_speed:.1f} m/s: stowed")

    def _refusal(self, text: str) -> FailReply:
        self._count("stats.refusals")
        return FailReply(text)

    def _commanded(self) -> None:
        self._count("stats.requests")
        self.sensors["time.last-command"].set_value(Timestamp(time.time()))
        self._move(0.001)

    def _count(self, name: str) -> None:
        sensor = self.sensors[name]
        sensor.set_value(sensor.value + 1)

    async def _run(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(_STEP)
            now = time.monotonic()
            self._move(min(now - last, 1.0) * self.speed)
            last = now

    def _move(self, dt: float) -> None:
        """Let `dt` seconds go by and show what has become of everything."""
        self.weather.step(dt)
        if self.weather.wind_speed >= _STOW_WIND and self.mount.mode == "POINT":
            self.mount.mode = "STOW"
        self.mount.step(dt)
        self._show(self._pointing() | self._drives(dt) | self._around())

    def _show(self, values: dict[str, Any]) -> None:
        now = time.time()
        for name, value in values.items():
            sensor = self.sensors[name]
            if sensor.value != value:
                sensor.set_value(value, timestamp=now)

    def _pointing(self) -> dict[str, Any]:
        mount = self.mount
        values: dict[str, Any] = {"mode": Mode[mount.mode], "lock": mount.lock}
        for axis in ("azim", "elev"):
            now = getattr(mount, axis)
            values[f"pos.requested-{axis}"] = round(now.requested, 5)
            values[f"pos.actual-{axis}"] = round(now.position, 5)
            values[f"pos.error-{axis}"] = round(now.error, 5)
            values[f"pos.rate-{axis}"] = round(now.rate, 5)
            values[f"pos.offset-{axis}"] = getattr(mount, f"offset_{axis}")
        return values

    def _drives(self, dt: float) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for axis in ("azim", "elev"):
            now = getattr(self.mount, axis)
            load = min(1.0, abs(now.rate) / now.max_rate)
            moving = load > 1e-3
            for i in (1, 2):
                motor = self._motors[f"{axis}-{i}"]
                motor.step(dt, self.weather.temperature, load)
                values[f"drive.{axis}-{i}.current"] = round(0.4 * moving + (9 + i) * load, 2)
                values[f"drive.{axis}-{i}.temperature"] = round(motor.temperature, 1)
                if moving and not self._moving[axis]:
                    self._count(f"drive.{axis}-{i}.starts")
            values[f"drive.{axis}.brake-on"] = not moving
            self._moving[axis] = moving
        turned = dt * (abs(self.mount.azim.rate) + abs(self.mount.elev.rate))
        values["stats.distance"] = round(self.sensors["stats.distance"].value + turned, 4)
        return values

    def _around(self) -> dict[str, Any]:
        weather, mount = self.weather, self.mount
        windy = weather.wind_speed >= _STOW_WIND
        return {
            "weather.wind-speed": round(weather.wind_speed, 1),
            "weather.wind-direction": round(weather.wind_direction),
            "weather.temperature": round(weather.temperature, 1),
            "weather.humidity": round(weather.humidity, 1),
            "weather.pressure": round(weather.pressure, 1),
            "limits.azim-clockwise": mount.azim.position >= mount.azim.high,
            "limits.azim-anticlockwise": mount.azim.position <= mount.azim.low,
            "limits.elev-upper": mount.elev.position >= mount.elev.high,
            "limits.elev-lower": mount.elev.position <= mount.elev.low,
            "device-status": DeviceStatus.DEGRADED if windy else DeviceStatus.OK,
        }
