"""The archive of three files, open in one thread: for writing (`feedsvc.store.owner` has the one that is), or for reading.

Order of a commit: captures (the bytes), quarantine (why a document gave nothing), then the batch with its fingerprints in one
transaction. A crash between two of them loses nothing: what is not in the last is read again.
"""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc import folders
from feedsvc.errors import ArchiveFullError
from feedsvc.model import RawDocument
from feedsvc.store import feed_pages, queries, timestamps, withdrawals
from feedsvc.store.batch_writer import BatchWriter
from feedsvc.store.captures import Captures
from feedsvc.store.connection import Opened, open_readable, open_writable, snapshot, sqlite_errors, write
from feedsvc.store.differences import differences
from feedsvc.store.operations import Operations, documents_of
from feedsvc.store.pictures.in_feeds import illustrated
from feedsvc.store.pictures.tables import PictureTables
from feedsvc.store.schema import ARCHIVE_MIGRATIONS
from feedsvc.store.sidecars import refuse_lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from feedsvc.model import (
        Article,
        Batch,
        Entry,
        FeedSpec,
        Known,
        Member,
        Members,
        Missed,
        RunReport,
        Selection,
        Tombstone,
        Verdict,
    )
    from feedsvc.pace import Signs
    from feedsvc.ports import Fetch
    from feedsvc.store.pictures.in_feeds import ShownPictures
    from feedsvc.store.withdrawals import Found

ALL_FEEDS = "*"
_READ_AGAIN = timedelta(hours=1)  # sources.last_read moves so often while nothing changes


