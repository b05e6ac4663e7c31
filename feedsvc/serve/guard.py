"""What one SQL query of a visitor may cost: Datasette has a limit of time, but memory is spent before it looks at the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedsvc.serve.untyped import Connection

_LENGTH = 0  # SQLITE_LIMIT_LENGTH of sqlite3.h
_LIKE_PATTERN_LENGTH = 8  # SQLITE_LIMIT_LIKE_PATTERN_LENGTH
_LIMITS = {
    _LENGTH: 20_000_000,  # bytes of one value or row: hex(randomblob(3e8)) took 1.5 GB without it
    _LIKE_PATTERN_LENGTH: 1_000,  # bytes; a LIKE of many % is exponential
}


def guard(connection: Connection) -> None:
    """Set the limits of `connection`."""
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
