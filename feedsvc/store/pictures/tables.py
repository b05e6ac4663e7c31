"""Which pictures articles show, which are kept, and which are to be had: tables of archive.db and ops.db.

    revisions -> unlooked -> want -> due -> keep, or fail

The queue in ops.db is written before `article_media`, and a picture's file before both, so that a crash anywhere loses no
picture: what is not in the last is looked for, or fetched, again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from feedsvc.model import Enclosure, Illustrated, Wanted
from feedsvc.model.catalog import KINDS
from feedsvc.store import feed_pages, timestamps
from feedsvc.store.connection import sqlite_errors, write
from feedsvc.store.related_rows import mark_stale

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from sqlite_utils import Database

    from feedsvc.model import Picture

CHUNK: Final = 500  # revisions looked at in one go
LOOKED: Final = "media_looked"  # key of meta

_UNLOOKED = """
    select r.rowid, a.id, a.source, a.locator, coalesce(a.url, ''), a.content, coalesce(a.image, ''), a.enclosures,
        coalesce((select p.before from repairs p where p.article = a.id and p.rule = 'images.address' limit 1), '')
    from revisions r join articles a on a.id = r.article and a.revision = r.revision
    where r.rowid > ? and r.rowid <= ? and a.withdrawn is null and a.source in (select value from json_each(?))
    order by r.rowid limit ?"""
_WANT = """
    insert into media_queue (url, beside, source, article, role, since, due) values (?, ?, ?, ?, ?, ?, ?)
    on conflict (url, beside) do update set article = max(article, excluded.article),
        due = case when beside <> 0 then excluded.due else due end,
        tries = case when beside <> 0 then 0 else tries end"""  # a new revision may mean another file of that name
_DUE = """
    select url, source, article, role, beside <> 0, tries from media_queue
    where due <= ? and (beside <> 0) = ? and source in (select value from json_each(?))
    order by article desc, url limit ?"""
_EACH = "select value from json_each(?)"
_SHOWN_BY = f"""
    select m.url, a.source, m.article, m.role, s.kind in ({_EACH}) from article_media m join articles a on a.id = m.article
    join sources s on s.name = a.source where m.digest in ({_EACH})"""
_VEILED = """
    select d.digest, d.media_type from media d
    where d.digest in (select m.digest from articles a join article_media m on m.article = a.id
        where a.withdrawn is not null)
    and not exists (select 1 from article_media o join articles b on b.id = o.article
        where o.digest = d.digest and b.withdrawn is null)"""
_SHOW = """
    insert into article_media (article, url, role, digest) values (:article, :url, :role,
        (select digest from article_media where :web and url = :url and digest is not null limit 1))
    on conflict (article, url) do update set role = excluded.role, digest = coalesce(digest, excluded.digest)
    returning digest"""


_KEEP = """
    insert into media (digest, media_type, bytes, width, height, kept) values (?, ?, ?, ?, ?, ?)
    on conflict (digest) do nothing"""
_NAME = "update article_media set digest = :digest where url = :url and digest is not :digest returning article"
_NAME_BESIDE = _NAME.replace("where", "where article = :article and")


class Look(NamedTuple):
    """A part of what is to be looked at."""

    articles: tuple[Illustrated, ...]
    sources: frozenset[str]  # that it is of
    upto: int  # the last of their revisions in it
    more: bool  # whether there are others behind it


class PictureTables:
    """The tables of pictures in `db`, the archive.db at `path`, and in `ops`, the ops.db at `ops_path`."""

    def __init__(self, db: Database, path: Path, ops: Database, ops_path: Path) -> None:
        self.path, self._ops_path = path, ops_path
        self._db = db
        self._ops = ops

    # ---------------------------------------------------------------- what there is to look at

    def unlooked(self, sources: Iterable[str], chunk: int = CHUNK) -> Look:
        """Return articles of `sources` whose current revision was not looked at yet, of at most `chunk`, oldest first."""
        with sqlite_errors(self.path):
            marks = _marks(self._db.conn)
            last = self._db.conn.execute("select coalesce(max(rowid), 0) from revisions").fetchone()[0]
            behind = frozenset(source for source in sources if marks.get(source, 0) < last)
            first = min((marks.get(source, 0) for source in behind), default=last)
            rows = self._db.conn.execute(_UNLOOKED, [first, last, json.dumps(sorted(behind)), chunk]).fetchall()
        more = len(rows) == chunk
        articles = tuple(_illustrated(row) for row in rows if row[0] > marks.get(row[2], 0))
        return Look(articles=articles, sources=behind, upto=rows[-1][0] if more else last, more=more)

    def looked(self, look: Look, wanted: Sequence[Wanted], at: datetime) -> bool:
        """Note the pictures that `look` has, and that its articles need not be looked at again.

        Return whether any of them shows something new: a picture that is kept already, for another article.
        """
        if not look.sources:
            return False
        now = timestamps.written(at)
        with write(self._ops, self._ops_path) as connection:
            connection.executemany(_WANT, [_queued(each, now) for each in wanted])
        with write(self._db, self.path) as connection:
            there = [each for each in wanted if _show(connection, each) and not each.beside]
            marks = _marks(connection)
            marks |= {source: max(look.upto, marks.get(source, 0)) for source in look.sources}
            connection.execute(
                "insert or replace into meta (key, value) values (?, ?)", [LOOKED, json.dumps(marks, sort_keys=True)]
            )
            _tell(connection, {each.article for each in there})
        self._done(there)
        return bool(there)

    # ---------------------------------------------------------------- what there is to do

    def due(self, sources: Iterable[str], at: datetime, limit: int, *, beside: bool) -> list[Wanted]:
        """Return what is due at `at`, those of the newest articles first: files beside documents, or what is on the web."""
        values = [timestamps.written(at), beside, json.dumps(sorted(sources)), limit]
        with sqlite_errors(self._ops_path):
            rows = self._ops.conn.execute(_DUE, values).fetchall()
        return [
            Wanted(url=url, source=source, article=article, role=role, beside=bool(near), tries=tries)
            for url, source, article, role, near, tries in rows
        ]

    def document_of(self, article: int) -> tuple[str, str]:
        """Return the locator of an article, and the address of its original ("" unknown)."""
        with sqlite_errors(self.path):
            row = self._db.conn.execute("select locator, coalesce(url, '') from articles where id = ?", [article])
            locator, url = row.fetchone() or ("", "")
        return locator, url

    def size(self) -> int:
        """Return how many bytes are kept in all."""
        with sqlite_errors(self.path):
            return int(self._db.conn.execute("select coalesce(sum(bytes), 0) from media").fetchone()[0])

    # ---------------------------------------------------------------- what came of it

    def keep(self, kept: Sequence[tuple[Wanted, Picture]], at: datetime) -> bool:
        """Note what is kept as which picture, whose files are there; return whether any article shows something new."""
        now = timestamps.written(at)
        changed: set[int] = set()
        with write(self._db, self.path) as connection:
            for wanted, picture in kept:
                connection.execute(_KEEP, [*_fields(picture), now])
                rows = connection.execute(
                    _NAME_BESIDE if wanted.beside else _NAME,
                    {"digest": picture.digest, "url": wanted.url, "article": wanted.article},
                )
                changed.update(article for (article,) in rows.fetchall())
            _tell(connection, changed)
        self._done([wanted for wanted, _ in kept])
        return bool(changed)

    def fail(self, wanted: Wanted, due: datetime | None, *, kind: str, error: str, counted: bool = True) -> None:
        """Note that `wanted` could not be had, and when it is tried again (None = never); an uncounted try is none."""
        values = [timestamps.written_or_none(due), int(counted), kind, error, wanted.url, _beside(wanted)]
        with write(self._ops, self._ops_path) as connection:
            connection.execute(
                "update media_queue set due = ?, tries = tries + ?, kind = ?, error = ? where url = ? and beside = ?",
                values,
            )

    def send(self, wanted: Wanted, at: datetime) -> bool:
        """Look for `wanted`, which does not lie beside its document, on the web; return whether it is kept from there."""
        on_web, now = replace(wanted, beside=False, tries=0), timestamps.written(at)
        with write(self._db, self.path) as connection:
            there = _show(connection, on_web)
            _tell(connection, {wanted.article} if there else frozenset())
        if not there:
            with write(self._ops, self._ops_path) as connection:
                connection.execute(_WANT, _queued(on_web, now))
        self._done([wanted])
        return there

    def retry(self, at: datetime) -> int:
        """Let everything that failed be due at `at`, as if it had not been tried; return how much that is."""
        with write(self._ops, self._ops_path) as connection:
            found = connection.execute(
                "update media_queue set due = ?, tries = 0 where tries > 0 or due is null", [timestamps.written(at)]
            )
            return found.rowcount

    def forget(self, digests: Iterable[str], at: datetime) -> None:
        """Have pictures whose files are lost or damaged looked for again."""
        now, lost = timestamps.written(at), json.dumps(sorted(digests))
        with sqlite_errors(self.path):
            rows = self._db.conn.execute(
                _SHOWN_BY, [json.dumps([name for name, kind in KINDS.items() if kind.files]), lost]
            ).fetchall()
        wanted = [
            Wanted(url=url, source=source, article=article, role=role, beside=bool(near))
            for url, source, article, role, near in rows
        ]
        with write(self._ops, self._ops_path) as connection:
            connection.executemany(_WANT, [_queued(each, now) for each in wanted])
        with write(self._db, self.path) as connection:
            connection.execute(f"update article_media set digest = null where digest in ({_EACH})", [lost])
            connection.execute(f"delete from media where digest in ({_EACH})", [lost])
            _tell(connection, {each.article for each in wanted})

    def veiled(self) -> list[tuple[str, str]]:
        """Return digest and media type of the pictures that only withdrawn articles show."""
        with sqlite_errors(self.path):
            return self._db.conn.execute(_VEILED).fetchall()

    def pictures(self) -> Iterator[tuple[str, str]]:
        """Yield digest and media type of every picture that is kept."""
        with sqlite_errors(self.path):
            yield from self._db.conn.execute("select digest, media_type from media order by digest")

    def _done(self, wanted: Sequence[Wanted]) -> None:
        if wanted:
            with write(self._ops, self._ops_path) as connection:
                connection.executemany(
                    "delete from media_queue where url = ? and beside = ?",
                    [(each.url, _beside(each)) for each in wanted],
                )


def _marks(db: sqlite3.Connection) -> dict[str, int]:
    row = db.execute("select value from meta where key = ?", [LOOKED]).fetchone()
    return dict(json.loads(row[0])) if row else {}


def _fields(picture: Picture) -> tuple[str | int | None, ...]:
    return picture.digest, picture.media_type, picture.size, picture.width, picture.height


def _illustrated(row: Sequence[str]) -> Illustrated:
    _, article, source, locator, url, content, image, enclosures, said = row
    return Illustrated(
        id=int(article),
        source=source,
        locator=locator,
        url=url,
        content=content,
        image=image,
        said=said,
        enclosures=tuple(Enclosure(**each) for each in json.loads(enclosures)),
    )


def _beside(wanted: Wanted) -> int:
    return wanted.article if wanted.beside else 0


def _queued(wanted: Wanted, now: str) -> tuple[str | int, ...]:
    return (wanted.url, _beside(wanted), wanted.source, wanted.article, wanted.role, now, now)


def _show(db: sqlite3.Connection, wanted: Wanted) -> bool:
    """Note that an article shows a picture; return whether that is kept already."""
    row = db.execute(
        _SHOW, {"article": wanted.article, "url": wanted.url, "role": wanted.role, "web": not wanted.beside}
    )
    return row.fetchone()[0] is not None


def _tell(db: sqlite3.Connection, articles: AbstractSet[int]) -> None:
    """Mark the feeds of `articles` as showing something else; subscribers are not told: no revision is made."""
    if articles:
        mark_stale(db, sorted({path for article in articles for path in feed_pages.feeds_of(db, article)}))
