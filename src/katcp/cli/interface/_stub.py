"""`stub`: a device, or a telescope, as the classes of a ``.pyi`` file."""

import itertools
from collections.abc import Iterable, Iterator

from ...model import Interface
from ...resource_client import ClientGroup, KATCPClientResource, KATCPClientResourceContainer
from .._target import Target, devices_of
from ._source import Imports, class_name, docstring, indented
from ._stub_items import Face, identifiers, requests_class, sensor_types, sensors_class
from ._stub_telescope import Typed, group_classes, items_class, named_parts, united, views

__all__ = ["Stub"]

_HEADER = """\
The types of {what}, written by katcp stubs.

For editors and type checkers: put this file beside your program, and say there which of its
classes a device is of:

    # pyright: reportMissingModuleSource=false
    from typing import TYPE_CHECKING
    {module}

    if TYPE_CHECKING:
        from {file} import {name}

    {example}
"""
_LOOP_EXAMPLE = """\
async def main():
        device: {name}
        async with katcp.connect("{where}") as device:
            ..."""
_BLOCKING_EXAMPLE = """\
device: "{name}"
    with katcp.blocking.connect("{where}") as device:
        ..."""

_VIEWS = {"req": "Requests", "sensor": "Sensors", "children": "Devices", "groups": "Groups"}


class Stub:
    """Makes the classes of one stub; `text` gives it.

    Parameters
    ----------
    target
        A device, or a container of devices.
    interfaces
        What each device of it offers, by the name that leads to it.
    name
        Of the class that stands for `target`.
    """

    def __init__(
        self, target: Target, interfaces: dict[str, Interface], face: Face, name: str
    ) -> None:
        self._target = target
        self._face = face
        self._name = name
        self._interfaces = {
            device: _exposed(device, interfaces[there])
            for there, device in devices_of(target).items()
        }
        self._lines: list[str] = []
        self._known: list[tuple[Interface, bool, Typed]] = []
        self._typed: dict[int, Typed] = {}  # by id of the resource
        self._names = {name, *self._part_names()}  # that a class cannot have
        self.use = Imports({*self._taken(), name})

    def text(self, where: str, file: str) -> str:
        """Give the stub of what is at `where`, as it is in a file of this name, without suffix."""
        self._resource(self._target, self._name)
        loop = self._face.hides
        example = (_LOOP_EXAMPLE if loop else _BLOCKING_EXAMPLE).format(
            name=self._name, where=where
        )
        module = "import katcp" if loop else "import katcp.blocking"
        header = _HEADER.format(
            what=where, file=file, name=self._name, module=module, example=example
        )
        return "\n".join([*docstring(header), "", *self.use.lines(), *self._lines, ""])

    # -- inside

    def _taken(self) -> Iterator[str]:
        """Give every name that something of the devices has in the stub."""
        for interface in self._interfaces.values():
            yield from identifiers(interface.sensors)
            yield from identifiers(interface.requests)
        yield from self._part_names()
        yield from (class_name(part.name) for part in _parts(self._target))

    def _part_names(self) -> Iterator[str]:
        """Give the names that devices and groups have as attributes."""
        for part in _parts(self._target):
            if isinstance(part, KATCPClientResourceContainer):
                yield from (*part.children, *part.groups)

    def _new_name(self, wanted: str) -> str:
        numbered = (f"{wanted}{number}" for number in itertools.count(2))
        name = next(n for n in itertools.chain([wanted], numbered) if n not in self._names)
        self._names.add(name)
        return name

    def _add(self, lines: Iterable[str]) -> None:
        self._lines += ["", *lines]

    def _views(self, **types: str) -> list[str]:
        lines: list[str] = []
        for name, type in types.items():
            lines += [f"@{self.use('property')}", f"def {name}(self) -> {type}: ..."]
        return lines

    def _resource(self, part: Target, name: str = "") -> Typed:
        if isinstance(part, KATCPClientResource):
            typed = self._device(part, name)
        else:
            typed = self._container(part, name or self._new_name(class_name(part.name)))
        self._typed[id(part)] = typed
        return typed

    def _device(self, device: KATCPClientResource, name: str) -> Typed:
        """Give the type of a device; devices that are alike have one."""
        interface, dummies = self._interfaces[device], device.dummy_unknown_requests
        for known, had_dummies, typed in self._known:
            if (known, had_dummies) == (interface, dummies):
                return typed
        use, face = self.use, self._face
        name = name or self._new_name(class_name(device.name))
        requests, sensors = self._new_name(f"{name}Requests"), self._new_name(f"{name}Sensors")
        self._add(requests_class(requests, interface, face, use, dummies))
        self._add(sensors_class(sensors, interface, face, use))
        alike = [d.name for d, offered in self._interfaces.items() if offered == interface]
        body = docstring(f"KATCP {interface.protocol}: {', '.join(alike)}.")
        body += self._views(req=requests, sensor=sensors)
        self._add([f"class {name}({use(face.device)}):", *indented(body)])
        expressions = {
            key: (
                [interface.requests[n] for n in names],
                f"{requests}.{key}" if face.reachable(key) else "",
            )
            for key, names in identifiers(interface.requests).items()
        }
        typed = Typed(name, expressions, sensor_types(interface, face, use))
        self._known.append((interface, dummies, typed))
        return typed

    def _container(self, container: KATCPClientResourceContainer, name: str) -> Typed:
        parts = {key: self._resource(child) for key, child in dict.items(container.children)}
        typed, face, use = united(name, parts), self._face, self.use
        children = {key: part.name for key, part in parts.items()}
        groups = {
            key: self._group(f"{name}{class_name(group.name)}", group)
            for key, group in dict.items(container.groups)
        }
        classes = {}
        for view, (of, items) in views(typed, children, groups, face, use).items():
            classes[view] = self._new_name(name + _VIEWS[view])
            about = f"{_VIEWS[view]} of all of it."
            self._add(items_class(classes[view], about, items, of, face, use))
        body = [*docstring(f"{container.name}: {container.description}"), *self._views(**classes)]
        body += named_parts(groups | children, face)
        self._add([f"class {name}({use(face.container)}):", *indented(body)])
        return typed

    def _group(self, wanted: str, group: ClientGroup) -> str:
        name = self._new_name(wanted)
        members = [self._typed[id(member)] for member in group.clients]
        self._add(group_classes(name, group.name, members, self._face, self.use))
        return name


def _exposed(device: KATCPClientResource, interface: Interface) -> Interface:
    """Give what can be reached by a resource, without the name, which is not of the type."""
    shown = {name: r for name, r in interface.requests.items() if device.exposes(name)}
    return interface._replace(name="", requests=shown)


def _parts(target: Target) -> Iterator[Target]:
    yield target
    for child in dict.values(target.children):
        yield from _parts(child)
