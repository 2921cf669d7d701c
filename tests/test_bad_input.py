"""What a device or a user may get wrong: each is said, and nothing else is lost."""

import asyncio
import logging
import os
from typing import Any

import pytest

import katcp
from katcp.testing import FakeSensor, Responder, ScriptedDevice


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"\xff\xfe\x00 not katcp at all", "line that cannot be used"),
        (b"#sensor-status 1 1 an.int \\q 3", "line that cannot be used"),
        (b"! fail usage", "line that cannot be used"),
        (b"!nobody-asked ok", "reply that nothing waits for"),
        (b"!help[9999] ok", "reply that nothing waits for"),
        (b"#sensor-status", "malformed"),
        (b"#sensor-status 1.0 2 an.int nominal 5", "malformed"),
        (b"#sensor-status nan 1 an.int nominal 5", "no timestamp"),
        (b"#sensor-status 1e400 1 an.int nominal 5", "no timestamp"),
        (b"#sensor-status 1.0 1 an.int splendid 5", "unknown status"),
        (b"#sensor-status 1.0 1 an.int nominal 5.0", "no integer"),
        (b"#sensor-status 1.0 1 no.such nominal 5", "not in the list"),
    ],
)
async def test_bad_line_is_logged_and_its_neighbours_count(
    synced: Any, device: ScriptedDevice, caplog: Any, line: bytes, words: str
) -> None:
    heard: list[int] = []
    await synced.sensor.an_int.set_strategy("event")
    synced.sensor.an_int.register_listener(lambda s, r: heard.append(r.value), reading=True)
    good = b"#sensor-status 1.0 1 an.int nominal %d\n"
    device.send_bytes(good % 1 + line + b"\n" + good % 2)
    await synced.req.watchdog()
    assert heard == [1, 2]
    assert words in caplog.text
    assert synced.synced
    assert device.connections == 1


async def test_log_is_not_flooded(synced: Any, device: ScriptedDevice, caplog: Any) -> None:
    device.send(*["!nobody-asked ok"] * 1000)
    await synced.req.watchdog()
    assert caplog.text.count("nobody-asked") == 5
    await synced.stop()
    assert "995 more" in caplog.text


async def test_garbage_before_the_banner(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        device.banner.insert(0, os.urandom(5000).replace(b"\n", b"").decode("latin-1"))
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)


async def test_byte_by_byte(make_resource: Any) -> None:
    async with ScriptedDevice("5.1-MIBT", chunk=1) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert await resource.sensor.an_int.get_value() == 3


async def test_line_of_100_megabytes(synced: Any, device: ScriptedDevice, caplog: Any) -> None:
    device.send_bytes(b"#huge " + b"x" * 100_000_000 + b"\n")
    assert (await synced.req.watchdog(timeout=60)).succeeded
    assert "too long" in caplog.text.lower()
    assert device.connections == 1


async def test_settable_limits(make_resource: Any, device: ScriptedDevice, caplog: Any) -> None:
    resource = make_resource(device, max_message_size=1000, max_write_buffer=5000)
    resource.start()
    await resource.until_synced(timeout=10)
    device.send("#long " + "x" * 2000)
    reply = await resource.req.watchdog("x" * 6000)
    assert b"not sent" in reply.reply.arguments[1]
    assert (await resource.req.watchdog()).succeeded
    assert "too long" in caplog.text.lower()


async def test_what_is_asked_in_one_turn_is_limited(
    make_resource: Any, device: ScriptedDevice
) -> None:
    resource = make_resource(device, max_write_buffer=1_000_000)
    resource.start()
    await resource.until_synced(timeout=10)
    # Nothing is read meanwhile: a megabyte may wait here, and what the network buffers.
    asked = [resource.req.watchdog(b"x" * 100_000) for _ in range(500)]
    replies = [(await answer).reply for answer in asked]
    refused = [reply for reply in replies if not reply.reply_ok()]
    assert all(b"does not take what is sent to it" in reply.arguments[1] for reply in refused)
    assert 10 <= 500 - len(refused) < 250


