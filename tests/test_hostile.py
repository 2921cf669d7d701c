"""Devices that mean harm: what the fuzz targets found, in the fewest words that show it."""

from typing import Any

import pytest

from katcp.testing import ScriptedDevice, reply, resource_of
from katcp.wire import Mids, ProtocolDetected, ProtocolFlags, Session

_HUGE = b"9" * 5000  # more digits than Python turns into a number


@pytest.mark.parametrize("version", [_HUGE + b".0", b"5." + _HUGE + b"-MI"])
def test_version_of_thousands_of_digits_is_none(version: bytes) -> None:
    session = Session(Mids())
    line = b"#version-connect katcp-protocol " + version + b"\n"
    events = list(session.receive(line + b"#version-connect katcp-protocol 5.0-MI\n"))
    detected = [e.flags for e in events if isinstance(e, ProtocolDetected)]
    assert detected == [ProtocolFlags(5, 0, "MI")]
    assert ProtocolFlags.parse_version(version) == ProtocolFlags(0, 0)


async def test_counts_of_thousands_of_digits(caplog: Any) -> None:
    device = ScriptedDevice()
    usual = device.answers["sensor-list"]
    device.answers["sensor-list"] = lambda link, request: [
        *usual(link, request)[:-1],
        reply(request, "ok", "9" * 5000),
    ]
    async with resource_of(device) as resource:
        assert "an_int" in resource.sensor
        device.send("#sensor-status 1.0 " + "9" * 5000 + " an.int nominal 5")
        await resource.req.watchdog()
    assert "announced 9999" in caplog.text
    assert "malformed #sensor-status" in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []
