"""Source `page`: a page that lists articles, by the selectors of `[source.page]` or by what repeats on it.

The list is one document, and comes again when its bytes change. With `full_text` each entry's own page is fetched too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.model import RawDocument
from feedsvc.ports import Reading
from feedsvc.sources.article_pages import Allowance, ArticlePages, media_type_of
from feedsvc.sources.entry_pages import EntryPages, PageFetches, by_page
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.http.validators import Validators, digest_of
from feedsvc.sources.outlines import outline
from feedsvc.sources.page_fingerprints import beside

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feedsvc.model import Failure, Source
    from feedsvc.ports import Executor
    from feedsvc.sources.http.fetcher import Fetcher, Response


class PageReader:
    """Reads list pages; the whole page is fetched each time, since pages are made anew for each reader."""

    def __init__(self, fetcher: Fetcher, executor: Executor) -> None:
        self._executor = executor
        self._pages = ArticlePages(fetcher)

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the list when it changed, behind the pages of its entries that are new.

        Raises:
            FetchError: see `feedsvc.sources.http.error_classes.FAULTS`; "blocked" where robots.txt forbids it.
        """
        locator = public_url(source.location)
        before = Validators.parse(known.get(locator, ""))
        answer = await self._pages.fetch(source.moved_to or source.location, source)
        document = _document(source, locator, answer, now)
        allowance = Allowance(source.pages_per_run)
        documents: list[RawDocument | Failure] = []
        if before.unfinished or Validators.parse(document.fingerprint).digest != before.digest:
            documents = await self._all(source, document, known, allowance)
        return Reading(
            documents=iter(documents),
            present={locator, *beside(known), *(each.locator for each in documents)},
            fetches=(*self._pages.robots.taken(), *allowance.fetches, *answer.fetches),
        )

    async def _all(
        self, source: Source, document: RawDocument, known: Mapping[str, str], allowance: Allowance
    ) -> list[RawDocument | Failure]:
        parsed = await outline(self._executor, document, source) if source.full_text else None
        if parsed is None:
            return [document]
        gatherer = EntryPages(
            source=source, pages=self._pages, allowance=allowance, known=known, now=document.fetched_at
        )
        gathered: PageFetches = await gatherer.gather(by_page([(document, parsed)]))
        after = Validators.parse(document.fingerprint)
        after = replace(after, unfinished="pages" if gathered.unfinished else "")
        return [*gathered.documents, replace(document, fingerprint=after.dump())]


def _document(source: Source, locator: str, answer: Response, now: datetime) -> RawDocument:
    body = answer.body or b""
    return RawDocument(
        source=source.name,
        locator=locator,
        media_type=media_type_of(answer),
        body=body,
        fingerprint=Validators(digest=digest_of(body), fetched_at=now.isoformat()).dump(),
        fetched_at=now,
        url=answer.url,
        modified_at=answer.modified_at,
    )
