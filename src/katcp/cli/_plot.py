"""``katcp plot``: sensors over time, of characters in the terminal or as a picture."""

import io
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ..wire import printable
from ._exit import warn
from ._series import Series, is_recording, live, recorded
from ._show import coloured, json_line
from ._whole_file import check_free, put_whole

__all__ = ["plot"]

_MOST = 12  # series that can be told apart
_LETTERS = "abcdefghijkl"  # for them, where colours do not do
_MOST_COLOURS = 6
_PICTURES = (".png", ".svg", ".pdf")


async def plot(
    where: str,
    pattern: str,
    strategy: Any,
    duration: float,
    out: Path | None,
    force: bool,
    timeout: float,
    as_json: bool,
) -> None:
    """Plot what matches: of a recording, or of a device for `duration` seconds from now.

    A signal ends it sooner, and what came until then is plotted.
    """
    signalled = None
    if out is not None:
        _check(out, force)
    if is_recording(where):
        series = recorded(Path(where), pattern)
    else:
        if sys.stderr.isatty():
            warn(f"following {where} for {duration:g} s")
        series, signalled = await live(where, pattern, strategy, duration, timeout)
    if len(series) > _MOST:
        warn(
            f"{len(series)} sensors match; plotted are the first {_MOST}; name fewer to see others"
        )
    shown = series[:_MOST]
    if out is not None:
        _save(shown, out)
    if as_json:
        for each in shown:
            json_line({"name": each.name, "units": each.units,
                       "times": each.times, "values": each.values})  # fmt: skip
    elif out is not None:
        print(f"{len(shown)} sensors in {out}")
    else:
        _print(shown)
    if signalled is not None:
        raise signalled


def _check(out: Path, force: bool) -> None:
    if out.suffix not in _PICTURES:
        raise ValueError(
            f"{out} is no name for a picture; it ends in one of {', '.join(_PICTURES)}"
        )
    check_free(out, force)


def _by_units(series: list[Series]) -> Iterator[tuple[str, list[Series]]]:
    for units in dict.fromkeys(each.units for each in series):
        yield units, [each for each in series if each.units == units]


def _print(series: list[Series]) -> None:
    """Print a plot for each unit; in colour if it is for a terminal that has some."""
    plain = not coloured()
    width, height = shutil.get_terminal_size()
    groups = list(_by_units(series))
    lines = max(12, (height - 2) // len(groups) - 2)
    for units, group in groups:
        print(_characters(units, group, width - 1, lines, plain))


def _characters(units: str, group: list[Series], width: int, height: int, plain: bool) -> str:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    start = min(each.times[0] for each in group)
    end = max(max(each.times) for each in group)
    lettered = len(group) > (1 if plain else _MOST_COLOURS)
    for each, letter in zip(group, _LETTERS, strict=False):
        marker = letter if lettered else "braille"
        for i, (times, values) in enumerate(each.runs()):  # NaN would end plotext
            signal = figure.signal([t - start for t in times], values, marker=marker)
            if len(group) > 1 and not lettered and not i:
                signal.label(printable(each.name))
            figure.draw(signal.lines(True))
    ticks = [(end - start) * i / 4 for i in range(5)]
    labels = [time.strftime("%H:%M:%S", time.localtime(start + tick)) for tick in ticks]
    figure.ruler("x").ticks(ticks, labels)
    figure.title(
        printable(", ".join(each.name for each in group[:3]) + f"  [{units}]" * bool(units))
    )
    drawn = str(figure.build().string(colorless=plain))
    if lettered:
        names = zip(_LETTERS, group, strict=False)
        key = "  ".join(f"{letter}\xa0{printable(each.name)}" for letter, each in names)
        drawn += "\n" + textwrap.fill(key, width, break_on_hyphens=False).replace("\xa0", " ")
    return drawn


def _save(series: list[Series], out: Path) -> None:
    """Save a picture, with a part for each unit."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    groups = list(_by_units(series))
    figure = Figure(figsize=(10, 1 + 3.5 * len(groups)), layout="constrained")
    axes = figure.subplots(len(groups), sharex=True, squeeze=False)[:, 0]
    for axis, (units, group) in zip(axes, groups, strict=True):
        for each in group:
            times = [datetime.fromtimestamp(t) for t in each.times]
            axis.plot(times, each.values, label=_plain(each.name), drawstyle="steps-post")
        axis.set_ylabel(_plain(units))
        axis.legend()
        axis.grid(visible=True, alpha=0.3)
    dates = ConciseDateFormatter(AutoDateLocator())  # type: ignore[no-untyped-call]
    axes[-1].xaxis.set_major_formatter(dates)
    axes[-1].set_xlabel("local time")
    picture = io.BytesIO()
    figure.savefig(picture, format=out.suffix[1:])
    put_whole(out, picture.getvalue())


def _plain(text: str) -> str:
    """Give text of a device without what matplotlib would take for mathematics."""
    return printable(text).replace("$", r"\$")
