"""The ``katcp`` command. Needs the extra ``cli``, some commands the extra ``console``."""

import os
import sys
from typing import Any

from ._exit import exiting, fail

__all__ = ["main"]


def main() -> None:
    """Run the command line."""
    with exiting():
        try:
            from typer.main import get_command

            from .commands import app
        except ImportError as exc:
            fail(f'{exc}; run: pip install "katcp-client[cli]"')
        if "_KATCP_COMPLETE" in os.environ:
            from ._completion import complete

            complete(app)
            return
        words = sys.argv[1:]
        if words[:1] in ([], ["help"]):
            words = [*words[1:], "--help"]
        _invoke(get_command(app), words)


def _invoke(command: Any, words: list[str]) -> None:
    """Run a command; like typer, but a mistake is one line."""
    import typer

    try:
        with command.make_context("katcp", words) as context:
            command.invoke(context)
    except typer.Exit as exc:
        sys.exit(exc.exit_code)
    except typer.TyperException as exc:
        context = getattr(exc, "ctx", None)
        path = context.command_path if context is not None else "katcp"
        said = exc.format_message().rstrip(".").replace("Value error, ", "")
        stop = "" if said.endswith("?") else ";"
        fail(f"{said}{stop} see {path} --help", exc.exit_code)
