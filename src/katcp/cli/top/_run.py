"""Runs the screen on a terminal, or prints what it would show once."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .._exit import fail
from .._quantities import parse_strategy
from .._target import open_target
from ._model import Board
from ._once import once as show_once

__all__ = ["sample", "top"]

_DEFAULT = "event"
_ENDED = 128  # exit status after a signal, and its number


async def top(where: str, strategy: str, once: bool, as_json: bool, timeout: float) -> bool | None:
    """Show a telescope until the user leaves, or `once`; then False unless all is well.

    `strategy` is for all sensors; if empty, what the file has, and ``event`` for all others.

    Raises
    ------
    ValueError
        For a WHERE or a strategy that is none, or options that do not go together.
    """
    if strategy:
        parse_strategy(strategy)
    if as_json and not once:
        raise ValueError("katcp top --json goes with --once: a live screen is nothing for a "
                         "program; katcp watch --json prints readings as they come")  # fmt: skip
    if not once:
        _need_terminal()
    resource = open_target(where)
    board = Board(resource)
    sample(board, strategy)
    resource.start()
    try:
        if once:
            return await show_once(resource, board, timeout, as_json)
        status = await _screen(board)
    finally:
        board.close()
        await resource.stop()
    if status:
        sys.exit(status)
    return None


def sample(board: Board, strategy: str) -> None:
    """Ask for the strategy of all sensors, on all devices, whenever they come."""
    for device in board.devices:
        device.resource.set_sampling_strategies("", parse_strategy(strategy or _DEFAULT))
        for pattern, own in () if strategy else device.resource._spec.strategies.items():
            device.resource.set_sampling_strategies(pattern, own)


async def _screen(board: Board) -> int:
    from ._app import TopApp

    app = TopApp(board)
    with _logging_to(app.remember), _on_signals(app.exit):
        status = await app.run_async()
    return app.return_code or 0 if status is None else status


def _need_terminal() -> None:
    """Fail unless keys can be read from a terminal, and drawn on it (Textual writes to stderr)."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        fail("katcp top needs a terminal; katcp watch prints readings as they come, "
             "katcp top --once the state of everything")  # fmt: skip
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        fail("katcp top needs a terminal that can move its cursor, and TERM says that this one "
             "cannot; katcp watch prints readings as they come")  # fmt: skip


@contextmanager
def _logging_to(take: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    """Give what is logged to `take` in place of writing it, which would spoil the screen."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            take(record)

    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = [Handler(logging.WARNING)]
    root.setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)


@contextmanager
def _on_signals(leave: Callable[[int], Any]) -> Iterator[None]:
    """Let signals end the screen as a key does, so that the terminal is put back."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, leave, _ENDED + number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
