"""``katcp watch``, ``wait``, ``record`` and ``plot``: sensors over time."""

from pathlib import Path
from typing import Annotated

import typer

from .._exit import exiting, fail
from .._run import run
from ._arguments import (
    Count,
    Duration,
    Force,
    Json,
    Regex,
    Sensor,
    Strategy,
    Timeout,
    Where,
    examples,
    time,
)

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
    epilog=examples(
        "katcp watch localhost:5000 pos_actual",
        "katcp watch telescope.toml 'mode|lock' --changes --json",
        "katcp watch localhost:5000 azim --strategy 'event-rate 100ms 10s'",
    )
)
def watch(
    where: Where,
    regex: Regex = "",
    strategy: Strategy = "event",
    changes: Annotated[
        bool, typer.Option("--changes", help="Only when value or status changed.")
    ] = False,
    rate: Annotated[
        float,
        typer.Option(
            metavar="N",
            min=0.0,
            show_default=False,
            help="Of each sensor at most N lines a second, the newest of those that came. "
            "(The device sends all; a --strategy event-rate spares the network, too.)",
        ),
    ] = 0.0,
    count: Count = 0,
    duration: Duration = None,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Show readings as they come. A lost link is said on stderr."""
    from .._watch import watch as work

    run(work(where, regex, strategy, changes, rate, count, duration, timeout, json))


@commands.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "katcp wait localhost:5000 lock 1 --timeout 5m && echo on source",
        "katcp wait localhost:5000 pos.actual-azim '> 30'",
        "katcp wait telescope.toml m000.mode == STOP",
        "katcp wait localhost:5000 weather.wind-speed is nominal",
    ),
)
def wait(
    where: Where,
    sensor: Sensor,
    condition: Annotated[
        list[str],
        typer.Argument(
            help="One of == != < <= > >= and a value; 'is STATUS' or 'is not STATUS'; or a value. "
            "In quotes, for the shell, if it has < or >."
        ),
    ],
    strategy: Strategy = "event",
    json: Json = False,
    timeout: Annotated[float, time("How long to wait, for all of it.", "1m")] = 60.0,
) -> None:
    """Wait until a sensor meets a condition. Exit status: 0 it did, 1 it did not, 2 a mistake."""
    from .._wait import wait as work

    run(work(where, sensor, " ".join(condition), strategy, timeout, json))


@commands.command(
    epilog=examples(
        "katcp record localhost:5000 pos_actual -o track.parquet --duration 10m",
        "katcp record telescope.toml 'weather|lock' -o night.csv --strategy 'event-rate 1s 60s'",
        "katcp record --recover track.parquet            after a kill -9 or a power cut",
    )
)
def record(
    where: Where,
    regex: Regex = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="FILE.parquet or FILE.csv, a new one.", show_default=False
        ),
    ] = None,
    strategy: Strategy = "event",
    duration: Duration = None,
    force: Force = False,
    recover: Annotated[
        bool,
        typer.Option("--recover", help="WHERE is the FILE.parquet of a recording that was killed."),
    ] = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Record readings in a file. Whatever ends it, even a full disk, the file has all until then.

    The columns are sensor, timestamp (of the device) and received (in CSV both in seconds since 1970),
    status, value, type and units; in Parquet value has the numbers, and text what is none. pandas and
    polars read both, with katcp.tables.read the same of both.
    """
    from .._record import record as work
    from .._record import recovered

    if recover:
        with exiting():
            recovered(Path(where), json)
    elif output is None:
        fail("record needs a file to write to: -o FILE.parquet or -o FILE.csv", 2)
    else:
        run(work(where, regex, output, strategy, duration, force, timeout, json))


@commands.command(
    epilog=examples(
        "katcp plot track.parquet azim",
        "katcp plot localhost:5000 wind --duration 2m",
        "katcp plot track.csv --out track.png",
    )
)
def plot(
    where: Annotated[
        str,
        typer.Argument(
            metavar="FILE|WHERE",
            help="FILE.parquet or FILE.csv of katcp record; or a device or telescope, to be "
            "followed for --duration.",
            show_default=False,
        ),
    ],
    regex: Regex = "",
    duration: Annotated[float, time("How long to follow a device.", "30s")] = 30.0,
    strategy: Strategy = "event",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A picture: FILE.png, .svg or .pdf.", show_default=False),
    ] = None,
    force: Force = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Plot sensors over time. In the terminal, or with --out as a picture."""
    from .._plot import plot as work

    run(work(where, regex, strategy, duration, out, force, timeout, json))
