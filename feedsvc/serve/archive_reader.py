"""Reads the archive for our pages, in threads of its own.

Datasette has three threads for SQL, and a few slow queries of visitors fill them all; what people read must not wait for
that. Each thread here has its own read-only connection, and each piece of work a time limit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from feedsvc.serve.sql_threads import SqlThreads
from feedsvc.store import search_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from feedsvc.serve.types import Connection

T = TypeVar("T")
Row: TypeAlias = dict[str, Any]

_STEPS = 20_000  # instructions of SQLite between two looks at the clock
_CACHE_KIB = 16_384  # pages that one connection keeps


class TooSlow(Exception):  # noqa: N818 - reads as what happened
    """A query took longer than it may."""


class Rows:
    """One connection as pages see it: rows as dicts, lazily or all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kept: dict[object, Any] = {}
        self._version = -1

    def kept(self, name: object, make: Callable[[], T]) -> T:
        """Return what `make()` returned when `name` was last asked for, unless the archive has changed since.

        For what is the same on every page until something is ingested: the tree of categories, say. `name` names all
        that the value depends on beside the archive.
        """
        (version,) = self._connection.execute("pragma data_version").fetchone()
        if version != self._version:
            self._kept, self._version = {}, version
        if name not in self._kept:
            self._kept[name] = make()
        found: T = self._kept[name]
        return found

    def __call__(self, sql: str, *values: object) -> list[Row]:
        """Return every row of `sql`."""
        return list(self.stream(sql, *values))

    def one(self, sql: str, *values: object) -> Row | None:
        """Return the first row of `sql`, or None."""
        return next(self.stream(sql, *values), None)

    def tuples(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return every row of `sql` without names, where there may be thousands."""
        return list(self.plain(sql, *values))

    def plain(self, sql: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `sql` without names as they are found."""
        found: Iterator[tuple[Any, ...]] = self._connection.execute(sql, values)
        return found

    def stream(self, sql: str, *values: object) -> Iterator[Row]:
        """Yield the rows of `sql` as they are found."""
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)


class ArchiveReader:
    """Runs work over read-only connections that `connect` opens, in `threads` threads."""

    def __init__(self, connect: Callable[[], Connection], *, threads: int = 4, seconds: float = 5.0) -> None:
        self._connect = connect
        self._seconds = seconds  # that one piece of work may take
        self._local = threading.local()
        self._pool = SqlThreads(threads, "feedsvc-page")

    async def read(self, work: Callable[[Rows], T]) -> T:
        """Return `work(rows)`; raise `TooSlow` when it takes longer than it may."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, work)

    def close(self) -> None:
        """End the threads; connections go with them."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._local = threading.local()

    def _run(self, work: Callable[[Rows], T]) -> T:
        connection = self._connection()
        deadline = time.monotonic() + self._seconds
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            return work(self._local.rows)
        except Exception as error:
            if time.monotonic() > deadline:
                raise TooSlow(f"a query took longer than {self._seconds:g} s; ask for less") from error
            raise
        finally:
            connection.set_progress_handler(None, 0)

    def _connection(self) -> Connection:
        if not hasattr(self._local, "connection"):
            connection = self._connect()
            connection.execute(f"pragma cache_size = -{_CACHE_KIB}")
            search_index.register(connection)
            self._local.connection, self._local.rows = connection, Rows(connection)
        return self._local.connection
