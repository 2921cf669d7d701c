"""The commands and their options."""

from pathlib import Path
from typing import Annotated

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
