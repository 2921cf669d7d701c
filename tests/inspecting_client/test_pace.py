"""How often a device is read again that says all the time that it has changed."""

from katcp.inspecting_client._pace import Pace


def test_a_few_changes_need_no_pause_and_many_are_spread_out() -> None:
    pace, now, readings = Pace(), 1000.0, []
    while now < 1030.0:
        now += pace.pause(now)
        readings.append(now)
        now += 0.01  # the device changes again at once
    assert readings[9] - readings[0] < 0.1
    assert 60 <= len(readings) <= 72


def test_a_calm_device_is_read_at_once_again() -> None:
    pace = Pace()
    for _ in range(20):
        pace.pause(0.0)
    assert pace.pause(0.0) > 0
    assert pace.pause(60.0) == 0
