"""The inspecting client by itself, as programs use it that do without resources."""

import asyncio
import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest

from katcp.errors import SyncError, TimeoutError
from katcp.inspecting_client import InspectingClientAsync, InspectingClientStateType
from katcp.model import SensorDescription
from katcp.testing import FakeSensor, ScriptedDevice

S = InspectingClientStateType
NONE, CONNECTED = S(False, False, False, False), S(True, False, False, False)
CHANGED, UNCHANGED = S(True, False, True, True), S(True, False, False, True)
SYNCED = S(True, True, False, True)


class Seen:
    """A state callback that notes what it was told."""

    def __init__(self) -> None:
        self.states: list[S] = []
        self.changes: list[Any] = []

    def __call__(self, state: S, changes: Any) -> None:
        if not self.states or self.states[-1] != state:  # a repeated state says nothing
            self.states.append(state)
        if changes is not None:
            self.changes.append(changes)


@pytest.fixture
async def client(device: ScriptedDevice) -> AsyncIterator[InspectingClientAsync]:
    made = InspectingClientAsync(*device.address)
    made.katcp_client.auto_reconnect_delay = 0.02
    made.initial_resync_timeout = 0.02
    yield made
    await made.stop()


async def changed(client: InspectingClientAsync) -> None:
    await client.until_not_synced(timeout=10)
    await client.until_synced(timeout=10)


async def test_states(client: InspectingClientAsync, device: ScriptedDevice) -> None:
    seen = Seen()
    client.set_state_callback(seen)
    await client.connect(timeout=10)
    await client.until_synced(timeout=10)
    assert seen.states == [NONE, CONNECTED, CHANGED, SYNCED]
    assert seen.changes[0].sensors.added == {"an.int"}
    assert "watchdog" in seen.changes[0].get("requests").added
    device.change("sensor-list")
    await changed(client)
    assert seen.states[4:] == [CONNECTED, UNCHANGED, SYNCED]
    device.drop()
    await changed(client)
    assert seen.states[7:] == [NONE, CONNECTED, UNCHANGED, SYNCED]
    await client.stop()
    assert seen.states[11:] == [NONE]
    assert str(CHANGED) == "[connected !synced model_changed data_synced]"


async def test_what_came_what_went_and_what_changed(
    client: InspectingClientAsync, device: ScriptedDevice
) -> None:
    device.sensors = {name: FakeSensor("integer") for name in ("stays", "goes", "changes")}
    seen = Seen()
    client.set_state_callback(seen)
    client.connect()
    await client.until_synced(timeout=10)
    assert seen.changes[0].sensors == {"added": {*device.sensors}, "removed": set()}
    del device.sensors["goes"]
    device.sensors |= {"changes": FakeSensor("float"), "comes": FakeSensor("float")}
    device.change("sensor-list")
    await changed(client)
    told = {"added": {"comes", "changes"}, "removed": {"goes", "changes"}}
    assert seen.changes[1:] == [{"sensors": told}]


async def test_awaited_callback(client: InspectingClientAsync, device: ScriptedDevice) -> None:
    got = []

    async def callback(state: S, changes: Any) -> None:
        if changes:
            (name,) = changes.get("sensors").added
            got.append((await client.future_get_sensor(name), client.synced))

    client.set_state_callback(callback)
    client.connect()
    await client.until_synced(timeout=10)
    ((sensor, synced),) = got
    assert sensor.name == "an.int"
    assert not synced

    class Observer:
        def update(self, sensor: Any, reading: Any) -> None:
            got.append((sensor.value(), reading.value))

    sensor.attach(Observer())
    await client.simple_request("sensor-sampling", "an.int", "auto")
    assert got[1:] == [(3, 3)]


@pytest.mark.parametrize(
    ("failure", "said"),
    [(ValueError("at first"), "at first"), (asyncio.CancelledError(), "callback was cancelled")],
)
async def test_failing_callback_is_tried_again(
    client: InspectingClientAsync, failure: BaseException, said: str
) -> None:
    failures = [failure]

    def callback(state: S, changes: Any) -> None:
        if state.data_synced and not state.synced and failures:
            raise failures.pop()

    client.set_state_callback(callback)
    client.connect()
    await client.until_synced(timeout=10)
    assert said in str(client.katcp_client.progress.last_error)


