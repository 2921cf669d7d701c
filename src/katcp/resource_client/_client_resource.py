"""What a device and a container of devices have in common."""

import abc
import asyncio
from typing import Any

from tornado.ioloop import IOLoop

from .._loops import as_ioloop, asyncio_loop
from ..resource import KATCPResource
from ._list_sensors import list_sensors
from ._watched import Watched

__all__ = ["ClientResource", "check_state"]

_STATES = ("disconnected", "syncing", "synced")


class ClientResource(Watched, KATCPResource):
    """A resource that runs on a loop and can be watched."""

    def __init__(self) -> None:
        super().__init__()
        self._ioloop: IOLoop | None = None

    @property
    def ioloop(self) -> IOLoop:
        """The loop that it runs on."""
        return as_ioloop(self._ioloop)

    def set_ioloop(self, ioloop: Any = None) -> None:
        """Run on this loop, an ``IOLoop`` or an asyncio loop; None: the one current at `start`.

        To be called before `start`.
        """
        self._ioloop = None if ioloop is None else as_ioloop(ioloop)

    @abc.abstractmethod
    def running(self) -> bool:
        """Whether it is started and not stopped."""

    def list_sensors(
        self,
        filter: str = "",
        strategy: bool = False,
        status: Any = "",
        use_python_identifiers: bool = True,
        tuple: bool = False,
        refresh: bool = False,
    ) -> "asyncio.Future[list[Any]]":
        """Future of the sensors that match; see `KATCPResource.list_sensors`.

        In a container their names are ``<child>.<sensor>``, or just the name for those that begin
        with ``agg_``.
        """
        return list_sensors(
            self,
            dict.items(self.sensor),
            filter,
            strategy,
            status,
            use_python_identifiers,
            tuple,
            refresh,
        )

    def __repr__(self) -> str:
        kind = type(self)
        return f"<{kind.__module__}.{kind.__name__}(name={self.name}) at {id(self):#x}>"

    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio_loop(self._ioloop)

    def _done(self, result: Any) -> "asyncio.Future[Any]":
        future = self._loop().create_future()
        future.set_result(result)
        return future

    def _failed(self, exc: Exception) -> "asyncio.Future[Any]":
        future = self._loop().create_future()
        future.set_exception(exc)
        return future


def check_state(state: str) -> None:
    """Raise ValueError if `state` is no state of a resource."""
    if state not in _STATES:
        raise ValueError(f"{state!r} is no state; states are {', '.join(_STATES)}")
