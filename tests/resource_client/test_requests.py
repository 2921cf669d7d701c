"""Requests and what becomes of them."""

import asyncio
import copy
import pickle
import time
from typing import Any

import pytest

from katcp.errors import KATCPResourceInactive, RequestFailed
from katcp.resource import KATCPReply
from katcp.resource_client import KATCPClientResourceRequest
from katcp.testing import ScriptedDevice, reply
from katcp.wire import Message, ProtocolFlags


async def make(make_resource: Any, device: ScriptedDevice, **spec: Any) -> Any:
    device.help |= {"echo": "Echo", "never": "Never answers", "get": "Named like a method of dict"}
    device.answers["echo"] = lambda link, r: [
        str(Message.reply_inform(r, *r.arguments)),
        reply(r, "ok", *(a.decode("utf-8", "surrogateescape") for a in r.arguments)),
    ]
    device.answers["never"] = lambda link, r: None
    device.answers["get"] = lambda link, r: [reply(r, "ok")]
    resource = make_resource(device, **spec)
    resource.start()
    await resource.until_synced(timeout=10)
    return resource


async def test_reply_and_informs(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    answer = await resource.req.echo("a b", 3)
    assert isinstance(answer, KATCPReply)
    got, informs = answer
    assert got.arguments == [b"ok", b"a b", b"3"]
    assert [m.arguments for m in informs] == [[b"a b", b"3"]]
    assert repr(answer) == "!echo ok a b 3\n#echo a b 3"
    assert str(answer) == "!echo[3] ok a\\_b 3\n#echo[3] a\\_b 3"
    assert answer.raise_on_failure() is answer
    assert (await resource.req.get()).succeeded
    assert (await resource.req["get"]()).succeeded


async def test_wire_order_is_call_order(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    device.requests.clear()
    replies = [resource.req.echo(i) for i in range(5)]
    resource.sensor.an_int.set_strategy("event")
    last = resource.req.echo("last")
    assert [(await r).reply.arguments[1] for r in replies] == [b"0", b"1", b"2", b"3", b"4"]
    await last
    names = [r.message.name for r in device.requests]
    assert names == ["echo"] * 5 + ["sensor-sampling", "echo"]


async def test_timeout_is_a_failed_reply(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    answer = await resource.req.never(timeout=0.01)
    assert not answer
    assert answer.reply.mtype == Message.REPLY
    assert answer.reply.mid == b"3"
    assert answer.reply.arguments == [b"fail", b"Request never timed out after 0.01 seconds."]
    with pytest.raises(RequestFailed, match="never") as caught:
        answer.raise_on_failure()
    assert caught.value.sent
    assert caught.value.device == "dev"
    late = "!never[3] ok"
    device.send(late)
    assert (await resource.req.echo("x")).reply.arguments[1] == b"x"


@pytest.mark.parametrize("how", ["drop", "stop"])
async def test_pending_request_at_the_end(
    make_resource: Any, device: ScriptedDevice, how: str
) -> None:
    resource = await make(make_resource, device)
    state: list[str] = []
    pending = resource.req.never(timeout=30)
    pending.add_done_callback(lambda _: state.append(resource.state))
    await device.until_asked("never")
    if how == "drop":
        device.drop()
    else:
        resource.stop()
    answer = await pending
    await asyncio.sleep(0)  # what was added to the future runs in the next turn
    words = {"drop": b"Connection closed", "stop": b"Client stopped"}[how]
    unknown = b"; whether the request took effect is not known"
    assert answer.reply.arguments == [b"fail", words + b" before reply was received" + unknown]
    assert state == ["disconnected"]


@pytest.mark.quirk(17)
async def test_request_while_disconnected(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    await device.refuse()
    await resource.until_state("disconnected", timeout=10)
    future = resource.req.echo()
    assert future.done()
    answer = await future
    assert answer.reply.mtype == Message.REPLY
    assert b"Not connected" in answer.reply.arguments[1]
    with pytest.raises(RequestFailed, match="never sent"):
        answer.raise_on_failure()


async def test_cancelled_caller_leaves_the_rest_alone(
    make_resource: Any, device: ScriptedDevice
) -> None:
    resource = await make(make_resource, device)
    gate = asyncio.Event()

    async def gated(link: Any, request: Message) -> list[str]:
        await gate.wait()
        return [reply(request, "ok", "late")]

    device.answers["never"] = gated
    first = resource.req.never(timeout=30)
    first.cancel()
    second = resource.req.echo("mine")
    gate.set()
    assert (await second).reply.arguments == [b"ok", b"mine"]


async def test_inactive(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    resource.set_active(False)
    with pytest.raises(KATCPResourceInactive):
        resource.req.echo()
    resource.set_active(True)
    assert (await resource.req.echo()).succeeded


async def test_bad_arguments_fail_in_the_future(make_resource: Any, device: Any) -> None:
    resource = await make(make_resource, device)
    client = resource._inspecting_client
    with pytest.raises(ValueError):
        await client.wrapped_request("bad name")
    with pytest.raises(ValueError):
        client.simple_request("bad name")
    for mid in (0, 2**31):
        assert b"not in 1..2147483647" in (await resource.req.echo(mid=mid)).reply.arguments[1]
    assert (await resource.req.echo(mid=77)).reply.mid == b"77"


@pytest.mark.parametrize(
    ("spec", "there", "not_there"),
    [
        ({"controlled": True}, {"echo", "get", "help"}, set()),
        ({"controlled": False}, set(), {"echo", "help"}),
        (
            {"controlled": False, "always_allowed_requests": ["sensor_list"]},
            {"sensor_list"},
            {"echo"},
        ),
        (
            {"controlled": True, "always_excluded_requests": ["sensor-list"]},
            {"echo"},
            {"sensor_list"},
        ),
    ],
)
async def test_exposed(
    make_resource: Any, device: Any, spec: Any, there: set[str], not_there: set[str]
) -> None:
    resource = await make(make_resource, device, **spec)
    assert there <= set(resource.req)
    assert not not_there & set(resource.req)


async def test_dummies(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device, controlled=False, dummy_unknown_requests=True)
    answer = await resource.req.whatever(1)
    assert answer.succeeded
    assert str(answer) == "!fake ok"
    assert "whatever" not in resource.req


@pytest.mark.quirk(9)
async def test_reply_without_any_argument(make_resource: Any, device: ScriptedDevice) -> None:
    resource = await make(make_resource, device)
    device.answers["never"] = lambda link, r: [reply(r)]
    answer = await resource.req.never()
    assert not answer
    assert answer.succeeded is False
    with pytest.raises(RequestFailed, match="no reason"):
        answer.raise_on_failure()


async def test_reply_with_another_name_is_not_taken(make_resource: Any, device: Any) -> None:
    resource = await make(make_resource, device)
    device.answers["never"] = lambda link, r: [f"!not-never[{r.mid.decode()}] ok"]
    assert not (await resource.req.never(timeout=0.05)).succeeded


async def test_late_reply_without_mids(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-M") as device:
        resource = await make(make_resource, device)
        assert not await resource.req.never(timeout=0.02)
        # The next of its name must not take what is an answer to the first.
        device.answers["watchdog"] = lambda link, r: ["!never ok late", "!watchdog ok"]
        device.answers["never"] = lambda link, r: ["!never ok mine"]
        answer = await resource.req.never(timeout=5)
        assert answer.reply.arguments == [b"ok", b"mine"]
        assert [r.message.name for r in device.requests][-3:] == ["never", "watchdog", "never"]


async def test_never_answered_without_mids(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-M") as device:
        resource = await make(make_resource, device, keepalive_timeout=0.05)
        assert not await resource.req.never(timeout=0.02)
        device.answers["watchdog"] = lambda link, r: None  # stuck, as C servers can be
        answer = await resource.req.never(timeout=5)
        assert b"Connection closed" in answer.reply.arguments[1]
        assert "stuck" in resource.last_error.what


@pytest.mark.parametrize(("protocol", "written"), [("5.0-MI", "?watchdog[3]"), ("4", "?watchdog")])
async def test_requests_wait_for_the_protocol_of_a_device_that_is_back(
    make_resource: Any, protocol: str, written: str
) -> None:
    async with ScriptedDevice(protocol) as device:
        resource = await make(make_resource, device)
        banner, device.banner = device.banner, []
        device.drop()
        await resource.until_state("disconnected", timeout=5)
        await resource.until_state("syncing", timeout=5)
        device.requests.clear()
        late = await resource.req.watchdog(timeout=0.02)  # the time-out runs all the same
        assert b"timed out" in late.reply.arguments[1]
        answer = resource.req.watchdog(timeout=5)
        assert device.requests == []
        device.send(*banner)
        assert await answer
        assert device.requests[0].line == written
        await resource.until_synced(timeout=5)


async def held_back(make_resource: Any, device: ScriptedDevice, **spec: Any) -> Any:
    """Give a resource whose device is back, but has not announced its protocol again."""
    resource = await make(make_resource, device, **spec)
    device.banner = []
    device.drop()
    await resource.until_state("disconnected", timeout=5)
    await resource.until_state("syncing", timeout=5)
    device.requests.clear()
    return resource


async def test_a_preset_lets_requests_go_that_waited_for_the_protocol(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = await held_back(make_resource, device)
        first, second = resource.req.watchdog(), resource.req.watchdog(use_mid=False)
        resource._client().preset_protocol_flags(ProtocolFlags(5, 0, "MI"))
        assert await first
        assert await second
        assert [r.line for r in device.requests[:2]] == ["?watchdog[3]", "?watchdog"]
        await resource.until_synced(timeout=5)


async def test_what_is_cancelled_while_it_waits_for_the_protocol_is_not_sent(
    make_resource: Any,
) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = await held_back(make_resource, device)
        cancelled, kept = resource.req.watchdog("slew"), resource.req.watchdog("stow")
        cancelled.cancel()
        await asyncio.sleep(0)
        device.send("#version-connect katcp-protocol 5.0-MI")
        assert await kept
        assert [r.line for r in device.requests][:1] == ["?watchdog[3] stow"]
        await resource.until_synced(timeout=5)


async def test_what_is_cancelled_while_it_waits_behind_a_barrier_is_not_sent(
    make_resource: Any,
) -> None:
    async with ScriptedDevice("4") as device:
        resource = await make(make_resource, device)
        assert not await resource.req.never("late", timeout=0.02)
        cancelled, kept = resource.req.never("slew"), resource.req.never("stow", timeout=5)
        cancelled.cancel()
        device.answers["never"] = lambda link, r: ["!never ok"]
        assert await kept
        asked = [r.line for r in device.requests if r.message.name == "never"]
        assert asked == ["?never late", "?never stow"]


async def test_what_is_not_written_yet_cannot_be_answered(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = await held_back(make_resource, device)
        answer = resource.req.watchdog(timeout=5)
        device.send("#version-connect katcp-protocol 5.0-MI", "!watchdog[3] ok too-early")
        assert (await answer).reply.arguments == [b"ok"]


async def test_what_waits_for_the_protocol_is_limited(make_resource: Any) -> None:
    async with ScriptedDevice("5.0-MI") as device:
        resource = await held_back(make_resource, device, max_write_buffer=1000)
        first = resource.req.never("x" * 900)
        refused = await resource.req.never("x" * 900)
        assert b"does not take what is sent to it" in refused.reply.arguments[1]
        first.cancel()


async def test_silence_is_of_the_device_not_of_who_listens(
    make_resource: Any, device: ScriptedDevice
) -> None:
    resource = await make(make_resource, device)
    device.help |= {"talk": "Many informs at once"}
    device.answers["talk"] = lambda link, r: [
        *(
            str(Message.reply_inform(r, i, "x" * 1600)) for i in range(30)
        ),  # three times what is read at once
        reply(r, "ok"),
    ]
    took, _ = await resource._client().katcp_client.future_request(
        Message.request("talk"), 0.3, silence=True, on_inform=lambda _: time.sleep(0.04)
    )
    assert took.reply_ok()


async def test_a_request_may_say_itself_whether_it_is_active(
    make_resource: Any, device: ScriptedDevice
) -> None:
    class Closed(KATCPClientResourceRequest):
        def is_active(self) -> bool:
            return False

    resource = await make(make_resource, device)
    described = {"name": "echo", "description": "", "timeout_hint": None}
    with pytest.raises(KATCPResourceInactive):
        Closed(described, resource._client())()


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
async def test_copies_of_a_reply(make_resource: Any, device: ScriptedDevice, copied: Any) -> None:
    resource = await make(make_resource, device)
    answer = await resource.req.sensor_value("an.int")
    again = copied(answer)
    assert again == answer
    assert again.readings() == answer.readings()
    with pytest.raises(RequestFailed, match="dev"):
        copied(await resource.req.never(timeout=0.01)).raise_on_failure()
    message = copied(answer.reply)
    assert message == answer.reply
    assert b"an.int" not in pickle.dumps(message)  # nor what the device says of all its sensors


#: What a careless wrapper gives again and again.
SHARED = Message.reply("x", "fail")


@pytest.mark.parametrize(
    "wrapper",
    [
        lambda pair: KATCPReply(*pair),
        lambda pair: KATCPReply(pair[0].copy(), pair[1]),
        lambda pair: KATCPReply(SHARED, pair[1]),
        lambda pair: KATCPReply(str(pair[0]), pair[1]),
    ],
)
async def test_a_reply_of_any_wrapper_knows_what_it_answers(
    make_resource: Any, device: ScriptedDevice, wrapper: Any
) -> None:
    resource = await make(make_resource, device)
    resource._client().reply_wrapper = wrapper
    replies = [await resource.req.echo("a"), await resource.req.get()]
    assert [(r._asked.device, r._asked.request) for r in replies] == [
        ("dev", "echo"),
        ("dev", "get"),
    ]


async def test_a_client_is_given_the_time_out_always(synced: Any, monkeypatch: Any) -> None:
    got = []
    client = synced._inspecting_client
    monkeypatch.setattr(client, "wrapped_request", lambda *a, **k: got.append((a, k)))
    synced.req.watchdog(1, mid=5)
    synced.req.watchdog._timeout_hint = 33.0
    synced.req.watchdog(timeout=None)
    synced.req.watchdog(timeout=3)
    assert got == [
        (("watchdog", 1), {"mid": 5, "timeout": None}),
        (("watchdog",), {"timeout": 33.0}),
        (("watchdog",), {"timeout": 3}),
    ]
