"""The one way into the archive, for directories and feeds alike.

    read | digest (parse | normalise) | reconcile | commit

`digest` is pure and may run in other processes. A batch is one transaction: its articles and the fingerprints that keep
their documents from being read again become durable together, or not at all. What fails for one document is a row in the
quarantine; the rest goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import traceback
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from feedsvc.errors import FeedsvcError, SourceError
from feedsvc.model import Batch, Digested, Failure, Hints, RawDocument, RunReport, Skip
from feedsvc.pace import gaps
from feedsvc.ports import FetchError
from feedsvc.reconcile import reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from feedsvc.errors import ExecutorError
    from feedsvc.model import Article, Draft, Parsed, Source
    from feedsvc.ports import Fetch, Intake, Reading

T = TypeVar("T")

BATCH_DOCUMENTS = 250
BATCH_BYTES = 8 << 20  # whichever comes first: what bounds memory
_KEPT = 100  # failures and skips that a report lists
_KIND = re.compile(r"[a-z]+(?:[ -][a-z]+){0,2}")  # "front-matter", "not a feed": how messages of parsers begin


async def ingest(source: Source, ports: Intake, progress: Callable[[RunReport], None] | None = None) -> RunReport:
    """Read what changed in `source` and commit it, batch by batch; never raises for what one document or source does.

    Raises:
        ArchiveError: the archive cannot be written; what was committed before stays.
    """
    report = RunReport(source=source.name, started=ports.clock.now())
    fetches: Sequence[Fetch] = ()
    try:
        async with ports.turn:
            known = ports.store.fingerprints(source.name)
        reading = await ports.reader.read(source, known, report.started)
        fetches = reading.fetches
        await _take_in(source, reading, known, ports, report, progress)
    except SourceError as error:
        report.outcome, report.error = error.kind, str(error)
        if isinstance(error, FetchError):
            fetches = [*fetches, *error.fetches]
            report.hints = replace(report.hints, retry_after=error.retry_after)
    report.hints = _hints(report.hints, fetches)
    report.finished = ports.clock.now()
    async with ports.turn:
        ports.store.record_run(report, fetches)
    return report


async def _take_in(
    source: Source,
    reading: Reading,
    known: Mapping[str, str],
    ports: Intake,
    report: RunReport,
    progress: Callable[[RunReport], None] | None,
) -> None:
    """Digest and commit, batch by batch: in threads, so that nothing here holds up what others fetch, nor their time limits.

    The turn is taken for each commit alone: a document that takes long to digest, or a long row of batches, is nobody else's
    affair.
    """
    present = reading.present
    missing = frozenset() if present is None else frozenset(known.keys() - present)
    report.seen = len(known) if present is None else len(present)
    report.gone = len(missing)
    chunks = _chunks(reading.documents)
    while read := await _in_thread(partial(_next_digested, chunks, source, ports)):
        async with ports.turn:
            batch = await _in_thread(partial(_commit, source, *read, ports, missing))
        _count(report, batch)
        if progress:
            progress(report)
    if missing:
        gone = Batch(source=source, at=ports.clock.now(), gone=tuple(sorted(missing)))
        async with ports.turn:
            await _in_thread(partial(ports.store.commit, gone))
    if not report.read and not report.failed:
        report.outcome = "unchanged"
    elif source.remote and source.kind != "sitemap" and report.failures and not _articles(report):
        # a directory has its other files; a feed that gives nothing is a source that fails
        report.outcome, report.error = report.failures[0].kind, report.failures[0].reason


async def _in_thread(work: Callable[[], T]) -> T:
    """Return `work()`, done in a thread. Who is cancelled waits for its end: a batch is not cut, nor its turn given away."""
    done = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        await asyncio.wait({done})
        raise


def _articles(report: RunReport) -> int:
    return report.added + report.revised + report.moved + report.unchanged + report.skipped


def _hints(hints: Hints, fetches: Sequence[Fetch]) -> Hints:
    if not fetches:
        return hints
    last = fetches[-1]
    return replace(hints, asked=last.url, moved_to=last.moved_to, max_age=last.max_age)


def _chunks(documents: Iterable[RawDocument | Failure | Skip]) -> Iterator[list[RawDocument | Failure | Skip]]:
    """Yield `documents` in lists of bounded length and size."""
    chunk: list[RawDocument | Failure | Skip] = []
    size = 0
    for document in documents:
        chunk.append(document)
        size += len(document.body) if isinstance(document, RawDocument) else 0
        if len(chunk) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _next_digested(
    chunks: Iterator[list[RawDocument | Failure | Skip]], source: Source, ports: Intake
) -> tuple[list[RawDocument | Failure | Skip], tuple[Digested, ...]] | None:
    """Return the next of `chunks` and what its documents say; None after the last."""
    chunk = next(chunks, None)
    if chunk is None:
        return None
    raw = [each for each in chunk if isinstance(each, RawDocument)]
    return chunk, tuple(ports.executor.map(partial(digest, source=source), raw, partial(stopped, source=source)))


def _commit(
    source: Source,
    chunk: Sequence[RawDocument | Failure | Skip],
    documents: tuple[Digested, ...],
    ports: Intake,
    missing: AbstractSet[str],
) -> Batch:
    """Decide what became of each article of `documents`, and write that."""
    articles = tuple(itertools.chain.from_iterable(document.articles for document in documents))
    verdicts = reconcile(articles, ports.store.known(source.name, articles, missing)) if articles else ()
    feeds = {document.locator for document in documents if document.head and document.articles}
    batch = Batch(
        source=source,
        at=ports.clock.now(),
        documents=documents,
        verdicts=verdicts,
        gaps=gaps(verdicts, ports.store.windows(source.name, feeds)) if feeds else (),
        failures=tuple(each for each in chunk if isinstance(each, Failure)),
        skips=tuple(each for each in chunk if isinstance(each, Skip)),
    )
    ports.store.commit(batch)
    return batch


def _count(report: RunReport, batch: Batch) -> None:
    for verdict in batch.verdicts:
        setattr(report, verdict.what, getattr(report, verdict.what) + 1)
    failures = [*batch.failures, *(each for document in batch.documents for each in document.failures)]
    skips = [*batch.skips, *(each for document in batch.documents for each in document.skips)]
    for document in batch.documents:
        if document.head:
            report.hints = replace(report.hints, head=document.head, entries=len(document.articles))
    report.read += len(batch.documents)
    report.failed += len(failures)
    report.skipped += len(skips)
    report.failures += failures[: _KEPT - len(report.failures)]
    report.skips += skips[: _KEPT - len(report.skips)]


# ---------------------------------------------------------------- one document


def digest(raw: RawDocument, source: Source) -> Digested:
    """Return the articles of one document, or why there are none. Pure; never raises, whatever the bytes are."""
    from feedsvc.parsers import parse  # noqa: PLC0415 - half of the start-up time, and most runs read nothing
    from feedsvc.rules import normalise  # noqa: PLC0415 - as above

    fingerprint = hashlib.sha256(raw.body).hexdigest()
    try:
        parsed = parse(raw, source)
    except Exception as error:  # noqa: BLE001 - a document must not stop a run, whatever is wrong with it
        return _unread(raw, fingerprint, error, source)
    articles: list[Article] = []
    failures: list[Failure] = []
    skips: list[Skip] = []
    for number, draft in enumerate(parsed.drafts, 1):
        if reason := _left_out(draft, source):
            skips.append(Skip(source=raw.source, locator=_place(raw, parsed, draft, number), reason=reason))
            continue
        try:
            articles.append(normalise(draft, source))
        except Exception as error:  # noqa: BLE001 - see above
            place = _place(raw, parsed, draft, number)
            failures.append(_failure(raw, fingerprint, "normalise", error, place))
    return _digested(
        raw, fingerprint, articles=tuple(articles), failures=tuple(failures), skips=tuple(skips), parsed=parsed
    )


def stopped(raw: RawDocument, error: ExecutorError, source: Source) -> Digested:
    """Return what becomes of a document whose digesting was stopped at a limit, or killed its worker."""
    return _unread(raw, hashlib.sha256(raw.body).hexdigest(), error, source)


def _unread(raw: RawDocument, fingerprint: str, error: Exception, source: Source) -> Digested:
    """Return a document that gave nothing. Validators stay only with the articles that they stand for: it is asked whole again."""
    read = _digested(raw, fingerprint, failures=(_failure(raw, fingerprint, "parse", error),))
    return replace(read, fingerprint="") if source.remote else read


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


def _kind(error: Exception) -> str:
    """Return the class of `error`: what it says itself, or the words before the colon of its message, as one word."""
    before, colon, _ = str(error).partition(":")
    named = before.replace(" ", "-") if colon and _KIND.fullmatch(before) else "document"
    return str(getattr(error, "kind", named))


def _digested(
    raw: RawDocument,
    fingerprint: str,
    *,
    articles: tuple[Article, ...] = (),
    failures: tuple[Failure, ...] = (),
    skips: tuple[Skip, ...] = (),
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
        articles=articles,
        head=parsed.head if parsed else None,
        failures=failures,
        skips=skips,
    )
