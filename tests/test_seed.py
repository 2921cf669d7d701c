"""The names that programs know from katcp-python: each is there, with its parameters and bases."""

import inspect
import re
from functools import reduce
from typing import Any

import pytest

from katcp import inspecting_client, ioloop_manager, resource, resource_client

# Name in katcp.resource_client -> its parameters in order; None: no callable.
SEED: dict[str, str | None] = {
    "ClientGroup": "name clients",
    "ClientGroup.clients": None,
    "ClientGroup.client_updated": "client",
    "ClientGroup.is_connected": "",
    "ClientGroup.set_sampling_strategies": "filter strategy_and_params",
    "ClientGroup.set_sampling_strategy": "sensor_name strategy_and_params",
    "ClientGroup.wait": "sensor_name condition_or_value timeout quorum max_grace_period",
    "GroupRequest": "group name description",
    "GroupResults.succeeded": None,
    "GroupResults.get": "key default",
    "GroupResults.popitem": "",
    "GroupResults.setdefault": "key default",
    "KATCPClientResource": "resource_spec parent logger",
    "KATCPClientResource.MAX_LOOP_LATENCY": None,
    "KATCPClientResource.inspecting_client_factory": "host port ioloop_set_to",
    "KATCPClientResource.is_active": "",
    "KATCPClientResource.is_connected": "",
    "KATCPClientResource.list_sensors": "filter strategy status use_python_identifiers tuple refresh",
    "KATCPClientResource.set_active": "active",
    "KATCPClientResource.set_ioloop": "ioloop",
    "KATCPClientResource.set_sampling_strategies": "filter strategy_and_params",
    "KATCPClientResource.set_sampling_strategy": "sensor_name strategy_and_params",
    "KATCPClientResource.set_sensor_listener": "sensor_name listener",
    "KATCPClientResource.start": "",
    "KATCPClientResource.stop": "",
    "KATCPClientResource.until_not_synced": "timeout",
    "KATCPClientResource.until_state": "state timeout",
    "KATCPClientResource.until_synced": "timeout",
    "KATCPClientResource.wait": "sensor_name condition_or_value timeout",
    "KATCPClientResource.wait_connected": "timeout",
    "KATCPClientResourceContainer": "resources_spec logger",
    "KATCPClientResourceContainer.sensor": None,
    "KATCPClientResourceContainer.req": None,
    "KATCPClientResourceContainer.groups": None,
    "KATCPClientResourceContainer.add_child_resource_client": "res_name res_spec",
    "KATCPClientResourceContainer.add_group": "group_name group_client_names",
    "KATCPClientResourceContainer.client_resource_factory": "res_spec parent logger",
    "KATCPClientResourceContainer.is_active": "",
    "KATCPClientResourceContainer.is_connected": "",
    "KATCPClientResourceContainer.list_sensors": "filter strategy status use_python_identifiers tuple refresh",
    "KATCPClientResourceContainer.set_active": "active",
    "KATCPClientResourceContainer.set_ioloop": "ioloop",
    "KATCPClientResourceContainer.set_sampling_strategies": "filter strategy_and_params",
    "KATCPClientResourceContainer.set_sampling_strategy": "sensor_name strategy_and_params",
    "KATCPClientResourceContainer.set_sensor_listener": "sensor_name listener",
    "KATCPClientResourceContainer.start": "",
    "KATCPClientResourceContainer.stop": "",
    "KATCPClientResourceContainer.until_all_children_in_state": "state timeout",
    "KATCPClientResourceContainer.until_any_child_in_state": "state timeout",
    "KATCPClientResourceContainer.until_not_synced": "timeout",
    "KATCPClientResourceContainer.until_synced": "timeout",
    "KATCPClientResourceContainer.wait": "sensor_name condition_or_value timeout",
    "KATCPClientResourceRequest": "request_description client is_active",
    "KATCPClientResourceRequest.is_active": "",
    "KATCPClientResourceRequest.issue_request": "args kwargs",
    "KATCPClientResourceSensorsManager": "inspecting_client resource_name logger book sensors",
    "KATCPClientResourceSensorsManager.get_sampling_strategy": "sensor_name",
    "KATCPClientResourceSensorsManager.poll_sensor": "sensor_name",
    "KATCPClientResourceSensorsManager.reapply_sampling_strategies": "",
    "KATCPClientResourceSensorsManager.sensor_factory": "description",
    "KATCPClientResourceSensorsManager.set_sampling_strategy": "sensor_name strategy_and_params",
    "ReplyWrappedInspectingClientAsync": "host port ioloop initial_inspection auto_reconnect logger",
    "ReplyWrappedInspectingClientAsync.close": "",
    "ReplyWrappedInspectingClientAsync.connect": "timeout",
    "ReplyWrappedInspectingClientAsync.future_check_request": "name update",
    "ReplyWrappedInspectingClientAsync.future_check_sensor": "name update",
    "ReplyWrappedInspectingClientAsync.future_get_request": "name update",
    "ReplyWrappedInspectingClientAsync.future_get_sensor": "name update",
    "ReplyWrappedInspectingClientAsync.handle_sensor_value": "",
    "ReplyWrappedInspectingClientAsync.inform_hook_client_factory": "host port args kwargs",
    "ReplyWrappedInspectingClientAsync.inspect": "",
    "ReplyWrappedInspectingClientAsync.inspect_requests": "name timeout",
    "ReplyWrappedInspectingClientAsync.inspect_sensors": "name timeout",
    "ReplyWrappedInspectingClientAsync.is_connected": "",
    "ReplyWrappedInspectingClientAsync.join": "timeout",
    "ReplyWrappedInspectingClientAsync.preset_protocol_flags": "protocol_flags",
    "ReplyWrappedInspectingClientAsync.reply_wrapper": "x",
    "ReplyWrappedInspectingClientAsync.request_factory": None,
    "ReplyWrappedInspectingClientAsync.sensor_factory": None,
    "ReplyWrappedInspectingClientAsync.set_ioloop": "ioloop",
    "ReplyWrappedInspectingClientAsync.set_state_callback": "cb",
    "ReplyWrappedInspectingClientAsync.simple_request": "request args timeout mid use_mid _",
    "ReplyWrappedInspectingClientAsync.start": "timeout",
    "ReplyWrappedInspectingClientAsync.stop": "timeout",
    "ReplyWrappedInspectingClientAsync.until_connected": "timeout",
    "ReplyWrappedInspectingClientAsync.until_data_synced": "timeout",
    "ReplyWrappedInspectingClientAsync.until_not_synced": "timeout",
    "ReplyWrappedInspectingClientAsync.until_state": "desired_state timeout",
    "ReplyWrappedInspectingClientAsync.until_synced": "timeout",
    "ReplyWrappedInspectingClientAsync.update_sensor": "name timestamp status value",
    "ReplyWrappedInspectingClientAsync.wrapped_request": "request args timeout mid use_mid _",
    "ThreadSafeKATCPClientGroupWrapper": "subject ioloop_wrapper",
    "ThreadSafeKATCPClientResourceWrapper": "subject ioloop_wrapper",
    "list_sensors": "parent_class sensor_items filter strategy status use_python_identifiers tuple refresh",
    "monitor_resource_sync_state": "resource callback exit_event",
    "transform_future": "transformation future",
}

