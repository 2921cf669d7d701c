"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .._quantities import parse_strategy, seconds

__all__ = [
    "Count",
    "Duration",
    "Force",
    "Host",
    "Json",
    "Output",
    "Port",
    "Regex",
    "Request",
    "RequestArguments",
    "Sensor",
    "Strategy",
    "Timeout",
    "Where",
    "examples",
    "time",
]


def _checked(parse: Any) -> Any:
    def convert(text: Any) -> Any:
        if not isinstance(text, str):  # a default
            return text
        try:
            return parse(text)
        except ValueError as exc:
            raise typer.BadParameter(str(exc)) from None

    return convert


def time(help: str, shown: str | bool = False) -> Any:
    """Give an option that is a time, in seconds for the command."""
    return typer.Option(metavar="TIME", parser=_checked(seconds), help=help, show_default=shown)


def examples(*lines: str) -> str:
    """Give the end of a help text, with its lines as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _where(incomplete: str) -> Any:
    from .._completion import places

    return places(incomplete)


def _requests(context: typer.Context) -> Any:
    from .._completion import requests

    return requests(context.params.get("where"))


def _sensors(context: typer.Context) -> Any:
    from .._completion import sensors

    return sensors(context.params.get("where"))


Where = Annotated[
    str,
    typer.Argument(
        metavar="WHERE",
        help="HOST:PORT of a device, FILE.toml:DEVICE of a telescope file, or FILE.toml.",
        autocompletion=_where,
    ),
]
Regex = Annotated[
    str,
    typer.Argument(
        help="Regular expression for the names of sensors, as a.b-c or a_b_c; all if not given.",
        autocompletion=_sensors,
        show_default=False,
    ),
]
Sensor = Annotated[
    str, typer.Argument(help="Name of a sensor, as a.b-c or a_b_c.", autocompletion=_sensors)
]
Request = Annotated[
    str | None,
    typer.Argument(
        help="Name of the request; lists what there are if not given.",
        autocompletion=_requests,
        show_default=False,
    ),
]
RequestArguments = Annotated[
    list[str] | None, typer.Argument(help="Its arguments.", show_default=False)
]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Host = Annotated[str, typer.Option(help="IP address to listen on.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="File to write; standard output if not given.", show_default=False
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Write over a file.")]
Timeout = Annotated[float, time("How long to wait for the device.", "10s")]
Duration = Annotated[float | None, time("End after so long; until Ctrl-C if not given.")]
Count = Annotated[
    int, typer.Option(help="End after so many readings; 0: never.", min=0, show_default=False)
]
Strategy = Annotated[
    Any,
    typer.Option(
        metavar="STRATEGY",
        parser=_checked(parse_strategy),
        help="Sampling strategy: event, 'period 1s', 'event-rate 100ms 10s', 'differential 0.5', "
        "...",
        show_default="event",
    ),
]