async def test_descriptions_are_a_mapping_that_stays(client: Any, device: ScriptedDevice) -> None:
    device.sensors = {"b": FakeSensor("float", "A b", "m"), "a": FakeSensor("boolean")}
    client.connect()
    await client.until_synced(10)
    described = client.sensor_descriptions
    assert (list(described), len(described), "c" in described) == (["b", "a"], 2, False)
    assert described["b"] == SensorDescription("b", "A b", "m", "float", ())
    assert described["b"].units == "m"
    assert pickle.loads(pickle.dumps(described)) == described == dict(described)
    with pytest.raises(KeyError):
        described["c"]
    del device.sensors["a"]
    assert (await client.inspect_sensors()).removed == {"a"}
    assert (list(described), list(client.sensor_descriptions)) == (["b", "a"], ["b"])


async def test_second_connect(client: InspectingClientAsync) -> None:
    await client.connect()
    with pytest.raises(AssertionError):
        await client.connect()
    with pytest.raises(ValueError):
        client.until_state(S(False, True, True, True))


async def test_no_initial_inspection(device: ScriptedDevice) -> None:
    client = InspectingClientAsync(*device.address, initial_inspection=False)
    client.connect()
    await client.until_synced(timeout=10)
    assert (client.sensors, device.requests) == ([], [])
    device.change("sensor-list")
    await changed(client)
    assert client.sensors == ["an.int"]
    await client.stop()


@pytest.mark.quirk(22)
async def test_failed_inspection_leaves_the_model(client: Any, device: ScriptedDevice) -> None:
    client.connect()
    await client.until_synced(timeout=10)
    device.help["new"] = "New"
    device.answers["sensor-list"] = lambda link, r: [f"!sensor-list[{r.mid.decode()}] fail busy"]
    with pytest.raises(SyncError, match="busy"):
        await client.inspect()
    assert "new" not in client.requests


@pytest.mark.parametrize("words", ["Unknown sensor", "no idea what you mean", ""])
@pytest.mark.quirk(23)
async def test_named_query_that_fails_means_not_there(
    client: Any, device: ScriptedDevice, words: str
) -> None:
    client.connect()
    await client.until_synced(timeout=10)
    usual = device.answers["sensor-list"]

    def refuse(link: Any, request: Any) -> Any:
        if request.arguments:
            return [f"!sensor-list[{request.mid.decode()}] fail {words.replace(' ', '_')}".rstrip()]
        return usual(link, request)

    device.answers["sensor-list"] = refuse
    assert not await client.future_check_sensor("no.such")
    assert await client.future_get_sensor("no.such") is None
    assert (await client.inspect_sensors("an.int")).removed == {"an.int"}
    assert client.sensors == []


async def test_an_inspection_gives_what_it_found(client: Any, device: ScriptedDevice) -> None:
    client.connect()
    await client.until_synced(timeout=10)
    device.sensors["later"] = FakeSensor()
    changes = await client.inspect_sensors("later")
    assert (changes.added, changes.removed) == ({"later"}, set())
    assert await client.inspect_sensors("no.such") is None
    del device.sensors["later"]
    changes = await client.inspect_sensors("later")
    assert (changes.added, changes.removed) == (set(), {"later"})
    device.answers["sensor-list"] = lambda link, request: []
    with pytest.raises(TimeoutError, match=r"not read within 0.01 s; it is \["):
        await client.inspect_sensors("later", timeout=0.01)


@pytest.mark.quirk(8)
async def test_sensor_found_by_asking_reaches_the_callback(
    client: Any, device: ScriptedDevice
) -> None:
    seen = Seen()
    client.set_state_callback(seen)
    client.connect()
    await client.until_synced(timeout=10)
    device.sensors["silent.one"] = FakeSensor()  # and no #interface-changed
    assert not await client.future_check_sensor("silent.one", update=False)
    assert await client.future_check_sensor("silent.one")
    await client.until_synced(timeout=10)
    if not any("silent.one" in c.get("sensors", {}).get("added", ()) for c in seen.changes):
        await changed(client)
    assert any("silent.one" in c.sensors.added for c in seen.changes[1:])


