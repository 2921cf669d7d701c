"""A device that has a sensor of each type and of each odd value."""

from typing import Any

import pytest

from katcp.testing import FakeSensor

BIG = 2**70
HUGE = 10**400

#: Sensor -> type, value as it goes on the wire, and what `value` and `text` of a table have of it.
VALUES: dict[str, tuple[str, str, Any, Any]] = {
    "float": ("float", "-0.125", -0.125, None),
    "float.inf": ("float", "-inf", float("-inf"), None),
    "int": ("integer", "7", 7.0, None),
    "int.exact": ("integer", str(2**60), 2.0**60, None),
    "int.odd": ("integer", str(2**53 + 1), 2.0**53, str(2**53 + 1)),
    "int.big": ("integer", str(-BIG - 1), -(2.0**70), str(-BIG - 1)),
    "int.huge": ("integer", str(HUGE), None, str(HUGE)),
    "bool": ("boolean", "1", 1.0, None),
    "bool.not": ("boolean", "0", 0.0, None),
    "lru": ("lru", "error", None, "error"),
    "discrete": ("discrete", "slew", None, "slew"),
    "string": ("string", "caf\u00e9 \x1b[1m\n, \"x\"", None, "caf\u00e9 \x1b[1m\n, \"x\""),
    "string.bytes": ("string", "\udcff\udcfe", None, "\\xff\\xfe"),
    "string.empty": ("string", "", None, ""),
    "string.nan": ("string", "nan", None, "nan"),
    "time": ("timestamp", "1700000000.125", 1700000000.125, None),
    "address": ("address", "host:80", None, "host:80"),
    "address.6": ("address", "[::1]:80", None, "[::1]:80"),
    "address.alone": ("address", "host", None, "host"),
    "other": ("polynomial", "1 2", None, "1 2"),
}  # fmt: skip


@pytest.fixture
def odd_sensors() -> dict[str, FakeSensor]:
    return {
        name: FakeSensor(
            kind, f"It is {name}", "\u00b5m" if kind == "float" else "",
            ("slew", "stop") if kind == "discrete" else (), "warn", value, 1.7e9 + 1e-6,
        )
        for name, (kind, value, _, _) in VALUES.items()
    }  # fmt: skip


def known(table: Any) -> dict[str, tuple[Any, Any]]:
    """Give `value` and `text` of the last row of each sensor."""
    columns = table.select(["sensor", "value", "text"]).to_pydict()
    return {s: (v, t) for s, v, t in zip(*columns.values(), strict=True)}


EXPECTED = {name: (value, text) for name, (_, _, value, text) in VALUES.items()}
