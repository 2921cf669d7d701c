"""Many threads on one blocking container, while its devices fail: no deadlock, no mix-up."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import katcp.blocking
from katcp.errors import KATCPSensorError
from katcp.testing import FakeSensor, FaultProxy, Lines, ScriptedDevice
from katcp.wire import Message

NAMES = ["m000", "m001", "m002", "m003"]
SPEC = {"auto_reconnect_delay": 0.02, "keepalive_interval": 0.2, "keepalive_timeout": 0.5}


class Site:
    """Devices behind proxies, on a loop and thread of their own, with faults going on."""

    def __init__(self) -> None:
        self.addresses: dict[str, tuple[str, int]] = {}
        self.injected: dict[str, int] = {}
        self._ready = threading.Event()
        self._calm = threading.Event()
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._ready.wait(30)

    def calm(self) -> None:
        self._calm.set()

    def close(self) -> None:
        self._end.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        pairs = []
        for name in NAMES:
            device = ScriptedDevice("5.0-MI", {"lock": FakeSensor("boolean", value="1")})
            device.help["echo"] = "Says it again"
            device.answers["echo"] = lambda link, request: [
                str(Message.reply_to_request(request, "ok", *request.arguments))
            ]
            await device.listen()
            proxy = FaultProxy(device, seed=1)
            await proxy.listen()
            self.addresses[name] = proxy.address
            pairs.append((device, proxy))
        self._ready.set()
        dice = random.Random(1)
        while not self._end.is_set():
            await asyncio.sleep(0.05)
            if self._calm.is_set():
                for _, proxy in pairs:
                    proxy.clear()
                continue
            _, proxy = dice.choice(pairs)
            proxy.clear()
            dice.choice([proxy.cut, proxy.half_open, lambda p=proxy: lose(p)])()
        for device, proxy in pairs:
            await proxy.close()
            await device.__aexit__()
            for fault, count in proxy.injected.items():
                self.injected[fault] = self.injected.get(fault, 0) + count


def lose(proxy: FaultProxy) -> None:
    proxy.to_client.drop = [Lines("!", chance=0.3)]
    proxy.to_client.reorder = [Lines("!", chance=0.3)]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


def work(telescope: Any, number: int) -> int:
    """Use everything from one thread; gives how many requests succeeded."""
    dice = random.Random(number)
    succeeded = 0
    for turn in range(40):
        child = telescope.children[dice.choice(NAMES)]
        match dice.randrange(6):
            case 0 | 1:
                mine = f"{number}.{turn}"
                reply = child.req.echo(mine, timeout=0.3)
                if reply.succeeded:
                    assert reply.reply.arguments[1] == mine.encode()
                    succeeded += 1
            case 2:
                results = telescope.groups.all.req.echo(number, timeout=0.3)
                assert set(results) == set(NAMES)
                for reply in results.values():
                    assert not reply or reply.reply.arguments[1] == b"%d" % number
            case 3:
                child.wait("lock", True, timeout=0.1)
            case 4:
                with contextlib.suppress(KATCPSensorError):
                    assert child.sensor.lock.get_value() is True
            case 5:
                telescope.set_sampling_strategy(f"{child.name}_lock", "event")
    return succeeded


def test_many_threads_and_faults(site: Site) -> None:
    clients = {name: {"address": address, **SPEC} for name, address in site.addresses.items()}
    spec = {"name": "site", "clients": clients, "groups": {"all": NAMES}}
    with katcp.blocking.connect(spec, timeout=60) as telescope:
        telescope.set_sampling_strategies("lock", "event")
        with ThreadPoolExecutor(16) as pool:
            running = [pool.submit(work, telescope, number) for number in range(16)]
            succeeded = sum(future.result(timeout=100) for future in running)
        site.calm()
        assert succeeded > 0
        tries = 0
        while not telescope.groups.all.req.echo("end", timeout=1):  # until dead links are noticed
            tries += 1
            assert tries < 100
        telescope.until_synced(timeout=60)
    site.close()
    assert site.injected["cut"]
    assert site.injected["half_open"]
