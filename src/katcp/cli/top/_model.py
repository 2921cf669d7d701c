"""What the screen shows, kept in step with the telescope; knows no screen.

A reading costs a count and two looks into dicts, however large the telescope: whether the sensor's
history is kept, and whether it is, or was, not nominal. All the rest is read off the sensors when
it is drawn, a few times a second and only for what is seen.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...model import STATUS_NAMES, STATUSES, KATCPSensorReading
from ...resource import KATCPSensor
from ._rings import Rings

__all__ = ["Board", "Device", "Place", "Trouble"]

_NOMINAL = STATUS_NAMES["nominal"]


@dataclass(slots=True, eq=False)
class Trouble:
    """Something that is not nominal: a sensor, or a device (`sensor` is None) that is not synced.

    `since` is when it became what it is, by the clock of the board.
    """

    device: "Device"
    sensor: KATCPSensor | None
    what: str
    since: float


@dataclass(slots=True, eq=False)
class Place:
    """A node of the tree: the telescope, a container in it, a group or a device.

    `target` is the resource or group, `devices` all devices in it.
    """

    name: str
    kind: str
    target: Any
    devices: tuple["Device", ...] = ()
    parts: list["Place"] = field(default_factory=list)


class Device:
    """A device: its sensors, and those of them that are not nominal.

    Attributes
    ----------
    path
        Its name, after those of the containers that it is in but for the outermost, with dots.
    state, since
        State of the resource, and when it was entered, by the clock of the board.
    updates
        Readings so far.
    sensors
        By Python identifier.
    changes
        Counts the sensors that came or went.
    bad
        The sensors that are not nominal.
    """

    def __init__(self, board: "Board", resource: Any, path: str) -> None:
        self.resource = resource
        self.path = path
        self.state: str = resource.state
        self.since = board.clock()
        self.updates = 0
        self.changes = 0
        self.sensors: dict[str, KATCPSensor] = {}
        self.bad: dict[KATCPSensor, Trouble] = {}
        self._board = board
        self._rings = board.rings
        self._ordered: tuple[int, list[KATCPSensor]] = (-1, [])

    def take(self, sensor: KATCPSensor, reading: KATCPSensorReading) -> None:
        """Note a reading; this is called for every one there is."""
        self.updates += 1
        ring = self._rings.get(sensor)
        if ring is not None:
            ring.append(reading)
        if reading[2] != _NOMINAL or sensor in self.bad:
            self._board.judge(self, sensor, reading.status)

    def ordered(self) -> list[KATCPSensor]:
        """Give the sensors in the order of their names."""
        if self._ordered[0] != self.changes:
            self._ordered = (self.changes, sorted(self.sensors.values(), key=lambda s: s.name))
        return self._ordered[1]


class Board:
    """Watches a telescope, or one device, from its making until `close`.

    Attributes
    ----------
    root : Place
        The tree.
    devices : list of Device
        All devices, in the order of the file.
    troubles : dict
        What is not nominal, oldest first; keys are the sensors, and the resources of devices.
    changes : int
        Counts the changes of `troubles`.
    """

    def __init__(self, resource: Any, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.rings = Rings()
        self.troubles: dict[Any, Trouble] = {}
        self.changes = 0
        self._by_resource: dict[Any, Device] = {}
        self.root = self._place(resource, "")
        self.devices = list(self._by_resource.values())
        for device in self.devices:
            self._note_state(device)
            device.resource.watch(self)
            for identifier, sensor in dict.items(device.resource.sensor):
                self._add(device, identifier, sensor)

    def close(self) -> None:
        """Watch no more."""
        for device in self.devices:
            device.resource.unwatch(self)
            for sensor in device.sensors.values():
                sensor.unregister_listener(device.take)

    @property
    def updates(self) -> int:
        """Readings so far."""
        return sum(device.updates for device in self.devices)

    def newest_troubles(self) -> list[Trouble]:
        """Give what is not nominal, what became so last first."""
        return list(reversed(self.troubles.values()))

    def nominal(self) -> bool:
        """Whether all devices are synced and all sensors nominal."""
        return not self.troubles

    # -- what the telescope tells (see `Watcher`)

    def item_changed(self, resource: Any, kind: str, identifier: str, item: Any) -> None:
        """Note that a sensor came or went."""
        if kind != "sensor":
            return
        device = self._by_resource[resource]
        gone = device.sensors.pop(identifier, None)
        if gone is not None:
            self._forget(device, gone)
        if item is not None:
            self._add(device, identifier, item)
        device.changes += 1

    def state_changed(self, resource: Any) -> None:
        """Note that a device entered a state."""
        device = self._by_resource[resource]
        if resource.state == device.state:
            return
        if resource.state == "disconnected":
            self.rings.gap(device.sensors.values())
        device.state, device.since = resource.state, self.clock()
        self._note_state(device)

    # -- what is not nominal

    def judge(self, device: Device, sensor: KATCPSensor, status: str) -> None:
        """Note the status of a sensor that is, or was, not nominal."""
        known = device.bad.get(sensor)
        if known is not None and known.what == status:
            return
        self._clear(sensor)
        device.bad.pop(sensor, None)
        if status != STATUSES[_NOMINAL]:
            device.bad[sensor] = self._trouble(sensor, device, sensor, status)
            self.rings.follow(sensor)

    def _note_state(self, device: Device) -> None:
        self._clear(device.resource)
        if device.state != "synced":
            self._trouble(device.resource, device, None, device.state)
            return
        for sensor in device.sensors.values():
            if not sensor.reading.received_timestamp:
                self.judge(device, sensor, sensor.status)

    def _trouble(self, key: Any, device: Device, sensor: KATCPSensor | None, what: str) -> Trouble:
        trouble = self.troubles[key] = Trouble(device, sensor, what, self.clock())
        self.changes += 1
        return trouble

    def _clear(self, key: Any) -> None:
        if self.troubles.pop(key, None) is not None:
            self.changes += 1

    # -- sensors and devices

    def _add(self, device: Device, identifier: str, sensor: KATCPSensor) -> None:
        device.sensors[identifier] = sensor
        sensor.register_listener(device.take, reading=True)
        if sensor.reading.received_timestamp and sensor.reading.istatus != _NOMINAL:
            self.judge(device, sensor, sensor.status)

    def _forget(self, device: Device, sensor: KATCPSensor) -> None:
        sensor.unregister_listener(device.take)
        self._clear(sensor)
        device.bad.pop(sensor, None)
        self.rings.pop(sensor, None)

    def _place(self, resource: Any, prefix: str) -> Place:
        if not hasattr(resource, "groups"):
            device = Device(self, resource, prefix + resource.name)
            self._by_resource[resource] = device
            return Place(resource.name, "device", resource, (device,))
        parts = []
        for child in dict.values(resource.children):
            inner = f"{prefix}{child.name}." if hasattr(child, "groups") else prefix
            parts.append(self._place(child, inner))
        devices = tuple(device for part in parts for device in part.devices)
        parts += [self._group(group) for group in dict.values(resource.groups)]
        return Place(resource.name, "container", resource, devices, parts)

    def _group(self, group: Any) -> Place:
        parts = [self._place_of(client) for client in group.clients]
        devices = dict.fromkeys(device for part in parts for device in part.devices)
        return Place(group.name, "group", group, tuple(devices), parts)

    def _place_of(self, client: Any) -> Place:
        devices = tuple(self._by_resource[leaf] for leaf in _leaves(client))
        kind = "container" if hasattr(client, "groups") else "device"
        return Place(client.name, kind, client, devices)


def _leaves(resource: Any) -> Iterator[Any]:
    children: Iterable[Any] = dict.values(resource.children)
    if not hasattr(resource, "groups"):
        yield resource
    for child in children:
        yield from _leaves(child)
