"""One emission for all who asked meanwhile, and the end of an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading

from feedsvc.app.emissions import Emissions
from feedsvc.app.loop_thread import LoopThread


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
