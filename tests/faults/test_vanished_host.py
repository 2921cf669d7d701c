"""A host that vanishes altogether: in network namespaces, so that not even TCP is answered."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

NAMESPACE = f"katcp-{os.getpid()}"
HERE, THERE = "10.213.77.1", "10.213.77.2"
LINK = f"kt{os.getpid() % 100000}"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)


def set_up() -> None:
    ip("netns", "add", NAMESPACE)
    ip("link", "add", f"{LINK}a", "type", "veth", "peer", "name", f"{LINK}b", "netns", NAMESPACE)
    ip("addr", "add", f"{HERE}/30", "dev", f"{LINK}a")
    ip("link", "set", f"{LINK}a", "up")
    ip("netns", "exec", NAMESPACE, "ip", "addr", "add", f"{THERE}/30", "dev", f"{LINK}b")
    ip("netns", "exec", NAMESPACE, "ip", "link", "set", f"{LINK}b", "up")


def tear_down() -> None:
    for words in (("link", "del", f"{LINK}a"), ("netns", "del", NAMESPACE)):
        with contextlib.suppress(subprocess.SubprocessError):
            ip(*words)


DEVICE = """
import asyncio
import sys
from katcp.testing import ScriptedDevice

class There(ScriptedDevice):
    async def listen(self):
        self._server = await asyncio.start_server(self._accept, sys.argv[1], self.port)
        self.port = self._server.sockets[0].getsockname()[1]

async def main():
    async with There() as device:
        print(device.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def far_away() -> AsyncIterator[tuple[str, int]]:
    """A device in a network of its own."""
    if shutil.which("ip") is None:
        pytest.skip("there is no ip command; the proxy's tests stand for this one")
    try:
        set_up()
    except subprocess.SubprocessError as exc:
        tear_down()
        pytest.skip(f"network namespaces are not allowed here ({exc})")
    command = ["ip", "netns", "exec", NAMESPACE, sys.executable, "-c", DEVICE, THERE]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield THERE, int(await process.stdout.readline())
    finally:
        process.kill()
        await process.communicate()
        tear_down()


class At:
    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address


async def test_a_host_that_vanishes_and_comes_back(
    far_away: tuple[str, int], make_resource: Any
) -> None:
    quick = {"keepalive_interval": 0.2, "keepalive_timeout": 0.5, "connect_timeout": 0.5}
    resource = make_resource(At(far_away), **quick)
    resource.start()
    await resource.until_synced(timeout=30)
    ip("netns", "exec", NAMESPACE, "ip", "link", "set", f"{LINK}b", "down")
    pending = resource.req.watchdog(timeout=0.1)
    await resource.until_state("disconnected", timeout=30)
    assert "the link is taken for dead" in resource.last_error.what
    assert not await pending
    with pytest.raises(TimeoutError, match=r"no answer|No route|unreachable"):
        await resource.until_synced(timeout=1.5)
    ip("netns", "exec", NAMESPACE, "ip", "link", "set", f"{LINK}b", "up")
    await resource.until_synced(timeout=30)
