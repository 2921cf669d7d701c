"""Devices behind a TLS terminator: who is trusted, and what is said of who is not."""

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from terminating import AUTHORITY, terminator

import katcp
from katcp.errors import SpecError
from katcp.resource_client import KATCPClientResource, KATCPClientResourceContainer
from katcp.testing import ScriptedDevice


@pytest.fixture
def authority_file(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(file))
    return file


async def test_a_trusted_device(device: ScriptedDevice, authority_file: Path) -> None:
    context = ssl.create_default_context(cafile=str(authority_file))
    async with terminator(device, "127.0.0.1") as address:
        for trusted in (authority_file, str(authority_file), context):
            async with katcp.connect(address, ssl=trusted, auto_reconnect_delay=0.01) as resource:
                assert await resource.sensor.an_int.get_value() == 3
                device.drop()
                await resource.until_not_synced(timeout=10)
                await resource.until_synced(timeout=10)
                assert (await resource.req.watchdog("x" * 1_000_000, timeout=30)).succeeded


async def test_many_records_at_once_are_all_there(
    device: ScriptedDevice, authority_file: Path
) -> None:
    async with (
        terminator(device, "127.0.0.1") as address,
        katcp.connect(address, ssl=authority_file) as resource,
    ):
        heard: list[int] = []
        resource.sensor.an_int.register_listener(lambda s, r: heard.append(r.value), True)
        for value in range(2000):  # a record each
            device.send(f"#sensor-status 1 1 an.int nominal {value}")
        assert await resource.req.watchdog()
        assert heard == list(range(2000))
        assert resource.last_error is None


@pytest.mark.parametrize("given", [True, "other authority", "other name", "no TLS there"])
async def test_one_that_is_not_trusted(
    device: ScriptedDevice, authority_file: Path, tmp_path: Path, given: Any
) -> None:
    trusted, words, name = authority_file, "certificate is not trusted", "127.0.0.1"
    match given:
        case True:
            trusted = True
        case "other authority":
            trusted = tmp_path / "other.pem"
            trustme.CA().cert_pem.write_to_path(str(trusted))
        case "other name":
            name = "elsewhere.example"
        case _:
            words = "does the device speak TLS"
    async with terminator(device, name) as address:
        if given == "no TLS there":
            address = ":".join(map(str, device.address))
        with pytest.raises(katcp.ConnectTimeout, match=words):
            async with katcp.connect(address, ssl=trusted, timeout=0.5):
                pass
    assert device.requests == []
    device.rejected.clear()  # the beginning of a TLS handshake is no message


async def test_a_dead_link_ends_with_tls_too(device: ScriptedDevice, authority_file: Path) -> None:
    async with terminator(device, "127.0.0.1") as address:
        quick = {"keepalive_interval": 0.05, "keepalive_timeout": 0.1}
        async with katcp.connect(address, ssl=authority_file, **quick) as resource:
            device.hanging = True
            await resource.until_state("disconnected", timeout=10)
            assert "?watchdog" in resource.last_error.what


@pytest.mark.parametrize("given", ["no/such/file.pem", __file__, 7])
def test_authorities_that_cannot_be_used(given: Any) -> None:
    with pytest.raises(SpecError, match="ssl: "):
        KATCPClientResource({"name": "dev", "address": ("h", 1), "ssl": given})


async def test_in_a_file(device: ScriptedDevice, authority_file: Path, tmp_path: Path) -> None:
    async with terminator(device, "127.0.0.1") as address:
        file = tmp_path / "site.toml"
        file.write_text(f'[clients.dev]\naddress = "{address}"\nssl = "{authority_file.name}"\n')
        site = KATCPClientResourceContainer.from_file(file)
        site.start()
        await site.until_synced(timeout=10)
        await site.stop()
        file.write_text('[clients.dev]\naddress = "h:1"\nssl = 3\n')
        with pytest.raises(SpecError, match=r"clients\.dev\.ssl"):
            KATCPClientResourceContainer.from_file(file)
