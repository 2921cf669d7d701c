"""What katcp-python has for device servers and this package has not: says where to find it."""

__all__ = ["elsewhere", "is_server_side"]

_NAMES = (
    "AsyncDeviceServer",
    "DeviceLogger",
    "DeviceServer",
    "DeviceServerBase",
    "kattypes",
    "sensortree",
    "server",
)


def is_server_side(name: str) -> bool:
    """Say whether this name of ``katcp`` belongs to the server side."""
    return name in _NAMES or name.endswith("SensorTree")


def elsewhere(name: str) -> ImportError:
    """Make the error for a name of the server side."""
    return ImportError(
        f"{name} is for device servers, and katcp-client is a client library: "
        "write servers with aiokatcp (https://pypi.org/project/aiokatcp)",
        name=name,
    )
