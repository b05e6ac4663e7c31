"""The pages of feeds (RFC 5005 §4): which articles stand on which, fixed for ever once a page is closed.

    members of a feed   1 2 3 4 5 6 7 8 9 ...
                        `-page 1-´`-page 2-´`-open-´

Members come in the order in which the archive learned of them: an article that is new in the feed, and again when it is
revised, withdrawn or taken back after the page that it stood on was closed. So the open page holds everything that no
closed page says, nothing that happens needs a closed page to change, and a reader that walks the pages misses nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc.model import Member, Members, Tombstone
from feedsvc.store import timestamps

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

_SECOND = timedelta(seconds=1)  # documents give `updated` a fraction of a second
_STANDING = "select feed, max(position) from feed_members where article = ? group by feed"
_WITHDRAWN = "select a.uid, a.withdrawn, coalesce(a.withdrawn_why, ''), a.updated from articles a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An article of which feeds show something new."""

    article: int
    feeds: Sequence[str]  # paths of all the feeds that it is in now
    added: bool = False  # it was in no feed before
    announced: bool = True  # subscribers are told; else only feeds that it is new in hear of it


@dataclass(slots=True)
class _Feed:
    id: int
    members: int
    closed: int  # position of the last member of the last closed page


def record(db: sqlite3.Connection, placed: Iterable[Placed]) -> None:
    """Make each article a member of the open page of its feeds, unless it stands there already."""
    feeds: dict[str, _Feed] = {}
    fresh: dict[tuple[int, int], int] = {}  # (feed, position) -> article
    pending: set[tuple[int, int]] = set()  # (feed, article) of `fresh`
    for each in placed:
        standing = {} if each.added else dict(db.execute(_STANDING, [each.article]).fetchall())
        for path in each.feeds:
            feed = feeds.get(path) or feeds.setdefault(path, _feed(db, path))
            last = standing.get(feed.id)
            if (feed.id, each.article) in pending or not (last is None or (each.announced and last <= feed.closed)):
                continue
            feed.members += 1
            fresh[feed.id, feed.members] = each.article
            pending.add((feed.id, each.article))
    db.executemany(
        "insert into feed_members (feed, position, article) values (?, ?, ?)",
        [(feed, position, article) for (feed, position), article in sorted(fresh.items())],
    )
    db.executemany("update feeds set members = ? where id = ?", [(feed.members, feed.id) for feed in feeds.values()])


def feeds_of(db: sqlite3.Connection, article: int) -> list[str]:
    """Return the paths of all the feeds of which `article` was ever a member."""
    rows = db.execute(
        "select distinct f.path from feed_members m join feeds f on f.id = m.feed where m.article = ? order by f.path",
        [article],
    )
    return [path for (path,) in rows]


def closable(db: sqlite3.Connection, path: str, size: int) -> bool:
    """Return whether there is something for `close` to do: `size` open members or more, or a lone page that is longer."""
    found = db.execute(
        "select 1 from feeds where path = :path and (members - closed >= :size or (closed > :size"
        " and (select count(*) from feed_pages where feed = feeds.id) = 1))",
        {"path": path, "size": size},
    ).fetchone()
    return found is not None


def close(db: sqlite3.Connection, path: str, size: int) -> None:
    """Close pages of `size` members each, oldest first, as long as that many are open.

    A page that is alone is published with the second one, and not before (`feedsvc.emit.documents`): while it is longer
    than `size`, it is opened and cut anew, else the subscription document would have to hold it.
    """
    feed = _feed(db, path)
    number = closed_pages(db, path)
    if number == 1 and feed.closed > size:
        db.execute("delete from feed_pages where feed = ?", [feed.id])
        number, feed.closed = 0, 0
    ends = range(feed.closed + size, feed.members + 1, size)
    db.executemany(
        "insert into feed_pages (feed, page, last) values (?, ?, ?)",
        [(feed.id, page, last) for page, last in enumerate(ends, number + 1)],
    )
    db.execute("update feeds set closed = ? where id = ?", [max(ends, default=feed.closed), feed.id])


def closed_pages(db: sqlite3.Connection, path: str) -> int:
    """Return how many closed pages the feed at `path` has."""
    row = db.execute(
        "select coalesce(max(p.page), 0) from feeds f join feed_pages p on p.feed = f.id where f.path = ?", [path]
    ).fetchone()
    return int(row[0])


def members(db: sqlite3.Connection, path: str, page: int) -> Members:
    """Return what stands on `page` of the feed at `path`, last come first; 0 = the open page."""
    found = _on_page(db, path, page)
    withdrawn = [article for article, _revision, gone in found if gone]
    return Members(
        articles=tuple(Member(article, revision) for article, revision, gone in found if not gone),
        tombstones=tuple(_tombstones(db, f"{_WITHDRAWN} where a.id in ({_EACH})", withdrawn)),
    )


def tombstones(db: sqlite3.Connection, path: str, limit: int) -> list[Tombstone]:
    """Return the articles of the feed at `path` that were withdrawn last, the latest first."""
    withdrawn = db.execute(
        "select a.id from articles a where a.withdrawn is not null and exists (select 1 from feed_members m"
        " join feeds f on f.id = m.feed where f.path = ? and m.article = a.id) order by a.withdrawn desc, a.id limit ?",
        [path, limit],
    ).fetchall()
    return list(_tombstones(db, f"{_WITHDRAWN} where a.id in ({_EACH})", [article for (article,) in withdrawn]))


_EACH = "select value from json_each(?)"


def _feed(db: sqlite3.Connection, path: str) -> _Feed:
    db.execute("insert into feeds (path) values (?) on conflict (path) do nothing", [path])
    return _Feed(*db.execute("select id, members, closed from feeds where path = ?", [path]).fetchone())


def _on_page(db: sqlite3.Connection, path: str, page: int) -> list[tuple[int, int, bool]]:
    """Return the articles between the end of the page before and that of this one: id, revision, whether withdrawn."""
    return db.execute(
        "select a.id, a.revision, a.withdrawn is not null from feeds f join feed_members m on m.feed = f.id"
        " cross join articles a on a.id = m.article where f.path = :path"
        " and m.position > case when :page = 0 then f.closed"
        " else coalesce((select last from feed_pages where feed = f.id and page = :page - 1), 0) end"
        " and m.position <= case when :page = 0 then f.members"
        " else (select last from feed_pages where feed = f.id and page = :page) end"
        " order by m.position desc",
        {"path": path, "page": page},
    ).fetchall()


def _tombstones(db: sqlite3.Connection, sql: str, articles: Sequence[int]) -> Iterator[Tombstone]:
    """Yield stones, the latest first; what was revised since is as gone as before (RFC 6721 §3)."""
    if not articles:
        return
    for uid, when, why, updated in db.execute(f"{sql} order by a.withdrawn desc, a.id", [json.dumps(articles)]):
        yield Tombstone(uid=uid, when=max(timestamps.read(when), timestamps.read(updated) + _SECOND), why=why)
