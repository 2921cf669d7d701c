"""The helpers of `katcp.core`."""

import asyncio
import copy
import gc
import pickle
import weakref
from typing import Any

import pytest
from tornado import gen

from katcp import core
from katcp._feed import Feed


def test_attr_dict() -> None:
    d = core.AttrDict(a=1)
    d.b = 2
    assert (d.a, d["b"], d.get("c")) == (1, 2, None)
    d["get"] = "mine"
    assert d.get == "mine"
    assert dict.get(d, "a") == 1
    del d.b
    with pytest.raises(AttributeError):
        _ = d.b
    with pytest.raises(AttributeError):
        del d.b
    with pytest.raises(KeyError):
        _ = d["b"]
    assert "a" in dir(d)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))]
)
@pytest.mark.parametrize(
    "made", [core.AttrDict(a=[1], cls=2), core.DefaultAttrDict(list, a=[1], cls=2)]
)
def test_copies_of_attr_dicts_are_their_own(made: Any, copied: Any) -> None:
    d = copied(made)
    assert type(d) is type(made)
    assert d == made == {"a": [1], "cls": 2}
    d.b = 3
    assert (d["b"], d.b, d.a, d.cls) == (3, 3, [1], 2)
    assert "b" not in made
    assert (d.a is made.a) == (copied is copy.copy)
    if isinstance(d, core.DefaultAttrDict):
        assert d.c == []


@pytest.mark.quirk(20)
def test_default_attr_dict() -> None:
    d = core.DefaultAttrDict(list)
    assert "x" not in d
    d.x.append(1)
    assert d["x"] == [1]
    assert d["y"] == []
    assert set(d) == {"x", "y"}


@pytest.mark.quirk(20)
async def test_event() -> None:
    event = core.AsyncEvent()
    waiting = [event.until_set(timeout=10) for _ in range(3)]
    waiting[1].cancel()
    event.set()
    event.clear()
    assert await waiting[0]
    assert await waiting[2]
    assert not event.is_set()
    for timeout in (0, 0.01):
        with pytest.raises(core.TimeoutError):
            await event.until_set(timeout=timeout)
    event.set()
    assert event.until_set().done()
    flags: list[bool] = []
    callback = core.AsyncCallbackEvent(flags.append)
    callback.set()
    callback.clear()
    assert flags == [True, False]


async def test_state() -> None:
    state = core.AsyncState(("a", "b", "c"))
    assert state.state == "a"
    short, later = state.until_state("b"), state.until_state_in("c", "b", timeout=10)
    state.set_state("b")
    state.set_state("a")
    assert await short
    assert await later
    for bad in (state.set_state, state.until_state):
        with pytest.raises(ValueError):
            bad("x")
    with pytest.raises(TimeoutError, match="waited for c, still a"):
        await state.until_state("c", timeout=0)


async def test_until_any_and_some() -> None:
    loop = asyncio.get_running_loop()
    one, two = loop.create_future(), loop.create_future()
    first = core.until_any(one, two)
    some = core.until_some(one, two, done_at_least=1)
    named = core.until_some(x=one, y=two, timeout=10)
    two.set_result("two")
    assert await first == "two"
    assert await some == [(1, "two")]
    one.set_result("one")
    assert await named == [("y", "two"), ("x", "one")]
    assert await core.until_some() == []
    with pytest.raises(ValueError):
        core.until_some(one, a=two)
    never = loop.create_future()
    with pytest.raises(core.TimeoutError):
        await core.until_any(never, timeout=0.01)
    assert not never.done()
    failed = loop.create_future()
    failed.set_exception(KeyError("x"))
    with pytest.raises(KeyError):
        await core.until_some(never, failed)
    assert await core.until_later(0) is None
    bounded = core.future_timeout_manager(0.01)
    with pytest.raises(core.TimeoutError):
        await bounded(never)
    assert bounded.remaining() < 0.01


async def test_tornado_coroutines_wait_for_our_futures() -> None:
    event = core.AsyncEvent()

    @gen.coroutine
    def coroutine() -> Any:
        event.set()
        result = yield event.until_set()
        return result

    assert await coroutine()


def test_identity() -> None:
    class A:
        def method(self) -> None: ...

    a, b = A(), A()
    assert core.hashable_identity(a.method) == core.hashable_identity(a.method)
    assert core.hashable_identity(a.method) != core.hashable_identity(b.method)
    assert core.hashable_identity("x") == "x"


async def test_waiter_keeps_nobody_alive() -> None:
    state = core.AsyncState(("a", "b"))
    waiting = state.until_state("b", timeout=0.05)
    there = weakref.ref(state._state)
    del state
    gc.collect()
    assert there() is None
    with pytest.raises(TimeoutError):
        await waiting


@pytest.mark.parametrize(("maxsize", "overflow"), [(0, "latest"), (1, "sometimes")])
async def test_feed_refuses(maxsize: int, overflow: Any) -> None:
    with pytest.raises(ValueError):
        Feed(asyncio.get_running_loop(), maxsize, overflow, RuntimeError, lambda _: None, print)


def test_timeout_error_is_all_of_them() -> None:
    import concurrent.futures

    import tornado.gen

    import katcp.resource_client

    assert katcp.resource_client.TimeoutError is core.TimeoutError
    for kind in (
        TimeoutError,
        asyncio.TimeoutError,
        concurrent.futures.TimeoutError,
        tornado.gen.TimeoutError,
    ):
        assert issubclass(core.TimeoutError, kind)


def test_device_metaclass_gathers_handlers() -> None:
    class Base(metaclass=core.DeviceMetaclass):
        def request_do_it(self) -> None: ...

    class Derived(Base):
        def inform_it_is_done(self) -> None: ...

    assert list(Derived._request_handlers) == ["do-it"]
    assert Derived._inform_handlers == {"it-is-done": Derived.inform_it_is_done}
    assert Derived._reply_handlers == {}


async def test_what_a_decorated_coroutine_raises_is_logged_though_nobody_waits(
    caplog: Any,
) -> None:
    ran = []

    @core.log_coroutine_exceptions
    async def work(word: str) -> str:
        ran.append(word)
        if word == "bad":
            raise ValueError(word)
        return word

    assert await work("good") == "good"
    future = work("bad")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert ran == ["good", "bad"]
    (record,) = caplog.records
    assert "work failed" in record.getMessage()
    with pytest.raises(ValueError, match="bad"):
        await future
