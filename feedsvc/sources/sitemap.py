"""Source `sitemap`: the pages that a site lists for search engines; each is fetched once, and again when it changed.

sitemap -> its children (3 levels, 50,000 addresses) -> pages that are new or whose lastmod moved -> a bundle each
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError, ExecutorError
from feedsvc.model import RawDocument
from feedsvc.ports import FetchError, Reading
from feedsvc.sources.article_pages import Allowance, ArticlePages
from feedsvc.sources.entry_pages import EntryPages
from feedsvc.sources.http.decoding import Decoder
from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.outlines import in_worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from feedsvc.model import Draft, Source
    from feedsvc.parsers.sitemaps import Child, Sitemap
    from feedsvc.ports import Executor, Fetch
    from feedsvc.sources.http.fetcher import Fetcher, Response

MAX_ADDRESSES = 50_000  # of one source
MAX_LEVELS = 3  # an index, its indexes, and their sitemaps
MAX_FILES = 500  # sitemaps read in one run
ACCEPT_SITEMAP = "application/xml, text/xml, application/gzip;q=0.9, text/plain;q=0.5, */*;q=0.1"
_GZIP = b"\x1f\x8b"


@dataclass(slots=True, kw_only=True)
class _Listed:
    """What the sitemaps of one run list."""

    drafts: dict[str, Draft] = field(default_factory=dict)  # by address
    whole: bool = True  # everything was read, and it is no window of the last days
    allowance: Allowance
    root: tuple[Fetch, ...] = ()  # the requests for the first sitemap

    def room(self) -> int:
        return MAX_ADDRESSES - len(self.drafts)


class SitemapReader:
    """Reads the pages of sitemaps, newest first, at most `pages_per_run` in one run."""

    def __init__(self, fetcher: Fetcher, executor: Executor) -> None:
        self._executor = executor
        self._pages = ArticlePages(fetcher)

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the pages that are new or changed; those that the sitemaps no longer list are gone, where they list all.

        Raises:
            FetchError: the sitemap itself cannot be read; kind "not-a-sitemap" when it is none.
        """
        listed = _Listed(allowance=Allowance(source.pages_per_run))
        await self._list(source, source.moved_to or source.location, listed, now)
        drafts = sorted(listed.drafts.values(), key=lambda draft: draft.updated or draft.published, reverse=True)
        gatherer = EntryPages(source=source, pages=self._pages, allowance=listed.allowance, known=known, now=now)
        gathered = await gatherer.gather({draft.link: (_filed(draft),) for draft in drafts})
        present = {public_url(address) for address in listed.drafts} | (set() if listed.whole else known.keys())
        return Reading(
            documents=iter(gathered.documents),
            present=present,
            fetches=(*self._pages.robots.taken(), *listed.allowance.fetches, *listed.root),
        )

    async def _list(self, source: Source, root: str, listed: _Listed, now: datetime) -> None:
        """Read the sitemap at `root` and those below it, level by level, the newest of an index first."""
        level, files = [root], 0
        for depth in range(MAX_LEVELS):
            below: list[Child] = []
            for url in level:
                files += 1
                if files > MAX_FILES or listed.room() <= 0:
                    listed.whole = False
                    return
                below += (await self._one(source, url, listed, now, first=not depth)).children
            level = [child.url for child in sorted(below, key=lambda child: child.lastmod, reverse=True)]
        listed.whole = listed.whole and not level and bool(listed.drafts)  # an empty list says nothing

    async def _one(self, source: Source, url: str, listed: _Listed, now: datetime, *, first: bool) -> Sitemap:
        """Read one sitemap; what fails below the `first` leaves the others."""
        from feedsvc.parsers.sitemaps import Sitemap, read_sitemap  # noqa: PLC0415 - only this kind needs it

        try:
            answer = await self._pages.fetch(url, source, accept=ACCEPT_SITEMAP)
            if first:
                listed.root = answer.fetches
            else:
                listed.allowance.note(answer.fetches)
            found = await in_worker(self._executor, read_sitemap, _document(source, answer, now))
        except FetchError as error:
            listed.allowance.note(list(error.fetches))
            if first:
                raise
            listed.whole = False
            return Sitemap()
        except (DocumentError, ExecutorError, AttemptError) as error:
            if first:
                raise FetchError(f"{public_url(url)}: {error}", kind="not-a-sitemap", fetches=answer.fetches) from error
            listed.whole = False
            return Sitemap()
        room = listed.room()
        listed.drafts |= {draft.link: draft for draft in found.drafts[:room]}
        listed.whole = listed.whole and not found.news and len(found.drafts) <= room
        return found


def _filed(draft: Draft) -> Draft:
    """Return `draft` under the locator of its page."""
    return replace(draft, locator=public_url(draft.link))


def _document(source: Source, answer: Response, now: datetime) -> RawDocument:
    body = answer.body or b""
    if body.startswith(_GZIP):  # a file sitemap.xml.gz, as it is
        inflater = Decoder("gzip", source.fetch.max_bytes)
        body = b"".join((*inflater.inflate(body), *inflater.rest()))
    return RawDocument(
        source=source.name,
        locator=public_url(answer.url),
        media_type=answer.media_type,
        body=body,
        fingerprint="",
        fetched_at=now,
        url=answer.url,
    )
