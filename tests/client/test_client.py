"""The low-level clients."""

import asyncio
import concurrent.futures
import gc
import threading
import time
from collections import Counter
from typing import Any

import pytest

import katcp
from katcp.client import AsyncClient, BlockingClient, DeviceClient, ExponentialRandomBackoff, GiveUp
from katcp.errors import KatcpClientDisconnected
from katcp.ioloop_manager import IOLoopManager, IOLoopThreadWrapper
from katcp.testing import Link, ScriptedDevice, reply
from katcp.wire import Exchange, Message, ProtocolFlags


def test_backoff(monkeypatch: Any) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)
    backoff = ExponentialRandomBackoff(2.0, 10.0, exp_fac=3.0)
    delays = []
    for _ in range(3):
        delays.append(backoff.delay)
        backoff.failed()
    assert delays == [2.0, 6.0, 10.0]
    backoff.success()
    assert backoff.delay == 2.0
    monkeypatch.setattr("random.random", lambda: 0.0)
    backoff.success()
    assert backoff.delay == pytest.approx(0.1)
    with pytest.raises(AssertionError):
        ExponentialRandomBackoff(5, 1)


async def test_life(device: ScriptedDevice) -> None:
    client = AsyncClient("127.0.0.1", str(device.port))
    client.set_ioloop()
    with pytest.raises(RuntimeError):
        client.set_ioloop()
    with pytest.raises(KatcpClientDisconnected):
        client.send_message(Message.inform("x"))
    connected: list[bool] = []
    client.notify_connected = connected.append  # type: ignore[method-assign]
    client.stop()  # nothing to stop
    client.start()
    with pytest.raises(RuntimeError):
        client.start()
    assert await client.until_protocol(timeout=10)
    assert client.bind_address == ("127.0.0.1", str(device.port))
    assert client.protocol_flags == ProtocolFlags(5, 0, "MI")
    assert client.versions["katcp-device"] == ("scripted-1.0", "scripted-1.0.0")
    assert client.sockname[1] > 0
    reply, informs = await client.future_request(Message.request("help", "watchdog"))
    assert (reply.arguments, len(informs)) == ([b"ok", b"1"], 1)
    client.disconnect()
    assert not client.is_connected()
    await client.until_connected(timeout=10)
    client.stop()
    client.stop()
    await client.until_stopped(timeout=10)
    assert connected == [True, False, True, False]
    assert client.sockname == ("127.0.0.1", -1)


async def test_handlers(device: ScriptedDevice) -> None:
    heard: list[str] = []
    last = asyncio.Event()

    class Mine(DeviceClient):
        def inform_foo_bar(self, msg: Message) -> None:
            heard.append(f"inform {msg}")
            raise ValueError("in a handler")

        def reply_watchdog(self, msg: Message) -> None:
            heard.append(f"reply {msg}")
            last.set()

        def request_do(self, msg: Message) -> None:
            heard.append(f"request {msg}")

        def unhandled_inform(self, msg: Message) -> None:
            if msg.name == "other":
                heard.append(f"unhandled {msg}")

    client = Mine(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=10)
    device.send("#foo-bar 1", "#other 2", "?do 3")
    assert client.request(Message.request("watchdog")) == b"1"
    await asyncio.wait_for(last.wait(), 10)
    assert heard == [
        "inform #foo-bar 1",
        "unhandled #other 2",
        "request ?do 3",
        "reply !watchdog[1] ok",
    ]
    client.stop()
    await client.until_stopped()


async def test_many_connections_hold_the_loop_no_longer_than_one(device: ScriptedDevice) -> None:
    turn, heard = 0, Counter[int]()

    class Slow(DeviceClient):
        def inform_noise(self, msg: Message) -> None:
            heard[turn] += 1
            time.sleep(0.0002)  # so that a buffer takes longer than a turn may

    clients = [Slow(*device.address) for _ in range(8)]
    for client in clients:
        client.set_ioloop()
        client.start()
        await client.until_protocol(timeout=10)
    line, lines = "#noise " + 150 * "x", 400
    device.send(*lines * [line])
    while heard.total() < lines * len(clients):
        turn += 1
        await asyncio.sleep(0)
    at_a_time = 16 * 1024 / len(line)  # by one connection
    assert max(heard.values()) < 3 * at_a_time
    for client in clients:
        client.stop()
        await client.until_stopped()


