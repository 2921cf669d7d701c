"""`DeviceMetaclass`: gathers the message handlers of a class."""

from typing import Any

__all__ = ["DeviceMetaclass"]

_KINDS = ("request", "inform", "reply")


class DeviceMetaclass(type):
    """Gathers methods ``request_x_y``, ``inform_x_y`` and ``reply_x_y`` by KATCP name ``x-y``.

    They are in ``_request_handlers``, ``_inform_handlers`` and ``_reply_handlers`` of the class,
    those of its bases included.
    """

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        for kind in _KINDS:
            prefix = f"{kind}_"
            handlers = {
                attribute.removeprefix(prefix).replace("_", "-"): getattr(cls, attribute)
                for attribute in dir(cls)
                if attribute.startswith(prefix) and callable(getattr(cls, attribute))
            }
            setattr(cls, f"_{kind}_handlers", handlers)
