"""The reference has all that is public, and nothing else."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import katcp.errors

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = [page.read_text() for page in REFERENCE.glob("*.md")]
DOCUMENTED = set(
    re.findall(r"^\.\. (?:auto|py:)(?:class|function|data):: (\S+)$", "\n".join(PAGES), re.M)
)
# The command and the two lowest layers are not for import by users, and the last two say so themselves.
NOT_PUBLIC = {"cli", "model", "wire", "kattypes", "server"}
FOUND = {module.name for module in pkgutil.iter_modules(katcp.__path__) if module.name[0] != "_"}
MODULES = ["katcp", *(f"katcp.{name}" for name in sorted(FOUND - NOT_PUBLIC))]


def _thing(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_exports_is_in_the_reference(module: str) -> None:
    known = [_thing(path) for path in DOCUMENTED]
    known += map(importlib.import_module, MODULES)
    known += vars(katcp.errors).values()  # all of that module is there
    exported = {
        name: _thing(f"{module}.{name}") for name in importlib.import_module(module).__all__
    }
    missing = [name for name, it in exported.items() if not any(it is one for one in known)]
    assert [name for name in missing if not name.startswith("_")] == []


def test_what_is_in_the_reference_is_exported() -> None:
    for path in DOCUMENTED:
        module, _, name = path.rpartition(".")
        assert name in importlib.import_module(module).__all__, path
