"""`KATCPClientResourceContainer`: several devices as one resource, and groups of them."""

import asyncio
import functools
import logging
import re
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from .. import errors
from .._helpers import gathered
from .._loops import as_ioloop
from .._observe import Observed
from ..model import escape_name
from ..resource import KATCPResource
from ._client_resource import ClientResource, check_state
from ._file import load
from ._group import ClientGroup
from ._inventory import Inventory, close_to
from ._resource import KATCPClientResource
from ._union import Union
from ._watched import Kind, Watched

__all__ = ["KATCPClientResourceContainer"]

log = logging.getLogger("katcp.resource_client")

_KEYS = frozenset({"name", "description", "clients", "groups"})
_MOST_REASONS = 8  # children of whom a message says why they are not there yet


class KATCPClientResourceContainer(ClientResource):
    """Several resources as one: the union of their requests and sensors, and groups of them.

    Requests and sensors are called ``<child>_<name>``, sensors that begin with ``agg_`` just that.
    The union follows every change of a child, at a cost in proportion to that change. Children and
    groups are attributes, too: ``telescope.m000``, ``telescope.ants``.

    Parameters
    ----------
    resources_spec
        ``name`` and ``clients`` (name -> resource spec without name; one that has ``clients``
        itself is a container) are required, ``description`` and ``groups`` (name -> names of
        clients, those of a container in it as ``container.client``) may be given.
    logger
        Where problems are logged.

    Raises
    ------
    KeyError
        If ``name`` or ``clients`` is missing, or a group names a client that there is not.
    ValueError
        If the names of two children, or groups, are one Python identifier.
    """

    def __init__(self, resources_spec: Mapping[str, Any], logger: logging.Logger = log) -> None:
        super().__init__()
        self._name: str = resources_spec["name"]
        self._description: str = resources_spec.get("description", "")
        self._logger = logger
        self._parent: KATCPResource | None = None
        self._children = Inventory("device", self)
        self._groups = Inventory("group", self)
        tell = functools.partial(functools.partial, self._tell_item)
        self._unions: dict[Kind, Union] = {
            "req": Union(
                "request",
                self.name,
                self._children,
                logger,
                tell("req"),
                Inventory("request", self),
            ),
            "sensor": Union(
                "sensor",
                self.name,
                self._children,
                logger,
                tell("sensor"),
                Inventory("sensor", self),
                aggregates=True,
            ),
        }
        self._events = Observed(0, self._loop)  # how often a child entered a state, for waiters
        unknown = sorted(set(resources_spec) - _KEYS)
        if unknown:
            logger.warning("Container %s: unknown keys in its spec are ignored: %s", self.name,
                           ", ".join(map(str, unknown)))  # fmt: skip
        for name, spec in resources_spec["clients"].items():
            self._add_child(name, spec)
        for name, members in (resources_spec.get("groups") or {}).items():
            self.add_group(name, members)

    @classmethod
    def from_file(cls, path: str | Path, logger: logging.Logger = log) -> Self:
        """Make a container from a TOML file; ``docs/telescope-file.md`` says what is in it.

        Raises
        ------
        SpecError
            If the file is wrong; names the file, the line or key, and what was expected there.
        OSError
            If it cannot be read.
        """
        return cls(load(Path(path)), logger)

    # -- what it is

    @property
    def name(self) -> str:
        """Name of the container."""
        return self._name

    @property
    def description(self) -> str:
        """What the container is."""
        return self._description

    @property
    def address(self) -> None:
        """A container has none."""
        return

    @property
    def parent(self) -> KATCPResource | None:
        """The container that it is part of, or None."""
        return self._parent

    @property
    def children(self) -> Any:
        """The resources in it, by Python identifier, as items or attributes."""
        return self._children

    @property
    def groups(self) -> Any:
        """Each `ClientGroup` by Python identifier, as items or attributes."""
        return self._groups

    @property
    def req(self) -> Any:
        """Requests of all children as ``<child>_<request>``, as items or attributes."""
        return self._unions["req"].items

    @property
    def sensor(self) -> Any:
        """Sensors of all children as ``<child>_<sensor>``, as items or attributes."""
        return self._unions["sensor"].items

    sensors = sensor

    @property
    def state(self) -> str:
        """``disconnected`` if a child is, ``synced`` if all are, else ``syncing``."""
        states = {child.state for child in self._each()}
        if "disconnected" in states:
            return "disconnected"
        return "syncing" if "syncing" in states else "synced"

    @property
    def synced(self) -> bool:
        """Whether all children are synced (True if there are none)."""
        return self.state == "synced"

    def is_connected(self) -> bool:
        """Whether all children are connected (True if there are none)."""
        return all(child.is_connected() for child in self._each())

    def __getattr__(self, name: str) -> Any:
        """Give the device, or else the group, of this identifier, where there is no other attribute."""
        for items in map(self.__dict__.get, ("_children", "_groups")):
            if items is not None and dict.__contains__(items, name):
                return dict.__getitem__(items, name)
        if name[:1] == "_":
            raise AttributeError(name)
        raise errors.AttributeError(
            name,
            lambda: (
                f"{self.name} has no device, group or attribute {name!r}{close_to(name, _public(dir(self)))}"
            ),
        )

    def __dir__(self) -> list[str]:
        return sorted(
            {*super().__dir__(), *filter(str.isidentifier, [*self._children, *self._groups])}
        )

    # -- what it consists of

    def client_resource_factory(
        self, res_spec: Mapping[str, Any], parent: KATCPResource, logger: logging.Logger
    ) -> Any:
        """Make a child; may be overridden, for tests."""
        if "clients" not in res_spec:
            return KATCPClientResource(res_spec, parent=parent, logger=logger)
        container = KATCPClientResourceContainer(res_spec, logger=logger)
        container._parent = parent
        return container

    def add_child_resource_client(self, res_name: str, res_spec: Mapping[str, Any]) -> Any:
        """Make a child, start it, and give it.

        Raises
        ------
        ValueError
            If its name and that of another child are one Python identifier.
        """
        child = self._add_child(res_name, res_spec)
        child.set_ioloop(self._ioloop)
        child.start()
        return child

    def remove_child_resource_client(self, res_name: str) -> "asyncio.Future[Any]":
        """Stop a child and take it out of every view and group; future as of its `until_stopped`.

        Raises
        ------
        KeyError
            If there is no such child.
        """
        identifier = escape_name(res_name)
        if identifier not in self._children:
            raise KeyError(f"{self.name} has no child {res_name!r}")
        child = self._children[identifier]
        if isinstance(child, Watched):
            child.unwatch(self)
        for kind, union in self._unions.items():
            for name in list(getattr(child, kind)):
                union.put(identifier, name, None)
        del self._children[identifier]
        self._leave_groups([child, *_descendants(child)])
        stopped: asyncio.Future[Any] = child.stop()
        self._changed()
        return stopped

    def add_group(self, group_name: str, group_client_names: Iterable[str]) -> None:
        """Make a `ClientGroup` of children; one of a container in it is ``container.client``.

        Raises
        ------
        KeyError
            If there is no such child.
        ValueError
            If the names of two groups are one Python identifier.
        """
        identifier = escape_name(group_name)
        there = dict.get(self._groups, identifier)
        if there is not None and there.name != group_name:
            raise ValueError(
                f"{self.name}: groups {there.name!r} and {group_name!r} would both be {identifier}"
            )
        members = [self._member(group_name, name) for name in group_client_names]
        self._groups[identifier] = ClientGroup(group_name, members)

    # -- life

    def set_ioloop(self, ioloop: Any = None) -> None:
        """Run on this loop, an ``IOLoop`` or an asyncio loop; None: the one current at `start`."""
        super().set_ioloop(ioloop)
        for child in self._each():
            child.set_ioloop(self._ioloop)

    def start(self) -> None:
        """Start all children that are not running; returns at once."""
        self.set_ioloop(as_ioloop(self._ioloop))
        for child in self._each():
            if not (isinstance(child, ClientResource) and child.running()):
                child.start()

    def running(self) -> bool:
        """Whether all children are started and not stopped (False if there are none)."""
        return bool(self._children) and all(child.running() for child in self._each())

    def stop(self) -> "asyncio.Future[dict[str, Any]]":
        """Stop all children, logging what goes wrong; future as of `until_stopped`."""
        for child in self._each():
            try:
                child.stop()
            except Exception:
                self._logger.exception("%s: could not stop %s", self.name, child.name)
        return self.until_stopped()

    def until_stopped(self, timeout: float | None = None) -> "asyncio.Future[dict[str, Any]]":
        """Future of identifier of child -> True once all are stopped; `TimeoutError` as of theirs."""
        waits = {name: c.until_stopped(timeout) for name, c in dict.items(self._children)}
        return gathered(waits, self._loop())

    # -- waits

    def until_synced(self, timeout: float | None = None) -> "asyncio.Future[None]":
        """Future of None once all children are synced, at one time. `TimeoutError` after `timeout` s.

        The error names those that are not, and says why.
        """
        return self._until(lambda _: self.synced, timeout, "synced", None)

    def until_not_synced(self, timeout: float | None = None) -> "asyncio.Future[bool]":
        """Future of True once a child is not synced. `TimeoutError` after `timeout` seconds."""
        return self._until(lambda _: not self.synced, timeout, "not synced")

    def until_any_child_in_state(
        self, state: str, timeout: float | None = None
    ) -> "asyncio.Future[bool]":
        """Future of True once a child is in `state`, however short. `TimeoutError` after `timeout` s.

        Raises
        ------
        ValueError
            If `state` is none of ``disconnected``, ``syncing``, ``synced``.
        """
        check_state(state)
        return self._until(
            lambda _: any(child.state == state for child in self._each()), timeout, state
        )

    def until_all_children_in_state(
        self, state: str, timeout: float | None = None
    ) -> "asyncio.Future[None]":
        """Future of None once each child was in `state`, from now on, not all at one time.

        `TimeoutError` after `timeout` seconds.

        Raises
        ------
        ValueError
            If `state` is none of ``disconnected``, ``syncing``, ``synced``.
        """
        check_state(state)
        reached: weakref.WeakSet[Any] = weakref.WeakSet()

        def all_were(_: Any) -> bool:
            reached.update(child for child in self._each() if child.state == state)
            return all(child in reached for child in self._each())

        return self._until(all_were, timeout, state, None)

    # -- sensors

    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of one sensor, which must exist now, for as long as its child remembers.

        Future of ``{name of child: {identifier there: (success, info)}}``, empty if there is none.
        """
        identifier = escape_name(sensor_name)
        if identifier not in self.sensor:
            return self._of_children({})
        child, own = self._place(identifier)
        return self._of_children({child: child.set_sampling_strategy(own, strategy_and_params)})

    def set_sampling_strategies(
        self, filter: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of every sensor there is now whose identifier matches.

        Otherwise as `set_sampling_strategy`. A bad regular expression is ``re.error`` in the
        future.
        """
        try:
            search = re.compile(filter).search
        except re.error as exc:
            return self._failed(exc)
        found = sorted(self.sensor)
        if filter:
            found = [identifier for identifier in found if search(identifier)]
        return self.set_strategy_of(found, strategy_and_params)

    def set_strategy_of(
        self, identifiers: Iterable[str], strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of these sensors, by Python identifier, with few requests.

        Otherwise as `set_sampling_strategy`.

        Raises
        ------
        KeyError
            If there is no such sensor.
        """
        shares: defaultdict[str, list[str]] = defaultdict(list)
        for child, own in map(self._unions["sensor"].place, identifiers):
            shares[child].append(own)
        children = {self._children[name]: own for name, own in shares.items()}
        return self._of_children(
            {c: c.set_strategy_of(own, strategy_and_params) for c, own in children.items()}
        )

    def set_sensor_listener(
        self, sensor_name: str, listener: Callable[..., Any]
    ) -> "asyncio.Future[dict[str, Any]]":
        """Call ``listener(sensor, reading)`` at each reading of one sensor, which must exist now.

        Future of ``{name of child: {identifier there: listener}}``, empty if there is none.
        """
        identifier = escape_name(sensor_name)
        if identifier not in self.sensor:
            return self._of_children({})
        child, own = self._place(identifier)
        return self._of_children({child: child.set_sensor_listener(own, listener)})

    def path_of(self, identifier: str) -> str:
        """Give the names of the children that lead to a sensor, joined by dots."""
        child, own = self._place(identifier)
        return f"{child.name}.{child.path_of(own)}" if hasattr(child, "path_of") else child.name

    # -- inside

    def item_changed(self, resource: Any, kind: Kind, identifier: str, item: Any) -> None:
        """Note a change of a child (see `Watcher`)."""
        self._unions[kind].put(escape_name(resource.name), identifier, item)

    def state_changed(self, resource: Any) -> None:
        """Note a change of a child (see `Watcher`)."""
        self._changed()

    def why(self) -> str:
        """Say which children are not synced, and why, for a message."""
        late = [child for child in self._each() if not child.synced]
        more = f" and {len(late) - _MOST_REASONS} more" if len(late) > _MOST_REASONS else ""
        reasons = (child.why().removeprefix(": ") for child in late[:_MOST_REASONS])
        return f": {len(late)} of {len(self._children)} not synced: {'; '.join(reasons)}{more}"

    def _each(self) -> list[Any]:
        return list(dict.values(self._children))

    def _changed(self) -> None:
        self._events.set(self._events.value + 1)
        self._tell_state()

    def _add_child(self, name: str, spec: Mapping[str, Any]) -> Any:
        identifier = escape_name(name)
        there = dict.get(self._children, identifier)
        if there is not None:
            raise ValueError(
                f"{self.name}: children {there.name!r} and {name!r} would both be {identifier}"
            )
        child = self.client_resource_factory({**spec, "name": name}, self, self._logger)
        self._children[identifier] = child
        for kind, union in self._unions.items():
            for own, item in dict.items(getattr(child, kind)):
                union.put(identifier, own, item)
        if isinstance(child, Watched):
            child.watch(self)
        if not self.is_active():
            child.set_active(False)
        self._changed()
        return child

    def _member(self, group: str, name: str) -> Any:
        child = dict.get(self._children, escape_name(name))
        if child is not None:
            return child
        for dot in (i for i, c in enumerate(name) if c == "."):
            inner = dict.get(self._children, escape_name(name[:dot]))
            if isinstance(inner, KATCPClientResourceContainer):
                return inner._member(group, name[dot + 1 :])
        there = ", ".join(child.name for child in self._each()) or "none"
        raise KeyError(f"group {group!r}: {self.name} has no client {name!r}; it has {there}")

    def _leave_groups(self, leaving: list[Any]) -> None:
        for group in dict.values(self._groups):
            for gone in leaving:
                group.discard(gone)
        if isinstance(self._parent, KATCPClientResourceContainer):
            self._parent._leave_groups(leaving)

    def _place(self, identifier: str) -> tuple[Any, str]:
        child, own = self._unions["sensor"].place(identifier)
        return self._children[child], own

    def _of_children(self, futures: dict[Any, Any]) -> "asyncio.Future[dict[str, Any]]":
        def by_name(results: dict[Any, Any]) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for child, result in results.items():
                if isinstance(child, KATCPClientResourceContainer):
                    found |= {f"{child.name}.{inner}": r for inner, r in result.items()}
                else:
                    found[child.name] = result
            return found

        return gathered(futures, self._loop(), by_name)

    def _until(
        self, predicate: Callable[[Any], bool], timeout: float | None, wanted: str,
        result: Any = True,
    ) -> "asyncio.Future[Any]":  # fmt: skip
        me = weakref.ref(self)

        def waiting_for(_: Any) -> str:
            there = me()
            return f"{there.name} waited to be {wanted}{there.why()}" if there else "it is gone"

        return self._events.until(predicate, timeout, result=result, waiting_for=waiting_for)


def _descendants(resource: Any) -> list[Any]:
    children = list(dict.values(resource.children))
    return children + [inner for child in children for inner in _descendants(child)]


def _public(names: Iterable[str]) -> list[str]:
    return [name for name in names if name[:1] != "_"]
