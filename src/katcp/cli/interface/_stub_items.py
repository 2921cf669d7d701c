"""The classes of a stub that stand for `req` and `sensor` of a device."""

import inspect
from collections.abc import Iterable
from typing import NamedTuple

from ...model import Interface, Request, SensorDescription, escape_name
from ...wire import decode_text, printable
from ._parameters import Parameter, Parameters, parameters_of
from ._source import Imports, comment, docstring, indented, is_attribute, quoted

__all__ = [
    "BLOCKING",
    "LOOP",
    "MAPPING",
    "Face",
    "identifiers",
    "requests_class",
    "sensor_types",
    "sensors_class",
    "signature",
]

MAPPING = frozenset({"get", "items", "keys", "values"})  # of dicts; items of devices hide them
_VALUES = {
    "integer": "int",
    "float": "float",
    "timestamp": "float",
    "boolean": "bool",
    "lru": "int",
    "address": "tuple[str, int | None]",
}


class Face(NamedTuple):
    """What the classes of a stub are made of: for programs with an event loop, or without."""

    sensor: str
    request: str
    requested: str
    reply: str
    group_request: str
    group_requested: str
    group_reply: str
    device: str
    container: str
    group: str
    hides: bool  # whether an item of the name of a method of dicts hides that

    def reachable(self, identifier: str) -> bool:
        """Whether the item of this identifier is an attribute."""
        return is_attribute(identifier) and (self.hides or identifier not in MAPPING)


LOOP = Face(
    "Sensor", "request", "Request", "Future[KATCPReply]",
    "group_request", "GroupRequest", "Future[GroupResults]",
    "KATCPClientResource", "Container", "ClientGroup", True,
)  # fmt: skip
BLOCKING = Face(
    "BlockingSensor", "blocking_request", "BlockingRequest", "KATCPReply",
    "blocking_group_request", "BlockingGroupRequest", "GroupResults",
    "BlockingDevice", "BlockingContainer", "BlockingGroup", False,
)  # fmt: skip


def identifiers(names: Iterable[str]) -> dict[str, list[str]]:
    """Give the KATCP names by Python identifier, the one that is reached by it last."""
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(escape_name(name), []).append(name)
    return dict(sorted(found.items()))


def sensors_class(name: str, interface: Interface, face: Face, use: Imports) -> list[str]:
    """Give the class that stands for the sensors of a device."""
    body: list[str] = []
    odd: dict[str, str] = {}
    for identifier, (type, about) in sensor_types(interface, face, use).items():
        if face.reachable(identifier):
            hides = "  # type: ignore[assignment]" if identifier in MAPPING else ""
            body += [f"{identifier}: {type}{hides}", *docstring(about)]
        else:
            odd[identifier] = type
    any_sensor = f"{use(face.sensor)}[{use('Any')}]"
    body += _by_key(odd, any_sensor, use)
    head = f"class {name}({use('Items')}[{any_sensor}]):"
    return [head, *indented([*docstring("Sensors by Python identifier."), *body])]


def sensor_types(interface: Interface, face: Face, use: Imports) -> dict[str, tuple[str, str]]:
    """Give the type of each sensor and what is said of it, by Python identifier.

    Where several have the identifier, the type is one that is true of each.
    """
    found = {}
    for identifier, names in identifiers(interface.sensors).items():
        described = [interface.sensors[name] for name in names]
        values = {_value_type(each, use) for each in described}
        value = values.pop() if len(values) == 1 else use("Any")
        found[identifier] = (f"{use(face.sensor)}[{value}]", _about_sensor(described))
    return found


