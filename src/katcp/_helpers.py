"""Small helpers that user code knows from ``katcp.core``. They know nothing of KATCP."""

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from ._loops import asyncio_loop, block_on
from ._observe import Observed
from .errors import TimeoutError

__all__ = [
    "AsyncCallbackEvent",
    "AsyncEvent",
    "AsyncState",
    "AttrDict",
    "DefaultAttrDict",
    "LatencyTimer",
    "future_timeout_manager",
    "hashable_identity",
    "log_coroutine_exceptions",
    "log_future_exceptions",
    "until_any",
    "until_later",
    "until_some",
]

log = logging.getLogger("katcp.core")


class AttrDict(dict[Any, Any]):
    """A dict whose items are attributes, too; an item hides a dict method of the same name."""

    def __getattribute__(self, name: str) -> Any:
        if name[:2] != "__" and dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        return super().__getattribute__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key in dict.keys(self) if _is_name(key))})


class DefaultAttrDict(AttrDict):
    """An `AttrDict` that makes what is missing, by `factory`, and keeps it."""

    def __init__(self, factory: Callable[[], Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dict.__setattr__(self, "_factory", factory)

    def __missing__(self, key: Any) -> Any:
        self[key] = value = self.__dict__["_factory"]()
        return value

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self[name]


class AsyncEvent:
    """A flag to wait for; a waiter is released by `set` even if `clear` follows at once."""

    def __init__(self, ioloop: Any = None) -> None:
        self._flag = Observed(False, lambda: asyncio_loop(ioloop))

    def set(self) -> None:
        """Raise the flag."""
        self._flag.set(True)

    def clear(self) -> None:
        """Lower the flag."""
        self._flag.set(False)

    def is_set(self) -> bool:
        """Whether the flag is raised."""
        return self._flag.value

    isSet = is_set  # noqa: N815 the old name

    def until_set(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once the flag is raised. `TimeoutError` after `timeout` seconds."""
        return self._flag.until(bool, timeout)

    def wait_with_ioloop(self, ioloop: Any, timeout: float | None = None) -> bool:
        """Block, in another thread than the loop's, until the flag is raised; False if it is not.

        Raises
        ------
        RuntimeError
            In the thread of the loop.
        """

        async def wait() -> bool:
            try:
                return await self.until_set(timeout)
            except TimeoutError:
                return False

        return block_on(asyncio_loop(ioloop), wait())


class AsyncCallbackEvent(AsyncEvent):
    """An `AsyncEvent` that calls `callback(flag)` at each `set` and `clear`."""

    def __init__(self, callback: Callable[[bool], Any], ioloop: Any = None) -> None:
        super().__init__(ioloop)
        self._callback = callback

    def set(self) -> None:
        """Raise the flag and call back with True."""
        super().set()
        self._call(True)

    def clear(self) -> None:
        """Lower the flag and call back with False."""
        super().clear()
        self._call(False)

    def _call(self, flag: bool) -> None:
        try:
            self._callback(flag)
        except Exception:
            log.exception("Callback %r raised an exception", self._callback)


class AsyncState:
    """One of several named states, to be waited for.

    Raises
    ------
    ValueError
        Wherever a state is given that is not one of `valid_states`.
    """

    def __init__(
        self, valid_states: Iterable[Any], initial_state: Any = None, ioloop: Any = None
    ) -> None:
        states = list(valid_states)
        self.valid_states = frozenset(states)
        first = states[0] if initial_state is None else initial_state
        self._check(first)
        self._state = Observed(first, lambda: asyncio_loop(ioloop))

    @property
    def state(self) -> Any:
        """The present state."""
        return self._state.value

    def set_state(self, state: Any) -> None:
        """Enter a state; whoever waits for it hears of it, however short it lasts."""
        self._check(state)
        self._state.set(state)

    def until_state(self, state: Any, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once in `state`. `TimeoutError` after `timeout` seconds."""
        return self.until_state_in(state, timeout=timeout)

    def until_state_in(self, *states: Any, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once in one of `states`. `TimeoutError` after `timeout` seconds."""
        for state in states:
            self._check(state)
        return self._state.until(
            lambda now: now in states,
            timeout,
            waiting_for=lambda now: f"waited for {' or '.join(map(str, states))}, still {now}",
        )

    def _check(self, state: Any) -> None:
        if state not in self.valid_states:
            raise ValueError(
                f"{state!r} is no state; states are {sorted(map(str, self.valid_states))}"
            )


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
    """Decorate a coroutine function: what it raises is logged, and raised."""

    @functools.wraps(call)
    async def logged(*args: Any, **kwargs: Any) -> Any:
        try:
            return await call(*args, **kwargs)
        except Exception:
            log.exception("Coroutine %s failed", call.__qualname__)
            raise

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


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and key.isidentifier()
