"""Which files are published elsewhere: rows of ops.db, by a connection of their own, for the thread that puts them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.store import timestamps
from feedsvc.store.connection import open_writable, sqlite_errors, write
from feedsvc.store.schema import OPS_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlite_utils import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One file as it is elsewhere."""

    path: str  # below the folder of feeds
    digest: str = ""  # of what was put there and how; "" = nothing yet
    stamp: str = ""  # of the file when it was put there: what is the same is not read again
    tries: int = 0  # that failed, since the last that did not
    due: datetime | None = None  # of the next try; None = nothing failed
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What could not be put elsewhere yet."""

    files: int
    error: str  # of the one that is due first


class MirrorRows:
    """The copies that are at `place`, by the ops.db at `path`."""

    def __init__(self, path: Path, place: str) -> None:
        self._path = path
        self._place = place
        self._db = open_writable(path, OPS_MIGRATIONS)

    def copies(self, paths: Iterable[str] | None) -> dict[str, Copy]:
        """Return path -> copy: of `paths` (None = all) and of what failed, those that we know of."""
        every = "select path, digest, stamp, tries, due, error from mirrored where place = ?"
        with sqlite_errors(self._path):
            rows = self._db.conn.execute(every if paths is None else f"{every} and due is not null", [self._place])
            found = rows.fetchall()
            for path in paths or ():
                found += self._db.conn.execute(f"{every} and path = ?", [self._place, path])
            return {
                path: Copy(
                    path=path, digest=digest, stamp=stamp, tries=tries, due=timestamps.read_or_none(due), error=error
                )
                for path, digest, stamp, tries, due, error in found
            }

    def keep(self, copies: Iterable[Copy], at: datetime) -> None:
        """Note how each of `copies` is now."""
        now = timestamps.written(at)
        with write(self._db, self._path) as connection:
            connection.executemany(
                "insert or replace into mirrored (place, path, digest, stamp, at, tries, due, error)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(self._place, copy.path, copy.digest, copy.stamp, now, copy.tries),
                        *(timestamps.written_or_none(copy.due), copy.error),
                    )
                    for copy in copies
                ],
            )

    def forget(self, paths: Iterable[str]) -> None:
        """Note that nothing of ours is at `paths` any more."""
        with write(self._db, self._path) as connection:
            connection.executemany(
                "delete from mirrored where place = ? and path = ?", [(self._place, path) for path in paths]
            )

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


def waiting(db: Database, place: str) -> Waiting:
    """Return what `db`, an ops.db, says of files that could not be put at `place`."""
    (number,) = db.conn.execute("select count(*) from mirrored where place = ? and due is not null", [place]).fetchone()
    first = db.conn.execute(
        "select error from mirrored where place = ? and due is not null order by due, path limit 1", [place]
    ).fetchone()
    return Waiting(files=number, error=first[0] if first else "")
