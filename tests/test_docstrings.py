"""Whatever is public says which errors it raises."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import katcp

SOURCE = Path(katcp.__file__).parent


def callables(node: ast.Module | ast.ClassDef) -> Iterator[tuple[str, str, ast.AST]]:
    """Give name, documentation and tree of each public function and method."""
    of_class = (ast.get_docstring(node) or "") if isinstance(node, ast.ClassDef) else ""
    for item in node.body:
        if isinstance(item, ast.ClassDef) and not item.name.startswith("_"):
            for name, text, tree in callables(item):
                yield f"{item.name}.{name}", text, tree
        elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(item) or ""
            if item.name == "__init__":
                yield item.name, of_class + text, item
            elif not item.name.startswith(("_", "request_")):  # request_x: it is the help of ?x
                yield item.name, text, item


def raised(tree: ast.AST) -> set[str]:
    """Give the names of the exceptions that are made and raised in it."""
    calls = (n.exc for n in ast.walk(tree) if isinstance(n, ast.Raise))
    return {c.func.id for c in calls if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.stem)
def test_errors_are_named(path: Path) -> None:
    missing = [
        f"{name}: {error}"
        for name, text, tree in callables(ast.parse(path.read_text()))
        for error in raised(tree)
        if error not in text and not error.startswith("_")
    ]
    assert missing == []


def test_it_finds_what_is_missing() -> None:
    tree = ast.parse("class A:\n  def b(self):\n    'Do.'\n    raise KeyError('x')")
    [(name, text, function)] = callables(tree)
    assert (name, text, raised(function)) == ("A.b", "Do.", {"KeyError"})
