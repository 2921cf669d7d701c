"""The fakes that the old API names: no network, real wire bytes."""

import asyncio
import logging
from typing import Any

import pytest

from katcp import KATCPClientResource, KATCPClientResourceContainer, Message
from katcp.core import KatcpSyntaxError
from katcp.fake_clients import (
    fake_inspecting_client_factory,
    fake_KATCP_client_resource_container_factory,
    fake_KATCP_client_resource_factory,
)
from katcp.resource_client import ReplyWrappedInspectingClientAsync

SPEC = {"name": "fake", "address": ("nowhere", 1), "controlled": True}


class Handlers:
    def request_add_up(self, req: Any, msg: Message) -> Message:
        """Add up."""
        req.inform("adding", *msg.arguments)
        return Message.reply("add-up", "ok", sum(map(int, msg.arguments)))

    async def request_slow(self, req: Any, msg: Message) -> Message:
        """Take some time."""
        await asyncio.sleep(0)
        return req.make_reply("fail", "too slow")


async def test_a_resource() -> None:
    resource, manager = fake_KATCP_client_resource_factory(KATCPClientResource, {}, SPEC)
    assert isinstance(resource, KATCPClientResource)
    with pytest.raises(RuntimeError):
        manager.add_sensors({})
    resource.start()
    await resource.until_synced(timeout=2)
    assert set(resource.req) == {"help", "sensor_list"}
    assert not resource.sensor

    with pytest.raises(KatcpSyntaxError, match="bananas"):
        manager.add_sensors({"a": ("A", "V", "integer"), "b": ("B", "V", "bananas")})
    syncing, infos = resource.until_state("syncing", timeout=2), {
        "an-int": ("An int", "count", "integer", -5, 5),
        "a.choice": ("A choice", "", "discrete", "one", "two"),
    }  # fmt: skip
    manager.add_sensors(infos)
    await syncing
    await resource.until_synced(timeout=2)
    assert set(resource.sensor) == {"an_int", "a_choice"}
    assert manager.fake_sensor_infos == infos
    await resource.sensor.an_int.set_strategy("event")
    resource.sensor.an_int.set_value(4)
    assert await resource.sensor.an_int.get_value() == 4
    assert await resource.wait("an-int", 4, timeout=1)

    syncing = resource.until_state("syncing", timeout=2)
    manager.add_request_handlers_object(Handlers())
    await syncing
    await resource.until_synced(timeout=2)
    reply = await resource.req.add_up(1, 2)
    assert reply.reply.arguments == [b"ok", b"3"]
    assert reply.informs[0].arguments == [b"adding", b"1", b"2"]
    assert str((await resource.req.slow()).reply).endswith("fail too\\_slow")
    assert resource.req.slow.description == "Take some time."
    with pytest.raises(AssertionError, match="docstring"):
        manager.add_request_handlers_dict({"x": lambda req, msg: None})
    await resource.stop()
    resource.start()
    await resource.until_synced(timeout=2)
    assert "an_int" in resource.sensor
    await resource.stop()


@pytest.mark.parametrize(
    ("options", "word"), [({"allow_any_request": True}, b"ok"), (None, b"invalid")]
)
async def test_unknown_requests(options: Any, word: bytes) -> None:
    client, manager = fake_inspecting_client_factory(
        ReplyWrappedInspectingClientAsync, options, "nowhere", 1
    )
    client.connect()
    await client.until_synced(timeout=2)
    manager.add_sensors({"x": ("X", "", "float")})
    await client.until_not_synced(timeout=2)
    await client.until_synced(timeout=2)
    assert client.sensors == ["x"]
    reply, _ = await client.simple_request("unheard-of")
    assert reply.arguments[0] == word
    client.stop()
    await client.until_stopped(timeout=2)


async def test_a_container() -> None:
    logger = logging.getLogger("mine")
    spec = {
        "name": "all",
        "clients": {"a-1": {"address": ("x", 1), "controlled": True}, "b": {"address": ("x", 2)}},
        "groups": {"both": ["a-1", "b"]},
    }
    container, manager = fake_KATCP_client_resource_container_factory(
        KATCPClientResourceContainer, {}, spec, logger=logger
    )
    assert isinstance(container, KATCPClientResourceContainer)
    container.start()
    await container.until_synced(timeout=2)
    assert set(manager.child_managers) == {"a_1", "b"}
    manager.add_sensors("a_1", {"s": ("S", "", "float")})
    manager.add_request_handlers_object("a-1", Handlers())
    await container.until_not_synced(timeout=2)
    await container.until_synced(timeout=2)
    assert "a_1_s" in container.sensor
    results = await container.groups.both.req.add_up(1)
    assert results["a-1"]
    assert results["b"] is None
    await container.stop()
