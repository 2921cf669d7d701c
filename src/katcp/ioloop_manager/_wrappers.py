"""Calling into a loop from other threads, and objects whose methods do."""

import asyncio
import concurrent.futures
import contextlib
import functools
import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .._loops import as_ioloop, asyncio_loop, runs_here
from ..errors import TimeoutError

__all__ = ["AttrMappingProxy", "IOLoopThreadWrapper", "MappingProxy", "ThreadSafeMethodAttrWrapper"]

# A call that has a time-out of its own is given this much longer, so that its own answer comes.
_MARGIN = 0.5

_LOOK = 1.0  # seconds between two looks at whether the loop still is


class IOLoopThreadWrapper:
    """Runs functions in an event loop for callers in other threads, and blocks for their results.

    Parameters
    ----------
    ioloop
        The loop, an ``IOLoop`` or an asyncio loop; None: the current one.
    """

    #: Seconds that a call may take unless it says otherwise; None is for ever.
    default_timeout: float | None = None

    def __init__(self, ioloop: Any = None) -> None:
        self.ioloop = as_ioloop(ioloop)

    def call_in_ioloop(
        self, fn: Callable[..., Any], args: Any, kwargs: Any, timeout: float | None = None
    ) -> Any:
        """Call ``fn(*args, **kwargs)`` in the loop, wait for what it gives, and give that.

        Raises
        ------
        TimeoutError
            After `timeout` seconds; the operation itself goes on.
        RuntimeError
            In the thread of the loop, which would wait for itself, and when the loop is closed or is
            being closed meanwhile.
        """
        loop = asyncio_loop(self.ioloop)
        if loop.is_closed():
            raise RuntimeError(
                f"cannot call {_name(fn)}: its event loop has been stopped, "
                "as at the end of a with block; call it within"
            )
        if runs_here(loop):
            raise RuntimeError(
                f"{_name(fn)} would block its own event loop; "
                "in the thread of the loop use the object that is wrapped, and await"
            )
        result: concurrent.futures.Future[Any] = concurrent.futures.Future()
        loop.call_soon_threadsafe(_call, fn, args, kwargs, result)
        limit = self.default_timeout if timeout is None else timeout
        end = math.inf if limit is None else time.monotonic() + limit
        try:
            while True:
                left = max(0.0, end - time.monotonic())
                with contextlib.suppress(concurrent.futures.TimeoutError):
                    return result.result(min(left, _LOOK))
                if result.done():  # it was the function's own, or came just now
                    return result.result()
                if loop.is_closed():
                    raise RuntimeError(f"{_name(fn)} was not done when its event loop was stopped")
                if left <= _LOOK:
                    raise TimeoutError(f"{_name(fn)} was not done within {limit:g} s; it goes on")
        except BaseException:
            result.cancel()  # Ctrl-C: nobody waits for it any more
            raise

    def decorate_callable(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Give `fn` so that it can be called from other threads.

        A keyword `timeout` is for `fn`; the wait is a little longer, so that its own answer comes.
        """

        @functools.wraps(fn, updated=())
        def decorated(*args: Any, **kwargs: Any) -> Any:
            timeout = kwargs.get("timeout")
            outer = None if timeout is None else timeout + _MARGIN
            return self.call_in_ioloop(fn, args, kwargs, outer)

        return decorated


def _name(fn: Callable[..., Any]) -> str:
    return str(getattr(fn, "__qualname__", fn))


def _call(
    fn: Callable[..., Any], args: Any, kwargs: Any, result: "concurrent.futures.Future[Any]"
) -> None:
    try:
        answer = fn(*args, **kwargs)
    except Exception as exc:
        if not result.cancelled():
            result.set_exception(exc)
        return
    if isinstance(answer, concurrent.futures.Future):
        answer = asyncio.wrap_future(answer)
    if not inspect.isawaitable(answer):
        if not result.cancelled():
            result.set_result(answer)
        return
    loop, work = asyncio.get_running_loop(), asyncio.ensure_future(answer)

    def given_up(_: Any) -> None:
        if result.cancelled() and not loop.is_closed():
            loop.call_soon_threadsafe(work.cancel)

    result.add_done_callback(given_up)
    work.add_done_callback(functools.partial(_copy, result))


def _copy(result: "concurrent.futures.Future[Any]", source: "asyncio.Future[Any]") -> None:
    if source.cancelled() or result.cancelled():
        result.cancel()
    elif (exc := source.exception()) is not None:
        result.set_exception(exc)
    else:
        result.set_result(source.result())


class ThreadSafeMethodAttrWrapper:
    """Stands for `subject` in other threads than its loop's: what can be called runs in the loop.

    Other attributes are read directly. It is equal to its subject, and an instance of its class.
    """

    def __init__(self, subject: Any, ioloop_wrapper: IOLoopThreadWrapper) -> None:
        object.__setattr__(self, "__subject__", subject)
        object.__setattr__(self, "_ioloop_wrapper", ioloop_wrapper)
        object.__setattr__(self, "__doc__", subject.__doc__)  # the help of a request

    def _getattr(self, name: str) -> Any:
        """Read an attribute of the subject inside the loop."""
        wrapper = object.__getattribute__(self, "_ioloop_wrapper")
        return wrapper.call_in_ioloop(getattr, (self.__subject__, name), {})

    def __getattr__(self, name: str) -> Any:
        value = getattr(object.__getattribute__(self, "__subject__"), name)
        if callable(value) and not isinstance(value, type):
            return object.__getattribute__(self, "_ioloop_wrapper").decorate_callable(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "__subject__"), name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(object.__getattribute__(self, "__subject__"))

    def __eq__(self, other: object) -> bool:
        mine = object.__getattribute__(self, "__subject__")
        return bool(mine == getattr(other, "__subject__", other))

    def __hash__(self) -> int:
        return hash(object.__getattribute__(self, "__subject__"))

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "__subject__"))

    def __dir__(self) -> list[str]:
        return dir(object.__getattribute__(self, "__subject__"))


class MappingProxy(Mapping[Any, Any]):
    """A live view of a mapping, its values passed through `wrapper`."""

    def __init__(self, mapping: Any, wrapper: Callable[[Any], Any]) -> None:
        self._mapping = mapping
        self._wrapper = wrapper

    def __getitem__(self, key: Any) -> Any:
        return self._wrapper(self._mapping[key])

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._mapping))

    def __len__(self) -> int:
        return len(self._mapping)

    def __contains__(self, key: object) -> bool:
        return key in self._mapping


class AttrMappingProxy(MappingProxy):
    """A `MappingProxy` whose items are attributes, too; one hides a method of the same name."""

    def __getattribute__(self, name: str) -> Any:
        if name[:1] != "_" and name in self._mapping:
            return self[name]
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._wrapper(getattr(self._mapping, name))

    def __dir__(self) -> list[str]:
        return [str(key) for key in self]
