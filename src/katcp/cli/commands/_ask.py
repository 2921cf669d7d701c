"""``katcp info``, ``sensors``, ``req`` and ``doctor``: what a device is, and what it says."""

from enum import StrEnum
from typing import Annotated

import typer

from .._run import run
from ._arguments import Json, Regex, Request, RequestArguments, Timeout, Where, examples, time

__all__ = ["commands"]

commands = typer.Typer()


class Sort(StrEnum):
    """What sensors are sorted by."""

    NAME = "name"
    STATUS = "status"
    VALUE = "value"
    TIME = "time"
    TYPE = "type"


@commands.command(epilog=examples("katcp info localhost:5000", "katcp info telescope.toml --json"))
def info(where: Where, json: Json = False, timeout: Timeout = 10.0) -> None:
    """Show what a device is. That is protocol, versions, requests; of a telescope its devices."""
    from .._ask import info as work

    run(work(where, timeout, json))


@commands.command(
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
    from .._ask import sensors as work

    run(work(where, regex, status, sort, reverse, timeout, json))


@commands.command(
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
    timeout: Annotated[
        float | None,
        time("How long to wait for the device, and for its reply: 10s, or what it hints at."),
    ] = None,
) -> None:
    """Send a request. The exit status is 0 only if the device answers ok."""
    from .._ask import req as work

    run(work(where, name, arguments or [], timeout, json))


@commands.command(
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
    from .._doctor import doctor as work

    run(work(where, timeout, json))
