"""One batch into archive.db, inside the transaction that its caller holds.

The search index is written once, at the end: FTS5 flushes at every savepoint and by triggers row by row, ten times slower.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from feedsvc.store import instants
from feedsvc.store.frames import Frames
from feedsvc.store.twins import link_twins

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from feedsvc.model import Article, Batch, Digested, Known, Verdict

_SEEN_DAY = 86400  # seconds; last_seen moves at most once a day, since moving it rewrites the whole row
_COLUMNS = tuple(  # the order of the row, once
    """uid uuid source locator url title author publisher published published_from updated language image summary
    first_seen last_seen revision sort_ts modified published_raw digest text_digest title_key tags enclosures
    text content""".split()  # noqa: SIM905 - a list of twenty-five quoted words reads worse
)
_INSERT = f"insert into articles ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"
_CONTENT = [name for name in _COLUMNS if name not in ("uid", "uuid", "source", "first_seen")]
_UPDATE = f"update articles set {', '.join(f'{name} = ?' for name in _CONTENT)} where id = ?"
_SUPERSEDE = """
    update revisions set content = a.content, text = a.text from articles a
    where revisions.article = a.id and revisions.revision = a.revision and a.id = ?"""
_REVISION = """
    insert into revisions (article, revision, seen, origin, announced, why, digest, title, summary, author, url, image,
        categories, published) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_INDEX = "insert into articles_fts (rowid, title, author, text) select id, title, author, text from articles_seg"
_UNINDEX = (
    "insert into articles_fts (articles_fts, rowid, title, author, text)"
    " select 'delete', id, title, author, text from articles_seg"
)


