"""What is exported is there, says where it is imported from, and is documented."""

import importlib
import inspect
import subprocess
import sys

import pytest

PACKAGES = [
    "katcp",
    "katcp.client",
    "katcp.core",
    "katcp.errors",
    "katcp.inspecting_client",
    "katcp.mimic",
    "katcp.model",
    "katcp.resource",
    "katcp.resource_client",
    "katcp.sampling",
    "katcp.simulator",
    "katcp.tables",
    "katcp.testing",
    "katcp.wire",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_exports(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        item = getattr(module, name)
        if inspect.isclass(item) or inspect.isfunction(item):
            assert not item.__module__.startswith(f"{package}._"), name
            assert inspect.getdoc(item), name
            for member, value in vars(item).items():
                if not member.startswith("_") and inspect.isfunction(value):
                    assert inspect.getdoc(value), f"{name}.{member}"


def test_the_package_imports_when_asked() -> None:
    code = (
        "import sys, katcp\n"
        "slow = {'asyncio', 'tornado', 'katcp.client', 'katcp_codec'} & set(sys.modules)\n"
        "assert not slow, slow\n"
        "assert {*katcp.__all__, 'testing', 'fake_clients', '__version__'} <= set(dir(katcp))\n"
        "assert katcp.errors.TimeoutError is katcp.core.TimeoutError\n"
        "from katcp import *\n"
        "assert connect is katcp.connect and Sensor is katcp.core.Sensor\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
