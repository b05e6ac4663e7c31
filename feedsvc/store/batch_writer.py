"""One batch into archive.db, inside the transaction that its caller holds.

The search index is written once, at the end: FTS5 flushes at every savepoint and by triggers row by row, ten times slower.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from feedsvc.model.article import COLUMNS
from feedsvc.store import timestamps
from feedsvc.store.duplicates import link_twins
from feedsvc.store.inserts import ARTICLE_COLUMNS, Inserts
from feedsvc.store.related_rows import RelatedRows
from feedsvc.store.search_index import segment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from feedsvc.model import Article, Batch, Digested, Known, Verdict
    from feedsvc.model.facts import Stored

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_SEEN_DAY = 86400  # seconds; last_seen moves at most once a day, since moving it rewrites the whole row
_CONTENT = [name for name in ARTICLE_COLUMNS if name not in ("id", "uid", "uuid", "source", "first_seen")]
_UPDATE = f"update articles set {', '.join(f'{name} = ?' for name in _CONTENT)} where id = ?"
_SUPERSEDE = """
    update revisions set content = a.content, text = a.text from articles a
    where revisions.article = a.id and revisions.revision = a.revision and a.id = ?"""
_INDEX = "insert into articles_fts (rowid, title, author, text) values (?, ?, ?, ?)"  # what `articles_seg` says of it
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
        self.at = timestamps.written(batch.at)
        self.inserts = Inserts(db)
        self.frames = RelatedRows(db, batch, self.inserts)
        self.indexed: list[tuple[int, str | None, str | None, str | None]] = []  # whose text is new
        self.held: dict[str, dict[int, str]] = {}  # locator -> article that the document there holds -> its mark
        self.taken: set[str] = set()  # uids that the articles to come may not have

    def write(self) -> None:
        """Write all of the batch; the caller commits."""
        self.frames.source()
        minted = [str(self._minted(v)) if v.known is None else "" for v in self.batch.verdicts]
        written = self._written(minted)
        self.taken = self._taken_uids()
        revised = [v.known.id for v in self.batch.verdicts if v.what == "revised" and v.known]
        self._many(f"{_UNINDEX} where id = ?", [each for each in revised if each not in written.values()])
        for verdict, uuid_ in zip(self.batch.verdicts, minted, strict=True):
            article = written.get(_identity(verdict, uuid_)) or self._one(verdict, uuid_)
            self.held.setdefault(verdict.article.locator, {})[article] = verdict.article.mark
        self.inserts.write()
        self._settled()
        self._documents()
        self.db.executemany(_INDEX, self.indexed)
        link_twins(self.db, [article for article, *_ in self.indexed])
        self.frames.finish()

    def _many(self, sql: str, ids: Iterable[int]) -> None:
        self.db.executemany(sql, [(each,) for each in ids])

    def _written(self, minted: Sequence[str]) -> dict[str | int, int]:
        """Return the articles (by uuid) and revisions (by id) that the archive has already: the same batch may come twice."""
        rows = self.db.execute(
            "select uuid, id from articles where uuid in (select value from json_each(?))", [encoded(minted)]
        )
        found: dict[str | int, int] = dict(rows.fetchall())
        revisions = [[v.known.id, v.known.revision] for v in self.batch.verdicts if v.what == "revised" and v.known]
        rows = self.db.execute(
            "select a.id, a.id from json_each(?) j join articles a on a.id = j.value ->> 0 and a.revision > j.value ->> 1",
            [encoded(revisions)],
        )
        return found | dict(rows.fetchall())

    def _taken_uids(self) -> set[str]:
        """Return the IRIs of new articles that others have as their uid: an atom:id is never shared."""
        wanted = [v.article.iri for v in self.batch.verdicts if v.known is None and v.article.iri]
        rows = self.db.execute(
            "select uid from articles where uid in (select value from json_each(?))", [encoded(wanted)]
        )
        return {uid for (uid,) in rows}

    def _minted(self, verdict: Verdict) -> uuid.UUID:
        if verdict.native is None:
            raise ValueError("an added article needs the key that its id is minted from")
        return uuid.uuid5(self.namespace, f"{verdict.article.source}\0{verdict.native.kind}\0{verdict.native.value}")

    def _one(self, verdict: Verdict, minted: str) -> int:
        if verdict.known is None:
            article = self._add(verdict, minted)
        else:
            article = verdict.known.id
            if verdict.what == "revised":
                self._revise(verdict, verdict.known)
            else:
                self._seen(verdict, verdict.known)
        source = self.batch.source.name
        self.inserts.add("aliases", [(source, key.kind, key.value, article, self.at) for key in verdict.new_keys])
        return article

    def _add(self, verdict: Verdict, minted: str) -> int:
        found, article = verdict.article, self.inserts.article()
        uid = found.iri if found.iri and found.iri not in self.taken else f"urn:uuid:{minted}"
        self.taken.add(uid)
        values = {
            **columns(found),
            "id": article,
            "uid": uid,
            "uuid": minted,
            "source": found.source,
            "updated": timestamps.written(_first_updated(found, self.batch.at)),
            "first_seen": self.at,
            "last_seen": self.at,
            "revision": 1,
            "sort_ts": timestamps.seconds(found.published or self.batch.at),
        }
        self.inserts.add("articles", [tuple(values[name] for name in ARTICLE_COLUMNS)])
        self._frame(article, 1, values, verdict)
        return article

    def _revise(self, verdict: Verdict, known: Known) -> None:
        found, revision = verdict.article, known.revision + 1
        said = found.modified if found.modified and known.updated < found.modified <= self.batch.at else self.batch.at
        first_seen = self.db.execute("select first_seen from articles where id = ?", [known.id]).fetchone()[0]
        published = found.published or timestamps.read(first_seen)
        values = {
            **columns(found),
            "updated": timestamps.written(said if self.batch.announce else known.updated),
            "last_seen": self.at,
            "revision": revision,
            "sort_ts": timestamps.seconds(published),
        }
        self.db.execute(_SUPERSEDE, [known.id])
        self.db.execute(_UPDATE, [*(values[name] for name in _CONTENT), known.id])
        self.db.execute("delete from repairs where article = ?", [known.id])
        self._frame(known.id, revision, values, verdict)

    def _frame(self, article: int, revision: int, values: dict[str, Any], verdict: Verdict) -> None:
        """Have written what hangs on an article: its revision, categories, authors and repairs."""
        found = verdict.article
        self.indexed.append((article, segment(found.title), segment(values["author"]), segment(found.text)))
        self.inserts.add(
            "revisions",
            [
                (
                    *(article, revision, self.at, self.batch.origin, int(self.batch.announce), verdict.why),
                    *(values[name] for name in ("digest", "title", "summary", "author", "url", "image")),
                    encoded(["/".join(path) for path in found.categories]),
                    values["published"],
                )
            ],
        )
        self.frames.place(article, found, values["sort_ts"], new=verdict.known is None)
        self.inserts.add(
            "repairs",
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
                [timestamps.written(found.published), found.published_from, found.published_raw, known.id],
            )
            self.frames.redate(known.id, timestamps.seconds(found.published))
        if verdict.what == "moved":
            self.db.execute("update articles set locator = ? where id = ?", [found.locator, known.id])
        self._note_seen([known.id])

    def _documents(self) -> None:
        """Write what the next run goes by. In the same transaction as the articles that it stands for."""
        source = self.batch.source.name
        rows = [
            (d.locator, d.fingerprint, d.digest, d.media_type, _outcome(d), *self._window(d))
            for d in self.batch.documents
        ]
        rows += [(f.locator, f.fingerprint, f.digest, f.media_type, "failed", None, None) for f in self.batch.failures]
        rows += [(s.locator, s.fingerprint, s.digest, "", "skipped", None, None) for s in self.batch.skips]
        self.db.executemany(
            "insert into documents (source, locator, fingerprint, digest, media_type, outcome, entries, marks,"
            " first_seen, last_read, program) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (source, locator) do update set"
            " fingerprint = excluded.fingerprint, digest = excluded.digest, media_type = excluded.media_type,"
            " outcome = excluded.outcome, last_read = excluded.last_read, program = excluded.program, gone = null,"
            " marks = excluded.marks,"
            " entries = coalesce(excluded.entries, entries)",  # what shows no entry says nothing about its window
            [(source, *row, self.at, self.at, self.program) for row in rows],
        )
        self.db.executemany(
            "update documents set gone = ? where source = ? and locator = ? and gone is null",
            [(self.at, source, locator) for locator in self.batch.gone],
        )

    def _settled(self) -> None:
        """Take in the items that say what they said the last time."""
        for document in self.batch.documents:
            if document.settled:
                self.held.setdefault(document.locator, {}).update({a: mark for mark, a in document.settled.items()})
                self._note_seen(document.settled.values())

    def _note_seen(self, articles: Iterable[int]) -> None:
        self.db.execute(
            "update articles set last_seen = ? where id in (select value from json_each(?))"
            " and unixepoch(last_seen) <= unixepoch(?) - ?",
            [self.at, encoded(list(articles)), self.at, _SEEN_DAY],
        )

    def _window(self, document: Digested) -> tuple[str | None, str | None]:
        """Return, as JSON, which articles a feed's document holds, and what it said of them; None for what holds none."""
        held = self.held.get(document.locator)
        if not (document.head and held and (document.articles or document.settled)):
            return None, None
        marks = {mark: article for article, mark in held.items() if mark}
        return encoded(sorted(held)), _ENCODE(marks) if marks else None


def _outcome(document: Digested) -> str:
    if document.articles or document.settled:
        return "ok"
    return "failed" if document.failures else "skipped" if document.skips else "ok"


def _first_updated(found: Article, at: datetime) -> datetime:
    """Return what the source says of its last change, else of its publication, unless that is in the future."""
    return min(found.modified or found.published or at, at)


def _byline(found: Article) -> str:
    return ", ".join(person.name for person in found.people)


def columns(found: Article) -> dict[str, Any]:
    """Return what stands in the row of `found`, but for its ids and the times of the archive."""
    written = {name: _WRITTEN[each.stored](getattr(found, name)) for name, each in COLUMNS.items()}
    return {**written, "author": _byline(found)}


def encoded(values: Sequence[Any]) -> str:
    """Return `values` as JSON."""
    return _ENCODE(values) if values else "[]"


_WRITTEN: Mapping[Stored, Callable[[Any], Any]] = {
    "value": lambda value: value,
    "optional": lambda value: value or None,
    "time": timestamps.written_or_none,
    "list": encoded,
    "records": lambda value: encoded([asdict(each) for each in value]),
}


def _identity(verdict: Verdict, minted: str) -> str | int:
    return minted if verdict.known is None else verdict.known.id
