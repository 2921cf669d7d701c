"""Blocking programs: a loop in a thread, and resources used from another."""

import asyncio
import concurrent.futures
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import tornado.gen

from katcp import ioloop_manager, resource_client
from katcp.core import AttrDict
from katcp.ioloop_manager import AttrMappingProxy, IOLoopManager, IOLoopThreadWrapper
from katcp.simulator import Antenna


@pytest.fixture
def manager() -> Iterator[IOLoopManager]:
    made = IOLoopManager()
    made.setDaemon(True)
    yield made
    if made._thread is not None:
        made.stop()
        made.join()


@pytest.mark.quirk(21)
def test_manager(manager: IOLoopManager) -> None:
    for call in (manager.start, manager.join):
        with pytest.raises(RuntimeError):
            call()
    loop = manager.get_ioloop()
    assert manager.get_ioloop() is loop
    with pytest.raises(RuntimeError):
        manager.set_ioloop(loop)
    early = threading.Event()

    async def coroutine() -> None:
        early.set()

    loop.add_callback(coroutine)
    manager.start(timeout=10)
    assert early.wait(10)
    with pytest.raises(RuntimeError):
        manager.start()
    last = []
    assert manager.stop(callback=lambda: last.append(threading.current_thread())).result(10) is None
    manager.join(10)
    assert last != [threading.current_thread()]
    again = manager.get_ioloop()
    assert again is not loop
    manager.start(timeout=10)


async def test_unmanaged() -> None:
    manager = IOLoopManager(managed_default=False)
    assert manager.get_ioloop().asyncio_loop is asyncio.get_running_loop()
    manager.start()
    assert not manager.managed
    manager.stop()
    manager.join()
    await asyncio.sleep(0)


def test_wrapper(manager: IOLoopManager) -> None:
    wrapper = IOLoopThreadWrapper(manager.get_ioloop())
    manager.start()

    async def answer(value: Any, timeout: float | None = None) -> Any:
        await asyncio.sleep(0)
        return value

    def fail() -> None:
        raise ZeroDivisionError

    def inside() -> None:
        wrapper.call_in_ioloop(answer, (1,), {})

    assert wrapper.call_in_ioloop(answer, (1,), {}) == 1
    assert wrapper.decorate_callable(answer)(2, timeout=5) == 2
    assert wrapper.call_in_ioloop(lambda: 3, (), {}) == 3
    with concurrent.futures.ThreadPoolExecutor() as executor:
        assert wrapper.call_in_ioloop(executor.submit, (time.sleep, 0.01), {}) is None
    with pytest.raises(ZeroDivisionError):
        wrapper.call_in_ioloop(fail, (), {})
    with pytest.raises(RuntimeError, match="block its own event loop"):
        wrapper.call_in_ioloop(inside, (), {})
    wrapper.default_timeout = 0.01
    with pytest.raises(concurrent.futures.TimeoutError):
        wrapper.call_in_ioloop(asyncio.sleep, (5,), {})
    manager.stop()
    manager.join()
    with pytest.raises(RuntimeError, match="stopped"):
        wrapper.call_in_ioloop(fail, (), {})


async def test_with_relative_timeout() -> None:
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    with pytest.raises(tornado.gen.TimeoutError):
        await ioloop_manager.with_relative_timeout(0.01, never)
    never.set_result(4)
    assert await ioloop_manager.with_relative_timeout(5, never) == 4


def test_blocking_program(manager: IOLoopManager) -> None:
    loop = manager.get_ioloop()
    wrapper = resource_client.IOLoopThreadWrapper(loop)
    wrapper.default_timeout = 10
    manager.start()
    antenna = wrapper.call_in_ioloop(Antenna, (), {"seed": 1})
    wrapper.call_in_ioloop(antenna.start, (), {})
    resource = resource_client.KATCPClientResource(
        {"name": "m000", "address": ("127.0.0.1", str(antenna.port)), "controlled": True}
    )
    resource.set_ioloop(loop)
    rct = resource_client.ThreadSafeKATCPClientResourceWrapper(resource, wrapper)
    assert rct.start() is None
    assert rct.until_synced(timeout=10) is True
    assert isinstance(rct, resource_client.ThreadSafeKATCPClientResourceWrapper)
    assert isinstance(rct, resource_client.KATCPClientResource)
    assert rct == resource
    assert rct.name == "m000"
    assert rct.is_connected()
    assert rct.req.target_azel(-20, 60).succeeded
    reply, informs = rct.req["calibrate"](0.05)
    assert (reply.reply_ok(), len(informs)) == (True, 5)
    assert not rct.req.calibrate(5, timeout=0.05).succeeded
    assert rct.req.calibrate.__doc__ == resource.req.calibrate.__doc__  # which ``?`` shows
    sensor = rct.sensor.pos_actual_azim
    assert isinstance(sensor.get_value(), float)
    assert sensor.set_strategy("event") == (True, ("event",))
    assert sensor.sampling_strategy == ("event",)
    assert rct.wait("pos_actual_azim", lambda reading: reading.value > -60, timeout=10)
    assert "mode" in rct.sensors
    assert len(rct.sensor) == len(resource.sensor)
    assert (rct.children, rct.parent) == ({}, None)
    with pytest.raises(concurrent.futures.TimeoutError):
        rct.until_not_synced(timeout=0.01)
    with pytest.raises(AttributeError):
        _ = rct.sensor.no_such
    rct.stop()
    assert rct.state == "disconnected"
    rct.start()
    rct.until_synced(timeout=10)
    rct.stop()
    wrapper.call_in_ioloop(antenna.stop, (), {})
    assert sys.exc_info() == (None, None, None)


def test_an_item_of_a_proxy_hides_a_method_of_that_name() -> None:
    proxy = AttrMappingProxy(AttrDict(get=1, values=2, other=3), lambda item: item + 10)
    assert (proxy.get, proxy.values, proxy.other, proxy["get"]) == (11, 12, 13, 11)
    assert dict(proxy.items()) == {"get": 11, "values": 12, "other": 13}


def test_who_waits_when_the_loop_is_stopped_is_told() -> None:
    manager = IOLoopManager()
    loop = manager.get_ioloop()
    wrapper = IOLoopThreadWrapper(loop)
    manager.start(timeout=5)
    began = threading.Event()

    def never() -> Any:
        began.set()
        return asyncio.get_running_loop().create_future()

    with concurrent.futures.ThreadPoolExecutor() as executor:
        waiting = executor.submit(wrapper.call_in_ioloop, never, (), {})
        assert began.wait(timeout=5)
        manager.stop()
        manager.join(timeout=5)
        with pytest.raises(RuntimeError, match=r"not done when its event loop was stopped"):
            waiting.result(timeout=5)
