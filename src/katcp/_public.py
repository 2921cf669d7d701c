"""Makes public names look as if they were defined where users import them from."""

from typing import Any

__all__ = ["publish"]


def publish(namespace: dict[str, Any], *others: str) -> None:
    """Give what a package exports from its underscore modules the name of the package.

    Called at the end of an ``__init__`` with its ``globals()``: tracebacks, reprs and help then
    show ``katcp.resource_client.KATCPClientResource``, without the module that happens to hold it.
    `others` are packages elsewhere whose names belong to this package all the same.
    """
    package = namespace["__name__"]
    for name in namespace["__all__"]:
        item = namespace[name]
        module = str(getattr(item, "__module__", ""))
        if module.startswith((f"{package}._", *others)):
            item.__module__ = package
