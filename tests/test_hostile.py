"""What the fuzz targets and the state machine found, in the fewest words that show it."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from serving import served

from katcp._unhurried import Turn
from katcp.errors import KATCPSensorError
from katcp.inspecting_client import InspectingClientAsync
from katcp.resource_client import ClientGroup, KATCPClientResource
from katcp.resource_client._sampling import Order, _batches
from katcp.testing import FakeSensor, ScriptedDevice, attach, reply
from katcp.wire import Message, ProtocolDetected, ProtocolFlags, Session, escape, mids

_HUGE = b"9" * 5000  # more digits than Python turns into a number


@pytest.mark.parametrize("version", [_HUGE + b".0", b"5." + _HUGE + b"-MI"])
def test_version_of_thousands_of_digits_is_none(version: bytes) -> None:
    session = Session(mids())
    line = b"#version-connect katcp-protocol " + version + b"\n"
    events = list(session.receive(line + b"#version-connect katcp-protocol 5.0-MI\n"))
    detected = [e.flags for e in events if isinstance(e, ProtocolDetected)]
    assert detected == [ProtocolFlags(5, 0, "MI")]
    assert ProtocolFlags.parse_version(version) == ProtocolFlags(0, 0)


async def test_counts_of_thousands_of_digits(caplog: Any) -> None:
    device = ScriptedDevice()
    usual = device.answers["sensor-list"]
    device.answers["sensor-list"] = lambda link, request: [
        *usual(link, request)[:-1],
        reply(request, "ok", "9" * 5000),
    ]
    async with served(device) as resource:
        assert "an_int" in resource.sensor
        device.send("#sensor-status 1.0 " + "9" * 5000 + " an.int nominal 5")
        await resource.req.watchdog()
    assert "announced 9999" in caplog.text
    assert "malformed #sensor-status" in caplog.text
    assert [record for record in caplog.records if record.exc_info] == []


async def test_names_are_shown_without_control_characters(caplog: Any) -> None:
    name = "evil\x1b[31m\n.name"
    device = ScriptedDevice(sensors={name: FakeSensor()})
    device.answers["sensor-sampling"] = lambda link, r: [reply(r, "fail", "not today")]
    async with served(device) as resource:
        (sensor,) = resource.sensor.values()
        ok, info = await sensor.set_strategy("event")
        assert not ok
        texts = [str(info[1])]
        await resource.reapply_sampling_strategies()
        sensor.register_listener(lambda *_: 1 / 0)
        device.send(f"#sensor-status 1 1 {escape(name.encode()).decode()} nominal odd")
        await sensor.get_reading()
        del device.sensors[name]
        with pytest.raises(KATCPSensorError) as caught:
            await sensor.get_reading()
        texts.append(str(caught.value))
        with pytest.raises(KATCPSensorError) as caught:
            sensor.wait(1)
        texts += [str(caught.value), str(resource.last_error)]
        device.drop()
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        await resource.reapply_sampling_strategies()
    texts += [record.getMessage() for record in caplog.records]
    assert [text for text in texts if not text.isprintable()] == []
    assert sum("evil" in text for text in texts) >= 7


async def test_help_text_shows_no_control_characters() -> None:
    device = ScriptedDevice()
    device.help["evil"] = "Harm\x1b[2J\nin\ttwo\x9b lines\ud800".encode("utf-8", "replace").decode()
    async with served(device) as resource:
        lines = resource.req.evil.__doc__.split("\n")
        assert lines[:2] == ["evil: Harm\\x1b[2J", "in      two\\x9b lines?"]
        assert [line for line in lines if not line.isprintable()] == []


async def test_reply_shows_no_control_characters() -> None:
    device = ScriptedDevice()
    device.answers["watchdog"] = lambda link, r: [reply(r, "ok", "\x1b[2J \n\x9b\x07")]
    async with served(device) as resource:
        answer = await resource.req.watchdog()
    assert repr(answer) == "!watchdog ok \\x1b[2J \\n\\x9b\\x07"
    assert str(answer) == "!watchdog[3] ok \\e[2J\\_\\n\\x9b\\x07"


def test_protocol_flags_show_no_control_characters() -> None:
    assert str(ProtocolFlags(5, 0, "\x1bI")) == "5.0-\\x1bI"


async def test_name_that_is_no_text_is_asked_for_as_it_is(caplog: Any) -> None:
    device = ScriptedDevice()
    device.answers["sensor-list"] = lambda link, request: [
        b"#sensor-list[%s] caf\xe9 d u integer" % request.mid,
        b"!sensor-list[%s] ok 1" % request.mid,
    ]
    async with served(device) as resource:
        device.send(b"#interface-changed sensor caf\xe9 modified")
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert list(resource.sensor) == ["caf\udce9"]
    asked = [r.message.arguments for r in device.requests if r.message.name == "sensor-list"]
    assert asked == [[], [b"caf\xe9"]]
    assert caplog.text == ""


async def test_scripted_device_takes_any_name_and_any_bytes() -> None:
    sensors = {"odd\udce9 name\n": FakeSensor("string", value="\udcff\x1b")}
    device = ScriptedDevice(sensors=sensors)
    async with served(device) as resource:
        (sensor,) = resource.sensor.values()
        assert sensor.name == "odd\udce9 name\n"
        device.send(b"#sensor-value 1 1 odd\xe9\\_name\\n nominal x")
        await resource.req.watchdog()
        assert sensor.value == "x"
        request = Message.request("sensor-value", b"odd\xe9 name\n", mid=1)
        (reading, answer) = device.answers["sensor-value"](None, request)
    assert answer == "!sensor-value[1] ok 1"
    assert reading.endswith(" 1 odd\udce9\\_name\\n nominal \udcff\\e")


async def test_sensor_whose_name_is_no_text_can_be_used(caplog: Any) -> None:
    device = ScriptedDevice(sensors={"caf\udce9": FakeSensor(value="3")})
    async with served(device) as resource:
        (sensor,) = resource.sensor.values()
        assert await sensor.get_value() == 3
        assert (await sensor.set_strategy("event"))[0]
        device.change("sensor", "caf\udce9", "modified")
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert list(resource.sensor) == ["caf\udce9"]
    assert caplog.text == ""


async def test_named_help_that_lists_others_changes_only_what_was_asked() -> None:
    device = ScriptedDevice()
    device.help["one"] = "One"
    async with served(device) as resource:
        device.answers["help"] = lambda link, r: [
            *(str(Message.reply_inform(r, name, "New")) for name in ("one", "two")),
            reply(r, "ok", "2"),
        ]
        device.change("request", "one", "modified")
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert resource.req.one.description == "New"
        client = resource._inspecting_client
        assert set(client.requests) == {request.name for request in resource.req.values()}


@pytest.mark.parametrize("turns", range(30))
async def test_synced_is_left_by_way_of_connected(turns: int) -> None:
    device = ScriptedDevice("5.0-M")
    client = InspectingClientAsync("memory", 0)
    attach(client.katcp_client, device)
    states: list[Any] = []
    client.set_state_callback(lambda state, _: states.append(state))
    await client.connect()
    for _ in range(turns):
        await asyncio.sleep(0)
    for _ in range(2):
        device.change("request", "watchdog", "modified")
        await asyncio.sleep(0)
    for _ in range(3):
        await client.until_synced(10)
        await asyncio.sleep(0.001)
    await client.stop()
    await device.give_up()
    after = {states[i + 1] for i in range(len(states) - 1) if states[i].synced}
    assert {state for state in after if state.data_synced} == set()


async def test_what_a_user_finds_while_being_told_is_told_next() -> None:
    device = ScriptedDevice()
    client = InspectingClientAsync("memory", 0)
    attach(client.katcp_client, device)
    told: set[str] = set()
    done = asyncio.Event()

    async def follow(state: Any, changes: Any) -> None:
        if changes and "sensors" in changes:
            told.update(changes.sensors.added)
            await done.wait()

    client.set_state_callback(follow)
    await client.connect()
    await client.until_data_synced(10)
    device.sensors["new"] = FakeSensor()
    changes = await client.inspect_sensors()
    assert changes is not None
    assert "new" in changes.added
    done.set()
    await client.until_synced(10)
    assert told == {"an.int", "new"}
    await client.stop()
    await device.give_up()


async def test_same_description_found_while_being_told_is_another_object() -> None:
    device = ScriptedDevice()
    client = InspectingClientAsync("memory", 0)
    attach(client.katcp_client, device)
    told: list[Any] = []
    done = asyncio.Event()

    async def follow(state: Any, changes: Any) -> None:
        if changes and "sensors" in changes:
            told.append(client.get_sensor("an.int"))
            await done.wait()

    client.set_state_callback(follow)
    await client.connect()
    await client.until_data_synced(10)
    sensor = device.sensors.pop("an.int")
    await client.inspect_sensors()
    device.sensors["an.int"] = sensor
    await client.inspect_sensors()
    done.set()
    await client.until_synced(10)
    assert told[-1] is client.get_sensor("an.int")
    await client.stop()
    await device.give_up()


async def _while_asked_what_is_in_force(device: ScriptedDevice, resource: Any) -> None:
    """Return when the device is being asked whether it lost a strategy, which it did."""
    await resource.set_sampling_strategies("", "auto")
    device.strategies.clear()
    device.change()
    await device.until_asked("sensor-sampling", 3)


@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("name", ["s.0", "s.1"])
async def test_strategy_asked_for_during_a_sync_stays(name: str, dropped: bool) -> None:
    device = ScriptedDevice("5.0-M", {"s.0": FakeSensor(), "s.1": FakeSensor()})
    async with served(device) as resource:
        await _while_asked_what_is_in_force(device, resource)
        if dropped:
            resource.drop_sampling_strategy(name)
        await resource.set_sampling_strategy(name, "period 20")
        await resource.until_synced(10)
        assert device.strategies[name] == ("period", "20.0")


async def test_strategy_dropped_during_a_sync_is_not_set() -> None:
    device = ScriptedDevice("5.0-M", {"s.0": FakeSensor(), "s.1": FakeSensor()})
    async with served(device) as resource:
        await _while_asked_what_is_in_force(device, resource)
        resource.drop_sampling_strategy("s.1")
        await resource.until_synced(10)
        assert device.strategies == {"s.0": ("auto",)}


@pytest.mark.parametrize("last", ["s.1", "s-1"])
async def test_of_two_names_for_one_identifier_the_one_reached_is_sampled(last: str) -> None:
    device = ScriptedDevice("5.0-M", {"s.1": FakeSensor(), "s-1": FakeSensor()})
    async with served(device) as resource:
        device.sensors[last] = FakeSensor("string")
        device.change("sensor", last, "modified")
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert resource.sensor.s_1.name == last
        await resource.set_sampling_strategy("s_1", "auto")
        device.strategies.clear()
        device.drop()
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert device.strategies == {last: ("auto",)}


@pytest.mark.parametrize("named", [True, False])
async def test_the_other_of_two_names_has_the_strategy_when_the_one_reached_goes(
    named: bool,
) -> None:
    device = ScriptedDevice("5.0-M", {"s.1": FakeSensor(), "s-1": FakeSensor()})
    async with served(device) as resource:
        await resource.set_sampling_strategy("s_1", "auto")
        gone = resource.sensor.s_1.name
        assert device.strategies == {gone: ("auto",)}
        del device.sensors[gone], device.strategies[gone]
        device.change(*(("sensor", gone, "removed") if named else ()))
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert device.strategies == {resource.sensor.s_1.name: ("auto",)}
        assert resource.sensor.s_1.name != gone


async def test_looking_oneself_is_no_phase_of_the_resource() -> None:
    device = ScriptedDevice()
    async with served(device) as resource:
        await resource._inspecting_client.inspect()
        assert resource.phase == "synced"


@pytest.mark.parametrize("kind", ["help", "sensor-list"])
async def test_what_went_while_it_was_about_to_be_told_is_not_added(kind: str, caplog: Any) -> None:
    device = ScriptedDevice()
    device.help["gone"], device.sensors["gone"] = "Gone", FakeSensor()
    usual, asked = dict(device.answers), []

    def answer(link: Any, request: Message) -> list[str] | None:
        asked.append(request)
        if len(asked) == 1:
            return None
        first = usual["sensor-list"](
            link, asked[0]
        )  # to the follower, in one piece with that to the user
        del device.help["gone"], device.sensors["gone"]
        device.answers |= usual
        return [*first, *usual[kind](link, request)]

    resource = KATCPClientResource({"name": "d", "address": ("memory", 0), "controlled": True})
    attach(resource, device)
    device.answers["sensor-list"] = answer
    resource.start()
    await device.until_asked("sensor-list")
    device.answers[kind] = answer
    client = resource._inspecting_client
    await (client.inspect_requests() if kind == "help" else client.inspect_sensors())
    await resource.until_synced(10)
    assert "gone" not in (resource.req if kind == "help" else resource.sensor)
    await resource.stop()
    await device.give_up()
    assert caplog.text == ""


async def test_groups_show_no_control_characters() -> None:
    device = ScriptedDevice()
    device.help["evil"] = "Harm\x1b[2J\nin two lines"
    device.answers["evil"] = lambda link, r: [reply(r, "fa\x1bil", "\x9b")]
    async with served(device) as resource:
        group = ClientGroup("all", [resource])
        assert group.req.evil.__doc__.split("\n")[2:] == ["Harm\\x1b[2J", "in two lines"]
        results = await group.req.evil()
    assert [line for line in repr(results).split("\n") if not line.isprintable()] == []


async def test_answer_of_a_lost_connection_is_not_noted_for_the_next() -> None:
    device = ScriptedDevice("5.0-M")
    usual = device.answers["sensor-sampling"]
    async with served(device) as resource:
        device.answers["sensor-sampling"] = lambda link, r: [*usual(link, r), "#stop-now"]
        low = resource._inspecting_client.katcp_client
        low.hook_inform("stop-now", lambda _: resource.stop())  # before who set it hears of it
        await resource.set_sampling_strategy("an.int", "event")
        await resource.until_stopped()
        device.strategies.clear()
        device.answers["sensor-sampling"] = usual
        resource.start()
        await resource.until_synced(10)
        assert device.strategies == {"an.int": ("event",)}


async def test_what_a_cancelled_look_found_is_told_with_the_next_change() -> None:
    device = ScriptedDevice()
    async with served(device) as resource:
        client = resource._inspecting_client
        device.sensors["found"] = FakeSensor()
        look = client.inspect_sensors()
        for _ in range(100):
            if "found" in client.sensors:
                break
            await asyncio.sleep(0)
        look.cancel()
        device.sensors["other"] = FakeSensor()
        device.change("sensor", "other", "added")
        await resource.until_not_synced(10)
        await resource.until_synced(10)
        assert set(resource.sensor) == {"an_int", "found", "other"}


async def test_names_that_collide_are_said_in_harmless_words_and_not_without_end(
    caplog: Any,
) -> None:
    names = ["a\x1b[2J" + "".join(".-"[i >> bit & 1] for bit in range(6)) for i in range(64)]
    async with served(ScriptedDevice(sensors={n: FakeSensor() for n in names})) as resource:
        assert len(resource.sensor) == 1
    messages = [record.getMessage() for record in caplog.records]
    assert sum("are both" in message for message in messages) == 10
    assert not any("\x1b" in message for message in messages)


async def test_bad_announcements_of_a_protocol_are_not_logged_without_end(caplog: Any) -> None:
    async with served(device := ScriptedDevice()) as resource:
        device.send(*["#version-connect katcp-protocol " + "x" * 9999] * 100)
        assert await resource.req.watchdog()
        assert "protocol version that is none" in str(resource.last_error)
    assert len(caplog.text) < 20_000


async def test_strategy_dropped_while_a_sync_waits_for_its_turn_is_not_sent() -> None:
    device = ScriptedDevice("5.0-MI", {f"s{i}": FakeSensor() for i in range(100)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        reapplied = resource.reapply_sampling_strategies()
        Turn.of(asyncio.get_running_loop()).use(1.0)  # others have had this turn
        await asyncio.sleep(0)
        for name in device.sensors:
            resource.drop_sampling_strategy(name)
        result = resource.set_sampling_strategies("", "period 1")
        await reapplied
        assert all(done for done, _ in (await result).values())
        assert set(device.strategies.values()) == {("period", "1.0")}


async def test_one_dropped_of_many_costs_no_other_its_strategy(monkeypatch: Any) -> None:
    monkeypatch.setattr("katcp.resource_client._sampling._BULK", 10)
    monkeypatch.setattr("katcp.resource_client._sensors._AT_ONCE", 5)
    device = ScriptedDevice("5.1-MIB", {f"s{i:02}": FakeSensor() for i in range(21)})
    async with served(device) as resource:
        results = resource.set_sampling_strategies("", "event")
        resource.drop_sampling_strategy("s00")
        outcome = await results
        assert {name for name, (done, _) in outcome.items() if not done} == {"s00"}
        assert len(outcome) == 21
        assert {name for name, s in device.strategies.items() if s == ("event",)} == {
            *device.sensors
        } - {"s00"}


def _order(resource: KATCPClientResource, names: Iterable[str]) -> Order:
    order = Order(resource._book)
    order.add([(name, resource.sensor[name], resource._book.get(name)) for name in names])
    return order


async def test_refused_orders_let_others_have_their_turns() -> None:
    device = ScriptedDevice("4", {f"s{i}": FakeSensor() for i in range(5000)})
    async with served(device) as resource:
        for name in device.sensors:
            resource._book.want(name, ("period", "0.5"))
        refused = list(_batches(_order(resource, device.sensors), 4, bulk=False))
        assert list(map(len, refused)) == [1000, 0] * 5
        assert all("whole milliseconds" in str(part.refusal) for part in refused[::2])
        results = await resource.set_sampling_strategies("", "period 0.5")
        assert len(results) == 5000
        assert not any(done for done, _ in results.values())


async def test_what_is_wanted_is_looked_at_when_it_is_sent() -> None:
    device = ScriptedDevice("5.0-MI", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        order = _order(resource, device.sensors)
        await resource.set_sampling_strategy("s3", "auto")  # after it was ordered
        await resource._manager._sampler.send(order)
        assert device.strategies["s3"] == ("auto",)


async def test_what_was_noted_since_of_the_same_asking_does_not_outdate_an_order() -> None:
    device = ScriptedDevice("5.1-MIB", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        order = _order(resource, device.sensors)
        assert all(await resource.set_sampling_strategy("s7", "auto"))
        await resource.reapply_sampling_strategies()  # each has another entry now
        device.strategies.clear()
        sent = await resource._manager._sampler.send(order)
        assert [(len(part), part.refusal is None) for part in sent] == [(1, False), (19, True)]
        assert device.strategies.keys() == device.sensors.keys() - {"s7"}


@pytest.mark.parametrize("version", ["5.0-M", "5.0-MI", "5.1-MIB"])
async def test_what_is_set_again_while_others_are_set_is_not_what_was_before(version: str) -> None:
    device = ScriptedDevice(version, {f"s{i}": FakeSensor() for i in range(400)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        again = resource.reapply_sampling_strategies()
        setting = resource.set_sampling_strategies("", "period 1")  # so many are not noted at once
        await asyncio.gather(again, setting)
        assert set(device.strategies.values()) == {("period", "1.0")}
        assert {s.sampling_strategy for s in resource.sensor.values()} == {("period", "1.0")}


async def test_orders_put_together_are_outdated_if_one_of_them_is() -> None:
    device = ScriptedDevice("5.1-MIB", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        book = resource._book
        for name in device.sensors:
            book.want(name, ("event",))
        before = _order(resource, ["s1", "s2"])
        book.want("s1", ("auto",))
        order = _order(resource, ["s3"])
        order.extend(before)
        assert [part.identifiers for part in order.divided()] == [["s3", "s2"], ["s1"]]
        book.want_matching(re.compile("s3"), ("period", "1.0"))
        order = _order(resource, ["s3", "s4"])
        book.appeared(["s3"])
        assert [part.identifiers for part in order.divided()] == [["s4"], ["s3"]]


async def test_what_a_lost_link_said_is_not_noted_of_the_next() -> None:
    device = ScriptedDevice("5.1-MIB", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        order, book = _order(resource, device.sensors), resource._book
        book.disconnected()
        order.change(lambda entry: replace(entry, in_force=entry.wanted))
        assert {entry.in_force for entry in book.entries(device.sensors)} == {None}


async def test_what_was_ordered_on_a_lost_link_is_sent_on_the_next() -> None:
    device = ScriptedDevice("5.0-MI", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        for name in device.sensors:
            resource._book.want(name, ("event",))
        order = _order(resource, device.sensors)
        resource._book.disconnected()
        sent = await resource._manager._sampler.send(order)
        assert [(len(part), part.refusal) for part in sent] == [(20, None)]
        assert set(device.strategies.values()) == {("event",)}


async def test_a_link_lost_while_strategies_are_set_has_a_result_for_each() -> None:
    device = ScriptedDevice("4", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        device.answers["sensor-sampling"] = lambda link, request: device.drop()
        results = await resource.set_sampling_strategies("", "event")
        reasons = [str(info[1]) for done, info in results.values() if not done]
        assert len(reasons) == 20
        assert sum("Connection closed" in reason for reason in reasons) == 1
        assert sum("it will be applied on reconnect" in reason for reason in reasons) == 19


def _hold_back(device: ScriptedDevice, name: str) -> asyncio.Queue[Callable[[], None]]:
    """Leave requests of this name unanswered; gives, for each that came, what answers it."""
    usual, held = device.answers[name], asyncio.Queue[Any]()

    def hold(link: Any, request: Message) -> None:
        held.put_nowait(lambda: link.send(*usual(link, request)))

    device.answers[name] = hold
    return held


@pytest.mark.parametrize("version", ["5.0-MI", "5.1-MIB"])
async def test_strategies_set_while_a_restarted_resource_syncs_bring_readings(version: str) -> None:
    device = ScriptedDevice(version, {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        await resource.stop()
        held = _hold_back(device, "help")
        resource.start()
        answer = await held.get()
        await resource.set_sampling_strategies("", "event")
        answer()
        await resource.until_synced(10)
        assert [(s.value, s.stale) for s in resource.sensor.values()] == [(0, False)] * 20


@pytest.mark.parametrize("restarted", [True, False])
async def test_the_other_of_two_names_has_what_was_set_while_the_one_reached_was_going(
    restarted: bool,
) -> None:
    device = ScriptedDevice("5.0-M", {"s.1": FakeSensor(), "s-1": FakeSensor()})
    async with served(device) as resource:
        if restarted:
            await resource.stop()
        held = _hold_back(device, "help")
        if restarted:
            resource.start()
        else:
            device.drop()
        answer = await held.get()
        await resource.set_sampling_strategies("", "event")
        del device.sensors[resource.sensor.s_1.name]
        device.strategies.clear()
        answer()
        await resource.until_synced(10)
        assert device.strategies == {resource.sensor.s_1.name: ("event",)}
        assert not resource.sensor.s_1.stale


async def test_a_sensor_that_changed_while_the_link_was_down_has_a_reading() -> None:
    device = ScriptedDevice("5.0-MI", {"s0": FakeSensor(value="7")})
    async with served(device) as resource:
        held = _hold_back(device, "help")
        device.drop()
        answer = await held.get()
        await resource.set_sampling_strategy("s0", "event")
        device.sensors["s0"] = FakeSensor(description="Another", value="8")
        answer()
        await resource.until_synced(10)
        assert (resource.sensor.s0.description, resource.sensor.s0.value) == ("Another", 8)


async def test_results_come_in_the_order_asked_with_the_reasons_that_are_theirs() -> None:
    device = ScriptedDevice("4", {f"s{i}": FakeSensor() for i in range(6)})
    usual = device.answers["sensor-sampling"]

    def refuse(link: Any, request: Message) -> list[str]:
        refused = request.arguments[0] == b"s0"
        return [reply(request, "fail", "not this one")] if refused else usual(link, request)

    device.answers["sensor-sampling"] = refuse
    async with served(device) as resource:
        first = resource.set_strategy_of(["s5", "s0", "s3", "s1"], "event")
        later = await resource.set_sampling_strategy("s3", "period 0.5")  # while that is sent
        results = await first
        assert list(results) == ["s5", "s0", "s3", "s1"]
        assert "whole milliseconds" in str(later["s3"][1][1])
        assert "not this one" in str(results["s0"][1][1])
        assert "another strategy was asked for since" in str(results["s3"][1][1])
        assert results["s5"] == results["s1"] == (True, ("event",))


async def test_who_is_sampled_no_more_is_not_polled() -> None:
    device = ScriptedDevice("5.0-MI", {f"s{i}": FakeSensor() for i in range(20)})
    async with served(device) as resource:
        await resource.set_sampling_strategies("", "event")
        await resource.set_sampling_strategies("", "none")
        assert not device.asked("sensor-value")


async def test_of_strategies_set_together_those_that_sample_are_seeded() -> None:
    sensors = {f"s{i}": FakeSensor(value="7") for i in range(20)}
    device = ScriptedDevice("5.0-MI", sensors, first_status=False)
    async with served(device) as resource:
        await resource.set_sampling_strategies("s", "none")
        await resource.set_sampling_strategies("s1", "event")
        device.drop()
        await resource.until_not_synced(10)
        for sensor in device.sensors.values():
            sensor.value = "8"
        await resource.until_synced(10)
        assert {s.value for s in resource.sensor.values() if s.name.startswith("s1")} == {8}


async def test_what_is_asked_for_without_a_link_is_what_holds() -> None:
    device = ScriptedDevice("5.0-MI", {"s0": FakeSensor()})
    async with served(device) as resource:
        await resource.set_sampling_strategy("s0", "auto")
        device.drop()
        await resource.until_state("disconnected", 10)
        results = await resource.set_sampling_strategy("s0", "event")
        assert "it will be applied on reconnect" in str(results["s0"][1][1])
        assert resource.sensor.s0.sampling_strategy == ("event",)