async def test_informs_of_a_request_go_to_who_asked(device: ScriptedDevice) -> None:
    """A board whose `unhandled_inform` keeps what it gets would keep every list it asks for."""
    heard: list[str] = []

    class Board(AsyncClient):
        def inform_sensor_list(self, msg: Message) -> None:
            heard.append(msg.name)

        def unhandled_inform(self, msg: Message) -> None:
            heard.append(msg.name)

    client = Board(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=10)
    for request in "help", "sensor-list":
        for use_mid in True, False:
            _, informs = await client.future_request(Message.request(request), use_mid=use_mid)
            assert informs
    done = asyncio.Event()
    client.callback_request(
        Message.request("help"), lambda _: done.set(), inform_cb=lambda inform: None
    )
    await asyncio.wait_for(done.wait(), 10)
    assert heard == []
    done.clear()
    client.callback_request(Message.request("help", "watchdog"), lambda _: done.set())
    await asyncio.wait_for(done.wait(), 10)
    assert heard == ["help"]  # nobody else was named to take it
    client.stop()
    await client.until_stopped()


async def test_nothing_is_kept_of_requests_that_are_done(device: ScriptedDevice) -> None:
    before = {id(found) for found in gc.get_objects() if isinstance(found, Exchange)}
    client = AsyncClient(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=10)
    for _ in range(20):
        await client.future_request(Message.request("watchdog"), timeout=3600)
    kept = [found for found in gc.get_objects() if isinstance(found, Exchange)]
    assert not {id(found) for found in kept} - before
    client.stop()
    await client.until_stopped()


async def test_what_expires_before_it_is_written_was_sent_all_the_same(
    device: ScriptedDevice,
) -> None:
    client = AsyncClient("127.0.0.1", device.port)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=5)
    device.answers["never"] = lambda link, request: None
    device.requests.clear()
    issued: list[Any] = []
    loop = asyncio.get_running_loop()
    first = client.future_request(Message.request("never"), timeout=0.05)
    # Its time is over in the turn in which the second is issued, which is looked at, too, then.
    loop.call_later(
        0.02, lambda: issued.append(client.future_request(Message.request("never"), timeout=0))
    )
    loop.call_later(0.01, time.sleep, 0.1)
    await first
    reply, _ = await issued[0]
    assert (reply.mid, reply.sent) == (b"2", True)
    await client.future_request(Message.request("watchdog"))
    assert [r.line for r in device.requests][:2] == ["?never[1]", "?never[2]"]
    client.stop()
    await client.until_stopped(timeout=5)


async def test_giving_up_after_dropping_the_link(device: ScriptedDevice, caplog: Any) -> None:
    client = AsyncClient("127.0.0.1", device.port, auto_reconnect=False)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=5)

    def drop(inform: Message) -> None:
        client.disconnect("of this test")
        raise GiveUp("it had enough")

    reply, _ = await client.future_request(Message.request("help"), on_inform=drop)
    assert b"Connection closed before reply was received" in reply.arguments[1]
    await client.until_stopped(timeout=5)
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


async def test_a_request_took_until_its_reply_came(device: ScriptedDevice) -> None:
    class Slow(AsyncClient):
        def inform_go(self, msg: Message) -> None:
            time.sleep(0.5)

    client = Slow("127.0.0.1", device.port)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=5)
    device.answers["x"] = lambda link, request: ["#go", f"!x[{int(request.mid or 0)}] ok"]
    loop = asyncio.get_running_loop()
    began = loop.time()
    elapsed = await client.future_request(
        Message.request("x"), transform=lambda asked, reply: asked.elapsed
    )
    assert 0 < elapsed < loop.time() - began - 0.4
    client.stop()
    await client.until_stopped(timeout=5)


