"""Telescopes from TOML files: what they make, and what is said of wrong ones."""

from pathlib import Path
from typing import Any

import pytest

from katcp import KATCPClientResourceContainer
from katcp.errors import SpecError
from katcp.model import format_strategy, parse_strategy_with_units
from katcp.testing import FakeSensor, ScriptedDevice

EXAMPLE = Path(__file__).parents[2] / "examples" / "telescope.toml"


def test_the_example() -> None:
    telescope = KATCPClientResourceContainer.from_file(EXAMPLE)
    assert telescope.name == "telescope"
    assert len(telescope.children) == 9
    assert len(telescope.groups.ants) == 8
    assert telescope.children.m003.address == ("127.0.0.1", 17103)
    assert telescope.children.cbf.controlled


@pytest.mark.parametrize(
    ("protocol", "sent"), [("5.0-MI", ("period", "0.25")), ("4", ("period", "250"))]
)
async def test_presets_are_converted_for_the_device(
    tmp_path: Path, protocol: str, sent: tuple[str, ...]
) -> None:
    sensors = {"a.fast": FakeSensor(), "a.slow": FakeSensor()}
    async with ScriptedDevice(protocol, sensors) as device:
        file = tmp_path / "one.toml"
        file.write_text(
            f"""
            strategies = {{ "^a_" = "event" }}
            [clients.inner.clients.dev]
            address = "127.0.0.1:{device.port}"
            strategies = {{ "fast$" = "period 250 ms" }}
            [groups]
            g = ["inner.dev"]
            """
        )
        telescope = KATCPClientResourceContainer.from_file(file)
        telescope.start()
        await telescope.until_synced(timeout=5)
        assert device.strategies == {"a.fast": sent, "a.slow": ("event",)}
        assert telescope.sensor.inner_dev_a_fast.sampling_strategy == ("period", "0.25")
        assert telescope.name == "one"
        await telescope.stop()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = = 'x'", "not TOML: .*line 1"),
        ("", r"at the top: there is no \[clients.NAME\]"),
        ("[clients.a]\nadress = 'h:1'", "clients.a.adress: unknown key; expected one of address,"),
        ("[clients.a]\ncontrolled = true", 'clients.a: the key "address" is missing'),
        ("[clients.a]\naddress = 'h'", "clients.a.address: expected \"host:port\", not 'h'"),
        ("[clients.a]\naddress = 'h:1'\ncontrolled = 1", "clients.a.controlled: expected true or"),
        ("[clients.a]\naddress = 'h:1'\nsync_timeout = -1", "sync_timeout: expected a number of s"),
        ("[clients.a]\naddress = 'h:1'\n[groups]\ng = ['b']", "groups.g: no client 'b'; there are"),
        ("[clients]\na = 3", "clients.a: expected a table, not 3"),
        ("[clients]\n'a.b' = {address='h:1'}\na-b = {address='h:1'}", "same name in Python"),
        ("strategies = {x = 'period 1'}\n[clients]", "strategies.x: 1 is a time, and needs a unit"),
        (
            "strategies = {x = 'often'}\n[clients]",
            "'often' is no sampling strategy; strategies are",
        ),
        ("strategies = {x = 'event 1 s'}\n[clients]", "is too much"),
        ("strategies = {'(' = 'event'}\n[clients]", "no regular expression"),
        ("[clients.a]\naddress='h:1'\npreset_protocol_flags='x'", "expected a protocol like"),
        ("[clients.a]\naddress='h:1'\nmax_message_size=0", "expected a number of bytes"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "telescope.toml"
    file.write_text(text)
    with pytest.raises(SpecError, match=message) as caught:
        KATCPClientResourceContainer.from_file(file)
    assert str(file) in str(caught.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        KATCPClientResourceContainer.from_file("/nowhere/telescope.toml")


def test_strategies_with_units() -> None:
    strategy: Any = parse_strategy_with_units("differential-rate 2 100 ms 10 s")
    assert strategy == ("differential-rate", "2.0", "0.1", "10.0")
    assert format_strategy(strategy, "integer", 5) == ("differential-rate", "2", "0.1", "10.0")
    assert format_strategy(strategy, "float", 4) == ("differential-rate", "2.0", "100", "10000")
    with pytest.raises(ValueError, match="takes 2 numbers"):
        parse_strategy_with_units("event-rate 1 s")
