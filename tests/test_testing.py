"""What is shipped for tests of others: the pytest plugin, devices in memory, virtual time."""

import asyncio
import time
from typing import Any

import pytest

from katcp.errors import KATCPSensorError, RequestFailed
from katcp.resource_client import TimeoutError
from katcp.testing import FakeSensor, ScriptedDevice, resource_of, virtual_time

pytest_plugins = ["pytester"]


def test_the_plugin_is_there_for_whoever_installs_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio
        import pytest
        from katcp.testing import FakeSensor, resource_of

        async def scenario(device):
            @device.request
            def set_mode(mode):
                "Set the mode: STOP or POINT."
                if mode not in ("STOP", "POINT"):
                    raise ValueError(f"no mode {mode}")
                device.set_sensor("mode", mode)
                return mode

            device.sensors["mode"] = FakeSensor("string", value="STOP")
            async with resource_of(device) as dev:
                await dev.sensor.mode.set_strategy("event")
                assert (await dev.req.set_mode("POINT")).reply.arguments == [b"ok", b"POINT"]
                assert await dev.wait("mode", "POINT")
                failed = await dev.req.set_mode("DANCE")
                assert not failed.succeeded
                assert failed.messages[0].arguments[1] == b"no mode DANCE"
                assert "STOP or POINT" in dev.req.set_mode.description

        def test_version_5(katcp_device):
            asyncio.run(scenario(katcp_device))
            assert "[" in katcp_device.asked("set-mode")[0]

        @pytest.mark.katcp_device("4")
        def test_version_4(katcp_device):
            asyncio.run(scenario(katcp_device))
            assert katcp_device.asked("set-mode")[0] == "?set-mode POINT"
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:asyncio", "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=2)


def test_the_fixture_and_its_marker_are_documented_to_pytest(pytester: pytest.Pytester) -> None:
    fixtures = pytester.runpytest_subprocess("--fixtures")
    fixtures.stdout.fnmatch_lines(["katcp_device*", "katcp_proxy*"])
    markers = pytester.runpytest_subprocess("--markers")
    markers.stdout.fnmatch_lines(["@pytest.mark.katcp_device*"])


PROXIED = """
import asyncio
import pytest
from katcp import connect

async def scenario(device, katcp_proxy):
    async with device:
        proxy = await katcp_proxy(device, seed=5)
        async with connect("%s:%s" % proxy.address) as dev:
            proxy.to_client.delay = 0.01
            assert (await dev.req.watchdog()).succeeded
            assert proxy.injected["delay"]
        other = await katcp_proxy(device.address)
        reader, writer = await asyncio.open_connection(*other.address)
        await reader.readline()
        other.to_client.stall = True
        writer.transport.abort()
"""


@pytest.mark.parametrize(
    ("options", "test"),
    [
        (
            ["-p", "no:asyncio"],
            "def test_proxy(katcp_device, katcp_proxy):\n"
            "    asyncio.run(scenario(katcp_device, katcp_proxy))\n",
        ),
        (
            ["-o", "asyncio_mode=strict"],
            "@pytest.mark.asyncio\n"
            "async def test_proxy(katcp_device, katcp_proxy):\n"
            "    await scenario(katcp_device, katcp_proxy)\n",
        ),
        (
            ["-o", "asyncio_mode=auto"],
            "@pytest.mark.asyncio(loop_scope='module')\n"
            "async def test_proxy(katcp_device, katcp_proxy):\n"
            "    await scenario(katcp_device, katcp_proxy)\n"
            "@pytest.mark.asyncio(loop_scope='module')\n"
            "async def test_nothing_is_left(katcp_device, katcp_proxy):\n"
            "    assert asyncio.all_tasks() == {asyncio.current_task()}\n",
        ),
    ],
    ids=["without pytest-asyncio", "with it", "with a loop for several tests"],
)
def test_proxies_end_with_their_test(
    pytester: pytest.Pytester, options: list[str], test: str
) -> None:
    pytester.makepyfile(PROXIED + test)
    if "no:asyncio" not in options:
        options = [*options, "-o", "asyncio_default_fixture_loop_scope=function"]
    result = pytester.runpytest_subprocess(*options, "--strict-markers", "-W", "error")
    result.assert_outcomes(passed=test.count("def test"))


async def test_links_are_cut_at_will_and_come_back(katcp_device: ScriptedDevice) -> None:
    async with resource_of(katcp_device, name="m", auto_reconnect_delay=5) as dev:
        with virtual_time():
            katcp_device.drop()
            await dev.until_not_synced(timeout=1)
            assert dev.sensor.an_int.stale
            await dev.until_synced(timeout=60)
        assert katcp_device.connections == 2


