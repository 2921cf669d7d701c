"""A value that can be awaited, and which loop it belongs to."""

import asyncio
from collections import Counter, deque

import pytest

from katcp._loops import as_ioloop, asyncio_loop, block_on, current_ioloop
from katcp._observe import Observed
from katcp._unhurried import unhurried, unhurried_slices
from katcp.errors import TimeoutError


@pytest.mark.quirk(2)
async def test_every_waiter_that_is_satisfied_is_released() -> None:
    value = Observed(0, asyncio.get_running_loop)
    waiting = [value.until(lambda v, n=n: v >= n, result=n) for n in range(4)]
    waiting[2].cancel()
    value.set(5)
    value.set(0)
    assert [await w for i, w in enumerate(waiting) if i != 2] == [0, 1, 3]
    assert not value._waiters


@pytest.mark.parametrize("timeout", [0, 0.01, -1])
async def test_expiry_names_the_last_value(timeout: float) -> None:
    value = Observed("first", asyncio.get_running_loop)
    waiting = value.until(lambda v: v == "never", timeout, waiting_for=lambda v: f"still {v}")
    value.set("last")
    with pytest.raises(TimeoutError, match="still last"):
        await waiting


async def test_loops() -> None:
    loop = asyncio.get_running_loop()
    assert asyncio_loop(None) is asyncio_loop(loop) is loop
    assert as_ioloop(loop) is as_ioloop(current_ioloop()) is current_ioloop()
    assert await asyncio.to_thread(block_on, loop, asyncio.sleep(0, "done")) == "done"
    with pytest.raises(RuntimeError, match="block"):
        block_on(loop, asyncio.sleep(0))


async def test_unhurried_lets_others_run() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    items = [item async for item in unhurried(range(1000), latency=0.0)]
    task.cancel()
    assert items == list(range(1000))
    assert turns > 10


async def test_what_is_gone_after_the_wait_for_a_turn_is_not_given() -> None:
    items = deque(range(100))
    given: list[int] = []

    source = iter(lambda: items.popleft() if items else -1, -1)
    async for part in unhurried_slices(source, latency=0.0, size=10):
        given.extend(part)
        asyncio.get_running_loop().call_soon(items.clear)  # while it waits
    assert given == list(range(10))


async def test_all_long_work_shares_the_turns_of_the_loop() -> None:
    turn, done_in = 0, Counter[int]()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def work() -> None:
        async for _ in unhurried(range(20), latency=0.0, every=1):
            done_in[turn] += 1

    counting = asyncio.create_task(count())
    works = [asyncio.create_task(work()) for _ in range(20)]
    works[3].cancel()
    await asyncio.gather(*works, return_exceptions=True)
    counting.cancel()
    assert sum(done_in.values()) == 19 * 20
    assert max(done_in.values()) <= 2
