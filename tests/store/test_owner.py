"""One thread owns what is written: in order of arrival, dropped before it begins, waited for once it has begun."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import ArchiveError, ArchiveFullError
from feedsvc.store.archive import Archive
from feedsvc.store.owner import Owner, owned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Log = list[str]


class Gate:
    """Work that holds the owner's thread until it is opened."""

    def __init__(self) -> None:
        self.begun, self.opened = threading.Event(), threading.Event()

    def work(self, log: Log) -> str:
        self.begun.set()
        assert self.opened.wait(300)
        log.append("gate")
        return "done"


@pytest.fixture
def log() -> Log:
    return []


@pytest.fixture
def owner(log: Log) -> Iterator[Owner[Log]]:
    made = Owner(lambda: log, lambda each: each.append("ended"), "owner")
    yield made
    made.close()


def test_work_is_done_in_one_thread_that_is_not_ours(owner: Owner[Log]) -> None:
    idents = {owner.call(lambda _: threading.get_ident()) for _ in range(3)}
    assert len(idents) == 1
    assert threading.get_ident() not in idents


async def test_tasks_and_threads_come_in_the_order_in_which_they_asked(owner: Owner[Log], log: Log) -> None:
    gate = Gate()
    first = asyncio.create_task(owner.run(gate.work))
    assert await asyncio.to_thread(gate.begun.wait, 300)
    tasks: list[asyncio.Task[None]] = []
    threads: list[threading.Thread] = []
    for number in range(3):
        tasks.append(asyncio.create_task(owner.run(lambda log, n=number: log.append(f"task {n}"))))  # type: ignore[misc]
        await asyncio.sleep(0)
        sent = threading.Event()

        def send(number: int = number, sent: threading.Event = sent) -> None:
            future = owner._sent(lambda log: log.append(f"thread {number}"))
            sent.set()
            future.result()

        threads.append(threading.Thread(target=send))
        threads[-1].start()
        assert await asyncio.to_thread(sent.wait, 300)
    gate.opened.set()
    await asyncio.gather(first, *tasks)
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert log == ["gate", "task 0", "thread 0", "task 1", "thread 1", "task 2", "thread 2"]


async def test_what_is_cancelled_before_it_began_is_dropped(owner: Owner[Log], log: Log) -> None:
    gate = Gate()
    first = asyncio.create_task(owner.run(gate.work))
    assert await asyncio.to_thread(gate.begun.wait, 300)
    queued = asyncio.create_task(owner.run(lambda log: log.append("queued")))
    await asyncio.sleep(0)
    queued.cancel()
    with pytest.raises(asyncio.CancelledError):
        await queued
    assert not first.done()
    gate.opened.set()
    assert await first == "done"
    assert log == ["gate"]


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_what_has_begun_is_waited_for_however_often_it_is_cancelled(
    times: int, owner: Owner[Log], log: Log
) -> None:
    gate = Gate()
    task = asyncio.create_task(owner.run(gate.work))
    assert await asyncio.to_thread(gate.begun.wait, 300)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not task.done()
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log == ["gate"]


def test_an_error_of_the_work_comes_to_who_sent_it_and_the_owner_goes_on(owner: Owner[Log]) -> None:
    def fail(_: Log) -> None:
        raise ArchiveFullError("no room")

    with pytest.raises(ArchiveFullError, match="no room"):
        owner.call(fail)
    assert owner.call(len) == 0


async def test_what_fails_after_a_cancellation_is_logged(owner: Owner[Log], caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()

    def fail(log: Log) -> None:
        gate.work(log)
        raise ArchiveFullError("no room")

    task = asyncio.create_task(owner.run(fail))
    assert await asyncio.to_thread(gate.begun.wait, 300)
    task.cancel()
    gate.opened.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "no room" in caplog.text


def test_work_that_sends_work_is_told_so_and_does_not_wait_for_ever(owner: Owner[Log]) -> None:
    with pytest.raises(RuntimeError, match="must not wait for its turn"):
        owner.call(lambda _: owner.call(len))


def test_the_end_comes_after_all_that_was_sent_and_nothing_after_it(log: Log) -> None:
    owner = Owner(lambda: log, lambda each: each.append("ended"), "owner")
    gate = Gate()
    waiting = threading.Thread(target=lambda: owner.call(gate.work))
    waiting.start()
    gate.begun.wait(300)
    closing = threading.Thread(target=owner.close)
    closing.start()
    gate.opened.set()
    closing.join()
    waiting.join()
    owner.close()
    assert log == ["gate", "ended"]
    with pytest.raises(ArchiveError, match="has been closed"):
        owner.call(len)


def test_an_archive_that_cannot_be_opened_leaves_no_thread(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    before = threading.active_count()
    with pytest.raises(ArchiveFullError, match="check who"):
        owned(lambda: Archive(tmp_path / "file" / "archive", "1.0"))
    assert threading.active_count() == before


def test_a_connection_is_refused_in_any_thread_but_its_own(tmp_path: Path) -> None:
    owner = owned(lambda: Archive(tmp_path / "archive", "1.0"))
    archive = owner.call(lambda each: each)
    for database in (archive.db, archive.captures.db, archive.operations.db):
        with pytest.raises(sqlite3.ProgrammingError, match="same thread"):
            database.conn.execute("select 1")
    view = Archive(tmp_path / "archive", "1.0", readonly=True)
    with pytest.raises(sqlite3.ProgrammingError, match="same thread"):
        owner.call(lambda _: view.change())
    view.close()
    owner.close()


def test_nothing_of_feedsvc_switches_the_check_of_threads_off(root: Path) -> None:
    wrong = [str(path) for path in (root / "feedsvc").rglob("*.py") if "check_same_thread" in path.read_text("utf-8")]
    assert wrong == []
