"""Documents made of interfaces: stubs for type checkers, interface documents, and what changed."""

from ._icd import diff, icd
from ._stubs import stubs

__all__ = ["diff", "icd", "stubs"]
