"""Taking an article back, and giving it out again: a mark on its row. Nothing is deleted, no revision and no byte."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc.store import feed_pages, timestamps
from feedsvc.store.related_rows import mark_stale

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

_SECOND = timedelta(seconds=1)
_NAMED = "select id, uuid, title, withdrawn, updated from articles where uuid = :name or uid = :name or id = :number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article as its operator names it."""

    id: int
    uuid: str
    title: str
    withdrawn: datetime | None  # UTC
    updated: datetime  # UTC


def find(db: sqlite3.Connection, name: str) -> Found | None:
    """Return the article of this number, uuid, uid, or address of its page; None when there is none."""
    last = name.rstrip("/").rpartition("/")[2] if "/articles/" in name else name
    number = int(last) if last.isascii() and last.isdecimal() and len(last) < 19 else None  # noqa: PLR2004 - SQLite's integers
    row = db.execute(_NAMED, {"name": last, "number": number}).fetchone()
    if row is None:
        return None
    return Found(
        id=row[0],
        uuid=row[1],
        title=row[2],
        withdrawn=timestamps.read_or_none(row[3]),
        updated=timestamps.read(row[4]),
    )


def withdraw(db: sqlite3.Connection, found: Found, why: str, at: datetime) -> None:
    """Take `found` back. The mark is later than what the article last said: readers compare the two (RFC 6721 §3)."""
    when = max(at, found.updated + _SECOND)
    db.execute(
        "update articles set withdrawn = ?, withdrawn_why = ? where id = ?", [timestamps.written(when), why, found.id]
    )
    _tell(db, found)


def restore(db: sqlite3.Connection, found: Found, at: datetime) -> None:
    """Give `found` out again, as changed after it was withdrawn, so that readers take it up again."""
    updated = max(at, (found.withdrawn or at) + _SECOND)
    db.execute(
        "update articles set withdrawn = null, withdrawn_why = null, updated = ? where id = ?",
        [timestamps.written(updated), found.id],
    )
    _tell(db, found)


def _tell(db: sqlite3.Connection, found: Found) -> None:
    """Make it news in every feed that ever had it."""
    paths = feed_pages.feeds_of(db, found.id)
    feed_pages.record(db, [feed_pages.Placed(article=found.id, feeds=paths)])
    mark_stale(db, paths)
