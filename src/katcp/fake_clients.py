"""Resources without a network, for tests: their device is in memory, and speaks real wire bytes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .errors import KatcpSyntaxError
from .inspecting_client import Sensor
from .model import escape_name
from .resource_client import KATCPClientResource
from .testing import FakeSensor, Link, ScriptedDevice, attach
from .wire import Message

__all__ = [
    "FakeInspectingClientManager",
    "FakeKATCPClientResourceContainerManager",
    "FakeKATCPClientResourceManager",
    "fake_KATCP_client_resource_container_factory",
    "fake_KATCP_client_resource_factory",
    "fake_inspecting_client_factory",
]

_FIRST_VALUES = {"string": "", "lru": "nominal", "address": "0.0.0.0:0"}  # of others: 0


class FakeRequest:
    """What a handler is given along with a request: takes its informs."""

    def __init__(self, message: Message) -> None:
        self.msg = message
        self.informs: list[Message] = []

    def inform(self, *args: Any) -> None:
        """Send an inform of this request, before its reply."""
        self.informs.append(Message.reply_inform(self.msg, *args))

    def make_reply(self, *args: Any) -> Message:
        """Make the reply to this request."""
        return Message.reply_to_request(self.msg, *args)


class FakeInspectingClientManager:
    """Controls the device in memory that a fake inspecting client talks to.

    Attributes
    ----------
    fake_sensor_infos : dict
        Name -> ``(description, units, type, *params)`` of its sensors.
    """

    def __init__(self, fake_options: Mapping[str, Any] | None = None) -> None:
        self.fake_sensor_infos: dict[str, tuple[Any, ...]] = {}
        self.device = ScriptedDevice("5.0-MI", {}, first_status=False)
        self.device.help = {name: f"Fake {name}" for name in ("help", "sensor-list")}
        for name in ("sensor-value", "sensor-sampling"):
            self.device.answers[name] = _ok  # readings are what the test sets
        if (fake_options or {}).get("allow_any_request"):
            self.device.answers["*"] = _ok

    def add_sensors(self, sensor_infos: Mapping[str, Any]) -> None:
        """Add sensors, name -> ``(description, units, type, *params)``; the client syncs again.

        Raises
        ------
        KatcpSyntaxError
            If a type is none of KATCP's; nothing is added then.
        """
        made = {name: _fake_sensor(name, *info) for name, info in sensor_infos.items()}
        self.device.sensors.update(made)
        self.fake_sensor_infos.update({name: tuple(info) for name, info in sensor_infos.items()})
        self.device.change()

    def add_request_handlers_object(self, rh_obj: Any) -> None:
        """Add every method ``request_x_y(req, msg)`` of an object as request ``x-y``."""
        prefix = "request_"
        self.add_request_handlers_dict(
            {
                name.removeprefix(prefix).replace("_", "-"): getattr(rh_obj, name)
                for name in dir(rh_obj)
                if name.startswith(prefix) and callable(getattr(rh_obj, name))
            }
        )

    def add_request_handlers_dict(self, rh_dict: Mapping[str, Callable[..., Any]]) -> None:
        """Add requests, KATCP name -> ``handler(req, msg)``; the client syncs again.

        A handler gives the reply, a `Message`, or an awaitable of it; ``req.inform(...)`` goes
        before.

        Raises
        ------
        AssertionError
            If a handler has no docstring, which is the help of the request; nothing is added then.
        """
        for name, handler in rh_dict.items():
            if not handler.__doc__:
                raise AssertionError(f"the handler of {name} needs a docstring, for ?help")
        for name, handler in rh_dict.items():
            self.device.help[name] = inspect.cleandoc(handler.__doc__ or "")
            self.device.answers[name] = _answer_of(handler)
        self.device.change()


class FakeKATCPClientResourceManager:
    """Controls the device in memory of a fake resource, once that was started."""

    def __init__(self, resource: KATCPClientResource, fake: FakeInspectingClientManager) -> None:
        self._resource = resource
        self._fake = fake

    @property
    def fake_sensor_infos(self) -> dict[str, tuple[Any, ...]]:
        """Name -> ``(description, units, type, *params)`` of its sensors."""
        return self._fake.fake_sensor_infos

    def add_sensors(self, sensor_infos: Mapping[str, Any]) -> None:
        """Add sensors (see `FakeInspectingClientManager`); RuntimeError before `start`."""
        self._started().add_sensors(sensor_infos)

    def add_request_handlers_object(self, rh_obj: Any) -> None:
        """Add requests (see `FakeInspectingClientManager`); RuntimeError before `start`."""
        self._started().add_request_handlers_object(rh_obj)

    def add_request_handlers_dict(self, rh_dict: Mapping[str, Callable[..., Any]]) -> None:
        """Add requests (see `FakeInspectingClientManager`); RuntimeError before `start`."""
        self._started().add_request_handlers_dict(rh_dict)

    def _started(self) -> FakeInspectingClientManager:
        if self._resource._inspecting_client is None:
            raise RuntimeError(f"start {self._resource.name} first")
        return self._fake


class FakeKATCPClientResourceContainerManager:
    """Controls the devices in memory of the children of a fake container.

    Attributes
    ----------
    child_managers : dict
        Python identifier of child -> its manager.
    """

    def __init__(self) -> None:
        self.child_managers: dict[str, Any] = {}

    def add_sensors(self, child_name: str, sensor_infos: Mapping[str, Any]) -> None:
        """Add sensors to a child, as its own manager does."""
        self.child_managers[escape_name(child_name)].add_sensors(sensor_infos)

    def add_request_handlers_object(self, child_name: str, rh_obj: Any) -> None:
        """Add requests to a child, as its own manager does."""
        self.child_managers[escape_name(child_name)].add_request_handlers_object(rh_obj)

    def add_request_handlers_dict(
        self, child_name: str, rh_dict: Mapping[str, Callable[..., Any]]
    ) -> None:
        """Add requests to a child, as its own manager does."""
        self.child_managers[escape_name(child_name)].add_request_handlers_dict(rh_dict)


def fake_inspecting_client_factory(
    InspectingClass: Any,  # noqa: N803 the old name
    fake_options: Mapping[str, Any] | None,
    host: str,
    port: int | str,
    *args: Any,
    **kwargs: Any,
) -> tuple[Any, FakeInspectingClientManager]:
    """Make an inspecting client whose device is in memory; give it and its manager.

    Parameters
    ----------
    InspectingClass
        Class of the client; the other arguments are for it.
    fake_options
        ``{"allow_any_request": True}`` answers requests that the device lacks with ok.
    """
    manager = FakeInspectingClientManager(fake_options)
    client = InspectingClass(host, port, *args, **kwargs)
    attach(client.katcp_client, manager.device)
    return client, manager


def fake_KATCP_client_resource_factory(  # noqa: N802 the old name
    KATCPClientResourceClass: Any,  # noqa: N803
    fake_options: Mapping[str, Any] | None,
    resource_spec: Mapping[str, Any],
    *args: Any,
    **kwargs: Any,
) -> tuple[Any, FakeKATCPClientResourceManager]:
    """Make a resource whose device is in memory; give it and its manager.

    Once started it is synced with a device of requests ``help`` and ``sensor-list`` and of no
    sensors. Parameters as for `fake_inspecting_client_factory`.
    """
    resource = KATCPClientResourceClass(resource_spec, *args, **kwargs)
    fake = FakeInspectingClientManager(fake_options)
    attach(resource, fake.device)
    return resource, FakeKATCPClientResourceManager(resource, fake)


def fake_KATCP_client_resource_container_factory(  # noqa: N802 the old name
    KATCPClientResourceContainerClass: Any,  # noqa: N803
    fake_options: Mapping[str, Any] | None,
    resources_spec: Mapping[str, Any],
    *args: Any,
    **kwargs: Any,
) -> tuple[Any, FakeKATCPClientResourceContainerManager]:
    """Make a container of resources whose devices are in memory; give it and its manager.

    Parameters as for `fake_inspecting_client_factory`.
    """
    manager = FakeKATCPClientResourceContainerManager()

    class FakeContainer(KATCPClientResourceContainerClass):  # type: ignore[misc]
        def client_resource_factory(self, res_spec: Any, parent: Any, logger: Any) -> Any:
            inner: Any
            if "clients" in res_spec:
                child, inner = fake_KATCP_client_resource_container_factory(
                    KATCPClientResourceContainerClass, fake_options, res_spec, logger=logger
                )
                child._parent = parent
            else:
                child, inner = fake_KATCP_client_resource_factory(
                    KATCPClientResource, fake_options, res_spec, parent=parent, logger=logger
                )
            manager.child_managers[escape_name(res_spec["name"])] = inner
            return child

    return FakeContainer(resources_spec, *args, **kwargs), manager


def _ok(link: Link, request: Message) -> list[bytes]:
    return [bytes(Message.reply_to_request(request, "ok"))]


def _fake_sensor(
    name: str, description: str, units: str, sensor_type: str, *params: Any
) -> FakeSensor:
    try:
        Sensor.parse_type(sensor_type)
    except KatcpSyntaxError as exc:
        raise KatcpSyntaxError(f"sensor {name}: {exc}") from None
    words = tuple(p.decode() if isinstance(p, bytes) else str(p) for p in params)
    value = words[0] if sensor_type == "discrete" and words else _FIRST_VALUES.get(sensor_type, "0")
    return FakeSensor(sensor_type, description, units, words, "unknown", value)


def _answer_of(handler: Callable[..., Any]) -> Callable[[Link, Message], Any]:
    async def answer(link: Link, request: Message) -> list[bytes]:
        taken = FakeRequest(request)
        reply = handler(taken, request)
        if inspect.isawaitable(reply):
            reply = await reply
        if reply.mid is None:
            reply.mid = request.mid
        return [bytes(message) for message in (*taken.informs, reply)]

    return answer
