"""Devices that mean harm: what the fuzz targets found, in the fewest words that show it."""

import pytest

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
