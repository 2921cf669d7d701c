"""The reference has all that is public, and nothing else."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import katcp.errors

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = [page.read_text() for page in REFERENCE.glob("*.md")]
DOCUMENTED = set(
    re.findall(r"^\.\. (?:auto|py:)(?:class|function|data):: (\S+)$", "\n".join(PAGES), re.M)
)
# The command, and what carries messages, are not for import by users, nor all of the model; the last three
# say so themselves.
NOT_PUBLIC = {"cli", "model", "wire", "kattypes", "sensortree", "server"}
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


@pytest.mark.parametrize("module", sorted({name.partition(".")[2] for name in MODULES} - {""}))
def test_a_module_of_the_reference_is_there_without_importing_it(module: str) -> None:
    name = f"katcp.{module}"
    code = f"import katcp; assert katcp.{module}.__name__ == {name!r}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_in_the_reference_is_exported() -> None:
    for path in DOCUMENTED:
        module, _, name = path.rpartition(".")
        assert name in importlib.import_module(module).__all__, path
