"""The fault proxy: each fault, seen from the other side."""

import asyncio
import builtins
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from katcp.errors import TimeoutError
from katcp.testing import FaultProxy, Faults, Lines, Link, Responder, ScriptedDevice
from katcp.wire import Message

BANNER = [
    b"#version-connect katcp-device scripted-1.0 scripted-1.0.0\n",
    b"#version-connect katcp-protocol 5.0-MI\n",
]
NOWHERE = ("127.0.0.1", 1)
LINE_FAULTS = ["drop", "duplicate", "corrupt", "merge", "reorder", "garbage", "cut_mid_line"]


class Client:
    """A connection on which nothing is taken for granted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def line(self) -> bytes:
        async with asyncio.timeout(30):
            return await self.reader.readline()

    async def lines(self, count: int) -> list[bytes]:
        return [await self.line() for _ in range(count)]

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(30):
            return await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        async with asyncio.timeout(30):
            return await self.reader.read()

    def send(self, *lines: str) -> None:
        self.writer.write("".join(line + "\n" for line in lines).encode())

    async def watchdog(self, mid: int) -> bytes:
        """Ask, and give the next line, whatever it is."""
        self.send(f"?watchdog[{mid}]")
        return await self.line()

    def hears_nothing(self) -> bool:
        return not self.reader._buffer and not self.reader.at_eof()  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def connected(to: Any) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(*to.address)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@pytest.fixture
async def proxy(device: ScriptedDevice) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(device, seed=1) as made:
        yield made


@pytest.fixture
async def client(proxy: FaultProxy) -> AsyncIterator[Client]:
    """A client that has read the banner."""
    async with connected(proxy) as made:
        assert await made.lines(2) == BANNER
        yield made


def now() -> float:
    return asyncio.get_running_loop().time()


async def until(condition: Callable[[], Any]) -> None:
    """Wait for what nothing tells of."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


# --- no fault


