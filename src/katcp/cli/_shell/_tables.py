"""`table_of`: what replies, results of groups, sensors and devices look like. Knows no IPython."""

import functools
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ..._helpers import AttrDict
from ...model import KATCPSensorReading, is_sampled
from ...resource import KATCPReply, KATCPRequest, KATCPSensor, SensorResultTuple
from ...resource_client import (
    ClientGroup,
    GroupRequest,
    GroupResults,
    KATCPClientResource,
    KATCPClientResourceContainer,
    TestableDict,
)
from ...wire import Message, decode_text, printable
from ._devices import devices, status_of
from ._table import Cell, Table, cell
from ._unwrap import unwrapped

__all__ = ["age", "sensors_in", "table_of"]

_STATUS = {"nominal": "good", "warn": "warn", "error": "bad", "failure": "bad"}
_MOST_INFORMS = 20  # of one reply that are shown
_MOST_OF_EACH = 3  # of each device of a group
_MOST_ITEMS = 40  # sensors or requests that are shown
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def table_of(thing: Any) -> Table | None:
    """Give the table of a thing, wrapped for other threads or not; None if it has none.

    It asks no device: it shows what is known.
    """
    return _table(unwrapped(thing))


@functools.singledispatch
def _table(thing: Any) -> Table | None:
    return None


def sensors_in(thing: Any) -> list[KATCPSensor]:
    """Give the sensors that the table of a thing shows."""
    thing = unwrapped(thing)
    if isinstance(thing, KATCPSensor):
        return [thing]
    if isinstance(thing, AttrDict):
        shown = [item for _, item in sorted(dict.items(thing))[:_MOST_ITEMS]]
        return [item for item in shown if isinstance(item, KATCPSensor)]
    if isinstance(thing, list) and _are_rows(thing):
        return [row.object for row in thing[:_MOST_ITEMS]]
    return []


# -- replies


@_table.register(KATCPReply)
def _reply(reply: KATCPReply) -> Table:
    asked = reply._asked
    title = [_outcome(_word(reply))]
    if asked is not None:
        request = " ".join(["?" + asked.request, *map(decode_text, asked.arguments)])
        title = [cell(f"{asked.device}:", "strong"), cell(request), *title]
        title += [Cell(f"after {asked.elapsed:.3g} s", "dim")]
    words = _words(reply.reply)[1:]
    if not reply and not words:
        words = ["(no reason given)"]
    shown = reply.informs[:_MOST_INFORMS]
    return Table(
        title=(*title, *map(cell, words)),
        rows=_even(
            [[Cell("#" + inform.name, "dim"), *map(cell, _words(inform))] for inform in shown]
        ),
        notes=_more(
            len(reply.informs) - len(shown), "informs", "reply.informs has all; here, _.informs"
        ),
    )


@_table.register(GroupResults)
def _group_results(results: GroupResults) -> Table:
    rows: list[list[Cell]] = []
    left = 0
    for name, reply in results.items():
        how, words = results.outcome(name)
        rows.append([cell(name, "strong"), _outcome(how), cell(words)])
        informs = [] if reply is None else reply.informs
        left += max(0, len(informs) - _MOST_OF_EACH)
        rows += [
            [Cell(""), Cell("#" + inform.name, "dim"), cell(" ".join(_words(inform)))]
            for inform in informs[:_MOST_OF_EACH]
        ]
    return Table(
        title=(_count(sum(map(bool, results.values())), len(results), "succeeded"),),
        columns=("device", "result", "reply"),
        rows=_even(rows),
        notes=_more(left, "informs", 'those of one device: _["NAME"]'),
    )


@_table.register(TestableDict)
def _met(met: TestableDict) -> Table:
    enough = "" if met.required == len(met) else f" ({met.required} needed)"
    there = sum(map(bool, met.values()))
    style = "good" if met else "bad"
    return Table(
        title=(Cell(f"{there} of {len(met)} met the condition{enough}", style),),
        rows=tuple((cell(k, "strong"), _yes(v)) for k, v in met.items()),
    )


# -- sensors