async def test_half_a_line_then_silence(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        device.answers["sensor-list"] = lambda link, request: link.send_bytes(
            b"#sensor-list[2] an.i"
        )
        resource = make_resource(device, sync_timeout=0.05)
        resource.start()
        await device.until_connected(2)
        assert "sensor-list" in resource.last_error.what
        assert not resource.synced


@pytest.mark.parametrize(
    ("row", "type_name", "words"),
    [
        (["odd", "d", "u", "colour"], "string", "unknown type"),
        (["odd", "d", "u", "discrete"], "string", "without options"),
        (["odd", "d", "u", "integer", "low", "high"], "integer", "parameters"),
        (["odd", "d", "s", "timestamp"], "timestamp", ""),
        (["odd", "d", "u", "lru"], "lru", ""),
        (["odd", "d"], None, "left out"),
        ([], None, "left out"),
        ([""], None, "left out"),
    ],
)
@pytest.mark.quirk(1)
async def test_bad_description_hides_no_other(
    make_resource: Any, row: list[str], type_name: str | None, words: str, caplog: Any
) -> None:
    async with ScriptedDevice() as device:
        usual = device.answers["sensor-list"]

        def with_bad(link: Any, request: Any) -> Any:
            return [str(katcp.Message.reply_inform(request, *row)), *usual(link, request)]

        device.answers["sensor-list"] = with_bad
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert "an_int" in resource.sensor
        assert words in caplog.text
        assert ("odd" in resource.sensor) == (type_name is not None)
        if type_name:
            assert resource.sensor.odd.type == type_name


async def test_discrete_value_that_is_no_option_and_raw_bytes(synced: Any, device: Any) -> None:
    device.sensors |= {
        "mode": FakeSensor("discrete", params=("idle", "busy"), value="idle"),
        "text": FakeSensor("string"),
    }
    device.change("sensor-list")
    await synced.until_not_synced(timeout=10)
    await synced.until_synced(timeout=10)
    assert await synced.sensor.mode.get_value() == "idle"
    device.send("#sensor-status 1.0 1 mode nominal odd")
    device.send(b"#sensor-status 1.0 1 text nominal \xff\\e[31m")
    await synced.req.watchdog()
    assert synced.sensor.mode.value == "idle"
    assert synced.sensor.text.value == "\udcff\x1b[31m"
    assert synced.sensor.text.value.encode("utf-8", "surrogateescape") == b"\xff\x1b[31m"
    assert "\x1b" not in repr(synced.sensor.text)


async def test_wrong_count_is_said(make_resource: Any, caplog: Any) -> None:
    async with ScriptedDevice() as device:
        usual = device.answers["sensor-list"]
        device.answers["sensor-list"] = lambda link, r: [
            *usual(link, r)[:-1],
            str(katcp.Message.reply_to_request(r, "ok", 7)),
        ]
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert "sent 1, announced 7" in caplog.text
        assert len(device.asked("sensor-list")) == 2  # it was given a second chance


async def test_a_line_that_got_lost_hides_no_sensor(make_resource: Any) -> None:
    sensors = {f"s{i}": FakeSensor() for i in range(5)}
    async with ScriptedDevice(sensors=sensors) as device:
        usual = device.answers["sensor-list"]

        def one_lost(link: Any, request: Any) -> Any:
            device.answers["sensor-list"] = usual
            lines = usual(link, request)
            return [*lines[:2], b"\xff\xfe" + lines[2].encode(), *lines[3:]]

        device.answers["sensor-list"] = one_lost
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        assert set(resource.sensor) == set(sensors)


async def test_hundred_thousand_sensors(make_resource: Any, caplog: Any) -> None:
    caplog.set_level(logging.ERROR)
    sensors = {f"s{i}": FakeSensor() for i in range(100_000)}
    async with ScriptedDevice("5.1-MIB", sensors) as device:
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=60)
        assert len(resource.sensor) == 100_000
        assert resource.sensor.s99999.name == "s99999"


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("nonsense", ValueError, "host:port"),
        ("localhost:", ValueError, "host:port"),
        ("no-such-host.invalid:5000", katcp.ConnectTimeout, "host name is not known"),
        ("127.0.0.1:1", katcp.ConnectTimeout, "connection refused"),
        ("127.0.0.1:99999", ValueError, "host:port"),
        ("a..b:5000", katcp.ConnectTimeout, "host and port|host name"),
    ],
)
async def test_wrong_address(address: str, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        async with katcp.connect(address, timeout=0.5):
            pass


async def test_connect_says_how_far_it_came() -> None:
    async with Responder() as silent:
        host, port = silent.address
        with pytest.raises(katcp.ConnectTimeout, match="phase 'protocol'") as caught:
            async with katcp.connect(f"{host}:{port}", timeout=0.1):
                pass
        assert isinstance(caught.value, TimeoutError)


async def test_connect_gives_a_synced_device(device: ScriptedDevice) -> None:
    host, port = device.address
    async with katcp.connect(f"{host}:{port}") as resource:
        assert resource.name == f"{host}:{port}"
        assert resource.synced
        assert resource.controlled
    assert resource.state == "disconnected"


@pytest.mark.parametrize("banner", ["5.0-MIT", "5.0-MIX", "4.9-MI", "6.0-MI"])
async def test_odd_announcements(make_resource: Any, banner: str) -> None:
    async with ScriptedDevice(banner) as device:
        device.answers["request-timeout-hint"] = lambda link, r: ["!request-timeout-hint invalid"]
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        flags = resource._inspecting_client.katcp_client.protocol_flags
        assert flags.message_ids == (not banner.startswith("4"))
        assert not flags.request_timeout_hints


def test_files_of_katcp_python_are_noticed(tmp_path: Any) -> None:
    from katcp import _neighbours

    _neighbours.check(tmp_path)
    (tmp_path / "resource_client.py").touch()
    with pytest.raises(ImportError, match="pip uninstall"):
        _neighbours.check(tmp_path)


async def test_numbers_of_5000_digits(make_resource: Any, caplog: Any) -> None:
    digits = "9" * 5000
    async with ScriptedDevice(f"5.{digits}") as device:
        device.banner.append("#version odd")
        device.hints = {"help": 1.0}
        device.answers["help"] = lambda link, r: [
            "#help watchdog W",
            f"!help ok {digits}",
        ]
        resource = make_resource(device)
        resource.start()
        await resource.until_synced(timeout=10)
        device.send(f"#sensor-status 1 {digits} an.int nominal 1")
        device.send(f"#sensor-status 1 1 an.int nominal {digits}")
        device.send(f"!watchdog[{digits}] ok")
        assert await resource.sensor.an_int.get_value() == 3
        assert "Traceback" not in caplog.text
        assert device.connections == 1


async def test_more_sensors_than_may_be(make_resource: Any) -> None:
    sensors = {f"s{i}": FakeSensor() for i in range(5)}
    async with ScriptedDevice(sensors=sensors) as device:
        resource = make_resource(device, max_sensors=5)
        resource.start()
        await resource.until_synced(timeout=10)
        sensors["more"] = FakeSensor()
        device.change("sensor", "more", "added")
        await resource.until_state("disconnected", timeout=10)
        assert "more than 5 sensors (max_sensors)" in resource.last_error.what
        await device.until_asked("sensor-list", 4)  # the whole list is refused, too
        assert not resource.synced
        del sensors["more"]
        await resource.until_synced(timeout=10)
        assert set(resource.sensor) == set(sensors)


async def test_list_without_end(make_resource: Any) -> None:
    async with ScriptedDevice() as device:

        async def endless(link: Any, request: Any) -> None:
            while not link.cut():
                link.send(
                    *[f"#sensor-list[{request.mid.decode()}] s{i} d u integer" for i in range(100)]
                )
                await asyncio.sleep(0)

        device.answers["sensor-list"] = endless
        resource = make_resource(device, max_informs=1000)
        resource.start()
        await device.until_connected(2)
        assert "more than 1000 informs" in resource.last_error.what
        assert resource.sensor == {}


async def test_more_informs_than_may_be(make_resource: Any, device: ScriptedDevice) -> None:
    device.help["much"] = "Says much"
    device.answers["much"] = lambda link, r: [
        *[f"#much[{r.mid.decode()}] x"] * 11,
        "!much[3] ok 11",
    ]
    resource = make_resource(device, max_informs=10)
    resource.start()
    await resource.until_synced(timeout=10)
    reply = await resource.req.much()
    assert b"more than 10 informs" in reply.reply.arguments[1]
    assert len(reply.informs) == 10
    assert (await resource.req.watchdog()).succeeded


async def test_more_requests_than_may_wait(make_resource: Any, device: ScriptedDevice) -> None:
    resource = make_resource(device, max_pending_requests=3)
    resource.start()
    await resource.until_synced(timeout=10)
    device.hanging = True
    *waiting, refused = [resource.req.watchdog() for _ in range(4)]
    assert b"not sent: 3 wait" in (await refused).reply.arguments[1]
    assert not any(future.done() for future in waiting)
    await resource.stop()
    assert b"stopped" in (await waiting[0]).reply.arguments[1]


async def test_a_device_of_very_many_components(synced: Any, device: ScriptedDevice) -> None:
    device.send(*[f"#version-connect part-{i} 1.0" for i in range(10_000)])
    assert await synced.req.watchdog()
    assert len(synced.versions) == 100


async def test_a_very_long_text_is_cut_in_errors(make_resource: Any) -> None:
    async with ScriptedDevice() as device:
        device.answers["sensor-list"] = lambda link, r: [
            str(katcp.Message.reply_to_request(r, "fail", "x" * 1_000_000))
        ]
        resource = make_resource(device)
        resource.start()
        with pytest.raises(TimeoutError, match=r"10000\d\d characters") as caught:
            await resource.until_synced(timeout=0.5)
        assert len(str(caught.value)) < 2000
