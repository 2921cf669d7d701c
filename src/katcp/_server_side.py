"""What katcp-python has for device servers and this package has not: says where to find it."""

__all__ = ["NAMES", "elsewhere"]

#: Names of ``katcp`` that belong to the server side.
NAMES = frozenset(
    {
        "AsyncDeviceServer",
        "DeviceLogger",
        "DeviceServer",
        "DeviceServerBase",
        "DeviceTestSensor",
        "AggregateSensor",
        "BooleanSensorTree",
        "GenericSensorTree",
        "AggregateSensorTree",
        "kattypes",
        "server",
        "sensortree",
    }
)


def elsewhere(name: str) -> ImportError:
    """Make the error for a name of the server side."""
    return ImportError(
        f"{name} is for device servers, and katcp-client is a client library: "
        "write servers with aiokatcp (https://pypi.org/project/aiokatcp)",
        name=name,
    )
