"""Recorded sessions of real servers, replayed to a live client."""

from pathlib import Path
from typing import Any

import pytest

from katcp.model import escape_name
from katcp.testing import Replayer

SESSIONS = sorted((Path(__file__).parent / "wire" / "transcripts").glob("*.natural.jsonl"))


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.name.split(".natural")[0])
async def test_session_syncs_with_everything_there(path: Path, make_resource: Any) -> None:
    async with Replayer(path) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert {s.name for s in resource.sensor.values()} == {
            resource.sensor[escape_name(name)].name for name in device.sensors
        }
        assert {escape_name(name) for name in device.sensors} == set(resource.sensor)
        assert {escape_name(name) for name in device.help} == set(resource.req)
        assert device.help
        results = await resource.set_sampling_strategies("", "event")
        assert set(results) == set(resource.sensor)
        assert resource.synced
