"""Code cut into its statements, so that each runs as a line at the prompt does."""

import ast
from collections.abc import Iterator

__all__ = ["statements"]

_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def statements(code: str) -> Iterator[str]:
    """Give the statements at the top level, each on the lines where it stood.

    Those on one line stay together. Code that is no Python is given whole.
    """
    lines = code.splitlines(keepends=True)
    try:
        tree = compile(code, "<code>", "exec", _FLAGS, dont_inherit=True)
    except (SyntaxError, ValueError):
        yield code
        return
    blocks: list[tuple[int, int]] = []
    for node in tree.body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if blocks and first <= blocks[-1][1]:
            blocks[-1] = blocks[-1][0], node.end_lineno or first
        else:
            blocks.append((first, node.end_lineno or first))
    for first, last in blocks:
        yield "#\n" * (first - 1) + "".join(lines[first - 1 : last])