async def test_no_request_took_less_than_no_time() -> None:
    class Asking(AsyncClient):
        def inform_go(self, msg: Message) -> None:
            time.sleep(0.01)
            self.took = self.future_request(
                Message.request("x"), transform=lambda asked, reply: asked.elapsed
            )

    async with ScriptedDevice("4") as device:
        client = Asking("127.0.0.1", device.port)
        client.set_ioloop()
        client.start()
        await client.until_protocol(timeout=5)
        device.answers["x"] = lambda link, request: None
        device.send_bytes(b"#go\n!x ok\n")  # taken for the answer, though it came before
        await client.until_protocol(timeout=5)
        await device.until_asked("x")
        assert await client.took == 0
        client.stop()
        await client.until_stopped(timeout=5)


async def test_callbacks(device: ScriptedDevice) -> None:
    client = AsyncClient(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=10)
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    informs: list[Any] = []
    client.callback_request(
        Message.request("help"),
        reply_cb=lambda reply, data: done.set_result((reply.reply_ok(), data)),
        inform_cb=lambda inform, data: informs.append(data),
        user_data=("mine",),
    )
    assert await done == (True, "mine")
    assert informs == ["mine"] * len(device.help)
    client.stop()
    await client.until_stopped()


@pytest.mark.quirk(6)
async def test_backoff_starts_anew_after_a_good_link(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        client = resource._inspecting_client.katcp_client
        for _ in range(5):
            device.drop()
            await resource.until_not_synced(timeout=10)
            await resource.until_synced(timeout=10)
        device.drop()
        await resource.until_state("disconnected", timeout=10)
        await asyncio.sleep(0)
        assert client._backoff.delay <= 2 * client.auto_reconnect_delay


async def test_no_reconnect_storm_on_a_refusing_port(make_resource: Any, caplog: Any) -> None:
    async with ScriptedDevice() as device:
        await device.refuse()
        resource = make_resource(device, auto_reconnect_delay=0.01, auto_reconnect_max_delay=0.02)
        resource.start()
        await asyncio.sleep(0.2)
        assert resource.phase in ("waiting", "connecting", "resolving")
        assert caplog.text.count("connection refused") == 1
        await device.listen()
        await resource.until_synced(timeout=10)


async def test_from_another_thread(device: ScriptedDevice) -> None:
    client = AsyncClient(*device.address)
    client.set_ioloop()
    client.start()

    def other_thread() -> Any:
        assert client.wait_running(10)
        assert client.wait_connected(10)
        assert client.wait_protocol(10)
        assert not client.wait_disconnected(0.01)
        return client.blocking_request(Message.request("watchdog"))

    reply, _ = await asyncio.to_thread(other_thread)
    assert reply.reply_ok()
    with pytest.raises(RuntimeError, match="block its own"):
        client.wait_protocol(1)
    client.stop()
    await client.until_stopped()


async def test_stopped_as_soon_as_started(device: ScriptedDevice) -> None:
    client = AsyncClient(*device.address)
    client.set_ioloop()
    for _ in range(2):
        client.start()
        client.stop()
        assert await client.until_stopped(timeout=10)
        assert not client.running()


def test_client_that_runs_its_own_loop() -> None:
    """As board libraries do: no loop in sight, everything blocks."""
    heard: list[str] = []

    class Board(katcp.CallbackClient):
        def inform_version_connect(self, msg: Message) -> None:
            super().inform_version_connect(msg)
            heard.append(msg.name)

    manager = IOLoopManager()
    device = ScriptedDevice()
    there = IOLoopThreadWrapper(manager.get_ioloop())
    manager.start(10)
    there.call_in_ioloop(device.listen, (), {})
    board = Board(*device.address, 20, timeout=5.0)
    board.setDaemon(True)
    for _ in range(2):
        board.start(timeout=10)
        assert board.wait_connected(10)
        assert board.wait_protocol(10)
        reply, informs = board.blocking_request(Message.request("help"), timeout=5)
        assert (reply.reply_ok(), len(informs)) == (True, len(device.help))
        done: concurrent.futures.Future[bool] = concurrent.futures.Future()
        board.callback_request(
            Message.request("watchdog"),
            reply_cb=lambda reply, done: done.set_result(reply.reply_ok()),
            user_data=(done,),
        )
        assert done.result(10)
        board.disconnect()
        assert board.wait_disconnected(10)
        assert board.wait_connected(10)
        board.stop()
        board.join(10)
        assert not board.running()
    with pytest.raises(KatcpClientDisconnected):
        board.send_message(Message.inform("x"))
    assert "version-connect" in heard
    there.call_in_ioloop(device.__aexit__, (), {})
    manager.stop()
    manager.join(10)


@pytest.mark.parametrize("before", ["new", "stopped", "joined"])
def test_what_can_never_be_answered_is_refused_instead_of_waited_for(before: str) -> None:
    """A script that asks before `start`, or a thread that asks on after `stop`, does not hang."""
    board = katcp.CallbackClient("127.0.0.1", 1)
    assert (board.threadsafe, board.ioloop_thread_id) == (True, None)
    if before != "new":
        board.start(timeout=10)
        assert board.wait_running(10)
        assert board.ioloop_thread_id not in (None, threading.get_ident())
        board.stop()
        if before == "joined":
            board.join(10)
    request = Message.request("watchdog")
    for ask in (
        lambda: board.blocking_request(request, timeout=1),
        lambda: board.callback_request(request, timeout=1),
        lambda: board.wait_connected(1),
        lambda: board.wait_running(1),
    ):
        with pytest.raises(RuntimeError, match=r"127\.0\.0\.1:1: .* not started: call start\(\)"):
            ask()
    if before == "stopped":
        board.join(10)


def test_stop_ends_the_wait_of_another_thread() -> None:
    board = katcp.CallbackClient("127.0.0.1", 1)
    board.start(timeout=10)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(board.wait_connected)
        assert not board.wait_connected(0.05)  # so the other waits too, and in vain
        board.stop()
        with pytest.raises(RuntimeError, match=r"127\.0\.0\.1:1: the client was stopped meanwhile"):
            waiting.result(10)
    board.join(10)


async def test_informs_are_called_back_as_they_come(device: ScriptedDevice) -> None:
    go_on = asyncio.Event()

    async def slowly(link: Link, request: Message) -> list[str]:
        link.send(str(Message.reply_inform(request, "half")))
        await go_on.wait()
        link.send(str(Message.reply_inform(request, "whole")))
        return [reply(request, "ok", "2")]

    device.answers["slowly"] = slowly
    client = AsyncClient(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=10)
    seen: asyncio.Queue[Any] = asyncio.Queue()
    client.callback_request(
        Message.request("slowly"),
        reply_cb=lambda message, mark: seen.put_nowait(("reply", message.arguments[0], mark)),
        inform_cb=lambda message, mark: seen.put_nowait(("inform", message.arguments[0], mark)),
        user_data=("mark",),
    )
    assert await asyncio.wait_for(seen.get(), 10) == ("inform", b"half", "mark")
    go_on.set()
    assert await asyncio.wait_for(seen.get(), 10) == ("inform", b"whole", "mark")
    assert await asyncio.wait_for(seen.get(), 10) == ("reply", b"ok", "mark")
    client.stop()
    await client.until_stopped(timeout=10)


async def test_a_client_that_was_just_stopped_can_be_started(device: ScriptedDevice) -> None:
    client = AsyncClient(*device.address)
    client.set_ioloop()
    client.start()
    await client.until_protocol(timeout=5)
    stopped = client.until_stopped()
    client.stop()
    assert not client.running()
    client.start()
    assert await stopped is True
    assert client.running()
    assert device.connections == 1
    await client.until_connected(timeout=5)
    client.stop()
    client.start()
    client.stop()
    await client.until_stopped(timeout=5)
    assert not client.running()
    assert client.progress.phase == "idle"


def test_a_client_whose_thread_was_not_joined_cannot_be_started() -> None:
    client = BlockingClient("127.0.0.1", 1)
    client.start(timeout=5)
    client.stop(timeout=5)
    with pytest.raises(RuntimeError, match=r"was stopped: call join\(\) first"):
        client.start(timeout=5)
    client.join(timeout=5)
    client.start(timeout=5)
    client.stop(timeout=5)
    client.join(timeout=5)
