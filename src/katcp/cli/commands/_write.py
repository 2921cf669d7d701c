"""``katcp stubs`` and ``katcp icd``: what a device offers, as a document."""

from typing import Annotated

import typer

from .._exit import fail
from .._run import run
from ._arguments import Force, Json, Output, Timeout, Where, examples

__all__ = ["commands"]

commands = typer.Typer()


@commands.command(
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
    from ..interface import stubs as work

    run(work(where, output, name, blocking, timeout))


@commands.command(
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
    force: Force = False,
    json: Json = False,
    timeout: Timeout = 10.0,
) -> None:
    """Write what a device offers as a document. Or say what has changed: katcp icd diff OLD NEW.

    The exit status of diff is 0 if nothing has changed, 1 if something has, 2 if that cannot be
    told. What was removed, and other types, units or fewer options, may break programs.
    """
    from ..interface import diff
    from ..interface import icd as work

    if where != "diff":
        if compared or breaking:
            fail("icd takes one WHERE; to compare two: katcp icd diff OLD NEW", 2)
        run(work(where, output, force, json, timeout))
    elif output is None and compared is not None and len(compared) == 2:
        old, new = compared
        run(diff(old, new, breaking, json, timeout))
    else:
        fail("icd diff takes two words, OLD and NEW, and writes no file", 2)
