"""``katcp top`` and ``katcp shell``: a telescope to look at, and to talk to."""

from pathlib import Path
from typing import Annotated

import typer

from .._run import run
from ._arguments import Where, examples, time

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
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
    from ..top import top as work

    run(work(where, strategy, once, json, timeout))


@commands.command(
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
    from .._shell import shell as work

    work(where, script, code, timeout)
