"""The seams: what the use cases (`ingest`, `emit`) ask of the world, as protocols of one to a few methods.

An adapter implements one; `app` chooses which. Each has an in-memory fake in `tests/fakes.py`, and one contract suite runs
over every implementation of a port. The docstring here is the contract.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from feedsvc.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from datetime import datetime

    from feedsvc.errors import ExecutorError
    from feedsvc.model import (
        Article,
        Batch,
        Entry,
        Failure,
        FeedSpec,
        Gap,
        Known,
        Member,
        Members,
        RawDocument,
        RunReport,
        Selection,
        Skip,
        Source,
        Tombstone,
        Verdict,
    )

T = TypeVar("T")
R = TypeVar("R")


class Clock(Protocol):
    """The time, as an argument."""

    def now(self) -> datetime:
        """Return the present in UTC, with whole microseconds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One request for a remote source, as the fetch log keeps it; all optional facts are 0 or "" when unknown."""

    url: str  # what was asked, without credentials
    final_url: str = ""
    moved_to: str = ""  # the whole chain of redirects was permanent
    status: int = 0
    outcome: str = ""  # "ok", "unchanged", or the class of the error
    wire_bytes: int = 0
    body_bytes: int = 0
    seconds: float = 0.0
    max_age: float | None = None  # seconds, Cache-Control or Expires
    retry_after: float | None = None  # seconds
    error: str = ""


class FetchError(SourceError):
    """A remote source cannot be read now; `fetches` are the requests that were made, for the log."""

    def __init__(
        self, message: str, *, kind: str, fetches: Sequence[Fetch] = (), retry_after: float | None = None
    ) -> None:
        super().__init__(message, kind=kind)
        self.fetches = fetches
        self.retry_after = retry_after  # seconds for which the host wants no request


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader found: the documents that changed, and which documents there are at all."""

    documents: Iterator[RawDocument | Failure | Skip]  # lazily read: the whole is never in memory
    present: Set[str] | None = None  # every locator the source has now; None = a window, absence means nothing
    fetches: Sequence[Fetch] = ()  # requests made so far
    gaps: Sequence[Gap] = ()  # where only the reader can tell: the entries of a feed are documents of their own
    searched: str = ""  # for people: how the walk back over `Source.missed` ended; "" = it did not, or there was none


class Reader(Protocol):
    """Reads one kind of source."""

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return what changed in `source` since `known` (locator -> fingerprint of what the archive holds).

        A document whose fingerprint is the known one is not opened and not yielded. One bad document is yielded as a
        `Failure` and the rest goes on; order is that of the locators (code points). Reads nothing outside the source.

        Raises:
            SourceError: nothing can be read now (no such directory, DNS, TLS, time-out, HTTP status, ...).
        """
        ...


class Executor(Protocol):
    """Where pure work runs: in this process, or in others."""

    def map(
        self, work: Callable[[T], R], items: Iterable[T], failed: Callable[[T, ExecutorError], R] | None = None
    ) -> Iterator[R]:
        """Return `work(item)` of each item, in the order of the items. `work` and the items can be pickled.

        `failed` makes, in this process, the result of an item whose work was stopped at a limit or took its process down;
        the others go on. An exception out of `work` itself is a bug and comes out of the iterator.

        Raises:
            ExecutorError: the work on an item was stopped, and there is no `failed`.
            WorkersError: there is no process to do the work in; `failed` is not asked, since no item is to blame.
        """
        ...


class Publisher(Protocol):
    """Where rendered feeds go."""

    def batch(self) -> AbstractContextManager[None]:
        """Let documents be put in place by the dozen while it is entered: at the latest when it is left, in their order.

        What waits when an exception ends it is given up.
        """
        ...

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        """Put `body` at `path` ("category/金融.atom", "/" separated) whole or not at all; return False when it was there already.

        A reader never sees half a file; after return, or the end of the batch, the bytes survive a power cut. An unchanged
        file is not touched. `coded` makes the forms that lie beside it, by their suffix (".gz"): made when the document is
        written or one is missing, withdrawn when no longer wanted (None: left as they are), and dated as the document to
        the nanosecond, so that an older one is known to be of another version.
        """
        ...

    def withdraw(self, path: str) -> bool:
        """Remove what is at `path` and lies beside it; return False when there was nothing."""
        ...

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        ...

    def paths(self) -> Iterator[str]:
        """Yield every path that is published, in no order.

        Closed pages of feeds (".../archive/1.atom") are left out, and so is what lies beside a document.
        """
        ...


class Spool(Protocol):
    """Room for bytes that need not be in memory and that nobody misses afterwards."""

    def keep(self, body: bytes) -> int:
        """Keep `body`; return the place to find it at."""
        ...

    def read(self, place: int) -> bytes:
        """Return what was kept at `place`."""
        ...


class StoredArticles(Protocol):
    """What the archive knows of the documents and articles of a source."""

    def fingerprints(self, source: str) -> dict[str, str]:
        """Return locator -> fingerprint of every document of `source` that is in the archive and not gone."""
        ...

    def known(self, source: str, articles: Sequence[Article], missing: Set[str]) -> Sequence[Known]:
        """Return the stored articles of `source` that any of `articles` could be.

        Those that share a key with one of `articles`, those last seen in a document that one of `articles` is in, and those
        whose text digest is that of one of `articles` and whose locator is in `missing`.
        """
        ...

    def windows(self, source: str, locators: Set[str]) -> Mapping[str, Set[int]]:
        """Return locator -> ids of the articles that the last reading of that feed document held, for those that are known."""
        ...

    def settled(self, source: str, locators: Set[str]) -> Mapping[str, Mapping[str, int]]:
        """Return locator -> mark -> article, of what the last reading of that feed document said of the articles in it.

        Only what this version of the program read, of articles that were in no other document since.
        """
        ...


class IngestStore(StoredArticles, Protocol):
    """What a run asks of the archive. Writes are atomic; there is no way to delete an article."""

    def commit(self, batch: Batch) -> None:
        """Write `batch` in one transaction, or nothing of it.

        Captures of the documents are durable before; fingerprints and articles become visible together; every feed that shows
        a changed article is stale from the same instant on. Committing the same batch twice changes nothing the second time.

        Raises:
            ArchiveFullError: no room, or read-only.
            ArchiveDamagedError: SQLite says so.
        """
        ...

    def record_run(self, report: RunReport, fetches: Sequence[Fetch]) -> None:
        """Keep the report of a finished run and its fetches."""
        ...


class OwnedStore(Protocol):
    """The archive of many runs: its owner does their work one after the other, in the order in which it was sent."""

    async def run(self, work: Callable[[IngestStore], T]) -> T:
        """Return `work(store)`; the event loop goes on meanwhile.

        If the caller is cancelled before the work has begun, the work is dropped; once it has begun, it is waited for.
        """
        ...


class StaleFeeds(Protocol):
    """Which feeds show something else than what was published."""

    def change(self) -> int:
        """Return the number of the last commit that changed what feeds show; it only grows."""
        ...

    def stale_feeds(self) -> frozenset[str]:
        """Return the paths (`FeedSpec.path`) of feeds whose articles changed since `emitted` was called for them; "*" = all."""
        ...

    def emitted(self, paths: Iterable[str], before: int) -> None:
        """Mark feeds as rendered from the state at change number `before` (see `change`).

        A feed that changed after that stays stale, so `change` is to be read before anything else.
        """
        ...


class FeedArticles(Protocol):
    """What feeds there are, and which articles they show."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Let everything that is read while it is entered be of one state, whatever is committed meanwhile."""
        ...

    def feed_specs(self) -> Sequence[FeedSpec]:
        """Return one spec for everything, each category path and each source that has articles, by path."""
        ...

    def newest(self, selection: Selection, limit: int, since: tuple[str, int] | None = None) -> Sequence[Member]:
        """Return the newest articles of `selection`, and all that came after a page of a feed, each once.

        `since` is the path of the feed and the number of its closed page; 0 = all its members. By `published`, else
        `first_seen`, newest first, then by uuid.

        Raises:
            ConfigError: the selection's SQL is not a read-only query, fails, or takes longer than 5 s.
        """
        ...

    def entries_of(self, articles: Iterable[int]) -> Sequence[Entry]:
        """Return the entries of `articles` (ids) that are not withdrawn, in no order."""
        ...


