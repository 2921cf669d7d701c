"""The application: it looks at the board a few times a second and shows what is seen."""

import asyncio
import gc
import logging
import os
from collections import deque
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.screen import ModalScreen, Screen
from textual.widgets import Footer, Static

from ...wire import printable
from ._lines import Lines
from ._looks import Cells
from ._main import MainScreen
from ._model import Board

__all__ = ["INTERRUPTED", "TopApp"]

INTERRUPTED = 130  # exit status after Ctrl-C

_PERIOD = 0.25  # seconds between looks
_LEAST = (60, 16)  # columns and lines that are needed
_MOST_LOGGED = 1000
_MANY = 5000  # sensors from which on a pass of the garbage collector over all of them is felt


class TopApp(App[int]):
    """`katcp top`.

    Parameters
    ----------
    board
        What it shows.
    period
        Seconds between looks; None: only `tick` looks, for tests.
    """

    TITLE = "katcp top"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave(0)", "Quit"),
        Binding("ctrl+c", f"leave({INTERRUPTED})", "Quit", show=False, priority=True),
        Binding("ctrl+q", "leave(0)", "Quit", show=False, priority=True),
        Binding("l", "log", "Log", show=False),
    ]

    def __init__(self, board: Board, period: float | None = _PERIOD) -> None:
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.board = board
        self.logged: deque[Cells] = deque(maxlen=_MOST_LOGGED)
        self._period = period
        self._frozen = 0  # sensors that the garbage collector does not look at any more

    def on_mount(self) -> None:
        """Begin to look."""
        # From Python 3.12 on Textual makes all tasks of the loop eager: not those of the client.
        asyncio.get_running_loop().set_task_factory(None)
        self.push_screen(MainScreen(self.board))
        if self._period is not None:
            self.set_interval(self._period, self.tick)

    def tick(self) -> None:
        """Show what changed on the screen that is seen."""
        self._spare()
        for screen in self.screen_stack[-1:]:
            if isinstance(screen, ModalScreen):
                screen = self.screen_stack[-2]  # it is seen around
            tick = getattr(screen, "tick", None)
            if tick is not None and screen.is_mounted:
                tick()

    def _spare(self) -> None:
        """Take very many sensors, once they are there, from what is searched for garbage.

        Else every such search would hold the screen, and the readings, for most of a second.
        """
        there = sum(len(device.sensors) for device in self.board.devices)
        settled = all(device.state != "syncing" for device in self.board.devices)
        if settled and there - self._frozen >= _MANY:
            self._frozen = there
            gc.freeze()

    def on_resize(self, event: Resize) -> None:
        """Say so if the terminal is too small, until it is not."""
        small = event.size.width < _LEAST[0] or event.size.height < _LEAST[1]
        there = isinstance(self.screen, _TooSmall)
        if small and not there:
            self.push_screen(_TooSmall())
        elif there and not small:
            self.pop_screen()

    def action_leave(self, status: int) -> None:
        """Leave with this exit status."""
        self.exit(status)

    def action_log(self) -> None:
        """Show what was logged."""
        if not isinstance(self.screen, _LogScreen):
            self.push_screen(_LogScreen(self.logged))

    def remember(self, record: logging.LogRecord) -> None:
        """Keep what was logged, to be shown."""
        when = logging.Formatter().formatTime(record, "%H:%M:%S")
        style = "error" if record.levelno >= logging.ERROR else ""
        text = printable(record.getMessage())
        self.logged.appendleft([(f"{when} ", "dim"), (text, style)])


class _TooSmall(ModalScreen[None]):
    """The terminal is too small."""

    CSS = "_TooSmall { background: $background; }"

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        need = f"{_LEAST[0]} x {_LEAST[1]}"
        yield Static(Text(f"This terminal is too small: katcp top needs {need}. q leaves."))


class _LogScreen(Screen[None]):
    """What was logged, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss", "Back", key_display="Esc")
    ]

    def __init__(self, logged: deque[Cells]) -> None:
        super().__init__()
        self._logged = logged

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        with Container():
            yield _Log()
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Draw at once."""
        self.tick()

    def tick(self) -> None:
        """Draw what changed since."""
        self.query_one(_Log).show(list(self._logged))


class _Log(Lines[Cells]):
    """Lines of the log."""

    def header(self, width: int) -> Cells:
        """Say what it is."""
        return [("what was logged, newest first", "title")]

    def cells(self, item: Cells, width: int) -> Cells:
        """Give the line as it is."""
        return item

    def empty(self) -> str:
        """Say that there is nothing."""
        return "Nothing was logged."
