"""`ClientGroup`: similar devices that are asked, and waited for, together."""

import asyncio
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .._helpers import AttrDict, gathered
from .._loops import loop_of
from ..errors import KATCPResourceInactive
from ..resource import Condition
from ..wire import printable_lines
from ._group_results import GroupResults, TestableDict
from ._inventory import Inventory
from ._request import DummyRequests
from ._watched import Kind, Watched

__all__ = ["ClientGroup", "GroupRequest"]


class GroupRequest:
    """A request to every client of a group; calling it sends it to all of them at once."""

    def __init__(self, group: "ClientGroup", name: str, description: str) -> None:
        self.group = group
        self.name = name
        self.description = description
        help = printable_lines(description)
        self.__doc__ = f"Request {name} to every client of group {group.name}.\n\n{help}"

    def __call__(self, *args: Any, **kwargs: Any) -> "asyncio.Future[GroupResults]":
        """Send the request with these arguments; future of the `GroupResults`.

        Raises
        ------
        KATCPResourceInactive
            In the future, if a client is inactive; then nothing is sent to any.
        """
        loop = self.group.loop()
        requests = self.group.lookup(self.name)
        inactive = [k for k, r in requests.items() if r is not None and not r.is_active()]
        if inactive:
            failed: asyncio.Future[GroupResults] = loop.create_future()
            failed.set_exception(
                KATCPResourceInactive(
                    f"request {self.name} of group {self.group.name} was sent to nobody: "
                    f"inactive: {', '.join(inactive)}"
                )
            )
            return failed
        replies = {k: r if r is None else r(*args, **kwargs) for k, r in requests.items()}
        unknown = {
            name: f"is {client.state}: its requests are not known"
            for name, client in self.group.by_name().items()
            if replies[name] is None and getattr(client, "state", "synced") != "synced"
        }
        sent = {k: f for k, f in replies.items() if f is not None}
        return gathered(sent, loop, lambda found: GroupResults({**replies, **found}, unknown))

    def __repr__(self) -> str:
        return f"<GroupRequest {self.name} of group {self.group.name}>"


