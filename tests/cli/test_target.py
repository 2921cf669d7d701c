"""What WHERE means, and what is said of one that means nothing."""

from pathlib import Path

import pytest

from katcp.cli._target import connected, open_target
from katcp.errors import ConnectTimeout
from katcp.resource_client import KATCPClientResource, KATCPClientResourceContainer
from katcp.testing import ScriptedDevice

TELESCOPE = """
name = "scope"
[strategies]
"^lock$" = "event"
[clients]
m000 = { address = "127.0.0.1:5000" }
m001-a = { address = "[::1]:5001", controlled = false, keepalive_interval = 7 }
[clients.inner.clients]
x = { address = "host:5002" }
[groups]
ants = ["m000", "m001-a"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "scope.toml"
    path.write_text(TELESCOPE)
    path.with_name("bad.toml").write_text("[")
    return path


async def test_an_address() -> None:
    for where, address in {"a.b:70": ("a.b", 70), "[::1]:5000": ("::1", 5000)}.items():
        device = open_target(where)
        assert isinstance(device, KATCPClientResource)
        assert (device.name, device.address, device.controlled) == (where, address, True)
        assert not device.running()


async def test_a_device_of_a_file(file: Path) -> None:
    device = open_target(f"{file}:m000")
    assert isinstance(device, KATCPClientResource)
    assert (device.name, device.address, device.controlled) == ("m000", ("127.0.0.1", 5000), True)
    for name in ("m001-a", "m001_a"):
        device = open_target(f"{file}:{name}")
        assert (device.name, device.address) == ("m001-a", ("::1", 5001))
        assert not getattr(device, "controlled", True)  # as the file says
    assert open_target(f"{file}:inner.x").address == ("host", 5002)


async def test_a_whole_telescope_and_a_part(file: Path) -> None:
    telescope = open_target(str(file))
    assert isinstance(telescope, KATCPClientResourceContainer)
    assert telescope.name == "scope"
    inner = open_target(f"{file}:inner")
    assert isinstance(inner, KATCPClientResourceContainer)
    assert list(inner.children) == ["x"]


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("nonsense", "'nonsense' is no address; give host:port, for example localhost:5000"),
        ("", "'' is no address"),
        (":5000", "is no address"),
        ("a:0", "is no address"),
        ("a:65536", "is no address"),
        ("a:b", "is no address"),
        ("FILE:m01", "has no device 'm01'; it has m001-a and 3 more"),
        ("FILE:ants", "'ants' is a group of scope.toml: give all of scope.toml, or one of m000"),
        ("FILE:inner.y", "has no device 'inner.y'; it has inner.x, inner and 2 more"),
        ("FILE:", "has no device ''; it has m000"),
        ("no-such.toml:m000", "cannot read the telescope file no-such.toml: No such file"),
        ("bad.toml", "bad.toml: not TOML"),
    ],
)
async def test_what_is_wrong_is_said_in_one_line(
    file: Path, where: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(ValueError) as caught:
        open_target(where.replace("FILE", file.name))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_where_a_device_hangs_is_said_beside_what_was_wrong_before() -> None:
    async with ScriptedDevice() as device:
        device.banner.append("#sensor-status 1 1 stray nominal 1")
        device.answers["help"] = lambda link, request: None
        where = f"127.0.0.1:{device.port}"
        with pytest.raises(ConnectTimeout, match=r"in phase 'help'; last error: .*: stray; katcp"):
            async with connected(where, 0.3):
                pass
