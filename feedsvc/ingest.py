"""The one way into the archive, for directories and feeds alike.

    read | digest (parse | normalise) | reconcile | commit

`digest` is pure and may run in other processes. A batch is one transaction: its articles and the fingerprints that keep
their documents from being read again become durable together, or not at all. What fails for one document is a row in the
quarantine; the rest goes on.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import re
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError, FeedsvcError, SourceError, WorkersError
from feedsvc.model import Batch, Digested, Failure, Hints, RawDocument, RunReport, Skip
from feedsvc.model.catalog import KINDS
from feedsvc.pace import NO_WORKERS, gaps
from feedsvc.ports import FetchError
from feedsvc.reconcile import is_lasting, mark, reconcile
from feedsvc.shield import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.errors import ExecutorError
    from feedsvc.model import Article, Draft, Parsed, Source
    from feedsvc.ports import Clock, Fetch, IngestStore, Intake, Reading

log = logging.getLogger(__name__)

Chunk = list[RawDocument | Failure | Skip]

BATCH_DOCUMENTS = 250
BATCH_BYTES = 8 << 20  # whichever comes first: what bounds memory
_KEPT = 100  # failures and skips that a report lists
_READER = "its reader"  # where a bug was met, for people
_ARCHIVING = "what puts its articles into the archive"
_NOTHING: Mapping[str, Mapping[str, int]] = MappingProxyType({})
_KIND = re.compile(r"[a-z]+(?:[ -][a-z]+){0,2}")  # "front-matter", "not a feed": how messages of parsers begin


async def ingest(source: Source, ports: Intake, progress: Callable[[RunReport], None] | None = None) -> RunReport:
    """Read what changed in `source` and commit it, batch by batch; never raises for what one document or source does.

    Raises:
        ArchiveError: the archive cannot be written; what was committed before stays.
    """
    report = RunReport(source=source.name, started=ports.clock.now())
    fetches: Sequence[Fetch] = ()
    try:
        with _bugs(source, _ARCHIVING):
            known = await ports.archive.run(lambda store: store.fingerprints(source.name))
        with _bugs(source, _READER):
            reading = await ports.reader.read(source, known, report.started)
        fetches = reading.fetches
        await _take_in(source, reading, known, ports, report, progress)
    except SourceError as error:
        report.outcome, report.error = error.kind, str(error)
        if isinstance(error, FetchError):
            fetches = [*fetches, *error.fetches]
            report.hints = replace(report.hints, retry_after=error.retry_after)
    except WorkersError as error:
        report.outcome, report.error = NO_WORKERS, str(error)
    report.hints = _hints(report.hints, fetches)
    report.finished = ports.clock.now()
    await ports.archive.run(lambda store: store.record_run(report, fetches))
    return report


@contextmanager
def _bugs(source: Source, where: str) -> Iterator[None]:
    """Make a bug a failure of `source` alone: the others go on, and this one is asked ever later.

    Raises:
        SourceError: of kind "bug", for an exception that nobody thought of.
        FeedsvcError: as it was raised.
    """
    try:
        yield
    except FeedsvcError:
        raise
    except Exception as error:
        log.exception("%s failed for a bug in %s", source.name, where)
        reason = f"{type(error).__name__} in {where}, which the log traces; this is a bug, please report it"
        raise SourceError(reason, kind="bug") from error


async def _take_in(
    source: Source,
    reading: Reading,
    known: Mapping[str, str],
    ports: Intake,
    report: RunReport,
    progress: Callable[[RunReport], None] | None,
) -> None:
    """Digest and commit, batch by batch: in threads, so that nothing here holds up what others fetch, nor their time limits.

    Each commit is sent to the archive by itself: a document that takes long to digest, or a long row of batches, keeps no
    other source waiting.
    """
    present = reading.present
    missing = frozenset() if present is None else frozenset(known.keys() - present)
    report.seen = len(known) if present is None else len(present)
    if reading.gaps:  # before the documents that would let the next run see none
        slid = Batch(source=source, at=ports.clock.now(), gaps=tuple(reading.gaps))
        with _bugs(source, _ARCHIVING):
            await ports.archive.run(lambda store: store.commit(slid))
        report.hints = replace(report.hints, gaps=len(reading.gaps))
    chunks = _chunks(reading.documents)
    while chunk := await _next(chunks, source):
        async with ports.room:
            with _bugs(source, _ARCHIVING):  # a batch that it ends is undone with its fingerprints, and read again
                batch = await _taken_in(source, chunk, known, ports, missing)
        _count(report, batch)
        if progress:
            progress(report)
    if missing:
        gone = Batch(source=source, at=ports.clock.now(), gone=tuple(sorted(missing)))
        with _bugs(source, _ARCHIVING):
            await ports.archive.run(lambda store: store.commit(gone))
        report.gone = len(missing)
    report.hints = replace(report.hints, searched=reading.searched)
    if not report.read and not report.failed:
        report.outcome = "unchanged"
    elif KINDS[source.kind].single and report.failures and not _articles(report):
        # a directory has its other files; a feed that gives nothing is a source that fails
        report.outcome, report.error = report.failures[0].kind, report.failures[0].reason


def _articles(report: RunReport) -> int:
    return report.added + report.revised + report.moved + report.unchanged + report.skipped


def _hints(hints: Hints, fetches: Sequence[Fetch]) -> Hints:
    if not fetches:
        return hints
    last = fetches[-1]
    return replace(hints, asked=last.url, moved_to=last.moved_to, max_age=last.max_age)


def _chunks(documents: Iterable[RawDocument | Failure | Skip]) -> Iterator[Chunk]:
    """Yield `documents` in lists of bounded length and size; what came before an exception, and then the exception."""
    chunk: Chunk = []
    size = 0
    try:
        for document in documents:
            chunk.append(document)
            size += len(document.body) if isinstance(document, RawDocument) else 0
            if len(chunk) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
                full, chunk, size = chunk, [], 0
                yield full
    except Exception:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


async def _next(chunks: Iterator[Chunk], source: Source) -> Chunk | None:
    """Return the next of `chunks`, None after the last; what is remote was read already, files are read in a thread.

    Raises:
        SourceError: the source cannot be read any further; kind "bug": for a reason that nobody thought of.
    """
    with _bugs(source, _READER):
        return next(chunks, None) if source.remote else await in_thread(partial(next, chunks, None))


async def _taken_in(
    source: Source, chunk: Chunk, known: Mapping[str, str], ports: Intake, missing: AbstractSet[str]
) -> Batch:
    """Digest and commit one chunk. What says what it said the last time is not normalised again.

    That holds as long as nothing new has a name of it; else all is: which of them is which, is for `reconcile` to say.
    """
    settled: Mapping[str, Mapping[str, int]] = {}
    if source.remote and not known.keys().isdisjoint(document.locator for document in chunk):
        locators = {document.locator for document in chunk}
        settled = await ports.archive.run(lambda store: store.settled(source.name, locators))
    while True:
        documents = await in_thread(partial(_digested_all, source, chunk, settled, ports))
        batch = await ports.archive.run(partial(_commit, source, chunk, documents, ports.clock, missing))
        if batch is not None:
            return batch
        settled = {}


def _digested_all(
    source: Source, chunk: Chunk, settled: Mapping[str, Mapping[str, int]], ports: Intake
) -> tuple[Digested, ...]:
    raw = [each for each in chunk if isinstance(each, RawDocument)]
    work = partial(digest, source=source, settled=settled)
    return tuple(ports.executor.map(work, raw, partial(stopped, source=source)))


def _commit(
    source: Source,
    chunk: Chunk,
    documents: tuple[Digested, ...],
    clock: Clock,
    missing: AbstractSet[str],
    store: IngestStore,
) -> Batch | None:
    """Decide what became of each article of `documents`, and write that; None when one of them has a name of a settled one."""
    articles = tuple(itertools.chain.from_iterable(document.articles for document in documents))
    known = store.known(source.name, articles, missing) if articles else ()
    settled = {article for document in documents for article in document.settled.values()}
    if any(each.id in settled for each in known):
        return None
    verdicts = reconcile(articles, known) if articles else ()
    feeds = {document.locator for document in documents if document.head and document.articles and not document.settled}
    if source.full_text:  # what has a page is filed there: the reader has seen whether the window slid
        feeds = set()
    batch = Batch(
        source=source,
        at=clock.now(),
        documents=documents,
        verdicts=verdicts,
        gaps=gaps(verdicts, store.windows(source.name, feeds)) if feeds else (),
        failures=tuple(each for each in chunk if isinstance(each, Failure)),
        skips=tuple(each for each in chunk if isinstance(each, Skip)),
    )
    store.commit(batch)
    return batch


def _count(report: RunReport, batch: Batch) -> None:
    became = Counter(verdict.what for verdict in batch.verdicts)
    report.added += became["added"]
    report.revised += became["revised"]
    report.moved += became["moved"]
    report.unchanged += became["unchanged"]
    failures = [*batch.failures, *(each for document in batch.documents for each in document.failures)]
    skips = [*batch.skips, *(each for document in batch.documents for each in document.skips)]
    for document in batch.documents:
        if document.head:
            entries = len(document.articles) + len(document.settled)
            report.hints = replace(report.hints, head=document.head, entries=entries)
        report.unchanged += len(document.settled)
    report.hints = replace(report.hints, gaps=report.hints.gaps + len(batch.gaps))
    report.read += len(batch.documents)
    report.failed += len(failures)
    report.skipped += len(skips)
    report.failures += failures[: _KEPT - len(report.failures)]
    report.skips += skips[: _KEPT - len(report.skips)]


# ---------------------------------------------------------------- one document


def digest(raw: RawDocument, source: Source, settled: Mapping[str, Mapping[str, int]] = _NOTHING) -> Digested:
    """Return the articles of one document, or why there are none. Pure; never raises, whatever the bytes are.

    `settled` is locator -> mark -> article; an item of a feed that has a mark of it becomes no article again.
    """
    from feedsvc.parsers import parse  # noqa: PLC0415 - half of the start-up time, and most runs read nothing
    from feedsvc.rules import normalise  # noqa: PLC0415 - as above

    fingerprint = hashlib.sha256(raw.body).hexdigest()
    try:
        parsed = parse(raw, source)
    except Exception as error:  # noqa: BLE001 - a document must not stop a run, whatever is wrong with it
        return _unread(raw, fingerprint, error, source)
    items = _Items(raw, source, parsed, settled.get(raw.locator, {}))
    marks = _marks(parsed, source)
    for number, (draft, said) in enumerate(zip(parsed.drafts, marks, strict=True), 1):
        items.take(number, draft, said, partial(normalise, draft, source), fingerprint)
    return replace(
        _digested(raw, fingerprint, failures=(*items.failures, *_cut(raw, fingerprint, parsed)), parsed=parsed),
        articles=tuple(items.articles),
        settled=items.settled,
        skips=tuple(items.skips),
    )


def stopped(raw: RawDocument, error: ExecutorError, source: Source) -> Digested:
    """Return what becomes of a document whose digesting was stopped at a limit, or killed its worker."""
    return _unread(raw, hashlib.sha256(raw.body).hexdigest(), error, source)


def _unread(raw: RawDocument, fingerprint: str, error: Exception, source: Source) -> Digested:
    """Return a document that gave nothing. Validators stay only with the articles that they stand for: it is asked whole again."""
    read = _digested(raw, fingerprint, failures=(_failure(raw, fingerprint, "parse", error),))
    return replace(read, fingerprint="") if source.remote else read


class _Items:
    """What became of the items of one document."""

    def __init__(self, raw: RawDocument, source: Source, parsed: Parsed, known: Mapping[str, int]) -> None:
        self._raw, self._source, self._parsed, self._known = raw, source, parsed, known
        self.articles: list[Article] = []
        self.settled: dict[str, int] = {}
        self.failures: list[Failure] = []
        self.skips: list[Skip] = []

    def take(self, number: int, draft: Draft, said: str, normalise: Callable[[], Article], fingerprint: str) -> None:
        """Note what becomes of `draft`, the item of this `number` (from 1); `said` is its mark."""
        if said in self._known:
            self.settled[said] = self._known[said]
        elif reason := _left_out(draft, self._source):
            place = _place(self._raw, self._parsed, draft, number)
            self.skips.append(Skip(source=self._raw.source, locator=place, reason=reason))
        else:
            try:
                article = normalise()
            except Exception as error:  # noqa: BLE001 - an item must not stop a run, whatever is wrong with it
                place = _place(self._raw, self._parsed, draft, number)
                self.failures.append(_failure(self._raw, fingerprint, "normalise", error, place))
            else:
                self.articles.append(replace(article, mark=said) if said and is_lasting(article, draft) else article)


def _marks(parsed: Parsed, source: Source) -> list[str]:
    """Return the mark of each draft of a feed; "" for what is no feed, and for copies: which is which is for `reconcile`."""
    if not parsed.head:
        return [""] * len(parsed.drafts)
    marks = [mark(draft, source) for draft in parsed.drafts]
    times = Counter(marks)
    return [each if times[each] == 1 else "" for each in marks]


def _left_out(draft: Draft, source: Source) -> str:
    """Return why `draft` is not archived, or ""."""
    if draft.notice:
        return draft.notice
    return "a draft; `drafts = true` archives drafts too" if draft.is_draft and not source.drafts else ""


def _place(raw: RawDocument, parsed: Parsed, draft: Draft, number: int) -> str:
    """Return where a reader of the quarantine finds the item: the document, and which of its items."""
    if len(parsed.drafts) == 1 and not parsed.head:
        return raw.locator
    return f"{raw.locator}#{draft.native_id or draft.link or number}"


def _failure(raw: RawDocument, fingerprint: str, stage: str, error: Exception, place: str = "") -> Failure:
    expected = isinstance(error, FeedsvcError)
    kind = _kind(error) if expected else "bug"
    reason = str(error) if expected else f"{type(error).__name__}: {error}; this is a bug, please report it"
    return Failure(
        source=raw.source,
        locator=place or raw.locator,
        stage="parse" if stage == "parse" else "normalise",
        kind=kind,
        reason=reason,
        fingerprint=raw.fingerprint,
        digest=fingerprint,
        body=raw.body,
        media_type=raw.media_type,
        trace="" if expected else "".join(traceback.format_exception(error)),
    )


def _cut(raw: RawDocument, fingerprint: str, parsed: Parsed) -> tuple[Failure, ...]:
    """Return what tells people that a limit left something out of a document, in one row: the rest of it is archived."""
    return (_failure(raw, fingerprint, "parse", DocumentError("; ".join(parsed.cuts))),) if parsed.cuts else ()


def _kind(error: Exception) -> str:
    """Return the class of `error`: what it says itself, or the words before the colon of its message, as one word."""
    before, colon, _ = str(error).partition(":")
    named = before.replace(" ", "-") if colon and _KIND.fullmatch(before) else "document"
    return str(getattr(error, "kind", named))


def _digested(
    raw: RawDocument,
    fingerprint: str,
    *,
    failures: tuple[Failure, ...] = (),
    parsed: Parsed | None = None,
) -> Digested:
    return Digested(
        source=raw.source,
        locator=raw.locator,
        fingerprint=raw.fingerprint,
        digest=fingerprint,
        body=raw.body,
        media_type=raw.media_type,
        fetched_at=raw.fetched_at,
        url=raw.url,
        head=parsed.head if parsed else None,
        failures=failures,
    )
