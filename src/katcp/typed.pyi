"""What the stubs that `katcp stubs` writes are made of; for type checkers.

There is no such module when a program runs: it is imported under ``if TYPE_CHECKING:``.

Names with ``Blocking`` are of `katcp.blocking`.
"""

from asyncio import Future
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import (
    Any,
    Concatenate,
    Generic,
    Never,
    ParamSpec,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    TypedDict,
    TypeVar,
)

from ._feed import Feed, Overflow
from .client import LastError
from .model import Interface, KATCPSensorReading
from .resource import KATCPReply, KATCPRequest, KATCPSensor, SensorResultTuple
from .resource_client import GroupRequest as _GroupRequest
from .resource_client import (
    GroupResults,
    KATCPClientResourceContainer,
    TestableDict,
)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

#: What can be an argument of a request: text, bytes, and numbers of any library.
Argument: TypeAlias = str | bytes | SupportsFloat
#: An argument that the device takes as a float.
Float: TypeAlias = SupportsFloat
#: An argument that the device takes as an integer, or as a boolean, which True, False, 1 and 0 are.
Integer: TypeAlias = SupportsIndex

class Sending(TypedDict, total=False):
    """Keywords of every request; see `katcp.resource_client.KATCPClientResourceRequest`."""

    timeout: float | None
    mid: int | str | bytes | None
    use_mid: bool | None

class Reading(KATCPSensorReading, Generic[_T_co]):
    """A reading whose value is of a known type."""

    value: _T_co  # pyright: ignore[reportIncompatibleVariableOverride]

_Test: TypeAlias = Callable[[Reading[_T]], object]
#: What a sensor can be waited for.
Condition: TypeAlias = _T | _Test[_T] | Sequence[_T | _Test[_T]]

class Sensor(KATCPSensor, Generic[_T]):
    """A sensor whose values are of a known type; None before the first reading."""

    @property
    def value(self) -> _T | None: ...
    @property
    def reading(self) -> Reading[_T | None]: ...
    def get_value(self) -> Future[_T]: ...
    def get_reading(self) -> Future[Reading[_T]]: ...  # type: ignore[override]  # a Future is read
    def readings(  # type: ignore[override]  # a Feed, too
        self, *, maxsize: int = 1000, overflow: Overflow = "latest"
    ) -> Feed[Reading[_T]]: ...
    def parse_value(self, s_value: bytes, major: int = 5) -> _T: ...
    def wait(
        self, condition_or_value: Condition[_T], timeout: float | None = None
    ) -> Future[bool]: ...

class Request(KATCPRequest, Generic[_P]):
    """A request whose arguments are known."""

    def issue_request(self, *args: _P.args, **kwargs: _P.kwargs) -> Future[KATCPReply]: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> Future[KATCPReply]: ...

class request(Generic[_P]):
    """Makes a method of a stub the request that it describes."""

    def __init__(self, asks: Callable[Concatenate[Any, _P], Future[KATCPReply]]) -> None: ...
    def __get__(self, of: object, kind: Any = None) -> Request[_P]: ...

class GroupRequest(_GroupRequest, Generic[_P]):
    """A request to a group, whose arguments are known."""

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> Future[GroupResults]: ...

class group_request(Generic[_P]):
    """Makes a method of a stub the request to a group that it describes."""

    def __init__(self, asks: Callable[Concatenate[Any, _P], Future[GroupResults]]) -> None: ...
    def __get__(self, of: object, kind: Any = None) -> GroupRequest[_P]: ...

class Items(Mapping[str, _T_co]):
    """The sensors, requests, devices or groups of something by Python identifier."""

    def __getitem__(self, key: str, /) -> _T_co: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class Container(KATCPClientResourceContainer):
    """A telescope whose devices are known: no other attribute is one."""

    def __getattr__(self, name: Never) -> Never: ...  # type: ignore[override, misc]

# -- katcp.blocking: the same calls, which give what the future of the others gives

