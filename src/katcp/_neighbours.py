"""Refuses to run among the files of katcp-python, which owns the same folder."""

from pathlib import Path

__all__ = ["check"]

# Modules of katcp-python; those that this package has, too, are folders here.
_FOREIGN = (
    "client.py",
    "inspecting_client.py",
    "resource.py",
    "resource_client.py",
)


def check(folder: Path = Path(__file__).parent) -> None:
    """Raise ImportError if files of katcp-python lie in `folder`."""
    foreign = [name for name in _FOREIGN if (folder / name).exists()]
    if foreign:
        raise ImportError(
            f"files of katcp-python ({', '.join(foreign)}) lie in {folder}, where katcp-client is "
            "installed; the two cannot share it. Run:\n"
            "    pip uninstall -y katcp katcp-client\n"
            "    pip install katcp-client"
        )
