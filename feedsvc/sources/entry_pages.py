"""The pages of a list's entries: each is fetched once, and again when the list says something else of it.

    entries of a list -> by page -> which are wanted? -> fetch -> a bundle each

What cannot be fetched now is archived as the list has it, so that nothing is lost when it leaves the list, and fetched later.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.model import Failure, RawDocument
from feedsvc.parsers import bundles
from feedsvc.ports import FetchError
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.page_fingerprints import TRIES, PageFingerprint, digest_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from feedsvc.model import Draft, Parsed, Source
    from feedsvc.sources.article_pages import Allowance, ArticlePages
    from feedsvc.sources.http.fetcher import Response

_AT_ONCE = 8  # pages of one source; at one host they wait for each other anyway
_PASSING = frozenset({"dns", "connect", "tls", "timeout", "protocol", "wait", "encoding", "empty"})
_SERVER_ERROR = 500  # statuses from here on are the server's fault, and may pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFetches:
    """What was gathered: bundles, what failed, and whether more is wanted of what the list holds."""

    documents: tuple[RawDocument | Failure, ...] = ()
    unfinished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A page that is wanted."""

    address: str
    locator: str
    drafts: tuple[Draft, ...]
    said: str
    before: PageFingerprint
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPages:
    """Gathers for one source in one run; `known` is locator -> fingerprint."""

    source: Source
    pages: ArticlePages
    allowance: Allowance
    known: Mapping[str, str]
    now: datetime

    async def gather(self, drafts_of: Mapping[str, Sequence[Draft]]) -> PageFetches:
        """Return what is new of the pages in `drafts_of` (address -> what is said of it), in that order, most wanted first."""
        wishes = [wish for address, drafts in drafts_of.items() if (wish := self._wish(address, tuple(drafts)))]
        gate = asyncio.Semaphore(_AT_ONCE)
        found = await asyncio.gather(*(self._granted(wish, gate) for wish in wishes))
        return PageFetches(
            documents=tuple(document for one in found for document in one.documents),
            unfinished=any(one.unfinished for one in found),
        )

    def _wish(self, address: str, drafts: tuple[Draft, ...]) -> _Wish | None:
        locator, said = public_url(address), digest_said(drafts)
        before = PageFingerprint.parse(self.known.get(locator, ""))
        if before.is_done(said):
            return None
        new = before.said != said
        return _Wish(address=address, locator=locator, drafts=drafts, said=said, before=before, new=new)

    async def _granted(self, wish: _Wish, gate: asyncio.Semaphore) -> PageFetches:
        async with gate:
            if not self.allowance.take():
                return self._postponed(wish)
            try:
                answer = await self.pages.fetch(wish.address, self.source)
            except FetchError as error:
                self.allowance.note(list(error.fetches))
                return self._failed(wish, error)
        self.allowance.note(answer.fetches, len(answer.body or b""))
        if not _is_page(answer):
            what = answer.media_type.partition(";")[0] or "something else"
            return self._failed(wish, FetchError(f"{answer.url}: it is no page but {what}", kind="not-a-page"))
        visit = wish.before.after(wish.said, fetched=True, again=False)
        page = bundles.Page(url=answer.url, media_type=answer.media_type, body=answer.body or b"")
        return PageFetches(documents=(self._bundle(wish, visit, page),))

    def _postponed(self, wish: _Wish) -> PageFetches:
        """Return the entry as the list has it when it is new; an older text of its page stays until a newer one comes."""
        if wish.before.fetched or not wish.new or not _speaks(wish):
            return PageFetches(unfinished=True)
        return PageFetches(documents=(self._bundle(wish, PageFingerprint(said=wish.said)),), unfinished=True)

    def _failed(self, wish: _Wish, error: FetchError) -> PageFetches:
        visit = wish.before.after(wish.said, fetched=False, again=_may_pass(error))
        unfinished = visit.tries < TRIES
        if wish.before.fetched and unfinished:
            return PageFetches(unfinished=True)
        if _speaks(wish):
            return PageFetches(documents=(self._bundle(wish, visit),), unfinished=unfinished)
        failure = Failure(
            source=self.source.name,
            locator=wish.locator,
            stage="read",
            kind=error.kind,
            reason=str(error),
            fingerprint=visit.dump(),
        )
        return PageFetches(documents=(failure,), unfinished=unfinished)

    def _bundle(self, wish: _Wish, visit: PageFingerprint, page: bundles.Page | None = None) -> RawDocument:
        return RawDocument(
            source=self.source.name,
            locator=wish.locator,
            media_type=bundles.MEDIA_TYPE,
            body=bundles.pack(bundles.Bundle(drafts=wish.drafts, page=page), self.now),
            fingerprint=visit.dump(),
            fetched_at=self.now,
            url=page.url if page else wish.locator,
        )


def by_page(lists: Sequence[tuple[RawDocument, Parsed]]) -> dict[str, list[Draft]]:
    """Return address -> the entries of `lists` that have their own page there, newest list first, each entry once."""
    found: dict[str, list[Draft]] = {}
    names: set[str] = set()
    for raw, parsed in lists:
        fresh = [draft for draft in parsed.drafts if bundles.name_of(draft) not in names]
        names |= {bundles.name_of(draft) for draft in fresh}
        for draft in fresh:
            if address := bundles.page_of(draft, raw):
                found.setdefault(address, []).append(draft)
    return found


def _speaks(wish: _Wish) -> bool:
    """Whether what the list says is an article without its page."""
    return any(draft.title or draft.body for draft in wish.drafts)


def _may_pass(error: FetchError) -> bool:
    status = error.fetches[-1].status if error.fetches else 0
    return error.kind in _PASSING or (error.kind == "http" and status >= _SERVER_ERROR)


def _is_page(answer: Response) -> bool:
    media_type = answer.media_type.partition(";")[0].strip().lower()
    head = (answer.body or b"")[:1024].lstrip().lower()
    return "html" in media_type or (media_type in ("", "text/plain", "application/octet-stream") and head[:1] == b"<")
