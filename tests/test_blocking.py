"""`katcp.blocking`, containers and groups from other threads, Ctrl-C."""

import asyncio
import importlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import katcp
import katcp.blocking
from katcp.ioloop_manager import IOLoopManager, IOLoopThreadWrapper
from katcp.resource_client import (
    KATCPClientResourceContainer,
    KATCPReply,
    ThreadSafeKATCPClientGroupWrapper,
    ThreadSafeKATCPClientResourceWrapper,
)
from katcp.testing import FakeSensor, ScriptedDevice, reply


@pytest.fixture
def devices() -> Iterator[list[ScriptedDevice]]:
    """Two devices that run in a loop of another thread."""
    manager = IOLoopManager()
    manager.setDaemon(True)
    loop = IOLoopThreadWrapper(manager.get_ioloop())
    manager.start(timeout=10)

    async def make() -> list[ScriptedDevice]:
        made = [ScriptedDevice(sensors={"lock": FakeSensor("boolean")}) for _ in range(2)]
        for device in made:
            device.help["add"] = "Add"
            device.answers["add"] = lambda _, request: [
                reply(request, "ok", str(sum(map(int, request.arguments))))
            ]
            await device.listen()
        return made

    made = loop.call_in_ioloop(make, (), {})
    yield made
    for device in made:
        loop.call_in_ioloop(device.__aexit__, (), {})
    manager.stop()
    manager.join()


def test_a_device_in_three_lines(devices: list[ScriptedDevice]) -> None:
    with katcp.blocking.connect(f"127.0.0.1:{devices[0].port}") as dev:
        assert dev.req.add(1, 2).reply.arguments == [b"ok", b"3"]
        assert dev.sensor.lock.get_value() is False
        assert dev.sensor.lock.set_strategy("event") == (True, ("event",))
        assert dev.wait("lock", True, 0.05) is False


def test_who_forgets_with_is_told() -> None:
    antenna = katcp.blocking.connect("localhost:5000")
    with pytest.raises(AttributeError, match=r"write 'with katcp\.blocking\.connect"):
        antenna.req  # type: ignore[attr-defined]  # noqa: B018


def test_a_telescope(devices: list[ScriptedDevice]) -> None:
    spec = {
        "clients": {f"m{i}": {"address": d.address} for i, d in enumerate(devices)},
        "groups": {"ants": ["m0", "m1"]},
    }
    with katcp.blocking.connect(spec) as telescope:
        ants = telescope.groups.ants
        assert isinstance(ants, ThreadSafeKATCPClientGroupWrapper)
        assert {k: r.succeeded for k, r in ants.req.add(1, 2).items()} == {"m0": True, "m1": True}
        ants.set_sampling_strategy("lock", "event")
        assert ants.wait("lock", False, 300)
        assert not ants.wait("lock", True, 0.05)
        assert isinstance(ants[0], ThreadSafeKATCPClientResourceWrapper)
        assert [c.name for c in ants] == [c.name for c in ants.clients] == ["m0", "m1"]
        assert len(ants) == 2
        assert ants[1].req.add(1, timeout=5)
        assert telescope.children.m0.parent == telescope
        assert telescope.sensors.m0_lock.get_value() is False
        assert telescope.until_synced(timeout=1) is None
        telescope.favourite = telescope.__subject__.children.m0
        assert isinstance(telescope.favourite, ThreadSafeKATCPClientResourceWrapper)
        assert isinstance(telescope.req.m1_add(3), KATCPReply)
        late = telescope.add_child_resource_client(
            "m2", {**spec["clients"]["m1"], "controlled": True}
        )
        assert isinstance(late, ThreadSafeKATCPClientResourceWrapper)
        assert late.until_synced(timeout=10)
        assert late.req.add(1)
        assert telescope.remove_child_resource_client("m2")
        assert "m2" not in telescope.children
    assert telescope.state == "disconnected"


def test_ctrl_c_during_a_wait_leaves_all_usable(devices: list[ScriptedDevice]) -> None:
    with katcp.blocking.connect(f"127.0.0.1:{devices[0].port}") as dev:
        dev.sensor.lock.set_strategy("event")
        me = threading.get_ident()
        timer = threading.Timer(0.2, lambda: signal.pthread_kill(me, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            dev.wait("lock", True, 60)
        timer.join()
        assert dev.req.add(1, 2)
        assert not dev.sensor.lock.__subject__._listeners


def test_no_device_in_time_is_an_error_that_says_why() -> None:
    with (
        pytest.raises(katcp.ConnectTimeout, match=r"localhost:1: not synced after .* phase"),
        katcp.blocking.connect("localhost:1", timeout=0.3),
    ):
        pass


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("localhost", 5000), r"\('localhost', 5000\) is no address; give 'host:port'"),
        (None, "None is no address"),
        ({"address": "localhost:5000"}, "the device: address: expected .*, not 'localhost:5000'"),
        ({"adress": ("localhost", 5000)}, r"address: expected \(host, port\), not None"),
        ({"clients": {"a": {"address": "b:1"}}}, r"a: address: expected .*, not 'b:1'"),
    ],
)
def test_what_is_no_address_is_said(given: Any, says: str) -> None:
    with pytest.raises(katcp.errors.SpecError, match=says), katcp.blocking.connect(given):
        pass


def test_a_call_after_the_end_says_so(devices: list[ScriptedDevice]) -> None:
    with katcp.blocking.connect(f"127.0.0.1:{devices[0].port}") as dev:
        pass
    with pytest.raises(RuntimeError, match=r"add.*has been stopped, as at the end of a with block"):
        dev.req.add(1, 2)


async def test_a_call_from_the_loop_itself_is_refused() -> None:
    container = KATCPClientResourceContainer({"name": "c", "clients": {}})
    wrapped = ThreadSafeKATCPClientResourceWrapper(
        container, IOLoopThreadWrapper(asyncio.get_running_loop())
    )
    with pytest.raises(RuntimeError, match="would block its own event loop"):
        wrapped.until_synced(timeout=1)


@pytest.mark.quirk(24)
def test_container_until_stopped_from_another_thread(devices: list[ScriptedDevice]) -> None:
    with katcp.blocking.connect({"clients": {"a": {"address": devices[0].address}}}) as telescope:
        with pytest.raises(AttributeError):
            _ = telescope.children.a.groups
        result: Any = telescope.stop()
        assert result == {"a": True}
        assert telescope.until_stopped(timeout=5) == {"a": True}


def test_what_is_for_servers_points_to_aiokatcp() -> None:
    with pytest.raises(ImportError, match="aiokatcp"):
        from katcp import DeviceServer  # noqa: F401
    with pytest.raises(ImportError, match="aiokatcp"):
        importlib.import_module("katcp.server")
    with pytest.raises(ImportError, match="aiokatcp"):
        importlib.import_module("katcp.sensortree")
    with pytest.raises(ImportError, match="aiokatcp"):
        from katcp.kattypes import request  # noqa: F401
    with pytest.raises(AttributeError, match="bananas"):
        _ = katcp.bananas
