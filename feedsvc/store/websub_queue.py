"""What a WebSub hub is still to be told: rows of ops.db, by a connection of their own, for the thread that tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.store import timestamps
from feedsvc.store.connection import open_writable, sqlite_errors, write
from feedsvc.store.schema import OPS_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path


class WebSubQueue:
    """The waiting pings in the ops.db at `path`; a feed waits once, however often it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = open_writable(path, OPS_MIGRATIONS)

    def add(self, topics: Iterable[str], at: datetime) -> None:
        """Let `topics` (addresses of feeds) wait, due at once."""
        now = timestamps.written(at)
        with write(self._db, self._path) as connection:
            connection.executemany(
                "insert into pings (topic, since, due) values (?, ?, ?) on conflict (topic) do update"
                " set due = excluded.due",
                [(topic, now, now) for topic in topics],
            )

    def due(self, at: datetime) -> list[tuple[str, int]]:
        """Return the topics that are due at `at`, each with the tries that failed, those that have waited longest first."""
        with sqlite_errors(self._path):
            return self._db.conn.execute(
                "select topic, tries from pings where due <= ? order by due, topic", [timestamps.written(at)]
            ).fetchall()

    def next(self) -> datetime | None:
        """Return when the next one is due; None when none waits."""
        with sqlite_errors(self._path):
            return timestamps.read_or_none(self._db.conn.execute("select min(due) from pings").fetchone()[0])

    def done(self, topics: Iterable[str]) -> None:
        """Forget `topics`: the hub knows, or will not be told."""
        with write(self._db, self._path) as connection:
            connection.executemany("delete from pings where topic = ?", [(topic,) for topic in topics])

    def failed(self, topic: str, error: str, due: datetime) -> None:
        """Note that the hub did not take a ping, and when to try again."""
        with write(self._db, self._path) as connection:
            connection.execute(
                "update pings set tries = tries + 1, error = ?, due = ? where topic = ?",
                [error, timestamps.written(due), topic],
            )

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