class BatchWriter:
    """Writes one batch; made for it, thrown away after it."""

    def __init__(self, db: sqlite3.Connection, batch: Batch, namespace: uuid.UUID, program: str) -> None:
        self.db = db
        self.batch = batch
        self.namespace = namespace
        self.program = program
        self.at = instants.written(batch.at)
        self.frames = Frames(db, batch)
        self.indexed: list[int] = []  # articles whose text is new
        self.held: dict[str, list[int]] = {}  # locator -> articles that the document there holds

    def write(self) -> None:
        """Write all of the batch; the caller commits."""
        self.frames.source()
        verdicts = [verdict for verdict in self.batch.verdicts if not self._is_written(verdict)]
        revised = [v.known.id for v in verdicts if v.what == "revised" and v.known]
        self._many(f"{_UNINDEX} where id = ?", revised)
        for verdict in verdicts:
            self._one(verdict)
        self._documents()
        self._many(f"{_INDEX} where id = ?", self.indexed)
        link_twins(self.db, self.indexed)
        self.frames.finish()

    def _many(self, sql: str, ids: Iterable[int]) -> None:
        self.db.executemany(sql, [(each,) for each in ids])

    def _is_written(self, verdict: Verdict) -> bool:
        """Whether the archive has this article or revision already: the same batch may come twice."""
        if verdict.known is None:
            rows = self.db.execute("select id from articles where uuid = ?", [str(self._minted(verdict))])
        else:
            known = (verdict.known.id, verdict.known.revision, verdict.what)
            rows = self.db.execute("select id from articles where id = ? and revision > ? and 'revised' = ?", known)
        row = rows.fetchone()
        if row is not None:
            self.held.setdefault(verdict.article.locator, []).append(row[0])
        return row is not None

    def _minted(self, verdict: Verdict) -> uuid.UUID:
        if verdict.native is None:
            raise ValueError("an added article needs the key that its id is minted from")
        return uuid.uuid5(self.namespace, f"{verdict.article.source}\0{verdict.native.kind}\0{verdict.native.value}")

    def _one(self, verdict: Verdict) -> None:
        if verdict.known is None:
            article = self._add(verdict)
        else:
            article = verdict.known.id
            if verdict.what == "revised":
                self._revise(verdict, verdict.known)
            else:
                self._seen(verdict, verdict.known)
        self.held.setdefault(verdict.article.locator, []).append(article)
        self.db.executemany(
            "insert or ignore into aliases (source, kind, value, article, since) values (?, ?, ?, ?, ?)",
            [(self.batch.source.name, key.kind, key.value, article, self.at) for key in verdict.new_keys],
        )

    def _add(self, verdict: Verdict) -> int:
        found, minted = verdict.article, self._minted(verdict)
        values = {
            **columns(found),
            "uid": self._uid(found, minted),
            "uuid": str(minted),
            "source": found.source,
            "updated": instants.written(_first_updated(found, self.batch.at)),
            "first_seen": self.at,
            "last_seen": self.at,
            "revision": 1,
            "sort_ts": instants.seconds(found.published or self.batch.at),
        }
        article = self.db.execute(_INSERT, [values[name] for name in _COLUMNS]).lastrowid or 0
        self._frame(article, found, values["sort_ts"], 1, verdict)
        return article

    def _uid(self, found: Article, minted: uuid.UUID) -> str:
        """Return the source's own IRI, unless another article has it already: an atom:id is never shared."""
        if found.iri and not self.db.execute("select 1 from articles where uid = ?", [found.iri]).fetchone():
            return found.iri
        return minted.urn

    def _revise(self, verdict: Verdict, known: Known) -> None:
        found, revision = verdict.article, known.revision + 1
        said = found.modified if found.modified and known.updated < found.modified <= self.batch.at else self.batch.at
        first_seen = self.db.execute("select first_seen from articles where id = ?", [known.id]).fetchone()[0]
        published = found.published or instants.read(first_seen)
        values = {
            **columns(found),
            "updated": instants.written(said if self.batch.announce else known.updated),
            "last_seen": self.at,
            "revision": revision,
            "sort_ts": instants.seconds(published),
        }
        self.db.execute(_SUPERSEDE, [known.id])
        self.db.execute(_UPDATE, [*(values[name] for name in _CONTENT), known.id])
        self._frame(known.id, found, values["sort_ts"], revision, verdict)

    def _frame(self, article: int, found: Article, sort_ts: int, revision: int, verdict: Verdict) -> None:
        """Write what hangs on an article: its revision, categories, authors and repairs."""
        self.indexed.append(article)
        self.db.execute(
            _REVISION,
            [
                article,
                revision,
                self.at,
                self.batch.origin,
                int(self.batch.announce),
                verdict.why,
                found.digest,
                found.title,
                found.summary,
                _byline(found),
                found.url or None,
                found.image or None,
                json.dumps(["/".join(path) for path in found.categories], ensure_ascii=False),
                instants.written_or_none(found.published),
            ],
        )
        self.frames.place(article, found, sort_ts)
        self.db.execute("delete from repairs where article = ?", [article])
        self.db.executemany(
            "insert into repairs (article, position, revision, rule, field, before, after) values (?, ?, ?, ?, ?, ?, ?)",
            [
                (article, position, revision, each.rule, each.field, each.before, each.after)
                for position, each in enumerate(found.repairs)
            ],
        )

    def _seen(self, verdict: Verdict, known: Known) -> None:
        """Note that an unchanged article was seen, perhaps in another place, perhaps with a better date."""
        found = verdict.article
        if verdict.dated and found.published:
            self.db.execute(
                "update articles set published = ?, published_from = ?, published_raw = ? where id = ?",
                [instants.written(found.published), found.published_from, found.published_raw, known.id],
            )
            self.frames.redate(known.id, instants.seconds(found.published))
        if verdict.what == "moved":
            self.db.execute("update articles set locator = ? where id = ?", [found.locator, known.id])
        self.db.execute(
            "update articles set last_seen = ? where id = ? and unixepoch(last_seen) <= unixepoch(?) - ?",
            [self.at, known.id, self.at, _SEEN_DAY],
        )

    def _documents(self) -> None:
        """Write what the next run goes by. In the same transaction as the articles that it stands for."""
        source = self.batch.source.name
        rows = [
            (d.locator, d.fingerprint, d.digest, d.media_type, _outcome(d), self._window(d))
            for d in self.batch.documents
        ]
        rows += [(f.locator, f.fingerprint, f.digest, f.media_type, "failed", None) for f in self.batch.failures]
        rows += [(s.locator, s.fingerprint, s.digest, "", "skipped", None) for s in self.batch.skips]
        self.db.executemany(
            "insert into documents (source, locator, fingerprint, digest, media_type, outcome, entries, first_seen,"
            " last_read, program) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, locator) do update set"
            " fingerprint = excluded.fingerprint, digest = excluded.digest, media_type = excluded.media_type,"
            " outcome = excluded.outcome, last_read = excluded.last_read, program = excluded.program, gone = null,"
            " entries = coalesce(excluded.entries, entries)",  # what shows no entry says nothing about its window
            [(source, *row, self.at, self.at, self.program) for row in rows],
        )
        self.db.executemany(
            "update documents set gone = ? where source = ? and locator = ? and gone is null",
            [(self.at, source, locator) for locator in self.batch.gone],
        )

    def _window(self, document: Digested) -> str | None:
        """Return the ids of the articles that a feed's document holds, as JSON; None for what is no feed, or holds none."""
        held = self.held.get(document.locator)
        return json.dumps(sorted(held)) if document.head and document.articles and held else None


def _outcome(document: Digested) -> str:
    if document.articles:
        return "ok"
    return "failed" if document.failures else "skipped" if document.skips else "ok"


def _first_updated(found: Article, at: datetime) -> datetime:
    """Return what the source says of its last change, else of its publication, unless that is in the future."""
    return min(found.modified or found.published or at, at)


def _byline(found: Article) -> str:
    return ", ".join(person.name for person in found.people)


def columns(found: Article) -> dict[str, Any]:
    """Return what stands in the row of `found`, but for its ids and the times of the archive."""
    return {
        "locator": found.locator,
        "url": found.url or None,
        "title": found.title,
        "author": _byline(found),
        "publisher": found.publisher,
        "published": instants.written_or_none(found.published),
        "published_from": found.published_from,
        "published_raw": found.published_raw,
        "language": found.language,
        "image": found.image or None,
        "summary": found.summary,
        "modified": instants.written_or_none(found.modified),
        "digest": found.digest,
        "text_digest": found.text_digest,
        "title_key": found.title_key,
        "tags": _json(found.tags),
        "enclosures": _json([asdict(each) for each in found.enclosures]),
        "text": found.text,
        "content": found.content,
    }


def _json(values: Sequence[Any]) -> str:
    return json.dumps(list(values), ensure_ascii=False)
