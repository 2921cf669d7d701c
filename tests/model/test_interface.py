"""An interface written down is the same when read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from katcp.model import Interface, Request, SensorDescription
from katcp.wire import decode_text

texts = st.binary(max_size=12).map(decode_text)
requests = st.builds(Request, texts, texts, st.none() | st.floats(0, 1e6))
sensors = st.builds(
    SensorDescription, texts, texts, texts, texts, st.lists(st.binary(max_size=5)).map(tuple)
)
interfaces = st.builds(
    Interface,
    texts,
    texts,
    st.lists(requests, max_size=4).map(lambda found: {r.name: r for r in found}),
    st.lists(sensors, max_size=4).map(lambda found: {s.name: s for s in found}),
)


@given(interfaces)
def test_what_is_written_is_read(interface: Interface) -> None:
    written = json.dumps(interface.plain())
    assert Interface.from_plain(json.loads(written)) == interface


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": 3}, "name must be text, not 3"),
        ({"sensor": []}, "sensor must be a table of tables by name"),
        ({"sensor": {"a": {"type": "integer"}}}, "description of sensor a must be text, not None"),
        (
            {"sensor": {"a": {"type": "integer", "description": "", "params": "1"}}},
            "params of sensor a must be a list of text, not '1'",
        ),
        (
            {"request": {"r": {"help": "", "timeout_hint": "1"}}},
            "timeout_hint of request r must be a number of seconds, not '1'",
        ),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as raised:
        Interface.from_plain({"name": "a", "protocol": "5.1", **changed})
    assert str(raised.value) == said