@_table.register(KATCPSensor)
def _sensor(sensor: KATCPSensor) -> Table:
    strategy = " ".join(sensor.sampling_strategy)
    sampled = is_sampled(sensor.sampling_strategy)
    how = f"strategy {strategy}" if sampled else 'not sampled; .set_strategy("event") follows it'
    return Table(
        title=(
            cell(f"{sensor.parent_name} {sensor.name}", "strong"),
            Cell("="),
            *_reading_of(sensor),
        ),
        notes=(f"  {sensor.description or 'no description'} ({sensor.type}, {how})",),
    )


@_table.register(KATCPSensorReading)
def _reading(reading: KATCPSensorReading) -> Table:
    return Table(title=(cell(_value(reading.value)), *_how(reading, stale=False)))


def _sensor_rows(sensors: Iterable[tuple[str, KATCPSensor]]) -> Table:
    found = list(sensors)
    shown = found[:_MOST_ITEMS]
    return Table(
        columns=("sensor", "value", "status", "age", "description"),
        rows=tuple(
            (cell(name, "strong"), *_reading_of(sensor), cell(sensor.description))
            for name, sensor in shown
        ),
        notes=_more(len(found) - len(shown), "sensors", '.list_sensors("REGEX") finds some'),
    )


def _reading_of(sensor: KATCPSensor) -> tuple[Cell, Cell, Cell]:
    reading = sensor.reading
    if not reading.received_timestamp:
        return Cell("never read", "dim"), Cell(""), Cell("")
    value = cell(f"{_value(reading.value)} {sensor.units}".rstrip())
    return value, *_how(reading, sensor.stale)


def _how(reading: KATCPSensorReading, stale: bool) -> tuple[Cell, Cell]:
    status = cell(reading.status, _STATUS.get(reading.status, "dim"))
    old = age(time.time() - reading.timestamp)
    return status, Cell(f"{old}, STALE: the link was lost since", "warn") if stale else Cell(old)


def _value(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def age(seconds: float) -> str:
    """Say how long ago something was, in one unit: ``3 s ago``."""
    amount = abs(seconds)
    for size, unit in _UNITS:
        if amount >= size:
            words = f"{int(amount // size)} {unit}"
            return f"{words} ago" if seconds > 0 else f"in {words} (its clock is ahead)"
    return "now"


# -- devices, and what they have


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
        title=(_count(sum(d.synced for d in there.values()), len(there), "up"),),
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
            return _sensor_rows(there)
        case KATCPRequest() | GroupRequest():
            shown = there[:_MOST_ITEMS]
            return Table(
                columns=("request", "description"),
                rows=tuple((cell(name, "strong"), cell(_first_line(r))) for name, r in shown),
                notes=_more(len(there) - len(shown), "requests", "TAB completes them"),
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
    return _sensor_rows((row.name, row.object) for row in rows) if _are_rows(rows) else None


# -- inside


def _are_rows(rows: list[Any]) -> bool:
    return bool(rows) and all(isinstance(row, SensorResultTuple) for row in rows)


def _words(message: Message) -> list[str]:
    return [decode_text(argument) for argument in message.arguments]


def _word(reply: KATCPReply) -> str:
    return next(iter(_words(reply.reply)), "nothing")


def _outcome(word: str) -> Cell:
    if word == "ok":
        return Cell("ok", "good")
    return cell({"fail": "FAILED"}.get(word, word.upper()), "warn" if word == "absent" else "bad")


def _yes(met: bool) -> Cell:
    return Cell("yes", "good") if met else Cell("NO", "bad")


def _count(good: int, of: int, what: str) -> Cell:
    return Cell(f"{good} of {of} {what}", "good" if good == of else "bad")


def _more(left: int, what: str, hint: str) -> tuple[str, ...]:
    return (f"... and {left} more {what}: {hint}",) if left > 0 else ()


def _first_line(request: Any) -> str:
    return printable(request.description.strip().split("\n")[0])


def _even(rows: list[list[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """Give the rows with the same number of cells each."""
    most = max(map(len, rows), default=0)
    return tuple((*row, *[Cell("")] * (most - len(row))) for row in rows)
