"""`table_of`: what each thing of the library looks like. Knows no IPython."""

import functools
from collections.abc import Mapping
from typing import Any

from .._helpers import AttrDict
from ..model import KATCPSensorReading
from ..resource import KATCPReply, KATCPRequest, KATCPSensor, SensorResultTuple
from ..resource_client import (
    ClientGroup,
    GroupRequest,
    GroupResults,
    KATCPClientResource,
    KATCPClientResourceContainer,
    TestableDict,
)
from ..wire import printable
from ._devices import devices, status_of
from ._reply_tables import met_table, outcomes_table, reply_table, results_table
from ._sensor_tables import MOST_SENSORS, reading_table, sensor_table, sensors_table
from ._table import Cell, Table, cell, count, more
from ._unwrap import unwrapped

__all__ = ["sensors_in", "table_of"]

_MOST = MOST_SENSORS  # requests, too, that are shown at once


def table_of(thing: Any) -> Table | None:
    """Give the table of a thing, wrapped for other threads or not; None if it has none.

    It asks no device: it shows what is known.
    """
    return _table(unwrapped(thing))


@functools.singledispatch
def _table(thing: Any) -> Table | None:
    return None


_table.register(KATCPReply)(reply_table)
_table.register(GroupResults)(results_table)
_table.register(TestableDict)(met_table)
_table.register(dict)(outcomes_table)
_table.register(tuple)(outcomes_table)
_table.register(KATCPSensor)(sensor_table)
_table.register(KATCPSensorReading)(reading_table)


def sensors_in(thing: Any) -> list[KATCPSensor]:
    """Give the sensors that the table of a thing shows."""
    thing = unwrapped(thing)
    if isinstance(thing, KATCPSensor):
        return [thing]
    if isinstance(thing, AttrDict):
        shown = [item for _, item in sorted(dict.items(thing))[:_MOST]]
        return [item for item in shown if isinstance(item, KATCPSensor)]
    if isinstance(thing, list) and _are_rows(thing):
        return [row.object for row in thing[:_MOST]]
    return []


@_table.register(KATCPClientResource)
def _device(device: KATCPClientResource) -> Table:
    note = f"  {device.description}" if device.description else ""
    return Table(
        title=(cell(f"{device.name} at {device.address_string}:", "strong"), *_summary(device)),
        notes=(*filter(None, [note]), "  its requests: .req, its sensors: .sensor"),
    )


@_table.register(KATCPClientResourceContainer)
def _container(container: KATCPClientResourceContainer) -> Table:
    groups = ", ".join(container.groups)
    return _resources(dict(devices(container)), f"groups: {groups}" if groups else "")


@_table.register(ClientGroup)
def _group(group: ClientGroup) -> Table:
    return _resources(group.by_name(), "")


def _resources(there: Mapping[str, Any], note: str) -> Table:
    return Table(
        title=(count(sum(d.synced for d in there.values()), len(there), "up"),),
        columns=("device", "address", "state", ""),
        rows=tuple(
            (cell(name, "strong"), cell(getattr(d, "address_string", "")), *_summary(d))
            for name, d in there.items()
        ),
        notes=(note,) if note else (),
    )


def _summary(device: Any) -> tuple[Cell, Cell]:
    state, why = status_of(device)
    return Cell(state, "good" if device.synced else "bad"), cell(why)


@_table.register(KATCPRequest)
@_table.register(GroupRequest)
def _request(request: Any) -> Table:
    return Table(
        title=(cell(f"?{request.name}", "strong"), cell(_first_line(request))),
        notes=("  call it with its arguments to send it; a ? after it shows its help",),
    )


@_table.register(AttrDict)
def _items(items: AttrDict) -> Table | None:
    there = sorted(dict.items(items))
    match next(iter(dict.values(items)), None):
        case None:
            return Table(title=(Cell("nothing there (yet)", "dim"),))
        case KATCPSensor():
            return sensors_table(there)
        case KATCPRequest() | GroupRequest():
            shown = there[:_MOST]
            return Table(
                columns=("request", "description"),
                rows=tuple((cell(name, "strong"), cell(_first_line(r))) for name, r in shown),
                notes=more(len(there) - len(shown), "requests", "TAB completes them"),
            )
        case KATCPClientResource() | KATCPClientResourceContainer():
            return _resources(items, "")
        case ClientGroup():
            rows = tuple((cell(name, "strong"), cell(", ".join(g.by_name()))) for name, g in there)
            return Table(columns=("group", "devices"), rows=rows)
    return None


@_table.register(list)
def _list(rows: list[Any]) -> Table | None:
    """Give the table of what `list_sensors` gives; other lists have none."""
    return sensors_table((row.name, row.object) for row in rows) if _are_rows(rows) else None


# -- inside


def _are_rows(rows: list[Any]) -> bool:
    return bool(rows) and all(isinstance(row, SensorResultTuple) for row in rows)


def _first_line(request: Any) -> str:
    return printable(request.description.strip().split("\n")[0])