async def test_without_a_fault_a_device_is_as_it_is(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(timeout=30)
    assert (await resource.req.watchdog()).succeeded
    assert proxy.injected == {}
    assert (proxy.connections, device.connections) == (1, 1)


async def passed(to_device: bytes, to_client: bytes, **faults: Any) -> tuple[bytes, bytes]:
    """Give what a device and a client receive when they send these, each ended by EOF."""
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(to_client)
        writer.write_eof()
        received.set_result(await reader.read())
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        async with FaultProxy(server.sockets[0].getsockname(), seed=1) as proxy:
            for direction in (proxy.to_client, proxy.to_device):
                for name, value in faults.items():
                    setattr(direction, name, value)
            async with connected(proxy) as client:
                client.writer.write(to_device)
                client.writer.write_eof()
                heard = await client.rest()
                async with asyncio.timeout(30):
                    return await received, heard
    finally:
        server.close()


streams = st.lists(
    st.binary(max_size=50) | st.sampled_from([b"\n", b"\r\n", b"\0", b"!watchdog ok\n", b"#a"])
).map(b"".join)


@given(streams, streams)
@settings(deadline=None, max_examples=40)
def test_any_bytes_pass_as_they_are(to_device: bytes, to_client: bytes) -> None:
    assert asyncio.run(passed(to_device, to_client)) == (to_device, to_client)


@given(streams, streams, st.integers(1, 5))
@settings(deadline=None, max_examples=20)
def test_any_bytes_pass_in_pieces_and_late(to_device: bytes, to_client: bytes, split: int) -> None:
    faults = {"split": split, "delay": 0.002, "jitter": 0.005}
    assert asyncio.run(passed(to_device, to_client, **faults)) == (to_device, to_client)


@given(streams, streams)
@settings(deadline=None, max_examples=20)
def test_any_bytes_pass_by_faults_of_other_lines(to_device: bytes, to_client: bytes) -> None:
    faults: dict[str, Any] = {name: [Lines(lambda line: False)] for name in LINE_FAULTS}
    assert asyncio.run(passed(to_device, to_client, **faults)) == (to_device, to_client)


async def test_a_line_that_never_ends_passes_by_faults_of_lines() -> None:
    endless = b"x" * (3 << 20)
    assert await passed(b"", endless + b"\n#y\n", drop=[Lines("!")]) == (b"", endless + b"\n#y\n")


async def test_half_a_line_passes_at_once(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    device.send_bytes(b"#half\0 a\r")
    assert await client.exactly(9) == b"#half\0 a\r"
    proxy.to_client.drop = [Lines("#")]
    device.send_bytes(b" line\n#dropped\n!next\n")  # the end of a line that has been begun
    assert await client.lines(2) == [b" line\n", b"!next\n"]
    device.send_bytes(b"!kept")
    device.send_bytes(b" back\n")
    assert await client.line() == b"!kept back\n"


# --- faults of bytes


async def test_delay(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    began = now()
    proxy.to_client.delay = 0.1
    assert await client.watchdog(1) == b"!watchdog[1] ok\n"
    assert now() - began >= 0.09
    assert proxy.injected["delay"] == 1
    proxy.to_device.delay = 1000
    client.send("?watchdog[2]")
    await proxy.until_injected("delay", 2)
    proxy.to_device.delay = 0  # at once, for what is under way too
    assert await client.line() == b"!watchdog[2] ok\n"


async def test_jitter_keeps_the_order(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.jitter = 0.02
    for number in range(30):
        device.send(f"#log warn 1 x {number}")
        await asyncio.sleep(0)
    assert await client.lines(30) == [b"#log warn 1 x %d\n" % n for n in range(30)]
    assert proxy.injected["delay"] >= 1


async def test_what_is_delayed_does_not_wait_for_what_was_delayed_before(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.delay = 0.1
    began = now()
    for number in range(100):
        device.send(f"#log warn 1 x {number}")
        await asyncio.sleep(0.002)  # so that they come one by one
    await client.lines(100)
    if proxy.injected["delay"] > 50:  # else the machine was so slow that they came together
        assert now() - began < 0.1 * proxy.injected["delay"]


async def test_throttle(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.throttle = 10_000
    began = now()
    device.send_bytes(b"x" * 3000 + b"\n")
    assert await client.line() == b"x" * 3000 + b"\n"
    assert now() - began >= 0.2
    assert proxy.injected["throttle"] >= 4
    proxy.to_client.throttle = 0.001
    device.send("#log warn 1 x y")
    assert await client.exactly(1) == b"#"
    proxy.to_client.throttle = 0  # at once
    assert await client.line() == b"log warn 1 x y\n"


async def test_split(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.split = 1
    device.send("#log " + 100 * "x")
    pieces = []
    while not b"".join(pieces).endswith(b"\n"):
        async with asyncio.timeout(30):
            pieces.append(await client.reader.read(1 << 16))
    assert b"".join(pieces) == b"#log " + 100 * b"x" + b"\n"
    assert len(pieces) > 10
    assert proxy.injected == {"split": 106}


async def test_swallow_to_the_client(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.swallow = True
    client.send("?watchdog[1]")
    await device.until_asked("watchdog")
    await proxy.until_injected("swallow")
    assert client.hears_nothing()
    proxy.to_client.swallow = False
    assert await client.watchdog(2) == b"!watchdog[2] ok\n"


async def test_swallow_to_the_device(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_device.swallow = True
    client.send("?watchdog[1]")
    await proxy.until_injected("swallow")
    device.send("#log warn 1 x y")
    assert await client.line() == b"#log warn 1 x y\n"
    proxy.to_device.swallow = False
    assert await client.watchdog(2) == b"!watchdog[2] ok\n"
    assert device.asked("watchdog") == ["?watchdog[2]"]


async def test_the_end_of_the_device_is_swallowed_until_no_more_is(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.swallow = True
    device.drop()
    await until(lambda: not device._links)
    proxy.to_client.swallow = False
    with contextlib.suppress(ConnectionError):
        assert await client.rest() == b""


async def test_half_open_is_for_the_links_of_now(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(timeout=30)
    proxy.half_open()
    device.drop()
    reply = await resource.req.watchdog(timeout=0.2)
    assert not reply.succeeded
    assert resource.is_connected()
    assert proxy.injected["half_open"] == 1
    resource._client().katcp_client.disconnect()  # as its keep-alive would
    await until(lambda: proxy.connections == 2)
    await resource.until_synced(timeout=30)
    assert (await resource.req.watchdog()).succeeded
    await until(lambda: len(proxy._links) == 1)  # of what is half open the client has gone


async def test_stall_lets_buffers_run_full(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    device.answers["big"] = lambda link, request: None
    (link,) = proxy._links
    proxy.to_device.stall = True
    sent = 0
    for _ in range(200):  # nobody has buffers for that: 200 MB
        client.writer.write(b"?big " + b"x" * (1 << 20) + b"\n")
        sent += 1
        try:
            async with asyncio.timeout(0.3):
                await client.writer.drain()
        except builtins.TimeoutError:
            break
    assert sent < 200
    assert proxy.injected["stall"] == 1
    assert link.to_device._queue.empty()
    proxy.to_device.stall = False
    async with asyncio.timeout(60):
        await client.writer.drain()
    assert await client.watchdog(1) == b"!watchdog[1] ok\n"


async def test_who_does_not_read_is_waited_for() -> None:
    """The proxy keeps little of what a client does not take."""
    sent = 0
    full = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            while sent < 200:
                writer.write(b"x" * (1 << 20))
                sent += 1
                try:
                    async with asyncio.timeout(0.5):
                        await writer.drain()
                except builtins.TimeoutError:
                    full.set()
                    break
            await reader.read()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with FaultProxy(server.sockets[0].getsockname()) as proxy:
        async with connected(proxy) as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            async with asyncio.timeout(60):
                await full.wait()
        assert sent < 200
    server.close()


# --- connections


async def test_cut(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.cut()
    with pytest.raises(ConnectionResetError):
        await client.line()
    await until(lambda: not device._links)
    assert proxy.injected == {"cut": 1}
    async with connected(proxy) as again:
        assert await again.lines(2) == BANNER


async def test_end(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    device.send("#log warn 1 x y")
    assert await client.line() == b"#log warn 1 x y\n"
    proxy.end()
    assert await client.rest() == b""
    client.send("?watchdog[1]")  # nobody hears it
    await until(lambda: not device._links)
    assert proxy.injected == {"end": 1}
    assert device.asked("watchdog") == []
    client.writer.close()
    await until(lambda: not proxy._links)


async def test_a_reset_passes_as_a_reset_and_an_end_as_an_end(
    proxy: FaultProxy, device: ScriptedDevice
) -> None:
    async with FaultProxy(proxy) as outer, connected(outer) as client:
        assert await client.lines(2) == BANNER
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            await client.line()
    async with FaultProxy(proxy) as outer, connected(outer) as client:
        assert await client.lines(2) == BANNER
        proxy.end()
        assert await client.rest() == b""


async def test_cut_mid_line(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.cut_mid_line("!watchdog")
    device.send("#log warn 1 x y")
    client.send("?watchdog[1]", "?watchdog[2]")
    assert await client.rest() == b"#log warn 1 x y\n!watchdo"
    assert proxy.injected == {"cut_mid_line": 1}
    async with connected(proxy) as again:
        assert await again.lines(2) == BANNER
        assert await again.watchdog(3) == b"!watchdog[3] ok\n"


async def test_a_client_gets_over_a_cut_in_its_sync(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    proxy.cut_mid_line("#sensor-list")
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(timeout=30)
    assert proxy.injected == {"cut_mid_line": 1}
    assert (proxy.connections, device.connections) == (2, 2)


async def test_accept_then_close(proxy: FaultProxy, device: ScriptedDevice) -> None:
    proxy.accept_then_close = 1
    async with connected(proxy) as client:
        assert await client.rest() == b""
    assert proxy.injected == {"accept_then_close": 1}
    assert device.connections == 0
    proxy.clear()
    async with connected(proxy) as client:
        assert await client.lines(2) == BANNER


async def test_refuse_and_listen_again(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    address = proxy.address
    await proxy.refuse()
    await proxy.refuse()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*proxy.address)
    assert await client.watchdog(1) == b"!watchdog[1] ok\n"  # who was there stays
    await proxy.listen()
    await proxy.listen()
    assert proxy.address == address
    async with connected(proxy) as again:
        assert await again.lines(2) == BANNER
    assert proxy.injected == {"refuse": 1}


async def test_a_device_that_is_not_there() -> None:
    events: list[str] = []
    async with FaultProxy(NOWHERE) as proxy:
        proxy.on_event = lambda link, what, line: events.append(what)
        async with connected(proxy) as client:
            assert await client.rest() == b""
    assert events[0].startswith("no device: ")


async def test_a_port_that_is_taken(proxy: FaultProxy) -> None:
    with pytest.raises(OSError, match="in use"):
        await FaultProxy(NOWHERE, port=proxy.address[1]).listen()


# --- faults of lines


async def test_drop_by_name_and_count(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.drop = [Lines("!watchdog", count=2)]
    client.send("?watchdog[1]", "?watchdog[2]", "?watchdog[3]")
    assert await client.line() == b"!watchdog[3] ok\n"
    assert proxy.injected == {"drop": 2}
    assert proxy.to_client.drop[0].count == 0


async def test_drop_an_inform_by_what_it_says(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.drop = [Lines("#logs"), Lines(lambda line: line.endswith(b" secret"))]
    device.send("#log a secret", "#logs b", "#log c")
    assert await client.line() == b"#log c\n"
    assert proxy.injected == {"drop": 2}


async def test_drop_a_request(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_device.drop = [Lines("?watchdog", count=1)]
    client.send("?watchdog[1]", "?watchdog[2]")
    assert await client.line() == b"!watchdog[2] ok\n"
    assert device.asked("watchdog") == ["?watchdog[2]"]


async def test_duplicate(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.duplicate = [Lines("!", count=1)]
    client.send("?watchdog[1]", "?watchdog[2]")
    assert await client.lines(3) == [
        b"!watchdog[1] ok\n", b"!watchdog[1] ok\n", b"!watchdog[2] ok\n",
    ]  # fmt: skip
    assert proxy.injected == {"duplicate": 1}


async def test_reorder(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.hold = 1000
    proxy.to_client.reorder = [Lines("!")]
    client.send("?watchdog[1]", "?watchdog[2]", "?watchdog[3]", "?watchdog[4]")
    assert await client.lines(4) == [b"!watchdog[%d] ok\n" % n for n in (2, 1, 4, 3)]
    assert proxy.injected == {"reorder": 2}


async def test_a_reply_that_is_held_back_lets_informs_pass(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.hold = 1000
    proxy.to_client.reorder = [Lines("!", count=1)]
    device.send("!a", "#b", "!c", "#d")
    assert await client.lines(4) == [b"#b\n", b"!c\n", b"!a\n", b"#d\n"]


async def test_what_is_held_back_comes_when_nothing_follows(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    proxy.to_client.hold = 0.05
    proxy.to_client.reorder = [Lines("!", count=1)]
    assert await client.watchdog(1) == b"!watchdog[1] ok\n"
    assert proxy.injected == {"reorder": 1}
    proxy.to_client.hold = 1000
    proxy.to_client.reorder = [Lines("!", count=1)]
    client.send("?watchdog[2]")
    await proxy.until_injected("reorder", 2)
    device.drop()  # at the end of the connection too
    with contextlib.suppress(ConnectionError):
        assert await client.rest() in (b"!watchdog[2] ok\n", b"")


async def test_corrupt(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.corrupt = [Lines("#log", count=1)]
    device.send("", "#log warn 1 x y", "#log warn 1 x y")
    blank, wrong, right = await client.lines(3)
    assert (blank, right) == (b"\n", b"#log warn 1 x y\n")
    assert sum(a != b for a, b in zip(wrong, right, strict=True)) == 1
    assert wrong.endswith(b"\n")
    assert proxy.injected == {"corrupt": 1}


async def test_merge(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.merge = [Lines("#log", count=1)]
    device.send("#log a", "#log b", "#log c")
    assert await client.lines(2) == [b"#log a#log b\n", b"#log c\n"]
    assert proxy.injected == {"merge": 1}


async def test_garbage(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    proxy.to_client.garbage = [Lines("#log", count=1)]
    device.send("#log a", "#log b")
    received = b""
    while not received.endswith(b"#log b\n"):
        received += await client.line()
    garbage, end, rest = received.partition(b"\n#log a\n")
    assert 1 <= len(garbage) <= 64
    assert end + rest == b"\n#log a\n#log b\n"
    assert proxy.injected == {"garbage": 1}


async def test_send_garbage(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    await proxy.send_garbage(50)
    garbage = await client.exactly(51)
    assert garbage[-1:] == b"\n"
    assert len(set(garbage)) > 20
    assert await client.watchdog(1) == b"!watchdog[1] ok\n"
    assert proxy.injected == {"send_garbage": 1}


async def test_flood_of_so_many(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    await proxy.flood("#log warn 1 x \xe9", 1000)
    assert await client.lines(1000) == ["#log warn 1 x \xe9\n".encode()] * 1000
    assert proxy.injected == {"flood": 1000}


async def test_flood_comes_between_lines(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    device.send_bytes(b"#half ")
    assert await client.exactly(6) == b"#half "
    flood = asyncio.create_task(proxy.flood(b"#flood"))
    await asyncio.sleep(0)
    device.send_bytes(b"a line\n")
    assert await client.lines(2) == [b"a line\n", b"#flood\n"]
    await flood


async def test_flood_waits_for_who_reads_slowly_and_ends_with_the_link(
    proxy: FaultProxy, device: ScriptedDevice, client: Client
) -> None:
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    flood = asyncio.create_task(proxy.flood(b"x" * (1 << 20), 200))
    await proxy.until_injected("flood")
    (link,) = proxy._links
    await until(lambda: link.to_client._writer.transport.get_write_buffer_size() > 0)
    assert not flood.done()
    proxy.cut()
    async with asyncio.timeout(30):
        await flood
    assert proxy.injected["flood"] < 200


async def test_flood_a_second(proxy: FaultProxy, device: ScriptedDevice, client: Client) -> None:
    began = now()
    proxy.to_client.flood_line = "#log debug 1 x noise"
    proxy.to_client.flood = 200
    assert await client.lines(50) == [b"#log debug 1 x noise\n"] * 50
    assert now() - began >= 0.15
    proxy.to_client.flood = 0
    while await client.watchdog(1) != b"!watchdog[1] ok\n":
        pass
    assert await client.watchdog(2) in (b"!watchdog[1] ok\n", b"!watchdog[2] ok\n")
    assert proxy.injected["flood"] >= 50


# --- chance


async def dropped(seed: int | None) -> list[bytes]:
    """Give what arrives of a hundred lines, of which some do not."""
    device = Responder([f"#line {n}" for n in range(100)] + ["#end"])
    async with device, FaultProxy(device, seed=seed) as proxy:
        proxy.to_client.drop = [Lines("#line", chance=0.3)]
        async with connected(proxy) as client:
            lines = [await client.line()]
            while lines[-1] != b"#end\n":
                lines.append(await client.line())
        assert proxy.injected["drop"] == 101 - len(lines)
        return lines


async def test_the_same_seed_is_the_same_fate() -> None:
    first = await dropped(7)
    assert 30 < len(first) < 95
    assert await dropped(7) == first
    assert await dropped(8) != first


async def test_a_seed_by_chance_can_be_used_again() -> None:
    assert FaultProxy(NOWHERE).seed != FaultProxy(NOWHERE).seed


# --- the rest


def test_lines_by_their_start() -> None:
    dice = random.Random(1)
    for which, line in [
        ("", b"anything"), ("!", b"!x ok"), ("!x", b"!x ok"), ("!x", b"!x[12] ok"), ("!x", b"!x\r\n"),
        ("#x-y", b"#x-y\tz"), (bytes.isascii, b"!x"),
    ]:  # fmt: skip
        assert Lines(which).hit(line, dice), (which, line)
    for which, line in [("!", b"#x"), ("!x", b"!x-y"), ("!x", b"#x"), ("", b"\r\n")]:
        assert not Lines(which).hit(line, dice), (which, line)
    assert not Lines(chance=0).hit(b"x", dice)


def test_faults_clear_and_know_their_names() -> None:
    faults = Faults(delay=1, drop=[Lines("!x")], swallow=True)
    faults.clear()
    assert faults == Faults()
    with pytest.raises(AttributeError):
        faults.dealy = 1  # type: ignore[attr-defined]


async def test_until_injected_says_what_was(proxy: FaultProxy, client: Client) -> None:
    proxy.half_open()
    with pytest.raises(TimeoutError, match=r"drop 1 times; injected: .*half_open"):
        await proxy.until_injected("drop", timeout=0.01)


async def test_events(proxy: FaultProxy, device: ScriptedDevice) -> None:
    events: list[tuple[int, str, bytes]] = []
    proxy.on_event = lambda *event: events.append(event)
    proxy.to_client.drop = [Lines("!")]
    async with connected(proxy) as client:
        await client.lines(2)
        client.send("?watchdog[1]")
        await proxy.until_injected("drop")
    await until(lambda: not proxy._links)
    assert events == [
        (1, "connect", b""), (1, "drop", b"!watchdog[1] ok\n"), (1, "disconnect", b""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "faults",
    [
        {"delay": 1000},
        {"throttle": 0.001},
        {"swallow": True},
        {"stall": True},
        {"hold": 1000, "reorder": [Lines()]},
        {"flood": 1, "split": 1},
        {"flood": 100_000},
    ],
    ids=lambda faults: " ".join(faults),
)
async def test_it_closes_in_the_middle_of_all(
    faults: dict[str, Any], device: ScriptedDevice
) -> None:
    """That nothing is left behind is seen by `nothing_left_behind`."""
    async with FaultProxy(device) as proxy:
        for direction in (proxy.to_client, proxy.to_device):
            for name, value in faults.items():
                setattr(direction, name, value)
        async with connected(proxy) as client:
            client.send("?watchdog[1]", "?watchdog[2]")
            await until(lambda: proxy.injected)
            await proxy.close()
            with contextlib.suppress(ConnectionError):
                await client.rest()


async def test_a_client_among_everything_ends_up_synced(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    for name in LINE_FAULTS:
        setattr(proxy.to_client, name, [Lines(chance=0.05, count=3)])
    proxy.to_client.split, proxy.to_client.jitter = 3, 0.002
    resource = make_resource(proxy)
    resource.start()
    await until(lambda: proxy.injected["split"])
    proxy.cut()
    proxy.clear()
    await resource.until_synced(timeout=60)
    assert (await resource.req.watchdog()).succeeded


async def test_replies_that_come_twice_or_in_another_order_are_told_apart(
    proxy: FaultProxy, device: ScriptedDevice, make_resource: Any
) -> None:
    def echo(link: Link, request: Message) -> list[str]:
        return [str(Message.reply_to_request(request, "ok", *request.arguments))]

    device.answers["echo"] = echo
    device.help["echo"] = "Say it again"
    resource = make_resource(proxy)
    resource.start()
    await resource.until_synced(timeout=30)
    proxy.to_client.duplicate = [Lines("!echo", chance=0.5)]
    proxy.to_client.reorder = [Lines("!echo", chance=0.5)]
    proxy.to_client.hold = 0.05
    replies = await asyncio.gather(*(resource.req.echo(n) for n in range(50)))
    assert [r.reply.arguments[1] for r in replies] == [b"%d" % n for n in range(50)]
    assert proxy.injected["duplicate"]
    assert proxy.injected["reorder"]


async def come_and_go(proxy: FaultProxy, until_done: asyncio.Event) -> None:
    while not until_done.is_set():
        with contextlib.suppress(OSError, builtins.TimeoutError):
            async with asyncio.timeout(0.1), connected(proxy) as client:
                for number in range(1, 20):
                    await client.watchdog(number)


@pytest.mark.parametrize("seed", [1, 2])
async def test_faults_that_change_all_the_time_leave_nothing_behind(
    device: ScriptedDevice, seed: int
) -> None:
    dice, done = random.Random(seed), asyncio.Event()
    values: dict[str, list[Any]] = {
        "delay": [0, 0.01, 1], "jitter": [0, 0.01], "throttle": [0, 100, 100_000],
        "split": [0, 1, 7], "swallow": [False, True], "stall": [False, True], "flood": [0, 1000],
        **{fault: [[], [Lines(chance=0.2)]] for fault in LINE_FAULTS},
    }  # fmt: skip
    async with FaultProxy(device, seed=seed) as proxy:
        clients = [asyncio.create_task(come_and_go(proxy, done)) for _ in range(4)]
        floods = []
        for _ in range(100):
            name = dice.choice(list(values))
            direction = dice.choice([proxy.to_client, proxy.to_device])
            setattr(direction, name, dice.choice(values[name]))
            dice.choice([proxy.cut, proxy.end, proxy.half_open, proxy.clear, lambda: None])()
            if dice.random() < 0.1:
                floods.append(asyncio.create_task(proxy.flood("#x", 100)))
            await asyncio.sleep(dice.random() * 0.01)
    done.set()
    async with asyncio.timeout(30):
        await asyncio.gather(*clients, *floods)
    device.rejected.clear()  # requests that were cut to pieces
