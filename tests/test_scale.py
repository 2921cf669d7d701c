"""A telescope of 64 devices with 500 sensors each, in another process: synced means synced."""

import asyncio
import sys

from katcp import KATCPClientResourceContainer

DEVICES, SENSORS = 64, 500

SERVER = f"""
import asyncio
from katcp.testing import FakeSensor, ScriptedDevice

async def main():
    for number in range({DEVICES}):
        sensors = {{f"dev.{{number}}.s{{i}}": FakeSensor(value=str(number)) for i in range({SENSORS})}}
        device = ScriptedDevice("5.1-MIB", sensors)
        await device.listen()
        print(device.port, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_synced_means_synced_for_all_of_them() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, stdout=-1)
    assert process.stdout is not None
    ports = [int(await process.stdout.readline()) for _ in range(DEVICES)]
    clients = {f"d-{i}": {"address": ("127.0.0.1", port)} for i, port in enumerate(ports)}
    names = list(clients)
    telescope = KATCPClientResourceContainer(
        {"name": "big", "clients": clients, "groups": {"all": names}}
    )
    for child in telescope.children.values():
        await child.set_sampling_strategies(".", "event")
    telescope.start()
    try:
        await telescope.until_synced(timeout=90)
        assert len(telescope.sensor) == DEVICES * SENSORS
        for number, child in enumerate(telescope.children.values()):
            assert child.state == "synced"
            assert len(child.sensor) == SENSORS
            assert {s.value for s in child.sensor.values()} == {number}
            assert {s.sampling_strategy for s in child.sensor.values()} == {("event",)}
        telescope.children.d_7._inspecting_client.katcp_client.disconnect()
        await telescope.until_not_synced(timeout=10)
        assert [c.name for c in telescope.children.values() if not c.synced] == ["d-7"]
        await telescope.until_synced(timeout=30)
        assert len(telescope.sensor) == DEVICES * SENSORS
    finally:
        await telescope.stop()
        process.kill()
        await process.communicate()
