"""Containers: several devices as one, and the groups in them, against real connections."""

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from katcp.errors import KATCPResourceError, KATCPResourceInactive
from katcp.resource_client import (
    ClientGroup,
    GroupResults,
    KATCPClientResourceContainer,
    KATCPSensorError,
    TestableDict,
    TimeoutError,
    monitor_resource_sync_state,
)
from katcp.testing import FakeSensor, ScriptedDevice, attach, reply, virtual_time


def a_device(**sensors: FakeSensor) -> ScriptedDevice:
    device = ScriptedDevice(sensors={name.replace("_", "-"): s for name, s in sensors.items()})
    device.help["mode"] = "Set the mode"
    device.answers["mode"] = lambda link, request: [reply(request, "ok")]
    return device


class Site:
    """Devices and the container that is connected to them."""

    def __init__(self) -> None:
        self.devices: dict[str, ScriptedDevice] = {}
        self.container: Any = None
        self.exit = contextlib.AsyncExitStack()

    async def add(self, name: str, device: ScriptedDevice | None = None) -> dict[str, Any]:
        device = device or a_device(lock=FakeSensor("boolean"), agg_all=FakeSensor(value="1"))
        self.devices[name] = await self.exit.enter_async_context(device)
        return {"address": device.address, "controlled": True, "auto_reconnect_delay": 0.02}

    async def start(self, **spec: Any) -> Any:
        spec.setdefault("name", "site")
        self.container = KATCPClientResourceContainer(spec)
        self.container.start()
        await self.container.until_synced(timeout=10)
        return self.container


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with site.exit:
        yield site
        if site.container is not None:
            await site.container.stop()


@pytest.fixture
async def two(site: Site) -> Any:
    clients = {name: await site.add(name) for name in ("r-1", "r.2")}
    return await site.start(clients=clients, groups={"the-ants": ["r-1", "r_2"]})


async def test_views_are_unions_with_the_objects_of_the_children(two: Any) -> None:
    assert set(two.sensor) == {"r_1_lock", "r_2_lock", "agg_all"}
    assert two.sensors is two.sensor
    assert two.sensor.r_1_lock is two.children.r_1.sensor.lock
    assert two.sensor.agg_all is two.children.r_2.sensor.agg_all  # the last child has it
    assert two.req.r_1_mode is two.children["r_1"].req.mode
    assert two.children.r_1.name == "r-1"
    assert two.children.r_1.parent is two
    assert (two.address, two.parent, two.description) == (None, None, "")
    assert two.is_connected()
    assert two.state == "synced"


async def test_views_follow_a_child_with_no_more_work_than_the_change(two: Any, site: Site) -> None:
    seen: list[Any] = []
    put = two._unions["sensor"].put
    two._unions["sensor"].put = lambda *args: seen.append(args[1]) or put(*args)
    sensors = two.sensor
    site.devices["r-1"].sensors["new.one"] = FakeSensor()
    del site.devices["r-1"].sensors["lock"]
    site.devices["r-1"].change()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    assert set(two.sensor) == {"r_1_new_one", "r_2_lock", "agg_all"}
    assert two.sensor is sensors
    assert sorted(seen) == ["lock", "new_one"]


async def test_the_last_aggregate_that_is_there_is_shown(two: Any, site: Site) -> None:
    del site.devices["r.2"].sensors["agg-all"]
    site.devices["r.2"].change()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    assert two.sensor.agg_all is two.children.r_1.sensor.agg_all


