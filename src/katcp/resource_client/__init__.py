"""The concrete high-level client: one device as Python objects."""

from .._helpers import (
    AsyncCallbackEvent,
    AsyncEvent,
    AsyncState,
    AttrDict,
    DefaultAttrDict,
    LatencyTimer,
    log_future_exceptions,
    until_any,
    until_some,
)
from .._public import publish
from ..errors import KATCPSensorError, TimeoutError
from ..ioloop_manager import (
    AttrMappingProxy,
    IOLoopThreadWrapper,
    MappingProxy,
    ThreadSafeMethodAttrWrapper,
)
from ..resource import (
    KATCPDummyRequest,
    KATCPReply,
    KATCPRequest,
    KATCPResource,
    KATCPSensor,
    SensorResultTuple,
    escape_name,
)
from ..wire import Message
from ._changes import Change, RequestsChanged, SensorsChanged, SensorStale, StateChanged
from ._connect import connect, open_resource
from ._container import KATCPClientResourceContainer
from ._follow import Followed, Heard, follow
from ._group import ClientGroup, GroupRequest
from ._group_results import GroupResults, TestableDict
from ._inspecting import ReplyWrappedInspectingClientAsync, transform_future
from ._inventory import close_to
from ._list_sensors import list_sensors
from ._request import KATCPClientResourceRequest
from ._resource import KATCPClientResource
from ._sensors import KATCPClientResourceSensorsManager
from ._sync_state import monitor_resource_sync_state
from ._threadsafe import (
    ThreadSafeKATCPClientGroupWrapper,
    ThreadSafeKATCPClientResourceRequestWrapper,
    ThreadSafeKATCPClientResourceWrapper,
    ThreadSafeKATCPSensorWrapper,
)

__all__ = [
    "AsyncCallbackEvent",
    "AsyncEvent",
    "AsyncState",
    "AttrDict",
    "AttrMappingProxy",
    "Change",
    "ClientGroup",
    "DefaultAttrDict",
    "Followed",
    "GroupRequest",
    "GroupResults",
    "Heard",
    "IOLoopThreadWrapper",
    "KATCPClientResource",
    "KATCPClientResourceContainer",
    "KATCPClientResourceRequest",
    "KATCPClientResourceSensorsManager",
    "KATCPDummyRequest",
    "KATCPReply",
    "KATCPRequest",
    "KATCPResource",
    "KATCPSensor",
    "KATCPSensorError",
    "LatencyTimer",
    "MappingProxy",
    "Message",
    "ReplyWrappedInspectingClientAsync",
    "RequestsChanged",
    "SensorResultTuple",
    "SensorStale",
    "SensorsChanged",
    "StateChanged",
    "TestableDict",
    "ThreadSafeKATCPClientGroupWrapper",
    "ThreadSafeKATCPClientResourceRequestWrapper",
    "ThreadSafeKATCPClientResourceWrapper",
    "ThreadSafeKATCPSensorWrapper",
    "ThreadSafeMethodAttrWrapper",
    "TimeoutError",
    "close_to",
    "connect",
    "escape_name",
    "follow",
    "list_sensors",
    "log_future_exceptions",
    "monitor_resource_sync_state",
    "open_resource",
    "transform_future",
    "until_any",
    "until_some",
]

publish(globals())
