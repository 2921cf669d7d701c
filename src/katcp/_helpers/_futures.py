"""Waiting for several futures, for a time, and for what nobody waits for."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any

from .._loops import asyncio_loop
from ..errors import TimeoutError

__all__ = [
    "RAISED",
    "LatencyTimer",
    "detached",
    "future_timeout_manager",
    "gathered",
    "hashable_identity",
    "log_coroutine_exceptions",
    "log_future_exceptions",
    "mapped",
    "until_any",
    "until_later",
    "until_some",
]

log = logging.getLogger("katcp.core")

#: What may come out of a function of a user: the result of a cancelled future is no `Exception`.
RAISED = (Exception, asyncio.CancelledError)


def until_any(*futures: Any, timeout: float | None = None, ioloop: Any = None) -> Any:
    """Future of the result, or exception, of whichever is done first; never without futures.

    The others go on. `TimeoutError` after `timeout` seconds.
    """
    loop = asyncio_loop(ioloop)
    first: asyncio.Future[Any] = loop.create_future()

    def done(future: "asyncio.Future[Any]") -> None:
        if not first.done():
            _copy(future, first)

    waiting = [asyncio.ensure_future(future, loop=loop) for future in futures]
    for future in waiting:
        future.add_done_callback(done)
    first.add_done_callback(lambda _: [f.remove_done_callback(done) for f in waiting] and None)
    return _limited(first, timeout, "none of the futures was done")


def until_some(
    *args: Any,
    done_at_least: int | None = None,
    timeout: float | None = None,
    ioloop: Any = None,
    **kwargs: Any,
) -> Any:
    """Future of ``[(index or name, result), ...]`` in the order of completion.

    It is done when `done_at_least` are (None: all). The first exception ends it; `TimeoutError`
    after `timeout` seconds.

    Raises
    ------
    ValueError
        If futures are given both by position and by name.
    """
    if args and kwargs:
        raise ValueError("give the futures either by position or by name, not both")
    loop = asyncio_loop(ioloop)
    futures = dict(enumerate(args)) if args else dict(kwargs)
    enough = len(futures) if done_at_least is None else min(max(1, done_at_least), len(futures))
    some: asyncio.Future[list[Any]] = loop.create_future()
    results: list[tuple[Any, Any]] = []
    if not futures:
        some.set_result(results)

    def done(key: Any, future: "asyncio.Future[Any]") -> None:
        if some.done():
            return
        if future.cancelled() or future.exception() is not None:
            _copy(future, some)
            return
        results.append((key, future.result()))
        if len(results) >= enough:
            some.set_result(results)

    for key, future in futures.items():
        task = asyncio.ensure_future(future, loop=loop)
        task.add_done_callback(lambda f, key=key: done(key, f))
    return _limited(some, timeout, "too few of the futures were done")


def until_later(delay: float, ioloop: Any = None) -> "asyncio.Future[None]":
    """Future of None after `delay` seconds."""
    loop = asyncio_loop(ioloop)
    later: asyncio.Future[None] = loop.create_future()

    def ring() -> None:
        if not later.done():
            later.set_result(None)

    timer = loop.call_later(delay, ring)
    later.add_done_callback(lambda _: timer.cancel())
    return later


def future_timeout_manager(timeout: float | None = None, ioloop: Any = None) -> Any:
    """Give a function that bounds futures by one deadline, `timeout` seconds from now.

    Its ``remaining()`` gives the seconds left, None if there is no deadline.
    """
    end = None if timeout is None else time.monotonic() + timeout

    def remaining() -> float | None:
        return None if end is None else end - time.monotonic()

    def bounded(future: Any) -> Any:
        left = remaining()
        return until_any(future, timeout=None if left is None else max(0.0, left), ioloop=ioloop)

    bounded.remaining = remaining  # type: ignore[attr-defined]
    return bounded


def gathered(
    futures: Mapping[Any, "asyncio.Future[Any]"],
    loop: asyncio.AbstractEventLoop,
    result: Callable[[dict[Any, Any]], Any] = lambda found: found,
) -> "asyncio.Future[Any]":
    """Future of what `result` makes of the results of `futures`, by their keys.

    The first exception ends it; to cancel it cancels them.
    """
    if not futures:
        nothing: asyncio.Future[Any] = loop.create_future()
        nothing.set_result(result({}))
        return nothing
    together: asyncio.Future[list[Any]] = asyncio.gather(*futures.values())
    return mapped(together, lambda results: result(dict(zip(futures, results, strict=True))))


def mapped(source: "asyncio.Future[Any]", result: Callable[[Any], Any]) -> "asyncio.Future[Any]":
    """Future of what `result` makes of the result of `source`; to cancel it cancels that."""
    target = _following(source, result)
    target.add_done_callback(lambda _: source.cancel())
    return target


def detached(
    work: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop
) -> "asyncio.Future[Any]":
    """Future of what `work` gives; to cancel it is to give up waiting, and nothing else."""
    return _following(loop.create_task(work), lambda given: given)


def _following(
    source: "asyncio.Future[Any]", result: Callable[[Any], Any]
) -> "asyncio.Future[Any]":
    target: asyncio.Future[Any] = source.get_loop().create_future()

    def done(_: Any) -> None:
        failed = source.cancelled() or source.exception() is not None
        if target.done():
            return
        if failed:
            _copy(source, target)
            return
        try:
            target.set_result(result(source.result()))
        except Exception as exc:
            target.set_exception(exc)

    source.add_done_callback(done)
    return target


def hashable_identity(obj: Any) -> Hashable:
    """Give something equal for every access of one bound method; text is its own identity."""
    if hasattr(obj, "__func__"):
        return (id(obj.__func__), id(obj.__self__))
    return obj if isinstance(obj, str) else id(obj)


class LatencyTimer:
    """Says when a coroutine that finds all its futures done should let the loop go on."""

    def __init__(self, max_loop_latency: float, ioloop: Any = None) -> None:
        self._latency = max_loop_latency
        self._since: float | None = None

    def check_future(self, fut: Any) -> None:
        """Look at a future that is about to be awaited."""
        if not fut.done():
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()

    def time_to_yield(self) -> bool:
        """True when only done futures were seen for longer than the limit."""
        if self._since is None or time.monotonic() - self._since <= self._latency:
            return False
        self._since = time.monotonic()
        return True


def log_future_exceptions(
    logger: logging.Logger, f: "asyncio.Future[Any]", ignore: Any = ()
) -> None:
    """Log the exception of a future that nobody awaits, unless it is one of `ignore`."""

    def done(future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            return
        exc = future.exception()
        if exc is not None and not isinstance(exc, ignore):
            logger.error("A future nobody waited for failed", exc_info=exc)

    f.add_done_callback(done)


def log_coroutine_exceptions(call: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a coroutine function: it runs when it is called, and what it raises is logged, too."""

    @functools.wraps(call)
    def logged(*args: Any, **kwargs: Any) -> "asyncio.Future[Any]":
        work = call(*args, **kwargs)
        future: asyncio.Future[Any] = asyncio.ensure_future(work, loop=asyncio_loop(None))
        future.add_done_callback(done)
        return future

    def done(future: "asyncio.Future[Any]") -> None:
        if not future.cancelled() and (exc := future.exception()) is not None:
            log.error("Coroutine %s failed", call.__qualname__, exc_info=exc)

    return logged


def _copy(source: "asyncio.Future[Any]", target: "asyncio.Future[Any]") -> None:
    if source.cancelled():
        target.cancel()
        return
    exc = source.exception()
    if exc is not None:
        target.set_exception(exc)
    else:
        target.set_result(source.result())


def _limited(future: Any, timeout: float | None, what: str) -> Any:
    if timeout is not None and not future.done():

        def expire() -> None:
            if not future.done():
                future.set_exception(TimeoutError(f"not within {timeout:g} s: {what}"))

        timer = future.get_loop().call_later(max(0.0, timeout), expire)
        future.add_done_callback(lambda _: timer.cancel())
    return future