class FeedPages(Protocol):
    """The closed pages of feeds, and what stands on them."""

    def close_pages(self, path: str, size: int) -> int:
        """Close pages of `size` members each of the feed at `path`, while so many are open; return how many are closed.

        A closed page has the same members for ever, from the time that there are two: one that is alone and longer than
        `size` is cut anew. What a feed learns (an article that is new in it, and one that is revised, withdrawn or taken
        back after its page was closed) comes to its open page.
        """
        ...

    def members(self, path: str, page: int) -> Members:
        """Return what stands on closed page `page` (from 1) of the feed at `path`, as it is now; 0 = the open page."""
        ...

    def tombstones(self, path: str, limit: int) -> Sequence[Tombstone]:
        """Return what was withdrawn from the feed at `path`, the latest first."""
        ...

    def pages_url(self) -> str:
        """Return the public base that all closed pages were published under; "" when there is none."""
        ...

    def pages_published(self, url: str) -> None:
        """Note that all closed pages are published under the public base `url`."""
        ...


class ReplayStore(Protocol):
    """What a replay asks of the archive."""

    def readings(self, source: str) -> Iterator[RawDocument]:
        """Yield every reading of `source` that is kept, newest first, a source's own bytes as they came."""
        ...

    def known(self, source: str, articles: Sequence[Article], missing: Set[str]) -> Sequence[Known]:
        """Do what `StoredArticles.known` does."""
        ...

    def differences(self, verdicts: Sequence[Verdict]) -> Mapping[int, Mapping[str, tuple[str, str]]]:
        """Return article id -> field -> (as stored, as `verdict.article` has it), for articles that differ at all."""
        ...

    def commit(self, batch: Batch) -> None:
        """Do what `IngestStore.commit` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What `ingest` gets."""

    reader: Reader = field(repr=False)  # for the kind of the source
    archive: OwnedStore = field(repr=False)
    executor: Executor = field(repr=False)
    clock: Clock = field(repr=False)
    # held while a batch is digested and committed: a few at a time, so that what waits to be written does not fill the memory
    room: AbstractAsyncContextManager[None] = field(default_factory=nullcontext, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """What `emit` gets."""

    stale: StaleFeeds = field(repr=False)
    articles: FeedArticles = field(repr=False)
    pages: FeedPages = field(repr=False)
    publisher: Publisher = field(repr=False)
    spool: Spool = field(repr=False)
