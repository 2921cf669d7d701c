"""The commands and their options."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ._run import fail, run

__all__ = ["app"]

app = typer.Typer(
    help="Talk to KATCP devices: radio telescopes, their boards and what belongs to them.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

Address = Annotated[str, typer.Argument(metavar="HOST:PORT", help="Where the device listens.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait for the device.", min=0.0)]


class Direction(StrEnum):
    """Which way bytes go through a proxy."""

    TO_CLIENT = "to-client"
    TO_DEVICE = "to-device"
    BOTH = "both"


def _amount(unit: str, help: str, shown: bool = False) -> Any:
    return typer.Option(metavar=unit, help=help, min=0.0, show_default=shown)


def _chance(help: str) -> Any:
    return typer.Option(metavar="0..1", help=help, min=0.0, max=1.0, show_default=False)


@app.command()
def info(address: Address, json: Json = False, timeout: Timeout = 10.0) -> None:
    """Show what a device is: protocol, versions, requests."""
    from ._commands import info as work

    run(work(address, timeout, json))


@app.command()
def sensors(
    address: Address,
    regex: Annotated[str, typer.Argument(help="Which sensors; all if not given.")] = "",
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """List sensors with their values."""
    from ._commands import sensors as work

    run(work(address, regex, timeout, json))


@app.command(context_settings={"ignore_unknown_options": True})
def req(
    address: Address,
    name: Annotated[str, typer.Argument(help="Name of the request.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its arguments.")] = None,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Send a request; the exit status is 0 only if the device answers ok."""
    from ._commands import req as work

    run(work(address, name, arguments or [], timeout, json))


@app.command()
def watch(
    address: Address,
    regex: Annotated[str, typer.Argument(help="Which sensors; all if not given.")] = "",
    strategy: Annotated[str, typer.Option(help="Sampling strategy.")] = "event",
    count: Annotated[int, typer.Option(help="End after so many readings; 0: never.")] = 0,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Show readings as they come."""
    from ._commands import watch as work

    run(work(address, regex, strategy, timeout, json, count))


@app.command()
def sim(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="IP address to listen on.")] = "127.0.0.1",
    name: Annotated[str, typer.Option(help="Name of the antenna.")] = "m000",
    seed: Annotated[int | None, typer.Option(help="Makes the weather the same each time.")] = None,
    speed: Annotated[float, typer.Option(help="Simulated seconds in a second.")] = 1.0,
    antennas: Annotated[
        int, typer.Option(help="Serve so many antennas, on successive ports, and a correlator.")
    ] = 0,
    late: Annotated[float, typer.Option(help="Seconds until the last of them appears.")] = 0.0,
) -> None:
    """Serve a simulated antenna, or a telescope of them, until Ctrl-C."""
    try:
        from ..simulator import serve, serve_telescope
    except ImportError as exc:
        fail(str(exc))
    if antennas:
        run(serve_telescope(antennas, host, port, seed, speed, late))
    else:
        run(serve(name, host, port, seed, speed))


@app.command()
def demo(
    file: Annotated[
        Path | None, typer.Argument(help="TOML file of a telescope to simulate; else one antenna.")
    ] = None,
) -> None:
    """Show a client and simulated devices at work; without a terminal it ends by itself."""
    if file is None:
        from ._demo import demo as work

        run(work())
    else:
        from ._demo_telescope import demo_telescope

        run(demo_telescope(file))


@app.command(
    epilog="Example: katcp chaos --listen localhost:5001 --to localhost:5000 "
    "--delay 0.05 --drop-reply 0.01 --cut-every 30 --seed 1"
)
def chaos(
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT", help="Where clients connect to; port 0 takes a free one."
        ),
    ],
    to: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the device listens.")],
    seed: Annotated[
        int | None, typer.Option(help="Makes what goes by chance the same each time.")
    ] = None,
    direction: Annotated[
        Direction, typer.Option(help="Of delay, jitter, throttle, split and chunk.")
    ] = Direction.BOTH,
    delay: Annotated[float, _amount("SECONDS", "Delay all bytes by so much.")] = 0.0,
    jitter: Annotated[
        float, _amount("SECONDS", "Delay them more, by up to so much, by chance.")
    ] = 0.0,
    throttle: Annotated[float, _amount("BYTES/S", "Let so many bytes pass in a second.")] = 0.0,
    split: Annotated[bool, typer.Option("--split", help="Send one byte at a time.")] = False,
    chunk: Annotated[int, _amount("BYTES", "Send at most so many bytes at a time.")] = 0,
    swallow: Annotated[
        Direction | None, typer.Option(help="Let all bytes vanish, with the connections open.")
    ] = None,
    stall: Annotated[
        Direction | None, typer.Option(help="Read nothing, so that the sender's buffers fill up.")
    ] = None,
    drop_reply: Annotated[float, _chance("Chance that a reply does not arrive.")] = 0.0,
    drop_inform: Annotated[float, _chance("Chance that an inform does not arrive.")] = 0.0,
    drop_request: Annotated[float, _chance("Chance that a request does not arrive.")] = 0.0,
    duplicate: Annotated[float, _chance("Chance that a reply arrives twice.")] = 0.0,
    reorder: Annotated[float, _chance("Chance that a reply arrives after the next.")] = 0.0,
    hold: Annotated[float, _amount("SECONDS", "How long it waits for one at most.", True)] = 1.0,
    corrupt: Annotated[float, _chance("Chance that a byte of a line is wrong.")] = 0.0,
    merge: Annotated[float, _chance("Chance that a line runs into the next.")] = 0.0,
    garbage: Annotated[float, _chance("Chance of random bytes before a line.")] = 0.0,
    cut_mid_line: Annotated[
        float, _chance("Chance that half of a line arrives, and then EOF.")
    ] = 0.0,
    flood: Annotated[
        float, _amount("LINES/S", "Send so many lines a second that the device did not send.")
    ] = 0.0,
    flood_line: Annotated[
        str, typer.Option(help="The line of --flood.")
    ] = "#log warn 0 proxy flood",
    accept_then_close: Annotated[float, _chance("Chance that a client is closed at once.")] = 0.0,
    cut_every: Annotated[float, _amount("SECONDS", "Reset all links so often.")] = 0.0,
    end_every: Annotated[float, _amount("SECONDS", "End all links, by EOF, so often.")] = 0.0,
    half_open_every: Annotated[
        float,
        _amount("SECONDS", "Make the links of the moment half-open (nothing passes) so often."),
    ] = 0.0,
    stall_every: Annotated[
        float, _amount("SECONDS", "Stop reading from the device, for a pause, so often.")
    ] = 0.0,
    refuse_every: Annotated[
        float, _amount("SECONDS", "Reset all links and refuse new ones, for a pause, so often.")
    ] = 0.0,
    pause: Annotated[float, _amount("SECONDS", "How long a pause takes.", True)] = 5.0,
) -> None:
    """Make the connections to a device fail, until Ctrl-C; then say how often."""
    options = dict(locals())
    from ._chaos import Wanted
    from ._chaos import chaos as work

    for name in ("listen", "to", "seed"):
        del options[name]
    run(work(listen, to, seed, Wanted(**options)))
