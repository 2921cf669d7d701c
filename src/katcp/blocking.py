"""Devices for programs without an event loop: scripts, and the prompt of IPython.

::

    import katcp.blocking

    with katcp.blocking.connect("localhost:5000") as dev:
        dev.req.add(1, 2)
        dev.sensor.x.get_value()
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from .ioloop_manager import IOLoopManager, IOLoopThreadWrapper
from .resource_client import ThreadSafeKATCPClientResourceWrapper
from .resource_client import connect as connect_in_loop

__all__ = ["connect", "loop_in_thread"]


def connect(
    address_or_spec: "str | Path | Mapping[str, Any]", *, timeout: float | None = 30.0, **spec: Any
) -> AbstractContextManager[Any]:
    """Give a synced device, or container of devices, whose calls block; stop it on exit.

    It runs on a loop of its own in a thread. Ctrl-C during a call gives that call up, and leaves
    the device usable. It is a `ThreadSafeKATCPClientResourceWrapper`, for type checkers whatever
    it is declared to be (`katcp stubs`). Parameters and errors are those of `katcp.connect`.
    """
    return _Connecting(_connected(address_or_spec, timeout=timeout, **spec))


class _Connecting(AbstractContextManager[Any]):
    def __init__(self, connected: AbstractContextManager[Any]) -> None:
        self._connected = connected

    def __enter__(self) -> Any:
        return self._connected.__enter__()

    def __exit__(self, *exc: Any) -> bool | None:
        return self._connected.__exit__(*exc)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"no {name!r} here, since nothing is connected yet: write 'with "
            f"katcp.blocking.connect(...) as device:' and in it device.{name}"
        )


@contextmanager
def _connected(
    address_or_spec: "str | Path | Mapping[str, Any]", timeout: float | None, **spec: Any
) -> Iterator[Any]:
    with loop_in_thread() as loop:
        stack = AsyncExitStack()
        try:
            entered = connect_in_loop(address_or_spec, timeout=timeout, **spec)
            resource = loop.call_in_ioloop(stack.enter_async_context, (entered,), {})
            yield ThreadSafeKATCPClientResourceWrapper(resource, loop)
        finally:
            loop.call_in_ioloop(stack.aclose, (), {})


@contextmanager
def loop_in_thread() -> Iterator[IOLoopThreadWrapper]:
    """Run a loop of its own in a thread; gives what calls into it. The thread ends on exit."""
    manager = IOLoopManager()
    manager.setDaemon(True)
    loop = IOLoopThreadWrapper(manager.get_ioloop())
    manager.start(timeout=10)
    try:
        yield loop
    finally:
        manager.stop()
        manager.join()
