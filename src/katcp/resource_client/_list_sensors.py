"""`list_sensors`: the sensors of a resource that match."""

import asyncio
import re
from collections.abc import Callable, Iterable
from typing import Any

from .._loops import loop_of
from ..model import is_sampled
from ..resource import KATCPResource, KATCPSensor, SensorResultTuple

__all__ = ["list_sensors"]


def list_sensors(
    parent_class: KATCPResource,
    sensor_items: Iterable[tuple[str, KATCPSensor]],
    filter: str,
    strategy: bool,
    status: Any,
    use_python_identifiers: bool,
    tuple: bool,
    refresh: bool,
) -> "asyncio.Future[list[Any]]":
    """Future of the rows of `sensor_items` that match, as `KATCPResource.list_sensors` has it.

    All others, and the errors, are those of `KATCPResource.list_sensors`.

    Parameters
    ----------
    parent_class
        The resource (an instance, whatever the name says) whose sensors they are.
    sensor_items
        Pairs of Python identifier and sensor.
    """
    work = _rows(
        parent_class,
        list(sensor_items),
        filter,
        strategy,
        status,
        use_python_identifiers,
        tuple,
        refresh,
    )
    return asyncio.ensure_future(work, loop=loop_of(parent_class))


async def _rows(
    parent: KATCPResource,
    items: list[tuple[str, KATCPSensor]],
    filter: str,
    strategy: bool,
    status: Any,
    use_python_identifiers: bool,
    as_tuples: bool,
    refresh: bool,
) -> list[Any]:
    search = re.compile(filter).search
    has_status = _status_test(status)
    rows = []
    for identifier, sensor in sorted(items, key=lambda item: item[0]):
        if not search(identifier if use_python_identifiers else sensor.name):
            continue
        if strategy and not is_sampled(sensor.sampling_strategy):
            continue
        if refresh:
            await sensor.get_value()
        if has_status(sensor.status):
            rows.append(_row(parent, identifier, sensor))
    return [_old_row(row) for row in rows] if as_tuples else rows


def _status_test(status: Any) -> Callable[[str], Any]:
    if not status:
        return lambda _: True
    if isinstance(status, str):
        return re.compile(status).search
    return set(status).__contains__


def _row(parent: KATCPResource, identifier: str, sensor: KATCPSensor) -> SensorResultTuple:
    name = sensor.name
    if parent.children and not sensor.normalised_name.startswith("agg_"):
        path = getattr(parent, "path_of", None)
        name = f"{path(identifier) if path else sensor.parent_name}.{name}"
    return SensorResultTuple(
        sensor, name, identifier, sensor.description, sensor.type, sensor.units, sensor.reading
    )


def _old_row(row: SensorResultTuple) -> tuple[Any, ...]:
    received, timestamp, _, value = row.reading
    strategy = row.object.sampling_strategy
    return (row.name, value, timestamp, row.type, row.units, received, row.reading.status, strategy)
