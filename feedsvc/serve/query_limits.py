"""What one SQL query of a visitor may cost: Datasette has a limit of time, but memory is spent before it looks at the clock."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.types import Connection, Cursor, SqliteRow

_LENGTH = 0  # SQLITE_LIMIT_LENGTH of sqlite3.h
_LIKE_PATTERN_LENGTH = 8  # SQLITE_LIMIT_LIKE_PATTERN_LENGTH
_LIMITS = {
    _LENGTH: 20_000_000,  # bytes of one value or row: hex(randomblob(3e8)) took 1.5 GB without it
    _LIKE_PATTERN_LENGTH: 1_000,  # bytes; a LIKE of many % is exponential
}
_PRAGMA = 19  # SQLITE_PRAGMA
_OK, _IGNORE = 0, 2  # SQLITE_OK; SQLITE_IGNORE: it does nothing, and has no rows
_ROW = 32_768  # bytes of a row that an answer may have, on average over as many rows as it may have


def guard(connection: Connection, rows: int) -> None:
    """Set the limits of `connection`, whose answers have at most `rows` rows."""
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.row_factory = _Scale(connection, rows * _ROW)


def hide_paths(connection: Connection) -> None:
    """Let `connection` name no file: `pragma_database_list` is a table to whoever asks SQL, and has the path of the archive."""
    connection.set_authorizer(_silent)


def _silent(action: int, name: str | None, *_: str | None) -> int:
    return _IGNORE if action == _PRAGMA and (name or "").lower() == "database_list" else _OK


class _Scale:
    """Makes the rows of a connection, and refuses an answer that is too large in all: each value alone may be small enough."""

    def __init__(self, connection: Connection, limit: int) -> None:
        self._make: Callable[[Cursor, tuple[object, ...]], SqliteRow] | None = connection.row_factory
        self._refusal = connection.OperationalError
        self._limit = limit  # bytes
        self._cursor: Callable[[], Cursor | None] = lambda: None
        self._weight = 0  # bytes that came from it

    def __call__(self, cursor: Cursor, values: tuple[object, ...]) -> SqliteRow:
        if self._cursor() is not cursor:
            self._cursor, self._weight = weakref.ref(cursor), 0  # to hold it would hold its transaction
        self._weight += sum(len(value) for value in values if isinstance(value, str | bytes))
        if self._weight > self._limit:
            raise self._refusal(f"the answer is larger than {self._limit >> 20} MB; ask for fewer rows or columns")
        return self._make(cursor, values) if self._make else values
