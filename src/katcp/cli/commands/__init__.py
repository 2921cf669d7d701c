"""The commands and their options, in modules by what they are for; the work is done outside of here."""

from typing import Annotated

import typer

from . import _ask, _chaos, _follow, _screens, _serve, _write
from ._arguments import examples

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
        from ... import __version__

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


for module in (_ask, _follow, _screens, _write, _serve, _chaos):
    app.add_typer(module.commands)
