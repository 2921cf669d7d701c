"""Which keys there are."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

__all__ = ["HelpScreen"]

_KEYS = """\
Tab        next of: devices, sensors, what is not nominal
Up Down    move (j k, PgUp, PgDn, Home, End)
Left Right fold and unfold groups
Enter      details of the sensor or device
/          filter as you type: text, or a regular expression
Esc        clear the filter; leave a screen
n          only what is not nominal, or all
s          sort by name, status (worst first), newest
t          hide or show the tree
r          send a request
l          what was logged
q Ctrl-C   leave

• nominal, synced   ▲ warn       ■ error        X failure, disconnected
? unknown           ! unreachable  ○ inactive, syncing
~ stale: read on a link that is lost; it may be anything now
The history is that of the last readings that came while it was shown.
"""


class HelpScreen(ModalScreen[None]):
    """The help."""

    CSS = """
    HelpScreen { align: center middle; }
    #help { width: 78; height: auto; max-height: 100%; border: solid $foreground; padding: 0 1;
            background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,question_mark,f1", "dismiss", "Back")
    ]

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        with VerticalScroll(id="help"):
            yield Static(Text(_KEYS))
