"""Threads of SQL keep what belongs to a query to themselves, and let others go first."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import serve
from feedsvc.config import Config
from feedsvc.serve.archive_reader import ArchiveReader
from feedsvc.serve.sql_threads import NICENESS, SqlThreads

if TYPE_CHECKING:
    from pathlib import Path


class Cursor:
    """Stands for what must be freed in the thread that made it."""


def failing(freed_in: list[int]) -> None:
    cursor = Cursor()
    weakref.finalize(cursor, lambda: freed_in.append(threading.get_ident()))
    try:
        {}["the first"]
    except KeyError as error:
        raise ValueError("the second") from error


def test_what_a_failed_query_held_is_freed_in_its_own_thread() -> None:
    freed_in: list[int] = []
    with SqlThreads(1, "sql") as pool:
        own = pool.submit(threading.get_ident).result()
        error = pool.submit(failing, freed_in).exception()
    assert isinstance(error, ValueError)
    assert isinstance(error.__cause__, KeyError)
    assert freed_in == [own]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_threads_of_sql_give_way_to_the_loop() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()  # not 0 where the whole suite runs under `nice`
    with SqlThreads(1, "sql") as pool:
        assert pool.submit(niceness).result() >= min(before + NICENESS, 19) - 1
    assert niceness() == before


async def test_datasette_asks_sql_in_such_threads(archive: Path) -> None:
    datasette = serve.build(Config(archive=str(archive)))
    await datasette.invoke_startup()
    assert isinstance(datasette.executor, SqlThreads)
    answer = await datasette.client.get("/archive.json?sql=select+7&_shape=arrays", follow_redirects=True)
    assert answer.json()["rows"] == [[7]]
    serve.close(datasette)


async def test_a_page_that_took_too_long_leaves_no_cursor_behind(archive: Path) -> None:
    reader = ArchiveReader(lambda: sqlite3.connect(archive / "archive.db", check_same_thread=False), seconds=0.05)
    endless = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"

    def work(rows: Any) -> Any:
        return rows(endless)

    with pytest.raises(Exception, match="longer than") as caught:
        await reader.read(work)
    frames = [frame for frame in _frames(caught.value.__cause__) if "feedsvc" in frame.f_code.co_filename]
    assert frames
    assert not any(isinstance(value, sqlite3.Cursor) for frame in frames for value in frame.f_locals.values())
    reader.close()


def _frames(error: BaseException | None) -> list[Any]:
    found, step = [], error.__traceback__ if error else None
    while step:
        found.append(step.tb_frame)
        step = step.tb_next
    return found
