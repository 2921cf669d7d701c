"""Long work in slices, so that the event loop is not kept from others."""

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Collection, Iterable
from typing import TypeVar

__all__ = ["unhurried", "unhurried_sorted"]

T = TypeVar("T")


async def unhurried(
    items: Iterable[T], *, latency: float = 0.004, every: int = 64
) -> AsyncIterator[T]:
    """Iterate over `items`, letting the loop go on at least every `latency` seconds.

    The clock is looked at before the first of every so many items.
    """
    since = time.monotonic()
    for i, item in enumerate(items):
        if not i % every and time.monotonic() - since > latency:
            await asyncio.sleep(0)
            since = time.monotonic()
        yield item


async def unhurried_sorted(names: Collection[str], slice_size: int = 5000) -> AsyncIterator[str]:
    """Iterate over `names` in their order, letting the loop go on as `unhurried` does."""
    rest = iter(names)
    starts = range(0, len(names), slice_size)
    slices = [sorted(itertools.islice(rest, slice_size)) async for _ in unhurried(starts, every=1)]
    async for name in unhurried(heapq.merge(*slices)):
        yield name
