"""The simulated antenna, live, as a client sees it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from katcp.simulator import Antenna


@pytest.fixture
async def antenna() -> AsyncIterator[Antenna]:
    async with Antenna("m001", seed=1, speed=20.0) as running:
        yield running


class Where:
    def __init__(self, antenna: Antenna) -> None:
        self.address = ("127.0.0.1", antenna.port)


@pytest.fixture
async def client(antenna: Antenna, make_resource: Any) -> Any:
    resource = make_resource(Where(antenna), keepalive_interval=0.2, keepalive_timeout=2.0)
    resource.start()
    await resource.until_synced(timeout=10)
    return resource


async def resynced(client: Any) -> None:
    await client.until_not_synced(timeout=10)
    await client.until_synced(timeout=10)


async def test_sensors_of_every_type(client: Any) -> None:
    assert len(client.sensor) >= 55
    kinds = {sensor.type for sensor in client.sensor.values()}
    assert kinds == {
        "integer", "float", "boolean", "discrete", "string", "timestamp", "address",
    }  # fmt: skip
    assert all(sensor.description for sensor in client.sensor.values())
    rows = await client.list_sensors("^pos_|^net|^time", refresh=True)
    assert all(row.reading.value is not None for row in rows)


async def test_it_points_and_says_so(client: Any) -> None:
    await client.set_sampling_strategies("^(mode|lock|pos_|drive_)", "event")
    (await client.req.target_azel(-20, 60)).raise_on_failure()
    assert await client.wait("drive.azim-1.current", lambda r: r.value > 5, timeout=20)
    assert await client.wait("lock", True, timeout=60)
    assert client.sensor.mode.value == "POINT"
    assert client.sensor.pos_actual_elev.value == pytest.approx(60, abs=0.02)
    await client.req.offset(1, 0)
    assert await client.wait("pos_offset_azim", 1.0, timeout=10)
    assert (await client.req.mode()).reply.arguments == [b"ok", b"POINT"]
    assert (await client.req.mode("STOP")).succeeded
    assert await client.wait("lock", False, timeout=10)


@pytest.mark.parametrize(
    ("request_name", "arguments", "words"),
    [
        ("target_azel", (0, 5), b"beyond the limits"),
        ("target_azel", ("x", 5), b""),
        ("offset", (9, 0), b"limited to 5"),
        ("receiver_remove", ("nothing",), b"no nothing receiver"),
        ("mode", ("FLY",), b""),
        ("fail", (), b"always fails"),
    ],
)
async def test_refusals(client: Any, request_name: str, arguments: Any, words: bytes) -> None:
    reply = await client.req[request_name](*arguments)
    assert not reply
    assert words in reply.reply.arguments[1]


async def test_maintenance_and_wind_keep_it_from_moving(client: Any) -> None:
    await client.set_sampling_strategies("^(mode|device_status|weather_wind_speed)$", "event")
    await client.req.mode("MAINTENANCE")
    assert b"MAINTENANCE" in (await client.req.target_azel(0, 50)).reply.arguments[1]
    await client.req.mode("POINT")
    await client.req.mode("STOP")
    await client.req.target_azel(0, 50)
    await client.req.set_wind(40)
    assert await client.wait("mode", "STOW", timeout=10)
    assert await client.wait("weather_wind_speed", lambda r: r.status == "error", timeout=10)
    assert await client.wait("device_status", "degraded", timeout=10)
    assert b"stowed" in (await client.req.target_azel(0, 50)).reply.arguments[1]


async def test_progress_of_a_slow_request(client: Any) -> None:
    reply = await client.req.calibrate(0.05)
    assert [m.arguments[0] for m in reply.informs] == [b"0%", b"20%", b"40%", b"60%", b"80%"]


async def test_sensors_come_and_go(client: Any) -> None:
    await client.req.receiver_install("s")
    await resynced(client)
    assert client.sensor.rx_s_temperature.units == "K"
    await client.req.receiver_remove("s")
    await resynced(client)
    assert not [name for name in client.sensor if name.startswith("rx_s_")]


async def test_drop_and_refuse(client: Any, antenna: Antenna) -> None:
    await client.req.sim_drop(0.1)
    await client.until_state("disconnected", timeout=10)
    await client.until_synced(timeout=10)
    antenna.drop_clients()
    await resynced(client)


async def test_hang_is_noticed(client: Any, antenna: Antenna) -> None:
    await client.req.sim_hang()
    await client.until_state("disconnected", timeout=10)
    assert "watchdog" in client.last_error.what
