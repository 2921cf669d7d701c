"""Everything at once, by the dice: in the end the client must have what the device has."""

import asyncio
import random
from typing import Any

import pytest

from katcp.testing import FakeSensor, ScriptedDevice


async def turn(dice: random.Random, device: ScriptedDevice, resource: Any) -> None:
    """Let one thing happen."""
    name = f"s.{dice.randrange(8)}"
    match dice.randrange(10):
        case 0:
            device.drop()
        case 1:
            await device.refuse()
            await asyncio.sleep(dice.random() * 0.02)
            await device.listen()
        case 2:
            device.announce(dice.choice(["5.0-M", "5.0-MI", "5.1-MIB", "4"]))
            device.drop()
        case 3 | 4:
            device.sensors[name] = FakeSensor(value=str(dice.randrange(100)))
            device.strategies.pop(name, None)
            device.change(*dice.choice([("sensor", name, "added"), ("sensor-list",), ()]))
        case 5:
            device.sensors.pop(name, None)
            device.strategies.pop(name, None)
            device.change(*dice.choice([("sensor", name, "removed"), ("sensor-list",)]))
        case 6:
            resource.set_sampling_strategy(name, dice.choice(["event", "auto", "none"]))
        case 7:
            resource.set_sampling_strategies(f"s_[{dice.randrange(8)}-7]", "event")
        case 8:
            resource.req.watchdog(timeout=dice.choice([0.001, 5])).cancel()
        case 9:
            if name in device.sensors:
                device.set_sensor(name, str(dice.randrange(100)))
    await asyncio.sleep(dice.choice([0, 0, 0.001, 0.005]))


@pytest.mark.parametrize("seed", range(6))
async def test_it_ends_in_step(make_resource: Any, seed: int) -> None:
    dice = random.Random(seed)
    async with ScriptedDevice("5.1-MIB", {}) as device:
        device.help["more"] = "Not asked for"
        forget = device.drop
        device.drop = lambda: (device.strategies.clear(), forget())[1]  # type: ignore[method-assign]
        resource = make_resource(device, auto_reconnect_delay=0.002, auto_reconnect_max_delay=0.01)
        resource.start()
        await resource.until_synced(timeout=10)
        for _ in range(150):
            await turn(dice, device, resource)
        await resource.until_synced(timeout=30)
        device.drop()
        await resource.until_state("disconnected", timeout=10)
        await resource.until_synced(timeout=30)
        assert {s.name for s in resource.sensor.values()} == set(device.sensors)
        for sensor in resource.sensor.values():
            wanted = sensor.sampling_strategy
            assert device.strategies.get(sensor.name, ("none",)) == wanted
            if wanted != ("none",):
                assert not sensor.stale
                assert str(sensor.value) == device.sensors[sensor.name].value
        assert resource.phase == "synced"
