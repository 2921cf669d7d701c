"""Shows tables in IPython, and in Jupyter."""

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from .._helpers import AttrDict
from .._loops import loop_of, runs_here
from ..ioloop_manager import IOLoopThreadWrapper, MappingProxy
from ..model import KATCPSensorReading, is_sampled
from ..resource import KATCPReply, KATCPRequest, KATCPSensor
from ..resource_client import (
    ClientGroup,
    GroupRequest,
    GroupResults,
    KATCPClientResource,
    KATCPClientResourceContainer,
    TestableDict,
)
from ._table import Table, as_html, as_text
from ._tables import sensors_in, table_of

__all__ = ["in_colour", "install_display", "text_of"]

_SHOWN = (
    AttrDict, ClientGroup, GroupRequest, GroupResults, KATCPClientResource,
    KATCPClientResourceContainer, KATCPReply, KATCPRequest, KATCPSensor, KATCPSensorReading,
    MappingProxy, TestableDict, dict, list, tuple,
)  # fmt: skip
_NO_RICH = 'katcp: tables in a terminal need rich; run: pip install "katcp-client[cli]"\n'
_NO_LIMIT = 10_000  # columns, where there is no terminal


def install_display(formatter: Any) -> None:
    """Make an IPython ``DisplayFormatter`` show tables: as HTML, and as text if there is rich."""
    plain, html = (formatter.formatters[mime] for mime in ("text/plain", "text/html"))
    with_text = find_spec("rich") is not None
    if not with_text and "text/html" not in formatter.active_types:
        sys.stderr.write(_NO_RICH)
    for kind in _SHOWN:
        html.for_type(kind, _html)
        before = plain.type_printers.get(kind)  # its very own, not that of tuple for a reply
        if with_text and not isinstance(before, _Pretty):  # else it was installed before
            plain.for_type(kind, _Pretty(before))


def text_of(table: Table) -> str:
    """Give a table as text that fits standard output."""
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else _NO_LIMIT
    return as_text(table, width, in_colour())


def in_colour() -> bool:
    """Whether standard output is to be coloured."""
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") not in (None, "", "dumb")
    )


@dataclass(frozen=True)
class _Pretty:
    """Prints a thing as a table, or, if it has none, as was done before."""

    before: Any

    def __call__(self, thing: Any, printer: Any, cycle: bool) -> None:
        inside_another = len(printer.stack) > 1
        table = None if inside_another or cycle else _fresh_table(thing)
        if table is not None:
            printer.text(text_of(table))
        elif self.before is not None:
            self.before(thing, printer, cycle)
        else:
            printer.text(repr(thing))


def _html(thing: Any) -> str | None:
    table = _fresh_table(thing)
    return None if table is None else as_html(table)


def _fresh_table(thing: Any) -> Table | None:
    _read(sensors_in(thing))
    return table_of(thing)


def _read(sensors: list[KATCPSensor]) -> None:
    """Ask the devices for those that are not sampled, so that what is shown is of now."""
    asked = [sensor for sensor in sensors if not is_sampled(sensor.sampling_strategy)]
    if not asked:
        return
    loop = loop_of(asked[0]._manager)
    if loop.is_running() and not runs_here(loop):
        IOLoopThreadWrapper(loop).call_in_ioloop(_gather_readings, (asked,), {})


async def _gather_readings(sensors: list[KATCPSensor]) -> None:
    # What cannot be read now is shown as it was; its age, or that it is stale, says so.
    await asyncio.gather(*(sensor.get_reading() for sensor in sensors), return_exceptions=True)
