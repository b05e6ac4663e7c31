"""Read a source as a run would, without storing anything, for `feedsvc sources add` and `feedsvc sources test`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from feedsvc.executors import LimitedExecutor
from feedsvc.ingest import digest, stopped
from feedsvc.model import Failure, RawDocument, Skip, catalog
from feedsvc.parsers import parse
from feedsvc.reconcile import reconcile
from feedsvc.sources import KINDS, Fetcher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from feedsvc.errors import ExecutorError
    from feedsvc.model import Digested, Draft, Parsed, Source, Verdict
    from feedsvc.ports import Fetch
    from feedsvc.store.archive import Archive

_MOST = 50  # documents that are read at most


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The result of reading a source: at most its first 50 documents."""

    source: Source
    seen: int  # number of documents that the source has
    fetches: tuple[Fetch, ...]
    documents: tuple[Digested, ...]
    drafts: tuple[Draft, ...]  # what the documents say, before any rule
    failures: tuple[Failure, ...]  # of documents that could not even be read
    skips: tuple[Skip, ...]

    @property
    def articles(self) -> int:
        """The number of articles in the documents that were read."""
        return sum(len(document.articles) for document in self.documents)

    @property
    def title(self) -> str:
        """The title that the source gives itself; "" = none."""
        return next((document.head.title for document in self.documents if document.head), "")

    @property
    def discovered(self) -> str:
        """The URL of the feed that the page at the configured URL links to; "" if the configured URL is the feed itself."""
        asked = {fetch.url for fetch in self.fetches}
        return self.fetches[-1].url if len(asked) > 1 and catalog.KINDS[self.source.kind].subscribable else ""

    @property
    def problems(self) -> list[Failure]:
        """Return every failure, of whole documents and of single items."""
        return [*self.failures, *(each for document in self.documents for each in document.failures)]


def try_source(source: Source, user_agent: str, now: datetime) -> DryRun:
    """Read `source` as if it had never been read before.

    Raises:
        SourceError: the source cannot be read now.
    """
    return asyncio.run(_tried(source, user_agent, now))


async def _tried(source: Source, user_agent: str, now: datetime) -> DryRun:
    fetcher = Fetcher(user_agent)
    try:
        with LimitedExecutor(1) as executor:
            reading = await KINDS[source.kind](fetcher, executor).read(source, {}, now)
            found = [each for each, _ in zip(reading.documents, range(_MOST), strict=False)]
            raw = [each for each in found if isinstance(each, RawDocument)]
            digested = tuple(executor.map(partial(digest, source=source), raw, partial(stopped, source=source)))
            read = [each for each, outcome in zip(raw, digested, strict=True) if outcome.articles or outcome.skips]
            parsed: list[Parsed | None] = list(executor.map(parse, read, _nothing))
    finally:
        await fetcher.aclose()
    return DryRun(
        source=source,
        seen=len(found) if reading.present is None else len(reading.present),
        fetches=tuple(reading.fetches),
        documents=digested,
        drafts=tuple(draft for each in parsed if each for draft in each.drafts),
        failures=tuple(each for each in found if isinstance(each, Failure)),
        skips=tuple(each for each in found if isinstance(each, Skip)),
    )


def _nothing(_document: RawDocument, _error: ExecutorError) -> Parsed | None:
    return None


def verdicts_on(trial: DryRun, archive: Archive | None) -> Sequence[Verdict]:
    """Return what a run would decide on the articles of `trial`, given `archive` (None = there is no archive yet)."""
    articles = tuple(article for document in trial.documents for article in document.articles)
    known = archive.known(trial.source.name, articles, frozenset()) if archive else ()
    return reconcile(articles, known)
