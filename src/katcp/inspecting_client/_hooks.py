"""The low-level client under an inspecting client: every inform can be listened to by name."""

from collections.abc import Callable
from typing import Any

from .._helpers import RAISED
from ..client import AsyncClient
from ..wire import Message, Readings

__all__ = ["_InformHookDeviceClient"]


class _InformHookDeviceClient(AsyncClient):
    """An `AsyncClient` that lets others hear its informs.

    Attributes
    ----------
    readings
        Called when readings were received; gives where they go in place of the first hook of
        ``#sensor-status``, or None. Not called when somebody else wants the
        messages: another hook, or a method.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readings: Callable[[], Readings | None] = lambda: None
        self._hooks: dict[str, list[Callable[[Message], Any]]] = {}

    def hook_inform(self, inform_name: str, callback: Callable[[Message], Any]) -> None:
        """Call `callback(msg)` for every inform of that name, those that answer requests too.

        Callbacks run in the order of registration, before anything else is done with the inform,
        over all connections to come. One that is registered already stays as it is. An exception
        of one is logged; the others are called all the same.
        """
        callbacks = self._hooks.setdefault(inform_name, [])
        if callback not in callbacks:
            callbacks.append(callback)
        if self._connection is not None:
            self._connection.session.overhear(inform_name)

    def _readings(self) -> Readings | None:
        return None if self._is_wanted() else self.readings()

    def _is_wanted(self) -> bool:
        """Whether somebody wants ``#sensor-status`` messages."""
        return (
            len(self._hooks.get("sensor-status", ())) > 1
            or hasattr(self, "inform_sensor_status")
            or getattr(self.unhandled_inform, "__func__", None) is not AsyncClient.unhandled_inform
        )

    def _is_overheard(self, inform_name: str) -> bool:
        return inform_name in self._hooks

    def _overhear(self, inform: Message) -> None:
        for callback in self._hooks.get(inform.name, ()):
            try:
                callback(inform)
            except RAISED:
                self._logger.exception("Hook of #%s raised an exception", inform.name)