async def test_virtual_time_passes_at_once_and_in_order(katcp_device: ScriptedDevice) -> None:
    async with resource_of(katcp_device) as dev:
        katcp_device.hanging = True
        began, order = time.monotonic(), []
        loop = asyncio.get_running_loop()
        with virtual_time():
            start = loop.time()
            loop.call_later(7200, order.append, "two hours")
            loop.call_later(60, order.append, "a minute")
            reply = await dev.req.watchdog(timeout=3600)
            assert not reply.succeeded
            assert b"timed out after 3600" in reply.reply.arguments[1]
            assert 3600 <= loop.time() - start < 3700
            await asyncio.sleep(7200)
            assert order == ["a minute", "two hours"]
        assert time.monotonic() - began < 60  # for hours: no bound on a slow machine
        before = loop.time()
        await asyncio.sleep(0.01)
        assert before - start >= 10800
        assert 0.009 < loop.time() - before < 60


async def test_waits_and_refusals_in_virtual_time(katcp_device: ScriptedDevice) -> None:
    katcp_device.sensors["slow"] = FakeSensor("float", value="1.5")
    async with resource_of(katcp_device) as dev:
        with pytest.raises(KATCPSensorError):
            await dev.wait("slow", 2.5)
        await dev.set_sampling_strategy("slow", "event")
        loop = asyncio.get_running_loop()
        with virtual_time():
            assert not await dev.wait("slow", 2.5, timeout=1000)
            loop.call_later(500, katcp_device.set_sensor, "slow", "2.5")
            assert await dev.wait("slow", 2.5, timeout=1000)


async def test_a_device_that_is_never_in_step_is_an_error_and_stops(
    katcp_device: ScriptedDevice,
) -> None:
    katcp_device.hanging = True
    with virtual_time(), pytest.raises(TimeoutError, match="syncing"):
        async with resource_of(katcp_device, timeout=5):
            raise AssertionError("it cannot be synced")


async def test_handlers_may_be_coroutines_and_give_nothing(katcp_device: ScriptedDevice) -> None:
    calls: list[Any] = []

    @katcp_device.request
    async def take_time(seconds: str) -> None:
        """Take some time."""
        await asyncio.sleep(float(seconds))
        calls.append(seconds)

    async with resource_of(katcp_device) as dev:
        with virtual_time():
            assert (await dev.req.take_time(2.5, timeout=10)).reply.arguments == [b"ok"]
        assert calls == ["2.5"]
        assert "argument" in str((await dev.req.take_time()).reply)


async def test_what_a_request_took_is_in_virtual_time(katcp_device: ScriptedDevice) -> None:
    @katcp_device.request
    async def refuse(seconds: str) -> None:
        """Think about it, then refuse."""
        await asyncio.sleep(float(seconds))
        raise ValueError("too late")

    async with resource_of(katcp_device) as dev:
        with virtual_time():
            with pytest.raises(RequestFailed, match="failed after 60 s: too late") as refused:
                (await dev.req.refuse(60, timeout=100)).raise_on_failure()
            assert 60 <= refused.value.elapsed < 60.1
            with pytest.raises(RequestFailed, match=r"failed after 30 s: .*timed out"):
                (await dev.req.refuse(60, timeout=30)).raise_on_failure()


async def test_a_handler_that_hangs_ends_with_its_resource(katcp_device: ScriptedDevice) -> None:
    ended: list[str] = []

    @katcp_device.request
    async def hang() -> None:
        """Never answer."""
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")

    async with resource_of(katcp_device, name="other") as other:
        async with resource_of(katcp_device) as dev:
            with virtual_time():
                assert not (await dev.req.hang(timeout=5)).succeeded
            assert ended == []
        assert ended == ["hang"]
        assert (await other.req.watchdog()).succeeded


async def test_virtual_time_is_none_of_the_machine() -> None:
    loop = asyncio.get_running_loop()
    with virtual_time():
        start = loop.time()
        time.sleep(0.05)  # noqa: ASYNC251 the machine is slow
        assert loop.time() == start
        await asyncio.sleep(0.01)
        assert loop.time() - start == pytest.approx(0.01, abs=1e-4)
        while loop.time() < start + 0.011:  # noqa: ASYNC110 what polls is not to hang
            await asyncio.sleep(0)


async def test_virtual_times_may_be_within_each_other_and_end_by_an_exception() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    with pytest.raises(ZeroDivisionError), virtual_time():
        with virtual_time():
            await asyncio.sleep(1000)
        await asyncio.sleep(1000)
        raise ZeroDivisionError
    assert 2000 <= loop.time() - start < 2100
    before = time.monotonic()
    await asyncio.sleep(0.05)
    assert time.monotonic() - before >= 0.04
