"""What the devices of the benchmarks have, for the server and for the clients that check it.

Runs on Python 3.9, too, for the program that measures katcp-python.
"""

from collections.abc import Mapping

EPOCH = 1_700_000_000.0  # timestamp of first readings and of the first update
STEP = 1e-5  # seconds from one update to the next
TYPES = ("float",) * 4 + ("integer",) * 3 + ("boolean", "discrete", "string")
STATES = ("on", "off", "standby")


def names(count: int) -> list[str]:
    """Give the KATCP names of `count` sensors."""
    return [f"dev.sub-{i // 100}.sens-{i}" for i in range(count)]


def type_of(sensor: int) -> str:
    """Give the KATCP type of a sensor, which is known by its number."""
    return TYPES[sensor % len(TYPES)]


def value(sensor: int, update: int) -> object:
    """Give the value that an update brings."""
    values = {
        "float": round(update * 0.37, 6),
        "integer": update,
        "boolean": update % 2 == 1,
        "discrete": STATES[update % 3],
        "string": f"text value {update % 1000}",
    }
    return values[type_of(sensor)]


def encoded(sensor: int, update: int) -> str:
    """Give the same as it is on the wire."""
    given = value(sensor, update)
    if isinstance(given, float):
        return f"{given:.6f}"
    return str(int(given) if isinstance(given, bool) else given).replace(" ", "\\_")


def timestamp(update: int, per_inform: int) -> float:
    """Give the time of the inform that an update is in, in seconds since the epoch."""
    return EPOCH + update // per_inform * per_inform * STEP


def last_update(sensor: int, sensors: int, updates: int) -> int:
    """Give the number of the last update that a sensor gets: they go round all sensors."""
    return updates - 1 - (updates - 1 - sensor) % sensors


def check_latest(timestamps: Mapping[str, float], updates: int, per_inform: int) -> None:
    """Raise AssertionError unless every sensor has the timestamp of its last update."""
    for i, name in enumerate(names(len(timestamps))):
        last = last_update(i, len(timestamps), updates)
        expected = timestamp(last, per_inform)
        assert abs(timestamps[name] - expected) < STEP / 2, (name, timestamps[name], expected)
