"""Dice that cost little, and can be asked for any throw."""

import hashlib

__all__ = ["Dice"]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Dice:
    """Gives a number between 0 and 1 for each number: the same for the same seed, without a state.

    (splitmix64, which passes the usual tests of randomness.)
    """

    def __init__(self, seed: str) -> None:
        digest = hashlib.blake2b(seed.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        self._seed = int.from_bytes(digest)

    def __call__(self, number: int) -> float:
        mixed = (self._seed + number * _GOLDEN) & _MASK
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
        return (((mixed ^ mixed >> 31) >> 12) + 0.5) / (1 << 52)  # neither 0 nor 1
