"""katcp-python 0.9.3, used as a program for it would: for Python 3.9 and tornado 4, which it needs."""

import functools
import time
from collections.abc import Callable, Generator
from typing import Any

import tornado.gen
import tornado.ioloop

from katcp.resource_client import KATCPClientResource

from .. import load
from ._program import Figures, Stopwatch, main, memory, percentile

Workload = Generator[Any, Any, Figures]


def _resource(port: int, number: int = 0) -> KATCPClientResource:
    spec = {"name": f"dev{number}", "address": ("127.0.0.1", port), "controlled": True}
    resource = KATCPClientResource(spec)
    resource.start()
    return resource


def _check_sampled(*resources: KATCPClientResource, sensors: int) -> None:
    for resource in resources:
        assert len(resource.sensor) == sensors
        assert all(sensor.status == "nominal" for sensor in dict.values(resource.sensor))


@tornado.gen.coroutine
def updates(port: int, count: int, per_inform: int, listeners: bool) -> Workload:
    """Take updates, with a listener on each sensor."""
    resource = _resource(port)
    yield resource.until_synced()
    yield resource.set_sampling_strategies("", "event")
    sensors = {sensor.name: sensor for sensor in dict.values(resource.sensor)}
    calls = 0

    def listener(sensor: Any, reading: Any) -> None:
        nonlocal calls
        calls += 1

    for sensor in sensors.values():
        sensor.register_listener(listener, reading=True)
    before = calls
    watch = Stopwatch()
    reply = yield resource.req.updates(count, per_inform, timeout=600)
    figures = watch.stop(count)
    assert reply.succeeded, reply
    assert calls - before == count, (calls, before)
    load.check_latest({n: s.reading.timestamp for n, s in sensors.items()}, count, per_inform)
    return figures


@tornado.gen.coroutine
def sync(port: int, sensors: int) -> Workload:
    """Connect, sync and sample all sensors."""
    before = memory()
    watch = Stopwatch()
    resource = _resource(port)
    yield resource.until_synced()
    yield resource.set_sampling_strategies("", "event")
    figures = watch.stop(sensors)
    figures["bytes"] = (memory() - before) / sensors
    _check_sampled(resource, sensors=sensors)
    return figures


@tornado.gen.coroutine
def many(port: int, sensors: int, connections: int) -> Workload:
    """Do the same with many devices at once."""
    watch = Stopwatch()
    resources = [_resource(port, number) for number in range(connections)]
    yield [resource.until_synced() for resource in resources]
    yield [resource.set_sampling_strategies("", "event") for resource in resources]
    figures = watch.stop(sensors * connections)
    _check_sampled(*resources, sensors=sensors)
    return figures


@tornado.gen.coroutine
def serial(port: int, count: int) -> Workload:
    """Send requests, each when the one before is answered."""
    resource = _resource(port)
    yield resource.until_synced()
    took = []
    watch = Stopwatch()
    for _ in range(count):
        began = time.perf_counter()
        reply = yield resource.req.watchdog()
        took.append(time.perf_counter() - began)
        assert reply.succeeded, reply
    figures = watch.stop(count)
    return {**figures, "p50": percentile(took, 50), "p99": percentile(took, 99)}


@tornado.gen.coroutine
def pipelined(port: int, count: int) -> Workload:
    """Send requests all at once."""
    resource = _resource(port)
    yield resource.until_synced()
    watch = Stopwatch()
    replies = yield [resource.req.watchdog() for _ in range(count)]
    figures = watch.stop(count)
    assert all(reply.succeeded for reply in replies)
    return figures


def _run(workload: Callable[..., Any], *args: Any, **parameters: Any) -> Figures:
    todo = functools.partial(workload, *args, **parameters)
    figures: Figures = tornado.ioloop.IOLoop.current().run_sync(todo)
    return figures


if __name__ == "__main__":
    coroutines = [updates, sync, many, serial, pipelined]
    main({coroutine.__name__: functools.partial(_run, coroutine) for coroutine in coroutines})
