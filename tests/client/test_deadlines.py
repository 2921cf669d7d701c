"""Time-outs of many things, with one timer."""

import asyncio
import itertools
from dataclasses import dataclass
from typing import Any

import pytest

from katcp.client._deadlines import Deadlines
from katcp.testing import virtual_time


@dataclass(eq=False)
class Item:
    due: float | None


class Clock:
    """Deadlines on the running loop, and who was told of when."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: dict[Item, None] = {}
        self.told: list[tuple[Item, float]] = []
        self.deadlines: Deadlines[Item] = Deadlines(self.loop, self.waiting, self.expired)

    def expired(self, item: Item) -> None:
        del self.waiting[item]
        self.told.append((item, self.loop.time()))

    def add(self, seconds: float) -> Item:
        item = Item(self.loop.time() + seconds)
        self.waiting[item] = None
        if item.due is not None and item.due < self.deadlines.next:
            self.deadlines.look_at(item.due)
        return item


async def test_each_ends_when_it_is_due() -> None:
    with virtual_time():
        clock = Clock()
        items = [clock.add(seconds) for seconds in (5, 3, 1, 4, 2, 3600)]
        done = clock.add(1.5)
        del clock.waiting[done]
        await asyncio.sleep(4000)
        told = dict(clock.told)
        assert [item.due for item, _ in clock.told] == sorted(item.due or 0.0 for item in items)
        assert all(told[item] == pytest.approx(item.due, abs=1e-3) for item in items)


async def test_time_may_be_made_longer_and_may_not_run() -> None:
    with virtual_time():
        clock = Clock()
        item, still = clock.add(1), clock.add(1)
        item.due, still.due = clock.loop.time() + 7, None
        await asyncio.sleep(6)
        assert clock.told == []
        await asyncio.sleep(2)
        assert [it for it, _ in clock.told] == [item]


async def test_what_was_ended_by_another_is_not_told_of() -> None:
    with virtual_time():
        clock = Clock()

        def expired(item: Item) -> None:
            clock.told.append((item, 0.0))
            clock.waiting.clear()

        clock.deadlines = Deadlines(clock.loop, clock.waiting, expired)
        first, _ = clock.add(1), clock.add(1)
        await asyncio.sleep(2)
        assert [item for item, _ in clock.told] == [first]


async def test_nothing_is_told_after_the_end() -> None:
    with virtual_time():
        clock = Clock()
        clock.add(1)
        clock.deadlines.stop()
        await asyncio.sleep(2)
        assert clock.told == []


async def test_many_that_end_one_by_one_are_not_looked_at_one_by_one() -> None:
    class Counted(dict[Item, None]):
        looks = 0

        def __iter__(self) -> Any:
            self.looks += 1
            return super().__iter__()

    with virtual_time():
        clock = Clock()
        waiting = clock.waiting = Counted()
        clock.deadlines = Deadlines(clock.loop, waiting, clock.expired)
        items = [clock.add(1 + i * 1e-7) for i in range(5000)]
        await asyncio.sleep(2)
        assert [item for item, _ in clock.told] == items
        assert waiting.looks < 20


async def test_many_that_wait_are_not_looked_at_for_each_short_one() -> None:
    with virtual_time():
        clock = Clock()
        looks: list[float] = []

        class Counted(dict[Item, None]):
            def __iter__(self) -> Any:
                looks.append(clock.loop.time())
                return super().__iter__()

        waiting = clock.waiting = Counted()
        clock.deadlines = Deadlines(clock.loop, waiting, clock.expired)
        waiting.update({Item(None): None for _ in range(10_000)})  # each look takes 5 ms
        for _ in range(50):
            short = clock.add(0.001)
            await asyncio.sleep(0.0009)
            del waiting[short]
        assert len(looks) < 12
        gaps = [later - sooner for sooner, later in itertools.pairwise(looks)]
        assert min(gaps) >= 0.005
        last = clock.add(0.001)
        await asyncio.sleep(0.007)
        assert [item for item, _ in clock.told] == [last]


async def test_what_is_due_together_ends_in_that_order() -> None:
    with virtual_time():
        clock = Clock()
        clock.waiting.update({Item(None): None for _ in range(10_000)})
        clock.add(0.001)
        await asyncio.sleep(0.002)
        items = [clock.add(seconds) for seconds in (0.003, 0.001, 0.002)]
        await asyncio.sleep(0.1)
        assert [item for item, _ in clock.told][1:] == sorted(
            items, key=lambda item: item.due or 0.0
        )
        assert len({when for _, when in clock.told}) == 2
