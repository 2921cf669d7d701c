"""What `katcp.typed` says to type checkers is so when a program runs."""

import ast
import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

import katcp
import katcp.blocking
from katcp.resource_client import KATCPClientResourceRequest, KATCPSensor
from katcp.simulator import Antenna

TREE = ast.parse((Path(katcp.__file__).parent / "typed.pyi").read_text())
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}


def members(name: str) -> dict[str, ast.stmt]:
    """Give the members of a class of ours, and of those that it is of."""
    found: dict[str, ast.stmt] = {}
    for base in CLASSES[name].bases:
        if isinstance(base, ast.Name) and base.id in CLASSES:
            found |= members(base.id)
    for item in CLASSES[name].body:
        if isinstance(item, ast.AnnAssign):
            found[ast.unparse(item.target)] = item
        elif isinstance(item, ast.FunctionDef):
            found[item.name] = item
    return found


def parameters(item: ast.FunctionDef) -> list[tuple[str, bool]]:
    """Give name, and whether there is a default, of each parameter."""
    plain, keyword = item.args.args, item.args.kwonlyargs
    without = len(plain) - len(item.args.defaults)
    return [
        *((arg.arg, i >= without) for i, arg in enumerate(plain) if arg.arg != "self"),
        *((arg.arg, default is not None) for arg, default in zip(keyword, item.args.kw_defaults, strict=True)),
    ]  # fmt: skip


def check(name: str, thing: Any) -> None:
    """Check that a thing has the members of a class, with its parameters."""
    assert members(name)
    for member, item in members(name).items():
        assert hasattr(thing, member), f"{name}.{member}"
        is_call = isinstance(item, ast.FunctionDef) and not item.decorator_list
        if is_call and not item.args.vararg and not member.startswith("__"):
            known = inspect.signature(getattr(thing, member)).parameters.values()
            there = [(p.name, p.default is not p.empty) for p in known if p.name != "self"]
            assert parameters(item) == there, f"{name}.{member}"


@pytest.mark.parametrize(
    ("name", "kind"), [("Sensor", KATCPSensor), ("Request", KATCPClientResourceRequest)]
)
def test_members_are_those_of_the_class(name: str, kind: type) -> None:
    check(name, kind)


async def test_members_are_those_of_other_threads() -> None:
    def look(port: int) -> None:
        spec = {"clients": {"ant": {"address": ("127.0.0.1", port)}}, "groups": {"all": ["ant"]}}
        with katcp.blocking.connect(spec) as telescope:
            check("BlockingContainer", telescope)
            check("BlockingGroup", telescope.groups.all)
            check("BlockingGroupRequest", telescope.groups.all.req.mode)
            check("BlockingDevice", telescope.ant)
            check("BlockingSensor", telescope.ant.sensor.mode)
            check("BlockingRequest", telescope.ant.req.mode)

    async with Antenna(seed=1) as antenna:
        await asyncio.to_thread(look, antenna.port)