BASES = {
    "GroupResults": dict,
    "KATCPClientResource": resource.KATCPResource,
    "KATCPClientResourceContainer": resource.KATCPResource,
    "KATCPClientResourceRequest": resource.KATCPRequest,
    "KATCPClientResourceSensorsManager": resource.KATCPSensorsManager,
    "ReplyWrappedInspectingClientAsync": inspecting_client.InspectingClientAsync,
    "ThreadSafeKATCPClientGroupWrapper": ioloop_manager.ThreadSafeMethodAttrWrapper,
    "ThreadSafeKATCPClientResourceWrapper": ioloop_manager.ThreadSafeMethodAttrWrapper,
}


def look_up(name: str) -> Any:
    return reduce(getattr, name.split("."), resource_client)


@pytest.mark.parametrize(("name", "parameters"), SEED.items())
def test_name(name: str, parameters: str | None) -> None:
    item = look_up(name)
    if parameters is None:
        return
    names = [p for p in inspect.signature(item).parameters if p != "self"]
    assert names == parameters.split()


@pytest.mark.parametrize(("name", "base"), BASES.items())
def test_base(name: str, base: type) -> None:
    assert issubclass(look_up(name), base)


@pytest.mark.parametrize("name", [name for name, p in SEED.items() if p is not None])
def test_docstring_gives_units_and_errors(name: str) -> None:
    item = look_up(name)
    text = inspect.getdoc(item)
    assert text, name
    if "timeout" in inspect.signature(item).parameters and not inspect.isclass(item):
        refers = re.search(r"(?i)(see|as of|as for|as) `\w", text)
        assert refers or re.search(r"(?i)seconds|\bs\b", text), f"{name}: in which unit?"
