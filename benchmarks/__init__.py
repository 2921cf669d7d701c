"""How fast the library is, beside others and beside what is possible: ``scripts/bench``."""
