"""The two lines about what the cursor is at."""

from rich.text import Text

from ...resource import KATCPSensor
from ...wire import printable
from ._looks import STYLES, symbol, value_text, word
from ._model import Device, Place
from ._troubles import reason

__all__ = ["about_device", "about_place", "about_sensor"]


def about_sensor(device: Device, sensor: KATCPSensor) -> Text:
    """Tell of a sensor."""
    what = word(sensor)
    first = f"{device.path}.{sensor.name} "
    return Text.assemble(
        (printable(first), "bold"),
        (f"{symbol(what)} {what}", STYLES[what]),
        f" {value_text(sensor)}\n{printable(sensor.description)}",
    )


def about_device(device: Device) -> Text:
    """Tell of a device."""
    resource = device.resource
    return Text.assemble(
        (printable(device.path) + " ", "bold"),
        (f"{symbol(device.state)} {device.state}", STYLES[device.state]),
        f" {printable(resource.address_string)}, {len(device.sensors)} sensors, "
        f"{len(device.bad)} not nominal\n{_second(device)}",
    )


def _second(device: Device) -> str:
    if device.state != "synced":
        return reason(device.resource)
    error = device.resource.last_error
    return f"last error: {printable(str(error))}" if error is not None else ""


def about_place(place: Place) -> Text:
    """Tell of a node of the tree."""
    if place.kind == "device":
        return about_device(place.devices[0])
    out = [device for device in place.devices if device.state != "synced"]
    names = ", ".join(device.path for device in out)
    return Text.assemble(
        (printable(place.name) + " ", "bold"),
        f"{place.kind} of {len(place.devices)} devices, "
        + (f"{len(out)} not synced: {printable(names)}" if out else "all synced")
        + f"\n{printable(getattr(place.target, 'description', ''))}",
    )
