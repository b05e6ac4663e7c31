"""Source `sitemap`: the pages that a site lists for search engines; each is fetched once, and again when it changed.

sitemap -> its children (3 levels, 500 files) -> pages that are new or whose lastmod moved -> a bundle each

However many addresses there are, each is looked at; of those that wait for their turn, only the newest are held in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from feedsvc.errors import DocumentError, ExecutorError
from feedsvc.model import Failure, RawDocument
from feedsvc.ports import FetchError, Reading
from feedsvc.sources.article_pages import Allowance, ArticlePages
from feedsvc.sources.entry_pages import EntryPages
from feedsvc.sources.http.decoding import Decoder
from feedsvc.sources.http.error_classes import AttemptError
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.outlines import in_worker
from feedsvc.sources.page_fingerprints import PageFingerprint, digest_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from feedsvc.model import Draft, Source
    from feedsvc.parsers.sitemaps import Child, Sitemap
    from feedsvc.ports import Executor, Fetch
    from feedsvc.sources.http.fetcher import Fetcher, Response

MAX_LEVELS = 3  # an index, its indexes, and their sitemaps
MAX_FILES = 500  # sitemaps read in one run
MAX_BYTES = (
    128 << 20
)  # of them, decoded: more than a million addresses, each of which takes a few hundred bytes of memory
ACCEPT_SITEMAP = "application/xml, text/xml, application/gzip;q=0.9, text/plain;q=0.5, */*;q=0.1"
_HELD = 1_000  # pages that wait for their turn and are held, beside those of two runs
_GZIP = b"\x1f\x8b"


@dataclass(slots=True, kw_only=True)
class _Listed:
    """What the sitemaps of one run list."""

    known: Mapping[str, str]
    pages: int  # as many as one run may fetch
    drafts: dict[str, Draft] = field(
        default_factory=dict
    )  # by address: what is wanted, and may have its turn in this run
    present: set[str] = field(default_factory=set)  # the locators of all that is listed
    whole: bool = True  # everything was read, and it is no window of the last days
    files: int = 0  # that were asked for
    size: int = 0  # bytes of those that were read
    cut: str = ""  # what a limit left unread, and which
    allowance: Allowance
    root: tuple[Fetch, ...] = ()  # the requests for the first sitemap

    def take(self, drafts: Iterable[Draft]) -> None:
        """Note what one sitemap lists. What has its page already is not held, nor what more recent pages go before in this run."""
        for draft in map(_filed, drafts):
            self.present.add(draft.locator)
            if PageFingerprint.parse(self.known.get(draft.locator, "")).is_done(digest_said((draft,))):
                self.drafts.pop(draft.link, None)
            else:
                self.drafts[draft.link] = draft
        if len(self.drafts) > 2 * self.pages + _HELD:
            first = self.newest()
            held = (*first[: self.pages], *(draft for draft in first[self.pages :] if draft.title))
            self.drafts = {draft.link: draft for draft in held}

    def newest(self) -> list[Draft]:
        """Return what is wanted, the newest first."""
        return sorted(self.drafts.values(), key=lambda draft: draft.updated or draft.published, reverse=True)

    def is_full(self) -> bool:
        """Whether a run reads no further sitemap; then `cut` says why."""
        if self.files >= MAX_FILES:
            self.cut = f"{MAX_FILES} sitemaps were read in this run"
        elif self.size >= MAX_BYTES:
            self.cut = f"{self.size} bytes of sitemaps were read in this run"
        return bool(self.cut)


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
        listed = _Listed(known=known, pages=source.pages_per_run, allowance=Allowance(source.pages_per_run))
        await self._list(source, source.moved_to or source.location, listed, now)
        gatherer = EntryPages(source=source, pages=self._pages, allowance=listed.allowance, known=known, now=now)
        gathered = await gatherer.gather({draft.link: (draft,) for draft in listed.newest()})
        cut = (_cut(source, listed.cut),) if listed.cut else ()
        return Reading(
            documents=iter((*gathered.documents, *cut)),
            present=listed.present | _still_there(source, listed, known),
            fetches=(*self._pages.robots.taken(), *listed.allowance.fetches, *listed.root),
        )

    async def _list(self, source: Source, root: str, listed: _Listed, now: datetime) -> None:
        """Read the sitemap at `root` and those below it, level by level, the newest of an index first."""
        level = [root]
        for depth in range(MAX_LEVELS):
            below: list[Child] = []
            for url in level:
                if listed.is_full():
                    listed.whole = False
                    return
                listed.files += 1
                below += (await self._one(source, url, listed, now, first=not depth)).children
            level = [child.url for child in sorted(below, key=lambda child: child.lastmod, reverse=True)]
        if level:
            listed.cut = f"indexes stand in indexes, more than {MAX_LEVELS} levels deep"
        listed.whole = listed.whole and not level and bool(listed.present)  # an empty list says nothing

    async def _one(self, source: Source, url: str, listed: _Listed, now: datetime, *, first: bool) -> Sitemap:
        """Read one sitemap; what fails below the `first` leaves the others."""
        from feedsvc.parsers.sitemaps import Sitemap, read_sitemap  # noqa: PLC0415 - only this kind needs it

        try:
            answer = await self._pages.fetch(url, source, accept=ACCEPT_SITEMAP)
            if first:
                listed.root = answer.fetches
            else:
                listed.allowance.note(answer.fetches)
            document = _document(source, answer, now)
            found = await in_worker(self._executor, read_sitemap, document)
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
        listed.size += len(document.body)
        listed.take(found.drafts)
        listed.whole = listed.whole and not found.news
        return found


def _still_there(source: Source, listed: _Listed, known: Mapping[str, str]) -> set[str]:
    """Return the locators in `known` that are there although nothing lists them: all, where not everything was read."""
    if listed.whole:
        return set()
    return set(known) - (set() if listed.cut else {public_url(source.location)})


def _cut(source: Source, reason: str) -> Failure:
    """Return what tells people that a limit left sitemaps unread. It goes when a run reads them all."""
    return Failure(
        source=source.name,
        locator=public_url(source.location),
        stage="read",
        kind="limit",
        reason=f"{reason}, and others are left unread; make those below the index sources of their own",
    )


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