async def test_items_that_collide_are_the_first_childs(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    clients = {
        "a": await site.add("a", a_device(b_c=FakeSensor())),
        "a_b": await site.add("a_b", a_device(c=FakeSensor())),
    }
    both = await site.start(clients=clients)
    assert both.sensor.a_b_c is both.children.a.sensor.b_c
    assert both.children.a_b.sensor.c is not both.sensor.a_b_c
    assert "a_b_c" in caplog.text
    await both.remove_child_resource_client("a")
    assert both.sensor.a_b_c is both.children.a_b.sensor.c


async def test_names_that_collide_or_are_not_there_are_errors_with_nothing_done(
    two: Any, site: Site
) -> None:
    with pytest.raises(ValueError, match=r"'r-1' and 'r.1' would both be r_1"):
        two.add_child_resource_client("r.1", await site.add("x"))
    with pytest.raises(KeyError, match=r"no client 'nobody'; it has r-1, r.2"):
        two.add_group("g", ["r-1", "nobody"])
    with pytest.raises(ValueError, match="the_ants"):
        two.add_group("the.ants", ["r-1"])
    with pytest.raises(KeyError, match="no child"):
        two.remove_child_resource_client("nobody")
    assert set(two.groups) == {"the_ants"}
    assert set(two.children) == {"r_1", "r_2"}
    with pytest.raises(KeyError, match="nobody"):
        KATCPClientResourceContainer({"name": "n", "clients": {}, "groups": {"g": ["nobody"]}})


async def test_children_come_and_go(two: Any, site: Site) -> None:
    group = two.groups.the_ants
    child = two.add_child_resource_client("r3", await site.add("r3"))
    await two.until_synced(timeout=5)
    assert "r3_lock" in two.sensor
    two.add_group("more", ["r3", "r-1"])
    assert two.groups.the_ants is group
    assert [c.name for c in two.groups.more.clients] == ["r3", "r-1"]
    await two.remove_child_resource_client("r3")
    assert child.state == "disconnected"
    assert "r3_lock" not in two.sensor
    assert "r3_mode" not in two.req
    assert [c.name for c in two.groups.more.clients] == ["r-1"]


@pytest.mark.quirk(12)
async def test_strategies_and_listeners_by_container_name(two: Any, site: Site) -> None:
    heard: list[Any] = []
    await two.set_sensor_listener("r-1.lock", lambda sensor, reading: heard.append(reading.value))
    result = await two.set_sampling_strategy("r-1.lock", "event")
    assert result == {"r-1": {"lock": (True, ("event",))}}
    assert heard == [False]
    assert await two.set_sampling_strategy("r_1_", "event") == {}
    assert await two.set_sensor_listener("nothing", print) == {}
    result = await two.set_sampling_strategies("lock$", "auto")
    assert set(result) == {"r-1", "r.2"}
    site.devices["r-1"].drop()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    assert two.sensor.r_1_lock.sampling_strategy == ("auto",)
    assert site.devices["r-1"].strategies["lock"] == ("auto",)


async def test_wait_by_container_name(two: Any, site: Site) -> None:
    with pytest.raises(KATCPSensorError):
        await two.wait("r_1_lock", True)
    with pytest.raises(KeyError):
        await two.wait("r_9_lock", True)
    await two.set_sampling_strategy("r_1_lock", "event")
    waiting = two.wait("r_1_lock", True, timeout=5)
    site.devices["r-1"].set_sensor("lock", "1")
    assert await waiting is True
    assert await two.wait("r_1_lock", False, timeout=0.05) is False


async def test_list_sensors(two: Any) -> None:
    rows = await two.list_sensors()
    assert [(row.name, row.python_identifier) for row in rows] == [
        ("agg-all", "agg_all"),
        ("r-1.lock", "r_1_lock"),
        ("r.2.lock", "r_2_lock"),
    ]
    assert len(await two.list_sensors("^r_1", tuple=True)) == 1


async def test_states_of_all_and_of_any(two: Any, site: Site) -> None:
    told: list[bool] = []
    news = asyncio.Event()

    def tell(synced: bool) -> None:
        told.append(synced)
        news.set()

    async def until_told(count: int) -> None:
        async with asyncio.timeout(5):
            while len(told) < count:
                news.clear()
                await news.wait()

    watch = monitor_resource_sync_state(two, tell)
    await until_told(2)
    syncing = two.until_any_child_in_state("syncing", timeout=5)
    all_gone = two.until_all_children_in_state("disconnected", timeout=5)
    site.devices["r-1"].drop()
    assert await syncing is True
    await two.until_synced(timeout=5)
    assert not all_gone.done()
    site.devices["r.2"].drop()
    await all_gone
    await two.until_synced(timeout=5)
    await until_told(6)
    assert told == [False, True, False, True, False, True]
    watch.cancel()
    with pytest.raises(ValueError, match="bananas"):
        two.until_any_child_in_state("bananas")


async def test_what_a_monitor_calls_first_fails_in_its_future(two: Any) -> None:
    def fail(synced: bool) -> None:
        raise ZeroDivisionError

    watch = monitor_resource_sync_state(two, fail)
    with pytest.raises(ZeroDivisionError):
        await watch


async def test_one_strategy_is_set_by_the_method_of_the_child(two: Any, monkeypatch: Any) -> None:
    asked = []

    async def set_it(*args: Any) -> dict[str, str]:
        asked.append(args)
        return {"lock": "done"}

    monkeypatch.setattr(two.children.r_1, "set_sampling_strategy", set_it)
    assert await two.set_sampling_strategy("r-1.lock", "event") == {"r-1": {"lock": "done"}}
    assert asked == [("lock", "event")]
    assert await two.set_sampling_strategy("r-1.no.such", "event") == {}


async def test_a_time_out_names_the_child_that_is_late_and_why(site: Site) -> None:
    good = await site.add("good")
    bad = {"address": ("127.0.0.1", 1), "auto_reconnect_delay": 0.02}
    site.container = KATCPClientResourceContainer(
        {"name": "c", "clients": {"good": good, "bad": bad}}
    )
    site.container.start()
    with pytest.raises(TimeoutError, match=r"1 of 2 not synced: bad \(127.0.0.1:1\)"):
        await site.container.until_synced(timeout=0.3)


async def test_an_empty_container(site: Site) -> None:
    empty = KATCPClientResourceContainer({"name": "e", "clients": {}})
    assert await empty.until_synced(timeout=1) is None
    assert empty.is_connected()
    with pytest.raises(TimeoutError):
        await empty.until_not_synced(timeout=0.01)
    assert await empty.stop() == {}


async def test_containers_in_containers(site: Site) -> None:
    north = {"clients": {"m0": await site.add("n0"), "m1": await site.add("n1")}}
    south = {"clients": {"m0": await site.add("s0")}}
    both = await site.start(
        clients={"north": north, "south": south},
        groups={"all": ["north.m0", "north.m1", "south.m0"]},
    )
    assert both.sensor.north_m0_lock is both.children.north.children.m0.sensor.lock
    assert "agg_all" in both.sensor
    assert both.req.south_m0_mode is both.children.south.children.m0.req.mode
    results = await both.groups.all.req.mode("POINT")
    assert set(results) == {"north.m0", "m1", "south.m0"}
    assert await both.set_sampling_strategy("north.m0.lock", "event") == {
        "north.m0": {"lock": (True, ("event",))}
    }
    rows = await both.list_sensors("north_m0_lock")
    assert rows[0].name == "north.m0.lock"
    site.devices["n0"].sensors["x"] = FakeSensor()
    site.devices["n0"].change()
    await both.until_not_synced(timeout=5)
    await both.until_synced(timeout=5)
    assert "north_m0_x" in both.sensor
    await both.remove_child_resource_client("north")
    assert [c.parent.name for c in both.groups.all] == ["south"]
    assert {key.split("_")[0] for key in both.req} == {"south"}


async def test_a_stopped_container_is_collected_with_waits_outstanding(site: Site) -> None:
    spec = await site.add("a")
    container = KATCPClientResourceContainer({"name": "c", "clients": {"a": spec}})
    container.start()
    await container.until_synced(timeout=5)
    forever = container.until_any_child_in_state("syncing", timeout=60)
    await container.stop()
    gone = weakref.ref(container)
    del container
    await asyncio.sleep(0)
    gc.collect()
    assert gone() is None
    forever.cancel()


async def test_activity_reaches_children(two: Any) -> None:
    two.set_active(False)
    with pytest.raises(KATCPResourceInactive):
        two.req.r_1_mode()
    assert not two.children.r_2.is_active()


# -- groups


async def test_a_group_request_goes_to_all(two: Any, site: Site) -> None:
    results = await two.groups.the_ants.req.mode("POINT")
    assert isinstance(results, GroupResults)
    assert set(results) == {"r-1", "r.2"}
    assert results
    assert results.succeeded
    assert site.devices["r.2"].asked("mode")[0].endswith("POINT")
    assert "Set the mode" in two.groups.the_ants.req.mode.__doc__
    assert results.raise_on_failure() is results


async def test_results_say_who_failed_and_why(two: Any, site: Site) -> None:
    site.devices["r-1"].answers["mode"] = lambda link, request: [
        reply(request, "fail", "is stowed")
    ]
    del site.devices["r.2"].help["mode"]
    site.devices["r.2"].change()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    results = await two.groups.the_ants.req.mode("POINT")
    assert not results
    assert results["r.2"] is None
    assert str(results).splitlines() == [
        "0 of 2 succeeded",
        "r-1  fail     is stowed",
        "r.2  absent   has no such request",
    ]
    with pytest.raises(KATCPResourceError, match="r-1: is stowed"):
        results.raise_on_failure()
    assert GroupResults()


@pytest.mark.quirk(14)
async def test_group_requests_follow_the_clients(two: Any, site: Site) -> None:
    req = two.groups.the_ants.req
    assert "extra" not in req
    site.devices["r.2"].help["extra"] = "More"
    site.devices["r.2"].change()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    assert two.groups.the_ants.req is req
    assert "extra" in two.groups.the_ants.req


@pytest.mark.quirk(15)
async def test_a_request_named_like_a_method_of_dict_is_not_one(two: Any, site: Site) -> None:
    site.devices["r-1"].help |= {"clear": "Clear it", "get": "Get it"}
    site.devices["r-1"].answers |= {"clear": site.devices["r-1"].answers["mode"]}
    site.devices["r-1"].change()
    await two.until_not_synced(timeout=5)
    await two.until_synced(timeout=5)
    before = len(two.children.r_2.req)
    results = await two.groups.the_ants.req["clear"]()
    assert results["r-1"].succeeded
    assert results["r.2"] is None
    assert len(two.children.r_2.req) == before > 0


async def test_an_inactive_client_stops_the_request_for_all(two: Any, site: Site) -> None:
    two.children.r_2.set_active(False)
    with pytest.raises(KATCPResourceInactive, match=r"nobody: inactive: r\.2"):
        await two.groups.the_ants.req.mode("POINT")
    assert site.devices["r-1"].asked("mode") == []


async def test_a_group_is_a_sequence_of_clients(two: Any) -> None:
    group = two.groups.the_ants
    assert (len(group), group[0], list(group)) == (2, two.children.r_1, [*group.clients])
    assert group.is_connected()
    assert ClientGroup("none", []).is_connected()
    group.client_updated(two.children.r_1)
    with pytest.raises(AssertionError):
        group.client_updated(two)
    assert await group.set_sampling_strategy("lock", "event") == {
        "r-1": {"lock": (True, ("event",))},
        "r.2": {"lock": (True, ("event",))},
    }


@pytest.mark.parametrize(
    ("quorum", "required"),
    [(None, 2), (1.0, 2), (0.5, 1), (0.51, 2), (0.0, 0), (1, 1), (2, 2), (3, 3)],
)
async def test_quorum(two: Any, quorum: Any, required: int) -> None:
    group = two.groups.the_ants
    await group.set_sampling_strategy("lock", "event")
    results = await group.wait("lock", False, timeout=0.1, quorum=quorum)
    assert isinstance(results, TestableDict)
    assert results == {"r-1": True, "r.2": True}
    assert bool(results) is (required <= 2)


@pytest.mark.parametrize(
    ("quorum", "error"), [(1.5, TypeError), ("2", TypeError), (-1, ValueError)]
)
async def test_quorum_nonsense(two: Any, quorum: Any, error: type[Exception]) -> None:
    await two.groups.the_ants.set_sampling_strategy("lock", "event")
    with pytest.raises(error, match="quorum"):
        await two.groups.the_ants.wait("lock", False, quorum=quorum)


@pytest.mark.parametrize(
    ("timeout", "grace", "takes"),
    [
        (400, 1000, 200),
        (400, 100, 100),
        (400, None, 0),
        (400, 0, 0),
        (None, 200, 200),
        (0, 100, 100),
    ],
)
@pytest.mark.quirk(13)
async def test_the_grace_is_for_stragglers(timeout: Any, grace: Any, takes: float) -> None:
    devices = {name: a_device(lock=FakeSensor("boolean")) for name in ("r-1", "r.2")}
    spec = {name: {"address": ("memory", 0), "controlled": True} for name in devices}
    two = KATCPClientResourceContainer(
        {"name": "two", "clients": spec, "groups": {"g": list(spec)}}
    )
    for child, device in zip(two.children.values(), devices.values(), strict=True):
        attach(child, device)
    two.start()
    await two.until_synced(timeout=10)
    group, loop = two.groups.g, asyncio.get_running_loop()
    await group.set_sampling_strategy("lock", "event")
    devices["r-1"].set_sensor("lock", "1")
    await two.wait("r_1_lock", True)
    with virtual_time():
        began = loop.time()
        results = await group.wait("lock", True, timeout=timeout, quorum=1, max_grace_period=grace)
        took = loop.time() - began
    assert results == {"r-1": True, "r.2": False}
    assert results
    assert took == pytest.approx(takes, abs=50)  # all else is fast beside
    assert not two.sensor.r_2_lock._listeners
    await two.stop()


async def test_a_wait_that_cannot_be_is_an_error_even_if_a_quorum_could(
    two: Any, site: Site
) -> None:
    await two.set_sampling_strategy("r_1_lock", "event")
    with pytest.raises(KATCPSensorError, match=r"r\.2"):
        await two.groups.the_ants.wait("lock", False, quorum=1)
    with pytest.raises(KATCPSensorError, match="nothing"):
        await two.groups.the_ants.wait("nothing", False, quorum=1)
    assert not two.sensor.r_1_lock._listeners


async def test_a_child_that_was_started_before_its_container_stays(site: Site) -> None:
    inner = {"clients": {"late": await site.add("late")}}
    site.container = KATCPClientResourceContainer(
        {"name": "site", "clients": {"inner": inner, "last": await site.add("last")}}
    )
    spec = await site.add("early")
    site.container.children.inner.add_child_resource_client("early", spec)
    site.container.add_child_resource_client("first", await site.add("first"))
    assert not site.container.running()
    site.container.start()
    await site.container.until_synced(timeout=5)
    assert site.container.running()
    assert set(site.container.req) >= {"inner_late_mode", "inner_early_mode", "first_mode"}


async def test_a_child_leaves_the_groups_of_all_containers_that_it_is_in(site: Site) -> None:
    inner = {"clients": {"a": await site.add("a"), "b": await site.add("b")}}
    whole = await site.start(clients={"in": inner}, groups={"g": ["in.a", "in.b"]})
    await whole.children["in"].remove_child_resource_client("a")
    assert [client.name for client in whole.groups.g] == ["b"]
    assert await whole.groups.g.req.mode()


async def test_a_child_may_go_while_something_is_set_on_it(two: Any) -> None:
    child = two.children.r_1
    setting = two.set_sampling_strategies("lock", "event")
    stopped = two.remove_child_resource_client("r-1")
    results = await setting
    await stopped
    assert set(results) == {child.name, "r.2"}
    assert results["r.2"] == {"lock": (True, ("event",))}


async def test_every_client_of_a_group_has_a_name_of_its_own(site: Site) -> None:
    roots = []
    for name in ("north", "north", "south"):
        spec = await site.add(f"{name}{len(roots)}")
        roots.append(KATCPClientResourceContainer({"name": name, "clients": {"ant": spec}}))
    group = ClientGroup("all", [root.children.ant for root in roots])
    for root in roots:
        root.start()
        await root.until_synced(timeout=5)
    results = await group.req.mode()
    assert set(results) == {"north.ant", "north.ant#2", "south.ant"}
    for root in roots:
        await root.stop()


async def test_only_a_sensors_own_name_makes_it_an_aggregate(site: Site) -> None:
    whole = await site.start(
        clients={
            "in": {
                "clients": {
                    "agg": await site.add("agg", a_device(x=FakeSensor())),
                    "b": await site.add("b", a_device(agg_x=FakeSensor(), agg_y=FakeSensor())),
                }
            }
        }
    )
    inner = whole.children["in"]
    assert set(inner.sensor) == {"agg_x", "agg_y"}
    assert inner.sensor.agg_x is inner.children.agg.sensor.x
    assert set(whole.sensor) == {"in_agg_x", "agg_y"}
    assert whole.sensor.in_agg_x is inner.children.agg.sensor.x
    await inner.remove_child_resource_client("agg")
    assert set(whole.sensor) == set(inner.sensor) == {"agg_x", "agg_y"}
    assert whole.sensor.agg_x is inner.children.b.sensor.agg_x


async def test_a_group_answers_as_dummy_only_while_a_dummy_is_in_it(site: Site) -> None:
    dummy = {**await site.add("dummy"), "dummy_unknown_requests": True}
    whole = await site.start(
        clients={"dummy": dummy, "real": await site.add("real")}, groups={"g": ["dummy", "real"]}
    )
    assert "nonsense" not in whole.groups.g.req
    assert whole.groups.g.req.nonsense is not None
    await whole.remove_child_resource_client("dummy")
    with pytest.raises(AttributeError):
        _ = whole.groups.g.req.nonsense
    assert set(await whole.groups.g.req.mode()) == {"real"}


@pytest.mark.quirk(11)
async def test_what_a_device_lost_while_its_container_was_stopped_is_gone(
    two: Any, site: Site
) -> None:
    two.add_group("g", ["r-1"])
    await two.stop()
    device = site.devices["r-1"]
    del device.sensors["lock"], device.help["mode"]
    two.start()
    await two.until_synced(timeout=5)
    assert set(two.sensor) == {"r_2_lock", "agg_all"}
    assert "r_1_mode" not in two.req
    assert "mode" not in two.groups.g.req
    assert await two.children.r_1.req.help()
    assert await two.groups.the_ants.req.help()


def test_calls_from_outside_the_loop_belong_to_the_loop_that_was_set() -> None:
    loop = asyncio.new_event_loop()

    def run(awaitable: Any) -> Any:
        return loop.run_until_complete(asyncio.wait_for(awaitable, 10))

    device = a_device(lock=FakeSensor("boolean", value="0"))
    run(device.__aenter__())
    spec = {"clients": {"a": {"address": device.address, "controlled": True}}}
    whole = KATCPClientResourceContainer({"name": "site", **spec, "groups": {"g": ["a"]}})
    whole.set_ioloop(loop)
    whole.start()
    try:
        run(whole.until_synced())
        calls = [
            lambda: whole.set_sampling_strategy("a_lock", "event"),
            lambda: whole.groups.g.set_sampling_strategy("lock", "event"),
            lambda: whole.groups.g.req.mode(),
            lambda: whole.groups.g.wait("lock", False),
            lambda: whole.wait("a_lock", False),
            lambda: whole.children.a.wait("lock", False),
            lambda: whole.sensor.a_lock.wait(False, 5),
            lambda: whole.list_sensors(),
            lambda: whole.sensor.a_lock.get_reading(),
        ]
        for call in calls:
            future = call()
            assert future.get_loop() is loop
            assert run(future)
        with pytest.raises(KATCPSensorError):
            run(whole.wait("nothing", 1))
    finally:
        run(whole.stop())
        run(device.__aexit__(None, None, None))
        loop.close()
