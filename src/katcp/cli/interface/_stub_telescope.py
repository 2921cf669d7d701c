"""The classes of a stub that stand for a container of devices, and for groups."""

from collections.abc import Iterable
from typing import NamedTuple

from ...model import Request
from ...resource_client import KATCPClientResourceContainer, ThreadSafeKATCPClientResourceWrapper
from ._source import Imports, comment, docstring, indented, quoted
from ._stub_items import MAPPING, Face, signature

__all__ = ["Typed", "group_classes", "items_class", "named_parts", "united", "views"]


class Typed(NamedTuple):
    """A resource that has its class in the stub.

    `requests` has, by Python identifier, what the device says of it and the expression that stands
    for it in the stub, empty if it is no attribute of the device; `sensors` the type and what is said
    of it.
    """

    name: str
    requests: dict[str, tuple[list[Request], str]]
    sensors: dict[str, tuple[str, str]]


def united(name: str, parts: dict[str, Typed]) -> Typed:
    """Give a container of these as a resource: its items are theirs, under longer names.

    Where two have one name the first is reached, as in the container.
    """
    requests: dict[str, tuple[list[Request], str]] = {}
    sensors: dict[str, tuple[str, str]] = {}
    for prefix, part in parts.items():
        for key, request in part.requests.items():
            requests.setdefault(f"{prefix}_{key}", request)
        for key, sensor in part.sensors.items():
            if not key.startswith("agg_"):
                sensors.setdefault(f"{prefix}_{key}", sensor)
    aggregates = {
        key: sensor
        for part in parts.values()  # the last one has it
        for key, sensor in part.sensors.items()
        if key.startswith("agg_")
    }
    return Typed(name, requests, {**aggregates, **sensors})


def views(
    typed: Typed, children: dict[str, str], groups: dict[str, str], face: Face, use: Imports
) -> dict[str, tuple[str, dict[str, str]]]:
    """Give the views that a container has: the type of their items, and a line for each."""
    any_item = use("Any")
    any_request = f"{use(face.requested)}[...]"
    requests = {
        key: f"{key} = {expression}" if expression else f"{key}: {any_request}"
        for key, (_, expression) in typed.requests.items()
    }
    sensors = {key: f"{key}: {type}" for key, (type, _) in typed.sensors.items()}
    return {
        "req": (any_request, requests),
        "sensor": (f"{use(face.sensor)}[{any_item}]", sensors),
        "children": (any_item, {key: _item(key, type) for key, type in children.items()}),
        "groups": (any_item, {key: _item(key, type) for key, type in groups.items()}),
    }


def _item(key: str, type: str) -> str:
    return f"{key}: {type}" + "  # type: ignore[assignment]" * (key in MAPPING)


def items_class(
    name: str, about: str, items: dict[str, str], of: str, face: Face, use: Imports
) -> list[str]:
    """Give a class of items: each is a line that begins with its name."""
    odd = [key for key in items if not face.reachable(key)]
    body = [line for key, line in items.items() if key not in odd]
    if odd:
        body.append(comment("No attributes, but keys: " + ", ".join(map(quoted, odd))))
    return [f"class {name}({use('Items')}[{of}]):", *indented([*docstring(about), *body])]


def named_parts(items: dict[str, str], face: Face) -> list[str]:
    """Give devices and groups as attributes of a container, but for those that it hides."""
    container = KATCPClientResourceContainer if face.hides else ThreadSafeKATCPClientResourceWrapper
    return [
        f"{key}: {type}"
        for key, type in items.items()
        if face.reachable(key)
        and not hasattr(container, key)
        and not hasattr(KATCPClientResourceContainer, key)
    ]


def group_classes(
    name: str, group: str, members: Iterable[Typed], face: Face, use: Imports
) -> list[str]:
    """Give the class of a group, and before it that of its requests."""
    parts = list(members)
    kinds = " | ".join(dict.fromkeys(part.name for part in parts)) or use("Any")
    requests = f"{name}Requests"
    views = [
        (f"@{use('property')}", f"def req(self) -> {requests}: ..."),
        (f"@{use('property')}", f"def clients(self) -> {_clients(face, use, kinds)}: ..."),
        (f"def __iter__(self) -> {use('Iterator')}[{kinds}]: ...",),
        (f"def __getitem__(self, index: {use('int')}) -> {kinds}: ...",),
    ]
    body = [*docstring(f"Group {group}."), *(line for view in views for line in view)]
    return [
        *_group_requests(requests, parts, face, use),
        "",
        f"class {name}({use(face.group)}):",
        *indented(body),
    ]


def _clients(face: Face, use: Imports, kinds: str) -> str:
    return f"{use('tuple')}[{kinds}, ...]" if face.hides else f"{use('list')}[{kinds}]"


def _group_requests(name: str, parts: list[Typed], face: Face, use: Imports) -> list[str]:
    found: dict[str, dict[Request, None]] = {}
    for part in parts:
        for key, (requests, _) in part.requests.items():
            found.setdefault(key, {}).update(dict.fromkeys(requests))
    items: dict[str, str] = {}
    for key, distinct in sorted(found.items()):
        hides = "  # type: ignore[override]" if key in MAPPING else ""
        words = signature(list(distinct), use)
        items[key] = (
            f"@{use(face.group_request)}\n"
            f"def {key}({words}) -> {use.type(face.group_reply)}: ...{hides}"
        )
    of = f"{use(face.group_requested)}[...]"
    made = items_class(name, "Requests that any of them has.", items, of, face, use)
    return [line for item in made for line in item.replace("\n", "\n    ").split("\n")]
