"""``katcp sim``, ``mimic``, ``replay`` and ``demo``: devices that are none."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .._exit import fail
from .._run import run
from ._arguments import Force, Host, Json, Port, Timeout, examples, time

__all__ = ["commands"]

commands = typer.Typer()


class Sampled(StrEnum):
    """How sensors are watched."""

    AUTO = "auto"
    EVENT = "event"


@commands.command(
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
    port: Port = 0,
    host: Host = "127.0.0.1",
    name: Annotated[
        str | None, typer.Option(help="Name of the antenna; m000 if not given.", show_default=False)
    ] = None,
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
        from .._mimic import serve_mimic

        if antennas or late or name is not None:
            fail(f"--antennas, --late and --name are not for {file}, which is one device", 2)
        run(serve_mimic(file, host, port, seed, speed, json))
        return
    try:
        from ...simulator import serve, serve_telescope
    except ImportError as exc:
        fail(str(exc))
    if antennas:
        run(serve_telescope(antennas, host, port, seed, speed, late, as_json=json))
    else:
        run(serve(name or "m000", host, port, seed, speed, as_json=json))


@commands.command(
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
    force: Force = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Learn a device, so that katcp sim serves one that looks like it. Changes nothing.

    Learnt are protocol, sensors, requests, and how values move meanwhile. Ctrl-C ends it sooner, and
    keeps what was learnt. The file is made to be edited.
    """
    from .._mimic import mimic as work

    run(work(where, output, strategy, duration, force, timeout, json))


@commands.command(
    epilog=examples(
        "katcp chaos --listen localhost:7148 --to roach2:7147 --record session.jsonl",
        "katcp replay session.jsonl --port 7147           what roach2 did, once more",
        "katcp replay session.jsonl --speed 10",
    )
)
def replay(
    file: Annotated[Path, typer.Argument(help="FILE.jsonl of katcp chaos --record.")],
    port: Port = 0,
    host: Host = "127.0.0.1",
    speed: Annotated[
        float, typer.Option(help="How many times as fast as recorded.", min=0.001)
    ] = 1.0,
    json: Json = False,
) -> None:
    """Serve a recorded session. Requests are answered as they were; until Ctrl-C.

    Informs that came by themselves come again, when as much time has gone by since the client asked
    for its first sampling strategy; readings only of the sensors that it samples.
    """
    from .._replay import replay as work

    run(work(file, host, port, speed, json))


@commands.command(epilog=examples("katcp demo", "katcp demo examples/telescope.toml"))
def demo(
    file: Annotated[
        Path | None, typer.Argument(help="TOML file of a telescope to simulate; else one antenna.")
    ] = None,
) -> None:
    """Show a client and simulated devices at work. Without a terminal it ends by itself."""
    if file is None:
        from .._demo import demo as work

        run(work())
    else:
        from .._demo_telescope import demo_telescope

        run(demo_telescope(file))
