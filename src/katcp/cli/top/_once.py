"""The state of everything, once: for scripts, and for those without a terminal."""

from contextlib import suppress
from typing import Any

from ...errors import TimeoutError
from .._show import json_line, sensor_record, table, value_shown
from ._model import Board, Device, Trouble

__all__ = ["once"]


async def once(resource: Any, board: Board, timeout: float, as_json: bool) -> bool:
    """Print all devices, and what is not nominal, newest first; whether all is synced and nominal.

    Devices that are not synced within `timeout` seconds are shown as they are then.
    """
    with suppress(TimeoutError):  # which devices are not synced, and why, is what is shown
        await resource.until_synced(timeout)
    (_print_json if as_json else _print)(board)
    return board.nominal()


def _print(board: Board) -> None:
    columns = ["device", "state", "sensors", "not nominal", "last error"]
    table(columns, (
        (d.path, d.state, len(d.sensors), len(d.bad), d.resource.last_error or "")
        for d in board.devices
    ))  # fmt: skip
    bad = _bad(board)
    if bad:
        print()
        table(["not nominal", "status", "value", "units", "description"], (
            (f"{t.device.path}.{t.sensor.name}", t.what,
             value_shown(t.sensor, t.sensor.value), t.sensor.units, t.sensor.description)
            for t in bad if t.sensor is not None
        ))  # fmt: skip


def _print_json(board: Board) -> None:
    for device in board.devices:
        json_line(_device_record(device))
    for trouble in _bad(board):
        assert trouble.sensor is not None
        json_line({"device": trouble.device.path, **sensor_record(trouble.sensor)})


def _bad(board: Board) -> list[Trouble]:
    return [trouble for trouble in board.newest_troubles() if trouble.sensor is not None]


def _device_record(device: Device) -> dict[str, Any]:
    error = device.resource.last_error
    return {
        "device": device.path,
        "address": device.resource.address_string,
        "state": device.state,
        "phase": device.resource.phase,
        "sensors": len(device.sensors),
        "not_nominal": len(device.bad),
        "last_error": None if error is None else {"when": error.when, "what": error.what},
    }
