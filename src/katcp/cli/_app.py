"""The commands and their options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ._arguments import (
    Count,
    Duration,
    Json,
    Output,
    Regex,
    Request,
    RequestArguments,
    Sensor,
    Strategy,
    Timeout,
    Where,
    examples,
    time,
)
from ._chaos_command import chaos, chaos_examples
from ._exit import exiting, fail
from ._run import run

__all__ = ["app"]

app = typer.Typer(
    help="Talk to KATCP devices: radio telescopes, their boards and what belongs to them.",
    epilog=examples(
        "katcp sim --port 5000                           an antenna to try the others on",
        "katcp sensors localhost:5000 --status warn,error",
        "katcp req localhost:5000 target-azel -20 60",
        "katcp watch telescope.toml:m000 azim --changes",
        "katcp wait localhost:5000 lock 1 --timeout 2m",
        "katcp doctor localhost:5000                     what is wrong with it?",
    ),
    add_completion=True,
    rich_markup_mode=None,  # else the help takes twice as long
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"katcp-client {__version__}")
        raise typer.Exit


@app.callback()
def _(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


class Sort(StrEnum):
    """What sensors are sorted by."""

    NAME = "name"
    STATUS = "status"
    VALUE = "value"
    TIME = "time"
    TYPE = "type"


class Sampled(StrEnum):
    """How sensors are watched."""

    AUTO = "auto"
    EVENT = "event"


@app.command(epilog=examples("katcp info localhost:5000", "katcp info telescope.toml --json"))
def info(where: Where, json: Json = False, timeout: Timeout = 10.0) -> None:
    """Show what a device is. That is protocol, versions, requests; of a telescope its devices."""
    from ._commands import info as work

    run(work(where, timeout, json))


@app.command(
    epilog=examples(
        "katcp sensors localhost:5000 azim",
        "katcp sensors telescope.toml --status warn,error,failure --sort status --reverse",
        "katcp sensors localhost:5000 --sort time         the oldest readings first",
    )
)
def sensors(
    where: Where,
    regex: Regex = "",
    status: Annotated[
        str,
        typer.Option(metavar="STATUS,...", help="Only those with these.", show_default=False),
    ] = "",
    sort: Annotated[Sort, typer.Option(help="By what.")] = Sort.NAME,
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """List sensors with their values."""
    from ._commands import sensors as work

    run(work(where, regex, status, sort, reverse, timeout, json))


@app.command(
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "katcp req localhost:5000 target-azel -20 60",
        "katcp req localhost:5000                        what requests are there?",
        "katcp req localhost:5000 help target-azel       the device explains one",
    ),
)
def req(
    where: Where,
    name: Request = None,
    arguments: RequestArguments = None,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Send a request. The exit status is 0 only if the device answers ok."""
    from ._commands import req as work

    run(work(where, name, arguments or [], timeout, json))


