"""Documents made of interfaces: stubs for type checkers, interface documents, and what changed."""

from ._commands import stubs

__all__ = ["stubs"]