class ClientGroup:
    """Similar devices, asked and waited for together.

    Parameters
    ----------
    name
        Name of the group.
    clients
        The resources in it.
    """

    def __init__(self, name: str, clients: Iterable[Any]) -> None:
        self.name = name
        self._clients: tuple[Any, ...] = ()
        self._req: AttrDict = Inventory("request", self)
        self._outdated = True
        self._set_clients(clients)

    @property
    def clients(self) -> tuple[Any, ...]:
        """The resources in it, as of now."""
        return self._clients

    @property
    def req(self) -> Any:
        """A `GroupRequest` for each request that any client has, by Python identifier."""
        if self._outdated:
            self._rebuild()
        return self._req

    def __len__(self) -> int:
        return len(self._clients)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._clients)

    def __getitem__(self, index: Any) -> Any:
        return self._clients[index]

    def __repr__(self) -> str:
        return f"<ClientGroup {self.name}: {', '.join(self._keys())}>"

    def client_updated(self, client: Any) -> None:
        """Note that the requests of a client have changed.

        Raises
        ------
        AssertionError
            If it is not in the group.
        """
        if not any(client is member for member in self._clients):
            raise AssertionError(f"{client!r} is not in group {self.name}")
        self._outdated = True

    def is_connected(self) -> bool:
        """Whether all clients are connected (True if there are none)."""
        return all(client.is_connected() for client in self._clients)

    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of this sensor on all clients, at the same time.

        Future of name of client -> what its own `set_sampling_strategy` gives.
        """
        return self._of_each("set_sampling_strategy", sensor_name, strategy_and_params)

    def set_sampling_strategies(
        self, filter: str, strategy_and_params: Any
    ) -> "asyncio.Future[dict[str, Any]]":
        """Set the strategy of the sensors that match on all clients, at the same time.

        Future of name of client -> what its own `set_sampling_strategies` gives.
        """
        return self._of_each("set_sampling_strategies", filter, strategy_and_params)

    def wait(
        self,
        sensor_name: str,
        condition_or_value: Condition,
        timeout: float | None = 5.0,
        quorum: int | float | None = None,
        max_grace_period: float | None = 1.0,
    ) -> "asyncio.Future[TestableDict]":
        """Wait until this sensor of enough clients meets a condition; see `KATCPSensor.wait`.

        Future of name of client -> whether it did, true (as `TestableDict`) if enough did.

        Parameters
        ----------
        timeout
            Seconds in all, of which the grace takes at most half; None waits for ever.
        quorum
            How many are enough: None for all, an integer for so many, a float from 0 to 1 for such
            a part of them, rounded up. 1 is one client, 1.0 is all.
        max_grace_period
            Most seconds for the others once there are enough, or time is up; None or 0: none.

        Raises
        ------
        KATCPSensorError
            In the future, if a client has no such sensor, or it has no sampling strategy.
        TypeError, ValueError
            In the future, if `quorum` is neither.
        """
        return asyncio.ensure_future(
            self._wait(sensor_name, condition_or_value, timeout, quorum, max_grace_period),
            loop=self.loop(),
        )

    # -- inside

    def loop(self) -> asyncio.AbstractEventLoop:
        """Give the loop that the clients run on."""
        return loop_of(next(iter(self._clients), None))

    def lookup(self, request: str) -> dict[str, Any]:
        """Give the request of each client by name of client, None where there is none."""
        return {k: _item(client.req, request) for k, client in self.by_name().items()}

    def by_name(self) -> dict[str, Any]:
        """Give the clients by name, with the names of their parents where it is ambiguous."""
        return dict(zip(self._keys(), self._clients, strict=True))

    def item_changed(self, resource: Any, kind: Kind, identifier: str, item: Any) -> None:
        """Note a change of a client (see `Watcher`)."""
        if kind == "req":
            self._outdated = True

    def state_changed(self, resource: Any) -> None:
        """Note a change of a client (see `Watcher`); nothing to do."""

    def discard(self, client: Any) -> None:
        """Take a client out, if it is in."""
        self._set_clients(c for c in self._clients if c is not client)

    def _set_clients(self, clients: Iterable[Any]) -> None:
        for client in self._clients:
            if isinstance(client, Watched):
                client.unwatch(self)
        unique = {id(client): client for client in clients}
        self._clients = tuple(unique.values())
        for client in self._clients:
            if isinstance(client, Watched):
                client.watch(self)
        self._outdated = True

    def _keys(self) -> list[str]:
        """Name of each client; with those of its parents, or a number, where it is ambiguous."""
        keys = [client.name for client in self._clients]
        for with_root in (False, True):
            count = Counter(keys)
            keys = [
                key if count[key] == 1 else _path(client, with_root)
                for key, client in zip(keys, self._clients, strict=True)
            ]
        unique: dict[str, None] = {}
        for key in keys:
            numbered = (f"{key}#{number}" for number in itertools.count(2))
            unique[next(k for k in itertools.chain([key], numbered) if k not in unique)] = None
        return list(unique)

    def _rebuild(self) -> None:
        self._outdated = False
        dummies = any(getattr(c, "dummy_unknown_requests", False) is True for c in self._clients)
        if dummies != isinstance(self._req, DummyRequests):
            self._req = DummyRequests() if dummies else Inventory("request", self)
        found = {k: r for c in reversed(self._clients) for k, r in dict.items(c.req)}
        for name in set(self._req) - set(found):
            del self._req[name]
        for name in sorted(found):
            known = dict.get(self._req, name)
            if known is None or known.description != found[name].description:
                self._req[name] = GroupRequest(self, name, found[name].description)

    def _of_each(self, method: str, *args: Any) -> "asyncio.Future[dict[str, Any]]":
        done = {
            k: getattr(c, method)(*args)
            for k, c in self.by_name().items()
        }  # fmt: skip
        return gathered(done, self.loop())

    async def _wait(
        self,
        sensor_name: str,
        condition: Condition,
        timeout: float | None,
        quorum: int | float | None,
        max_grace_period: float | None,
    ) -> TestableDict:
        required = _required(quorum, len(self._clients))
        grace = max_grace_period or 0.0
        if timeout and grace:
            grace = min(grace, timeout / 2)
            timeout -= grace
        waits = {
            k: c.wait(sensor_name, condition, timeout=None)
            for k, c in self.by_name().items()
        }  # fmt: skip
        try:
            await _until_done(waits.values(), required, timeout)
            await _until_done(waits.values(), len(waits), grace)
            return TestableDict(
                {k: w.done() and bool(w.result()) for k, w in waits.items()}, required
            )
        finally:
            for wait in waits.values():
                wait.cancel()
            await asyncio.gather(*waits.values(), return_exceptions=True)


def _item(requests: Any, name: str) -> Any:
    try:
        return requests[name]
    except KeyError:
        return None


def _path(client: Any, with_root: bool) -> str:
    names = [client.name]
    while (client := client.parent) is not None:
        names.insert(0, client.name)
    return ".".join(names if with_root or len(names) == 1 else names[1:])


def _required(quorum: Any, clients: int) -> int:
    if quorum is None:
        return clients
    if isinstance(quorum, int):
        if quorum < 0:
            raise ValueError(f"quorum {quorum} is negative; give how many clients are enough")
        return quorum
    if isinstance(quorum, float) and 0 <= quorum <= 1:
        return math.ceil(quorum * clients)
    raise TypeError(
        f"quorum {quorum!r} is neither an integer (so many clients), nor a float from 0 to 1 "
        "(such a part of them), nor None (all)"
    )


async def _until_done(waits: Iterable[Any], enough: int, timeout: float | None) -> None:
    """Wait until `enough` of `waits` are done, at most `timeout` s; raise what any of them does."""
    loop = asyncio.get_running_loop()
    end = None if timeout is None else loop.time() + timeout
    futures = list(waits)
    while True:
        done = [future for future in futures if future.done()]
        for future in done:
            future.result()
        left = None if end is None else end - loop.time()
        # More than there are can never be done: then the time must pass, as for any other wait.
        if len(done) >= enough or (left is not None and left <= 0):
            return
        pending = [future for future in futures if not future.done()]
        if pending:
            await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        elif left is not None:
            await asyncio.sleep(left)
        else:
            return
