"""Says when devices are lost, and when they are there: one line for all that happens at once."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from ..._display import devices, reason
from ...wire import printable

__all__ = ["Links", "log_to_prompt"]

_AT_ONCE = 0.5  # seconds for which news are gathered
_MOST_NAMES = 8


class Links:
    """Watches the devices of a resource, in its loop.

    Parameters
    ----------
    resource
        Whose devices; started.
    say
        Is given each line.
    """

    def __init__(self, resource: Any, say: Callable[[str], None]) -> None:
        self._resource = resource
        self._say = say
        self._up = self._now_up()
        self._gathering = False
        for watched in (resource, *(device for _, device in devices(resource))):
            watched.watch(self)

    def state_changed(self, resource: Any) -> None:
        """Note a change of state (see `Watcher`)."""
        if not self._gathering:
            self._gathering = True
            self._resource.ioloop.call_later(_AT_ONCE, self._tell)

    def item_changed(self, resource: Any, kind: str, identifier: str, item: Any) -> None:
        """Note a change of a device (see `Watcher`); nothing to do."""

    def _tell(self) -> None:
        self._gathering = False
        there = dict(devices(self._resource))
        lost = [
            name for name in sorted(self._up) if name in there and not there[name].is_connected()
        ]
        back = self._now_up() - self._up
        self._up = (self._up - set(lost)) | back
        if lost:
            why = reason(there[lost[0]])
            more = f" ({lost[0]}: {why})" if len(lost) > 1 else f": {why}"
            self._say(f"link lost to {_names(lost)}{more}")
        if back:
            self._say(f"{_names(back)} {'is' if len(back) == 1 else 'are'} up")

    def _now_up(self) -> set[str]:
        return {name for name, device in devices(self._resource) if device.synced}


class _ToPrompt(logging.Handler):
    """Writes to what standard error is now: at the prompt that is above it."""

    def emit(self, record: logging.LogRecord) -> None:
        print(f"katcp: {printable(self.format(record))}", file=sys.stderr)


def log_to_prompt() -> None:
    """Show what the library logs, but for links, of which `Links` says it by name."""
    handler = _ToPrompt(logging.WARNING)
    handler.addFilter(lambda record: record.funcName != "_note_failure")
    logging.basicConfig(handlers=[handler], level=logging.WARNING, format="%(message)s")


def _names(names: Any) -> str:
    there = sorted(names)
    more = f" and {len(there) - _MOST_NAMES} more" if len(there) > _MOST_NAMES else ""
    return ", ".join(there[:_MOST_NAMES]) + more
