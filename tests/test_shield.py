"""Work in threads ends before what it uses is closed, however often and whenever the waiting task is cancelled."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from feedsvc.shield import in_thread, until_ended

ENDINGS = Path(__file__).with_name("endings.py")


class Gate:
    """Work that begins, and ends when it may."""

    def __init__(self) -> None:
        self.began, self.may_end, self.ended = threading.Event(), threading.Event(), False

    def work(self) -> str:
        self.began.set()
        assert self.may_end.wait(300)
        self.ended = True
        return "done"


async def begun(gate: Gate) -> None:
    while not gate.began.is_set():  # noqa: ASYNC110 - the thread has no event of the loop
        await asyncio.sleep(0.001)


async def test_work_in_a_thread_returns_what_it_returns() -> None:
    gate = Gate()
    gate.may_end.set()
    assert await in_thread(gate.work) == "done"


async def test_what_work_in_a_thread_raises_comes_out_as_itself() -> None:
    def work() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await in_thread(work)


@pytest.mark.parametrize("times", [1, 2, 3, 7])
async def test_a_cancelled_task_waits_for_its_thread_however_often_it_is_cancelled(times: int) -> None:
    gate = Gate()
    task = asyncio.create_task(in_thread(gate.work))
    await begun(gate)
    for _ in range(times):
        task.cancel()
        await asyncio.wait({task}, timeout=0.01)
        assert not task.done()
    gate.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.ended


async def test_a_loop_that_cancels_all_of_its_tasks_waits_for_the_threads_too() -> None:
    gate, before = Gate(), asyncio.all_tasks()
    task = asyncio.create_task(in_thread(gate.work))
    await begun(gate)
    for each in asyncio.all_tasks() - before:
        each.cancel()
    await asyncio.wait({task}, timeout=0.05)
    assert not task.done()
    gate.may_end.set()
    await asyncio.wait({task})
    assert (task.cancelled(), gate.ended) == (True, True)


async def test_each_cancellation_is_told() -> None:
    gate, told = Gate(), []
    task = asyncio.create_task(in_thread(gate.work, cancelled=lambda: told.append(1)))
    await begun(gate)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    gate.may_end.set()
    await asyncio.wait({task})
    assert told == [1, 1]


async def test_a_time_limit_is_a_time_limit_after_the_thread_has_ended() -> None:
    gate = Gate()
    asyncio.get_running_loop().call_later(0.05, gate.may_end.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await in_thread(gate.work)
    assert gate.ended


async def test_a_failure_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()

    def work() -> None:
        gate.work()
        raise OSError("the disk is full")

    task = asyncio.create_task(in_thread(work))
    await begun(gate)
    task.cancel()
    await asyncio.sleep(0)
    gate.may_end.set()
    await asyncio.wait({task})
    assert task.cancelled()
    assert [(each.levelno, "the disk is full" in each.getMessage()) for each in caplog.records] == [
        (logging.ERROR, True)
    ]


async def test_waiting_for_tasks_outlasts_cancellations_too() -> None:
    gate = Gate()
    inner = [asyncio.create_task(in_thread(gate.work)), asyncio.create_task(asyncio.sleep(0))]
    outer = asyncio.create_task(until_ended(inner))
    await begun(gate)
    for _ in range(3):
        outer.cancel()
        await asyncio.wait({outer}, timeout=0.01)
        assert not outer.done()
    gate.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert gate.ended


async def test_waiting_for_nothing_ends_at_once() -> None:
    await asyncio.wait_for(until_ended([]), 10)


@pytest.mark.parametrize("times", [2, 3])
def test_a_service_that_ends_at_any_moment_ends_cleanly(tmp_path: Path, times: int) -> None:
    """Each ending cancels what is under way once, and `times` less one more times; a crash would end the whole interpreter."""
    command = [sys.executable, "-X", "faulthandler", str(ENDINGS), str(tmp_path), str(times)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, cwd=ENDINGS.parents[1])
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr  # of a thread; httpx may warn that it was cut short


async def test_a_stop_iteration_in_a_thread_is_an_error_and_not_a_wait_for_ever() -> None:
    def work() -> None:
        raise StopIteration

    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await asyncio.wait_for(in_thread(work), 60)