def requests_class(
    name: str, interface: Interface, face: Face, use: Imports, dummies: bool
) -> list[str]:
    """Give the class that stands for the requests of a device."""
    body: list[str] = []
    odd: dict[str, str] = {}
    for identifier, names in identifiers(interface.requests).items():
        if face.reachable(identifier):
            body += _request(identifier, [interface.requests[n] for n in names], face, use)
        else:
            odd[identifier] = f"{use(face.requested)}[...]"
    any_request = f"{use(face.requested)}[...]"
    if dummies:
        body.append(f"def __getattr__(self, name: {use('str')}) -> {any_request}: ...")
    body += _by_key(odd, any_request, use)
    head = f"class {name}({use('Items')}[{any_request}]):"
    return [head, *indented([*docstring("Requests by Python identifier."), *body])]


def signature(requests: list[Request], use: Imports) -> str:
    """Give the parameters of a request; where several have the identifier, any arguments."""
    [first, *more] = requests
    known = Parameters() if more else parameters_of(first.name, first.description)
    words = ["self", *_listed(known, use)]
    if len(words) > 1:
        words.append("/")
    if not known.complete:
        words.append(f"*{'more' if known.listed else 'args'}: {use('Argument')}")
    return ", ".join([*words, f"**sending: {use('Unpack')}[{use('Sending')}]"])


def _request(identifier: str, requests: list[Request], face: Face, use: Imports) -> list[str]:
    hides = "  # type: ignore[override]" if identifier in MAPPING else ""
    head = f"def {identifier}({signature(requests, use)}) -> {use.type(face.reply)}:{hides}"
    text = "\n\n".join(map(_about_request, requests)) + _reached([r.name for r in requests])
    return [f"@{use(face.request)}", head, *indented(docstring(text))]


def _listed(known: Parameters, use: Imports) -> list[str]:
    taken = {"self", "more", "sending"}
    words = []
    for number, parameter in enumerate(known.listed, 1):
        name = escape_name(parameter.name)
        if not is_attribute(name) or name.startswith("_") or name in taken:
            name = f"argument_{number}"
        taken.add(name)
        default = " = ..." if parameter.optional or not known.complete else ""
        words.append(f"{name}: {_argument_type(parameter, use)}{default}")
    return words


def _argument_type(parameter: Parameter, use: Imports) -> str:
    """Options are for editors to offer: what else may be, only the device knows."""
    options = ", ".join(map(quoted, parameter.options))
    return (f"{use('Literal')}[{options}] | " if options else "") + use(parameter.type)


def _value_type(sensor: SensorDescription, use: Imports) -> str:
    options = [decode_text(param) for param in sensor.params]
    if sensor.type == "discrete" and options and all(map(str.isprintable, options)):
        return f"{use('Literal')}[{', '.join(map(quoted, dict.fromkeys(options)))}]"
    return use.type(_VALUES.get(sensor.type, "str"))


def _about_request(request: Request) -> str:
    hint = "" if request.timeout_hint is None else f"\n\nTime-out hint: {request.timeout_hint:g} s"
    return f"?{request.name}: {inspect.cleandoc(request.description)}{hint}"


def _about_sensor(sensors: list[SensorDescription]) -> str:
    return "; ".join(_about_one(s) for s in sensors) + _reached([s.name for s in sensors])


def _about_one(sensor: SensorDescription) -> str:
    units = f" [{sensor.units}]" if sensor.units else ""
    return printable(f"{sensor.name}: {sensor.description}{units}")


def _reached(names: list[str]) -> str:
    if len(names) == 1:
        return ""
    return f"\n\n{' and '.join(names)} are one name in Python; the one that came last is reached."


def _by_key(odd: dict[str, str], any_item: str, use: Imports) -> list[str]:
    """Give what makes those items known that are no attributes."""
    if not odd:
        return []
    lines = [comment("No attributes, but keys: " + ", ".join(map(quoted, odd)))]
    for key, type in odd.items():
        literal = f"{use('Literal')}[{quoted(key)}]"
        lines += [
            f"@{use('overload')}",
            f"def __getitem__(self, key: {literal}, /) -> {type}: ...",
        ]
    last = f"def __getitem__(self, key: {use('str')}, /) -> {any_item}: ..."
    return [*lines, f"@{use('overload')}", last]
