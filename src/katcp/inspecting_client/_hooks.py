"""The low-level client under an inspecting client: every inform can be listened to by name."""

from collections.abc import Callable
from typing import Any

from ..client import AsyncClient
from ..wire import Message, StatusWords, brief, status_message

__all__ = ["_InformHookDeviceClient"]


class _InformHookDeviceClient(AsyncClient):
    """An `AsyncClient` that lets others hear its informs.

    Attributes
    ----------
    on_status
        Called with the words of each ``#sensor-status``, in place of its only hook, as long as
        nobody else wants the message: no other hook, nor a method of a subclass or of this object.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_status: Callable[[StatusWords], Any] | None = None
        self._hooks: dict[str, list[Callable[[Message], Any]]] = {}
        default = type(self).unhandled_inform is AsyncClient.unhandled_inform
        self._no_method = default and not hasattr(type(self), "inform_sensor_status")

    def hook_inform(self, inform_name: str, callback: Callable[[Message], Any]) -> None:
        """Call `callback(msg)` for every inform of that name, those that answer requests too.

        Callbacks run in the order of registration, before anything else is done with the inform,
        over all connections to come. One that is registered already stays as it is. An exception
        of one is logged; the others are called all the same.
        """
        callbacks = self._hooks.setdefault(inform_name, [])
        if callback not in callbacks:
            callbacks.append(callback)

    def _on_status(self, words: StatusWords) -> None:
        if self.on_status is None or self._is_wanted():
            super()._on_status(words)
            return
        try:
            self.on_status(words)
        except Exception:
            what = brief(str(status_message(words)))
            self._logger.exception("What takes readings raised an exception for %s", what)

    def _is_wanted(self) -> bool:
        """Whether somebody wants ``#sensor-status`` messages."""
        own = self.__dict__
        return (
            not self._no_method
            or len(self._hooks["sensor-status"]) > 1
            or "inform_sensor_status" in own
            or "unhandled_inform" in own
        )

    def _inform(self, message: Message) -> None:
        for callback in self._hooks.get(message.name, ()):
            try:
                callback(message)
            except Exception:
                self._logger.exception("Hook of #%s raised an exception", message.name)
        super()._inform(message)
