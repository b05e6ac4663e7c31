"""One at a time at the archive, threads and tasks alike, first come, first served."""

from __future__ import annotations

import asyncio
import threading

import pytest

from feedsvc.app.emissions import Emissions
from feedsvc.app.fair_lock import FairLock
from feedsvc.app.loop_thread import LoopThread


async def test_those_who_wait_come_in_the_order_in_which_they_asked() -> None:
    turn, order = FairLock(), []

    async def one(name: int) -> None:
        async with turn:
            order.append(name)

    async with turn:
        tasks = [asyncio.create_task(one(number)) for number in range(5)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == [0, 1, 2, 3, 4]


async def test_who_is_cancelled_while_waiting_leaves_the_turn_to_the_next() -> None:
    turn = FairLock()

    async def one() -> str:
        async with turn:
            return "had it"

    async with turn:
        first, second = asyncio.create_task(one()), asyncio.create_task(one())
        await asyncio.sleep(0)
        first.cancel()
    assert await asyncio.wait_for(second, 300) == "had it"


async def test_who_is_cancelled_at_the_moment_of_getting_it_gives_it_back() -> None:
    turn = FairLock()

    async def one() -> None:
        async with turn:
            pass

    async with turn:
        waiting = asyncio.create_task(one())
        await asyncio.sleep(0)
    waiting.cancel()  # it was handed the turn, and has not run since
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(one(), 300)


async def test_a_thread_and_a_task_exclude_each_other() -> None:
    turn, has_it, go_on = FairLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with turn:
            has_it.set()
            go_on.wait(300)

    thread = threading.Thread(target=hold)
    thread.start()
    has_it.wait(300)
    waiting = asyncio.create_task(turn.__aenter__())
    await asyncio.wait({waiting}, timeout=0.02)
    assert not waiting.done()
    go_on.set()
    await asyncio.wait_for(waiting, 300)
    thread.join()


async def test_an_offer_lets_those_go_first_who_wait() -> None:
    turn, order = FairLock(), []

    async def one() -> None:
        async with turn:
            order.append("task")

    def long() -> None:
        turn.yield_to_waiters()
        order.append("thread")

    async with turn:
        waiting = asyncio.create_task(one())
        await asyncio.sleep(0)
        await asyncio.to_thread(long)
    await waiting
    assert order == ["task", "thread"]


async def test_one_emission_serves_all_who_asked_while_another_was_on() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def emit() -> None:
        begun.append(len(begun))
        go_on.wait(300)

    emissions = Emissions(emit)
    first = asyncio.create_task(emissions.after(alone=True))
    while not begun:  # noqa: ASYNC110 - the thread has no event of the loop
        await asyncio.sleep(0)
    others = [asyncio.create_task(emissions.after(alone=False)) for _ in range(20)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait_for(asyncio.gather(first, *others), 300)
    assert begun == [0, 1]


def test_a_loop_that_is_closed_cancels_what_is_under_way_and_waits_for_it() -> None:
    ended: list[str] = []

    async def closing() -> None:
        ended.append("closing")

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("work")

    loop = LoopThread("test", closing)
    future = loop.submit(work())
    loop.submit(asyncio.sleep(0)).result()
    loop.close()
    assert future.cancelled()
    assert ended == ["work", "closing"]


def test_a_loop_without_work_never_starts() -> None:
    async def closing() -> None:
        raise AssertionError

    before = threading.active_count()
    LoopThread("test", closing).close()
    assert threading.active_count() == before
