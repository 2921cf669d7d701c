"""Names that are missing: the errors are those that programs know, the texts are for a person."""

import pickle
from typing import Any

import pytest

from katcp.errors import KATCPNameMissing, KATCPSensorMissing
from katcp.resource_client import KATCPClientResource, KATCPClientResourceContainer
from katcp.testing import ScriptedDevice, resource_of


def container(**spec: Any) -> KATCPClientResourceContainer:
    clients = {"m000": {"address": ("localhost", 1)}, "m001": {"address": ("localhost", 1)}}
    return KATCPClientResourceContainer(
        {"name": "kat", "clients": clients, "groups": {"ants": ["m000", "m001"]}, **spec}
    )


async def test_what_comes_close_is_named(device: ScriptedDevice) -> None:
    async with resource_of(device) as resource:
        with pytest.raises(AttributeError) as attribute:
            _ = resource.req.watchdo
        with pytest.raises(KeyError) as item:
            _ = resource.sensor["an.in"]
        with pytest.raises(KATCPSensorMissing, match=r"no sensor 'an_it'; close to it: an_int$"):
            await resource.wait("an.it", 1)
        with pytest.raises(AttributeError, match=r"has no request 'quite_another'$"):
            _ = resource.req.quite_another
        assert str(attribute.value).endswith("has no request 'watchdo'; close to it: watchdog")
        assert str(item.value).endswith("has no sensor 'an.in'; close to it: an_int")
    for missing, name in (attribute, "AttributeError"), (item, "KeyError"):
        assert isinstance(missing.value, KATCPNameMissing)
        assert type(missing.value).__name__ == name  # what a program prints
    assert attribute.value.args == ("watchdo",)
    assert item.value.args == ("an.in",)
    copy = pickle.loads(pickle.dumps(attribute.value))
    assert (copy.args, str(copy)) == (("watchdo",), str(attribute.value))


async def test_why_it_may_be_missing_is_said() -> None:
    resource = KATCPClientResource({"name": "m000", "address": ("localhost", 1)})
    with pytest.raises(KATCPNameMissing, match=r"m000 has no request 'mode'; it is not synced: "):
        _ = resource.req.mode
    assert not hasattr(resource.req, "mode")
    assert resource.req.get("mode") is None
    with pytest.raises(AttributeError):
        _ = resource.req.__deepcopy__
    del resource
    group = container().groups.ants
    with pytest.raises(KATCPNameMissing, match=r"^ants has no request 'mode'$"):
        _ = group.req.mode


async def test_devices_and_groups_are_attributes() -> None:
    kat = container()
    assert kat.m000 is kat.children["m000"]
    assert kat.ants is kat.groups["ants"]
    assert {"m000", "m001", "ants", "req"} <= set(dir(kat))
    assert kat.name == "kat"  # what it has itself goes before
    with pytest.raises(KATCPNameMissing, match=r"kat has no device, group or attribute 'antz'; "
                       "close to it: ants"):  # fmt: skip
        _ = kat.antz
    with pytest.raises(AttributeError, match=r"^_hidden$"):
        _ = kat._hidden
    with pytest.raises(KATCPNameMissing, match="kat has no group 'ant'; close to it: ants"):
        _ = kat.groups.ant
    with pytest.raises(KATCPNameMissing, match="no device 'm0000'"):
        _ = kat.children["m0000"]