class BlockingSensor(Generic[_T]):
    """A sensor whose values are of a known type; None before the first reading."""

    name: str
    normalised_name: str
    parent_name: str
    description: str
    units: str
    type: str
    @property
    def value(self) -> _T | None: ...
    @property
    def reading(self) -> Reading[_T | None]: ...
    status: str
    stale: bool
    sampling_strategy: tuple[str, ...]
    reported_strategy: tuple[str, ...] | None
    def get_value(self) -> _T: ...
    def get_reading(self) -> Reading[_T]: ...
    def get_status(self) -> str: ...
    def parse_value(self, s_value: bytes, major: int = 5) -> _T: ...
    def wait(self, condition_or_value: Condition[_T], timeout: float | None = None) -> bool: ...
    def set_sampling_strategy(self, strategy: Any) -> tuple[bool, Any]: ...
    def set_strategy(self, strategy: Any, params: Any = None) -> tuple[bool, Any]: ...
    def drop_sampling_strategy(self) -> None: ...
    def register_listener(self, listener: Callable[..., Any], reading: bool = False) -> None: ...
    def unregister_listener(self, listener: Callable[..., Any]) -> None: ...
    def is_listener(self, listener: Callable[..., Any]) -> bool: ...
    def clear_listeners(self) -> None: ...

class BlockingRequest(Generic[_P]):
    """A request whose arguments are known."""

    name: str
    description: str
    timeout_hint: float | None
    def is_active(self) -> bool: ...
    def issue_request(self, *args: _P.args, **kwargs: _P.kwargs) -> KATCPReply: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> KATCPReply: ...

class blocking_request(Generic[_P]):
    """Makes a method of a stub the request that it describes."""

    def __init__(self, asks: Callable[Concatenate[Any, _P], KATCPReply]) -> None: ...
    def __get__(self, of: object, kind: Any = None) -> BlockingRequest[_P]: ...

class BlockingGroupRequest(Generic[_P]):
    """A request to a group, whose arguments are known."""

    name: str
    description: str
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> GroupResults: ...

class blocking_group_request(Generic[_P]):
    """Makes a method of a stub the request to a group that it describes."""

    def __init__(self, asks: Callable[Concatenate[Any, _P], GroupResults]) -> None: ...
    def __get__(self, of: object, kind: Any = None) -> BlockingGroupRequest[_P]: ...

class _Blocking:
    """What devices and containers of devices have."""

    name: str
    description: str
    parent: Any
    state: str
    synced: bool
    def is_connected(self) -> bool: ...
    def is_active(self) -> bool: ...
    def set_active(self, active: bool) -> None: ...
    def until_synced(self, timeout: float | None = None) -> object: ...
    def until_not_synced(self, timeout: float | None = None) -> bool: ...
    def list_sensors(
        self,
        filter: str = "",
        strategy: bool = False,
        status: Any = "",
        use_python_identifiers: bool = True,
        tuple: bool = False,
        refresh: bool = False,
    ) -> list[SensorResultTuple]: ...
    def wait(
        self, sensor_name: str, condition_or_value: Any, timeout: float | None = 5
    ) -> bool: ...
    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> dict[str, Any]: ...
    def set_sampling_strategies(self, filter: str, strategy_and_params: Any) -> dict[str, Any]: ...
    def set_sensor_listener(
        self, sensor_name: str, listener: Callable[..., Any]
    ) -> dict[str, Any]: ...

class BlockingDevice(_Blocking):
    """A `katcp.resource_client.KATCPClientResource` for programs without an event loop."""

    address: tuple[str, int | str]
    address_string: str
    host: str
    port: int | str
    phase: str
    last_error: LastError | None
    last_connect_time: float | None
    versions: dict[str, tuple[str, ...]]
    interface: Interface
    def until_state(self, state: str, timeout: float | None = None) -> bool: ...
    def wait_connected(self, timeout: float | None = None) -> bool: ...
    def drop_sampling_strategy(self, sensor_name: str) -> None: ...
    def reapply_sampling_strategies(self) -> None: ...
    def unset_sensor_listener(self, sensor_name: str, listener: Callable[..., Any]) -> None: ...

class BlockingContainer(_Blocking):
    """A `katcp.resource_client.KATCPClientResourceContainer` for programs without an event loop."""

    def until_any_child_in_state(self, state: str, timeout: float | None = None) -> bool: ...
    def until_all_children_in_state(self, state: str, timeout: float | None = None) -> None: ...
    def path_of(self, identifier: str) -> str: ...

class BlockingGroup:
    """A `katcp.resource_client.ClientGroup` for programs without an event loop."""

    name: str
    def __len__(self) -> int: ...
    def is_connected(self) -> bool: ...
    def set_sampling_strategy(
        self, sensor_name: str, strategy_and_params: Any
    ) -> dict[str, Any]: ...
    def set_sampling_strategies(self, filter: str, strategy_and_params: Any) -> dict[str, Any]: ...
    def wait(
        self,
        sensor_name: str,
        condition_or_value: Any,
        timeout: float | None = 5.0,
        quorum: int | float | None = None,
        max_grace_period: float | None = 1.0,
    ) -> TestableDict: ...