async def test_prefix_answers_of_c_servers(client: Any, device: ScriptedDevice) -> None:
    device.sensors["an"] = FakeSensor()
    client.connect()
    await client.until_synced(timeout=10)
    usual = device.answers["sensor-list"]

    def by_prefix(link: Any, request: Any) -> Any:
        request.arguments.clear()
        return usual(link, request)

    device.answers["sensor-list"] = by_prefix
    device.sensors["an.other"] = FakeSensor()
    device.change("sensor", "an", "modified")
    await changed(client)
    assert set(client.sensors) == {"an", "an.int"}


@pytest.mark.quirk(22)
async def test_hooks(client: Any, device: ScriptedDevice, caplog: Any) -> None:
    heard: list[Any] = []

    def broken(msg: Any) -> None:
        raise ZeroDivisionError("in a hook")

    def good(msg: Any) -> None:
        heard.append(msg.name)

    for hook in (broken, good, good):
        client.katcp_client.hook_inform("help", hook)
    client.connect()
    await client.until_synced(timeout=10)
    assert heard == ["help"] * len(device.help)
    assert "in a hook" in caplog.text


async def test_a_hook_may_come_while_a_long_answer_does(
    client: Any, device: ScriptedDevice
) -> None:
    heard: list[Any] = []
    answer = device.answers["sensor-list"]
    device.answers["sensor-list"] = lambda link, request: [
        "#listing-begins",
        *answer(link, request),
    ]
    low = client.katcp_client
    low.hook_inform("listing-begins", lambda _: low.hook_inform("sensor-list", heard.append))
    client.connect()
    await client.until_synced(timeout=10)
    assert len(heard) == len(device.sensors)


async def test_factories(device: ScriptedDevice) -> None:
    class Mine(InspectingClientAsync):
        sensor_factory = staticmethod(lambda **kwargs: kwargs)

    client = Mine(*device.address)
    client.connect()
    await client.until_synced(timeout=10)
    assert await client.future_get_sensor("an.int") == {
        "name": "an.int",
        "sensor_type": 0,
        "description": "A sensor",
        "units": "",
        "params": [],
    }
    request = await client.future_get_request("watchdog")
    assert (request.name, request.timeout_hint) == ("watchdog", None)
    await client.stop()


@pytest.mark.parametrize("count", [1, 2])
async def test_who_takes_readings_may_raise(
    device: ScriptedDevice, caplog: Any, count: int
) -> None:
    class Mine(InspectingClientAsync):
        def update_sensor(self, name: str, *reading: Any) -> None:
            heard.append(name)
            raise RuntimeError("of this program")

    heard: list[str] = []
    client = Mine(*device.address)
    client.connect()
    await client.until_synced(timeout=10)
    device.send(f"#sensor-status 1 {count}" + " an.int nominal 1" * count)
    assert (await client.simple_request("watchdog"))[0].reply_ok()
    assert heard == ["an.int"] * count
    assert caplog.text.count("RuntimeError: of this program") == count
    await client.stop()


async def test_sensor_that_went_and_came_while_being_read(
    client: Any, device: ScriptedDevice
) -> None:
    seen = Seen()
    client.set_state_callback(seen)
    client.connect()
    await client.until_synced(timeout=10)
    old = client.get_sensor("an.int")
    usual = device.answers["sensor-list"]

    def gone_once(link: Any, request: Any) -> Any:
        device.answers["sensor-list"] = usual
        return ["#interface-changed sensor-list", f"!sensor-list[{request.mid.decode()}] ok 0"]

    device.answers["sensor-list"] = gone_once
    device.change("sensor-list")
    await changed(client)
    assert seen.changes[-1].sensors.added == seen.changes[-1].sensors.removed == {"an.int"}
    assert client.get_sensor("an.int") is not old
