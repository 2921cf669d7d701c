"""``katcp chaos``: its options, one for each fault."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .._run import run
from ._arguments import Json, examples

__all__ = ["commands"]

commands = typer.Typer()


class Direction(StrEnum):
    """Which way bytes go through a proxy."""

    TO_CLIENT = "to-client"
    TO_DEVICE = "to-device"
    BOTH = "both"


def _amount(unit: str, help: str, shown: bool = False) -> Any:
    return typer.Option(metavar=unit, help=help, min=0.0, show_default=shown)


def _chance(help: str) -> Any:
    return typer.Option(metavar="0..1", help=help, min=0.0, max=1.0, show_default=False)


@commands.command(
    epilog=examples(
        "katcp chaos --listen localhost:5001 --to localhost:5000 --delay 0.05 --seed 1",
        "katcp chaos --listen localhost:5001 --to localhost:5000 --drop-reply 0.01 --cut-every 30",
        "katcp chaos --listen localhost:5001 --to localhost:5000 --record session.jsonl",
    )
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
    record: Annotated[
        Path | None,
        typer.Option(
            help="Write to FILE.jsonl, a new one, what client and device send, for katcp replay.",
            metavar="FILE.jsonl",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Make the connections to a device fail, or record them. Until Ctrl-C; then say how often."""
    options = dict(locals())
    from .._chaos import Wanted
    from .._chaos import chaos as work

    for name in ("listen", "to", "seed", "record", "json"):
        del options[name]
    run(work(listen, to, seed, Wanted(**options), record, json))