class Archive:
    """The archive in `folder`, which is made when it is not there, unless it is to be read only.

    `program` is the version of feedsvc: what failed under another version is tried again. `namespace` is for tests; an
    archive mints a random one when it is made and keeps it for ever.

    Raises:
        ArchiveError: it cannot be used; see `feedsvc.errors`.
    """

    def __init__(
        self, folder: Path, program: str, namespace: uuid.UUID | None = None, *, readonly: bool = False
    ) -> None:
        refuse_lost(folder)
        if not readonly:
            _make(folder)
        self.path = folder / "archive.db"
        self.program = program
        self.readonly = readonly
        # where entries show pictures that are kept; None = nowhere
        self.shown: Callable[[], ShownPictures | None] = lambda: None
        with ExitStack() as failed:
            self.db = (open_readable if readonly else open_writable)(self.path, ARCHIVE_MIGRATIONS)
            failed.callback(self.db.close)
            self.captures = Captures(folder / "captures.db", readonly=readonly)
            failed.callback(self.captures.close)
            self.operations = Operations(folder / "ops.db", program, readonly=readonly)
            failed.callback(self.operations.close)
            self.namespace = uuid.UUID(self._meta("namespace", str(namespace or uuid.uuid4())))
            failed.pop_all()
        self.pictures = PictureTables(self.db, self.path, self.operations.db, self.operations.path)

    def fingerprints(self, source: str) -> dict[str, str]:
        """Return locator -> fingerprint of what need not be read again."""
        with sqlite_errors(self.path):
            return queries.fingerprints(self.db.conn, source, self.program)

    def known(self, source: str, articles: Sequence[Article], missing: AbstractSet[str]) -> Sequence[Known]:
        """Return the stored articles of `source` that any of `articles` could be."""
        with sqlite_errors(self.path):
            return queries.known(self.db.conn, source, articles, missing)

    def windows(self, source: str, locators: AbstractSet[str]) -> Mapping[str, AbstractSet[int]]:
        """Return locator -> ids of the articles that the last reading of that feed document held."""
        with sqlite_errors(self.path):
            return queries.windows(self.db.conn, source, locators)

    def settled(self, source: str, locators: AbstractSet[str]) -> Mapping[str, Mapping[str, int]]:
        """Return locator -> mark -> article, of what the last reading of that feed document said."""
        with sqlite_errors(self.path):
            return queries.settled(self.db.conn, source, locators, self.program)

    def appeared(self, source: str, limit: int) -> Signs:
        """Return when the newest articles of `source` appeared, as far as that can be known."""
        with sqlite_errors(self.path):
            return queries.appeared(self.db.conn, source, limit)

    def missed(self, source: str, since: datetime, limit: int) -> Missed:
        """Return what the newest `limit` articles that `source` had at `since` are called."""
        with sqlite_errors(self.path):
            return queries.names_of(self.db.conn, source, since, limit)

    def commit(self, batch: Batch) -> None:
        """Write `batch` in one transaction, or nothing of it."""
        self.captures.keep(batch.source.kind, batch.documents)
        failures = [failure for document in batch.documents for failure in document.failures]
        self.operations.quarantine([*failures, *batch.failures], batch.at)
        self.operations.note_gaps(batch.source.name, batch.gaps, batch.at)
        with write(self.db, self.path) as connection:
            BatchWriter(connection, batch, self.namespace, self.program).write()
        failed = {failure.locator for failure in failures}
        settled = {*(document.locator for document in batch.documents), *batch.gone}
        self.operations.resolve(batch.source.name, settled, failed, batch.at)

    def readings(self, source: str) -> Iterator[RawDocument]:
        """Yield every kept reading of `source`, newest first."""
        for capture in self.captures.read(source):
            yield RawDocument(
                source=capture.source,
                locator=capture.locator,
                media_type=capture.media_type,
                body=capture.body,
                fingerprint="",
                fetched_at=timestamps.read(capture.read_at),
                url=capture.url,
            )

    def differences(self, verdicts: Sequence[Verdict]) -> Mapping[int, Mapping[str, tuple[str, str]]]:
        """Return article id -> field -> (as stored, as the verdict's article has it)."""
        with sqlite_errors(self.path):
            return differences(self.db.conn, verdicts)

    def record_run(self, report: RunReport, fetches: Sequence[Fetch]) -> None:
        """Keep the report of a finished run and its fetches; a source that had nothing new was read all the same."""
        self.operations.record(report, fetches)
        if report.outcome == "unchanged" and report.finished:
            self._was_read(report.source, report.finished)

    def _was_read(self, source: str, at: datetime) -> None:
        """Note that `source` was read, at most once an hour."""
        values = [timestamps.written(at), source, timestamps.written(at - _READ_AGAIN)]
        with sqlite_errors(self.path):
            row = self.db.conn.execute("select 1 from sources where name = ? and last_read < ?", values[1:]).fetchone()
        if row:
            with write(self.db, self.path, durable=False) as connection:
                connection.execute("update sources set last_read = ? where name = ? and last_read < ?", values)

    def stale_feeds(self) -> frozenset[str]:
        """Return the paths of feeds to render again; "*" = all."""
        with sqlite_errors(self.path):
            return frozenset(path for (path,) in self.db.conn.execute("select path from stale_feeds"))

    def emitted(self, paths: Iterable[str], before: int) -> None:
        """Mark feeds as rendered from the state at change number `before`."""
        with write(self.db, self.path) as connection:
            connection.executemany(
                "delete from stale_feeds where path = ? and change <= ?", [(path, before) for path in paths]
            )

    def snapshot(self) -> AbstractContextManager[None]:
        """Let all that is read of archive.db while it is entered be of one state."""
        return snapshot(self.db, self.path)

    def change(self) -> int:
        """Return the number of the last commit that changed what feeds show."""
        return int(self._value("change") or 0)

    def feed_specs(self) -> Sequence[FeedSpec]:
        """Return the feeds that follow from what the archive holds."""
        with sqlite_errors(self.path):
            return queries.feed_specs(self.db.conn)

    def select(self, selection: Selection, limit: int) -> Sequence[Entry]:
        """Return the newest entries of `selection`."""
        with sqlite_errors(self.path):
            return illustrated(self.db.conn, queries.select(self.db.conn, selection, limit), self.shown())

    def newest(self, selection: Selection, limit: int, since: tuple[str, int] | None = None) -> Sequence[Member]:
        """Return the newest articles of `selection`, and what came after a page of a feed."""
        with sqlite_errors(self.path):
            return queries.newest(self.db.conn, selection, limit, since)

    def entries_of(self, articles: Iterable[int]) -> Sequence[Entry]:
        """Return the entries of `articles` that are not withdrawn, in no order."""
        with sqlite_errors(self.path):
            return illustrated(self.db.conn, queries.entries_of(self.db.conn, list(articles)), self.shown())

    def has_pages_to_close(self, path: str, size: int) -> bool:
        """Return whether `close_pages` would write anything."""
        with sqlite_errors(self.path):
            return feed_pages.closable(self.db.conn, path, size)

    def close_pages(self, path: str, size: int) -> int:
        """Close pages of `size` members each of the feed at `path`; return how many are closed."""
        if not self.readonly and self.has_pages_to_close(path, size):
            with write(self.db, self.path) as connection:
                feed_pages.close(connection, path, size)
        with sqlite_errors(self.path):
            return feed_pages.closed_pages(self.db.conn, path)

    def members(self, path: str, page: int) -> Members:
        """Return what stands on a page of the feed at `path`; 0 = the open one."""
        with sqlite_errors(self.path):
            return feed_pages.members(self.db.conn, path, page)

    def tombstones(self, path: str, limit: int) -> Sequence[Tombstone]:
        """Return what was withdrawn from the feed at `path`, the latest first."""
        with sqlite_errors(self.path):
            return feed_pages.tombstones(self.db.conn, path, limit)

    def pages_url(self) -> str:
        """Return the public base that all closed pages were published under."""
        return self._value("pages_url") or ""

    def pages_published(self, url: str) -> None:
        """Note that all closed pages are published under `url`."""
        if self.pages_url() != url:
            with write(self.db, self.path) as connection:
                connection.execute("insert or replace into meta (key, value) values ('pages_url', ?)", [url])

    def depends_on(self, digest: str, *, lost: bool = False) -> None:
        """Make every feed stale when what feeds depend on beside the articles (titles, formats, renderer) is not `digest`.

        Also when what was published is `lost`: a backup has no feeds.
        """
        if self._value("emitter") == digest and not lost:
            return
        with write(self.db, self.path) as connection:
            connection.execute("insert or replace into meta (key, value) values ('emitter', ?)", [digest])
            connection.execute(
                "insert or replace into stale_feeds (path, change) values (?, ?)", [ALL_FEEDS, self.change()]
            )

    def find(self, name: str) -> Found | None:
        """Return the article of this number, uuid, uid, or address of its page."""
        with sqlite_errors(self.path):
            return withdrawals.find(self.db.conn, name)

    def withdraw(self, found: Found, why: str, at: datetime) -> None:
        """Take an article back: feeds and lists leave it out, the archive keeps it."""
        with write(self.db, self.path) as connection:
            withdrawals.withdraw(connection, found, why, at)

    def restore(self, found: Found, at: datetime) -> None:
        """Give a withdrawn article out again."""
        with write(self.db, self.path) as connection:
            withdrawals.restore(connection, found, at)

    def totals(self) -> dict[str, int]:
        """Return how many articles, categories, authors and revisions there are."""
        with sqlite_errors(self.path):
            return {
                table: int(self.db.conn.execute(f"select count(*) from {table}").fetchone()[0])
                for table in ("articles", "categories", "authors", "revisions")
            }

    def retry(self, failures: Sequence[tuple[str, str]]) -> None:
        """Forget the fingerprints of what failed at `failures` (source, locator), so that the next run reads it again."""
        documents = [(source, document) for source, place in failures for document in documents_of(place)]
        with write(self.db, self.path) as connection:
            connection.executemany("update documents set fingerprint = '' where source = ? and locator = ?", documents)

    def refuse_replaced(self) -> None:
        """Raise ArchiveLostError when one of the files was replaced, moved or removed since it was opened for writing."""
        for db, path in (
            (self.db, self.path),
            (self.captures.db, self.captures.path),
            (self.operations.db, self.operations.path),
        ):
            if isinstance(db, Opened):
                db.refuse_replaced(path)

    def checkpoint(self) -> None:
        """Bring what stands in the write-ahead logs into the files."""
        for db in (self.db, self.captures.db, self.operations.db):
            db.conn.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close the files."""
        self.db.close()
        self.captures.close()
        self.operations.close()

    def _value(self, key: str) -> str | None:
        with sqlite_errors(self.path):
            row = self.db.conn.execute("select value from meta where key = ?", [key]).fetchone()
        return row[0] if row else None

    def _meta(self, key: str, default: str) -> str:
        """Return a value of `meta`, which becomes `default` when there is none."""
        found = self._value(key)
        if found is not None or self.readonly:
            return found or default
        with sqlite_errors(self.path):
            self.db.conn.execute("insert or ignore into meta (key, value) values (?, ?)", [key, default])
        return self._value(key) or default


def _make(folder: Path) -> None:
    try:
        folders.make(folder)
    except OSError as error:
        raise ArchiveFullError(f"{folder} cannot be made ({error.strerror}); check who may write there") from error