@app.command(
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
    from ._watch import watch as work

    run(work(where, regex, strategy, changes, rate, count, duration, timeout, json))


@app.command(
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
    from ._wait import wait as work

    run(work(where, sensor, " ".join(condition), strategy, timeout, json))


@app.command(
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
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
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
    from ._record import record as work
    from ._record import recovered

    if recover:
        with exiting():
            recovered(Path(where), json)
    elif output is None:
        fail("record needs a file to write to: -o FILE.parquet or -o FILE.csv", 2)
    else:
        run(work(where, regex, output, strategy, duration, force, timeout, json))


@app.command(
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
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Plot sensors over time. In the terminal, or with --out as a picture."""
    from ._plot import plot as work

    run(work(where, regex, strategy, duration, out, force, timeout, json))


@app.command(
    epilog=examples(
        "katcp doctor localhost:5000",
        "katcp doctor telescope.toml --json | grep '\"problem\"'",
    )
)
def doctor(where: Where, json: Json = False, timeout: Timeout = 10.0) -> None:
    """Say what is wrong with a device or its link. Changes nothing; exit status 1 for a problem.

    Looked at are the link, protocol and flags, latency, slow requests, readings, clock, the first
    status after a sampling strategy, descriptions that do not parse, and names that collide.
    """
    from ._doctor import doctor as work

    run(work(where, timeout, json))


@app.command(
    epilog=examples(
        "katcp top telescope.toml",
        "katcp top localhost:5000 --strategy 'event-rate 1s 10s'",
        "katcp top telescope.toml --once --json   for a script: exit status 0 if all is well",
    )
)
def top(
    where: Where,
    strategy: Annotated[
        str,
        typer.Option(
            metavar="STRATEGY",
            help="Sampling strategy for all sensors; if not given, what the file has, and event "
            "for all others.",
            show_default=False,
        ),
    ] = "",
    once: Annotated[
        bool, typer.Option("--once", help="Print devices and what is not nominal, and end.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="With --once: print JSON, one value a line.")
    ] = False,
    timeout: Annotated[float, time("With --once: how long to wait for the devices.", "10s")] = 10.0,
) -> None:
    """Show a telescope on a live screen. Devices, sensors, what is not nominal; ? is the help.

    With --once the exit status is 0 only if all devices are synced and all sensors nominal.
    """
    from .top import top as work

    run(work(where, strategy, once, json, timeout))


@app.command(
    epilog=examples(
        "katcp sim --port 5000",
        "katcp sim --antennas 8 --port 17100             examples/telescope.toml",
        "katcp sim antenna.toml --port 5000              what katcp mimic has learnt",
    )
)
def sim(
    file: Annotated[
        Path | None,
        typer.Argument(help="FILE.toml of katcp mimic; else an antenna.", show_default=False),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    host: Annotated[str, typer.Option(help="IP address to listen on.")] = "127.0.0.1",
    name: Annotated[str, typer.Option(help="Name of the antenna.")] = "m000",
    seed: Annotated[int | None, typer.Option(help="Makes chance the same each time.")] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds in a second.", min=0.001)] = 1.0,
    antennas: Annotated[
        int,
        typer.Option(help="Serve so many antennas, on successive ports, and a correlator.", min=0),
    ] = 0,
    late: Annotated[
        float, typer.Option(help="Seconds until the last of them appears.", min=0.0)
    ] = 0.0,
    json: Json = False,
) -> None:
    """Serve a simulated antenna or telescope, or the mimic of a device. Until Ctrl-C."""
    if file is not None:
        from ._mimic import serve_mimic

        if antennas or late:
            fail(f"--antennas and --late are not for {file}, which is one device", 2)
        run(serve_mimic(file, host, port, seed, speed, json))
        return
    try:
        from ..simulator import serve, serve_telescope
    except ImportError as exc:
        fail(str(exc))
    if antennas:
        run(serve_telescope(antennas, host, port, seed, speed, late, as_json=json))
    else:
        run(serve(name, host, port, seed, speed, as_json=json))


@app.command(
    epilog=examples(
        "katcp mimic roach2:7147 -o roach2.toml --duration 10m",
        "katcp sim roach2.toml --port 7147               now there is another",
        "katcp mimic session.jsonl -o board.toml         from what katcp chaos --record wrote",
    )
)
def mimic(
    where: Annotated[
        str,
        typer.Argument(
            metavar="WHERE|FILE.jsonl",
            help="HOST:PORT of a device, FILE.toml:DEVICE of a telescope file, or a recorded session.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="FILE.toml, a new one.", show_default=False)
    ],
    duration: Annotated[float, time("How long to watch how values move.", "1m")] = 60.0,
    strategy: Annotated[
        Sampled, typer.Option(help="Sampling strategy for all sensors.")
    ] = Sampled.AUTO,
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Learn a device, so that katcp sim serves one that looks like it. Changes nothing.

    Learnt are protocol, sensors, requests, and how values move meanwhile. Ctrl-C ends it sooner, and
    keeps what was learnt. The file is made to be edited.
    """
    from ._mimic import mimic as work

    run(work(where, output, strategy, duration, force, timeout, json))


@app.command(
    epilog=examples(
        "katcp chaos --listen localhost:7148 --to roach2:7147 --record session.jsonl",
        "katcp replay session.jsonl --port 7147           what roach2 did, once more",
        "katcp replay session.jsonl --speed 10",
    )
)
def replay(
    file: Annotated[Path, typer.Argument(help="FILE.jsonl of katcp chaos --record.")],
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="IP address to listen on.")] = "127.0.0.1",
    speed: Annotated[
        float, typer.Option(help="How many times as fast as recorded.", min=0.001)
    ] = 1.0,
    json: Json = False,
) -> None:
    """Serve a recorded session. Requests are answered as they were; until Ctrl-C.

    Informs that came by themselves come again, when as much time has gone by since the client asked
    for its first sampling strategy; readings only of the sensors that it samples.
    """
    from ._replay import replay as work

    run(work(file, host, port, speed, json))


@app.command(epilog=examples("katcp demo", "katcp demo examples/telescope.toml"))
def demo(
    file: Annotated[
        Path | None, typer.Argument(help="TOML file of a telescope to simulate; else one antenna.")
    ] = None,
) -> None:
    """Show a client and simulated devices at work. Without a terminal it ends by itself."""
    if file is None:
        from ._demo import demo as work

        run(work())
    else:
        from ._demo_telescope import demo_telescope

        run(demo_telescope(file))


@app.command(
    epilog=examples(
        "katcp shell telescope.toml",
        "katcp shell localhost:5000 --exec 'kat.req.watchdog()'",
        "katcp shell telescope.toml observe.py            a script, with kat in it",
    )
)
def shell(
    where: Where,
    script: Annotated[
        Path | None, typer.Argument(help="Run this file, .py or .ipy, in place of the prompt.")
    ] = None,
    code: Annotated[
        str | None, typer.Option("--exec", "-c", help="Run this, and show what each line gives.")
    ] = None,
    timeout: Annotated[float, time("How long to wait for devices, to begin.", "5s")] = 5.0,
) -> None:
    """Give a prompt (IPython) with the devices in it as kat. Calls block, and Ctrl-C ends them.

    What comes on standard input is run like --exec if that is no terminal.
    """
    from ._shell import shell as work

    work(where, script, code, timeout)


@app.command(
    epilog=examples(
        "katcp stubs localhost:5000 -o antenna.pyi        class Antenna",
        "katcp stubs localhost:5000 --blocking > device.pyi",
        "katcp stubs telescope.toml -o telescope.pyi      devices, groups, all of it",
    )
)
def stubs(
    where: Where,
    output: Output = None,
    name: Annotated[
        str,
        typer.Option(
            "--class",
            help="What the class is called; if not given, as the file or the device, or Device.",
            show_default=False,
        ),
    ] = "",
    blocking: Annotated[bool, typer.Option("--blocking", help="For katcp.blocking.")] = False,
    timeout: Timeout = 10.0,
) -> None:
    """Write a device as Python types. Editors then complete its names, and pyright checks them."""
    from .interface import stubs as work

    run(work(where, output, name, blocking, timeout))


@app.command(
    epilog=examples(
        "katcp icd localhost:5000 -o antenna.md           what it offers, as Markdown",
        "katcp icd telescope.toml -o telescope.md         all devices in one document",
        "katcp icd diff antenna.md localhost:5000         has it changed since?",
        "katcp icd diff old.md new.md --breaking --json",
    )
)
def icd(
    where: Where,
    compared: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[OLD NEW]",
            help="After the word diff: documents that were written before, or devices.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    breaking: Annotated[
        bool, typer.Option("--breaking", help="diff: Only what may break programs.")
    ] = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Write what a device offers as a document. Or say what has changed: katcp icd diff OLD NEW.

    The exit status of diff is 0 if nothing has changed, 1 if something has, 2 if that cannot be
    told. What was removed, and other types, units or fewer options, may break programs.
    """
    from .interface import diff
    from .interface import icd as work

    if where != "diff":
        if compared or breaking:
            fail("icd takes one WHERE; to compare two: katcp icd diff OLD NEW", 2)
        run(work(where, output, json, timeout))
    elif output is None and compared is not None and len(compared) == 2:
        old, new = compared
        run(diff(old, new, breaking, json, timeout))
    else:
        fail("icd diff takes two words, OLD and NEW, and writes no file", 2)


app.command(epilog=chaos_examples)(chaos)
