"""What is exported is there, says where it is imported from, and is documented."""

import importlib
import inspect

import pytest

PACKAGES = [
    "katcp",
    "katcp.client",
    "katcp.core",
    "katcp.errors",
    "katcp.inspecting_client",
    "katcp.model",
    "katcp.resource",
    "katcp.resource_client",
    "katcp.sampling",
    "katcp.simulator",
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
