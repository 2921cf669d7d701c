"""``%load_ext katcp``: what IPython and Jupyter show then. The tables are in `test_shell_display`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from IPython.core.formatters import DisplayFormatter

import katcp
from katcp.ioloop_manager import IOLoopThreadWrapper
from katcp.resource_client import ClientGroup, ThreadSafeKATCPClientResourceWrapper
from katcp.testing import FakeSensor, ScriptedDevice, reply

EVIL = "<script>alert('&')</script>"


class Shell:
    """As much of IPython as an extension needs."""

    def __init__(self) -> None:
        self.display_formatter: Any = DisplayFormatter()

    def shown(self, thing: Any) -> dict[str, str]:
        data, _ = self.display_formatter.format(thing)
        return dict(data)


@pytest.fixture
def shell() -> Shell:
    made = Shell()
    katcp.load_ipython_extension(made)
    return made


@pytest.fixture
async def device() -> AsyncIterator[ScriptedDevice]:
    """A device whose every text is HTML."""
    sensors = {
        f"text-{number}": FakeSensor("string", EVIL, EVIL, value=value)
        for number, value in enumerate([EVIL, "<b>", "&lt;"])
    }
    device = ScriptedDevice(sensors=sensors)
    device.help = dict.fromkeys((*device.help, "say", "refuse"), f"{EVIL}\n{EVIL}")
    device.answers["say"] = lambda _, request: [f"#say {EVIL}", reply(request, "ok", EVIL)]
    device.answers["refuse"] = lambda _, request: [reply(request, "fail", EVIL)]
    async with device:
        yield device


async def test_what_a_device_says_is_no_html(
    shell: Shell, device: ScriptedDevice, make_resource: Any
) -> None:
    dev = make_resource(device, name=EVIL, description=EVIL)
    dev.start()
    await dev.until_synced(10)
    group = ClientGroup(EVIL, [dev])
    device.answers["sensor-sampling"] = lambda _, r: [reply(r, "fail", EVIL)]
    assert "never read" in shell.shown(dev.sensor.text_0.reading)["text/html"]
    listed = await dev.list_sensors(refresh=True)
    things = [
        dev, dev.req, dev.req.say, dev.sensor, dev.sensor.text_0, dev.sensor.text_0.reading, group,
        listed, await dev.req.say(EVIL), await dev.req.refuse(),
        await group.req.say(EVIL), await group.req.refuse(),
        await dev.sensor.text_0.set_strategy("event"),
    ]  # fmt: skip
    for thing in things:
        html = shell.shown(thing)["text/html"]
        assert "<script" not in html
        assert "script&gt;" in html or "text-0" in html
    assert "&amp;lt;" in shell.shown(dev.sensor)["text/html"]
    dev.sensor.text_0.drop_sampling_strategy()


async def test_a_reply_of_megabytes_is_shown_in_part(
    shell: Shell, synced: Any, device: ScriptedDevice
) -> None:
    device.answers["say"] = lambda _, request: [reply(request, "ok", "x" * 1_000_000)]
    shown = shell.shown(await synced.req.say())
    assert "(1000000 characters)" in shown["text/plain"]
    assert max(map(len, shown.values())) < 3000


async def test_only_what_is_of_this_library_is_changed(
    shell: Shell, synced: Any, device: ScriptedDevice
) -> None:
    untouched = Shell()
    for thing in ([1], {"a": 1}, (1, 2), [], {}, "text", 3, [await synced.req.say()]):
        assert shell.shown(thing) == untouched.shown(thing)
    answer = await synced.req.say()
    assert untouched.shown(answer) == {"text/plain": repr(answer)}


async def test_loaded_twice_it_is_as_loaded_once(shell: Shell, synced: Any) -> None:
    once = shell.shown(synced)
    katcp.load_ipython_extension(shell)
    assert shell.shown(synced) == once
    assert shell.shown([1]) == Shell().shown([1])


async def test_where_the_loop_is_of_another_thread_sensors_are_read_first(
    shell: Shell, synced: Any, device: ScriptedDevice
) -> None:
    wrapped = ThreadSafeKATCPClientResourceWrapper(
        synced, IOLoopThreadWrapper(asyncio.get_running_loop())
    )
    assert "never read" in shell.shown(wrapped.sensor)["text/html"]  # it cannot wait for itself

    async def cell() -> dict[str, str]:  # in a notebook a loop runs even where nothing awaits
        return shell.shown(wrapped.sensor)

    shown = await asyncio.to_thread(asyncio.run, cell())
    assert "never read" not in shown["text/html"]
    assert "never read" not in shown["text/plain"]


async def test_what_was_is_shown_after_its_loop_has_ended(
    shell: Shell, device: ScriptedDevice
) -> None:
    def session() -> Any:
        with katcp.blocking.connect({"address": device.address}) as dev:
            return dev.sensor.text_0

    sensor = await asyncio.to_thread(session)
    assert "never read" in shell.shown(sensor)["text/html"]


async def test_without_rich_there_is_html_and_a_hint_for_terminals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], synced: Any
) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)  # as if it were not installed
    notebook, terminal = Shell(), Shell()
    terminal.display_formatter.active_types = ["text/plain"]
    katcp.load_ipython_extension(notebook)
    assert capsys.readouterr().err == ""
    shown = notebook.shown(synced)
    assert shown["text/html"].startswith("<div>")
    assert shown["text/plain"] == repr(synced)
    katcp.load_ipython_extension(terminal)
    assert 'pip install "katcp-client[cli]"' in capsys.readouterr().err
