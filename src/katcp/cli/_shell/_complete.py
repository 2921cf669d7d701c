"""Completion of devices, groups, sensors and requests; only of what is of use at the prompt."""

import re
from collections.abc import Iterable
from typing import Any

from ..._display import unwrapped
from ..._helpers import AttrDict
from ...model import KATCPSensorReading
from ...resource import KATCPReply, KATCPRequest, KATCPSensor
from ...resource_client import (
    ClientGroup,
    GroupRequest,
    GroupResults,
    KATCPClientResource,
    KATCPClientResourceContainer,
)

__all__ = ["install_completion", "names_of"]

_RESOURCE = (
    "req sensor state synced name wait until_synced list_sensors set_sampling_strategy "
    "set_sampling_strategies is_connected"
)
_USEFUL = {
    KATCPClientResource: f"{_RESOURCE} address_string description last_error phase versions",
    KATCPClientResourceContainer: f"{_RESOURCE} groups children",
    ClientGroup: "req wait clients name set_sampling_strategy set_sampling_strategies is_connected",
    KATCPSensor: "value status reading stale units type description name sampling_strategy "
    "get_value get_reading get_status set_strategy set_sampling_strategy drop_sampling_strategy "
    "wait readings register_listener unregister_listener",
    KATCPRequest: "name description timeout_hint",
    GroupRequest: "name description",
    KATCPReply: "succeeded reply informs messages raise_on_failure",
    GroupResults: "succeeded raise_on_failure items keys values",
    KATCPSensorReading: "value status timestamp received_timestamp",
}
_ATTRIBUTE = re.compile(r"(?<![\w.\])}'\"])([A-Za-z_]\w*(?:\.\w+)*)\.(\w*)$")
# The name of a sensor as the first argument of a method of its device or group.
_SENSOR = re.compile(
    r"(?<![\w.\])}'\"])([A-Za-z_]\w*(?:\.\w+)*)\.(?:wait|set_sampling_strategy)\(\s*['\"](\w*)$"
)


def install_completion(completer: Any, namespace: dict[str, Any]) -> None:
    """Make an IPython completer know the objects of the library that are in `namespace`."""

    def matcher(context: Any) -> dict[str, Any]:
        from IPython.core.completer import SimpleCompletion

        fragment, names = _complete(context.line_with_cursor, context.cursor_position, namespace)
        return {
            "completions": [SimpleCompletion(text=name, type="instance") for name in names],
            "matched_fragment": fragment,
            "suppress": bool(names),
            "ordered": True,
        }

    matcher.matcher_api_version = 2  # type: ignore[attr-defined]
    matcher.matcher_identifier = "katcp"  # type: ignore[attr-defined]
    completer.custom_matchers.append(matcher)


def names_of(thing: Any) -> list[str]:
    """Give what is of use after the dot: items first; nothing for things of others."""
    thing = unwrapped(thing)
    if isinstance(thing, AttrDict):
        return _identifiers(thing)
    for kind, names in _USEFUL.items():
        if isinstance(thing, kind):
            return [*_parts(thing), *names.split()]
    return []


def _complete(line: str, cursor: int, namespace: dict[str, Any]) -> tuple[str, list[str]]:
    before = line[:cursor]
    for pattern, names in ((_ATTRIBUTE, names_of), (_SENSOR, _sensors)):
        match = pattern.search(before)
        if match:
            path, fragment = match.groups()
            found = names(_walk(path, namespace))
            return fragment, [name for name in found if name.startswith(fragment)]
    return "", []


def _walk(path: str, namespace: dict[str, Any]) -> Any:
    """Follow a dotted path through things of the library, calling nothing; else None."""
    root, *rest = path.split(".")
    thing = namespace.get(root)
    for name in rest:
        if name not in names_of(thing):
            return None
        try:
            thing = getattr(unwrapped(thing), name)
        except AttributeError:
            return None  # it has gone meanwhile
    return thing


def _sensors(thing: Any) -> list[str]:
    thing = unwrapped(thing)
    if isinstance(thing, ClientGroup):
        return sorted({name for client in thing for name in _identifiers(client.sensor)})
    if isinstance(thing, (KATCPClientResource, KATCPClientResourceContainer)):
        return _identifiers(thing.sensor)
    return []


def _parts(thing: Any) -> list[str]:
    if isinstance(thing, KATCPClientResourceContainer):
        return [*_identifiers(thing.children), *_identifiers(thing.groups)]
    return []


def _identifiers(items: Iterable[str]) -> list[str]:
    return sorted(filter(str.isidentifier, list(items)))
