"""Source `feed`: one address, asked with the validators of last time; a page's address leads to the feed that it names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from feedsvc.model import Gap, RawDocument
from feedsvc.ports import FetchError, Reading
from feedsvc.sources.article_pages import Allowance, ArticlePages, media_type_of, settings_at
from feedsvc.sources.discovery import feed_links, is_page
from feedsvc.sources.entry_pages import EntryPages, PageFetches, by_page
from feedsvc.sources.history import HistoryPage, HistoryWalk, goes_on, is_known, unread
from feedsvc.sources.http.urls import public_url
from feedsvc.sources.http.validators import Validators, digest_of
from feedsvc.sources.outlines import outline
from feedsvc.sources.page_fingerprints import beside, is_passed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from feedsvc.model import Failure, Parsed, Source
    from feedsvc.ports import Executor, Fetch
    from feedsvc.sources.http.fetcher import Fetcher, Response

_LOST = frozenset({"http", "gone", "not-a-feed"})  # a discovered feed that moved: ask the page again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a feed led to, its own document last."""

    documents: tuple[RawDocument | Failure, ...]
    gaps: tuple[Gap, ...] = ()
    searched: str = ""


class FeedReader:
    """Reads remote feeds. Not modified (304), or the same bytes again: nothing is yielded.

    With `history` what came before is walked once, and back to what was known where some of it was missed; with `full_text`
    the page of each new entry is fetched. The feed's own document comes last, since its validators stand for all of that.
    """

    def __init__(self, fetcher: Fetcher, executor: Executor) -> None:
        self._fetcher = fetcher
        self._executor = executor
        self._pages = ArticlePages(fetcher)

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the feed's document when it changed; its locator is the configured address without secrets.

        Raises:
            FetchError: see `feedsvc.sources.http.error_classes.FAULTS` for its kinds.
        """
        locator = public_url(source.location)
        before = Validators.parse(known.get(locator, ""))
        answer, feed_url = await self._answer(source, before, now)
        document = _document(source, locator, answer, feed_url, before, now)
        if document is None:
            return Reading(documents=iter(()), present={locator, *beside(known)}, fetches=_unchanged(answer.fetches))
        if not (source.history or source.missed or source.full_text):
            return Reading(documents=iter([document]), present={locator, *beside(known)}, fetches=answer.fetches)
        allowance = Allowance(source.pages_per_run)
        found = await self._deep(source, document, before, known, allowance)
        return Reading(
            documents=iter(found.documents),
            present={*beside(known), *(each.locator for each in found.documents)},
            fetches=(*self._pages.robots.taken(), *allowance.fetches, *answer.fetches),
            gaps=found.gaps,
            searched=found.searched,
        )

    async def _deep(
        self,
        source: Source,
        document: RawDocument,
        before: Validators,
        known: Mapping[str, str],
        allowance: Allowance,
    ) -> _Found:
        """Return what leads out of the feed, its past and its pages, and at last the feed itself."""
        parsed = await outline(self._executor, document, source)
        if parsed is None:
            return _Found(documents=(document,))
        after = Validators.parse(document.fingerprint)
        walked, after = await self._walked(source, document, parsed, after, allowance)
        gathered = PageFetches()
        if source.full_text:
            gatherer = EntryPages(
                source=source, pages=self._pages, allowance=allowance, known=known, now=document.fetched_at
            )
            gathered = await gatherer.gather(by_page([(document, parsed), *walked.parts]))
        after = replace(after, unfinished="pages" if gathered.unfinished else "")
        feed = replace(document, fingerprint=after.dump())
        gaps = _gaps(document, parsed, before, known) if source.full_text else ()
        searched = walked.ended if source.missed else ""
        cut = (unread(source, walked.beyond),) if walked.beyond and not source.missed else ()
        documents = (*reversed(walked.bundles), *gathered.documents, *cut, feed)
        return _Found(documents=documents, gaps=gaps, searched=searched)

    async def _walked(
        self, source: Source, document: RawDocument, parsed: Parsed, after: Validators, allowance: Allowance
    ) -> tuple[HistoryPage, Validators]:
        """Return what was walked of the feed's past, with `after` that says how far; what was missed goes first."""
        ask = partial(self._ask, source, before=Validators())
        walk = HistoryWalk(source=source, executor=self._executor, allowance=allowance, ask=ask)
        if source.missed:
            since = source.missed.since.isoformat()
            begun, _, state = after.missed.partition(" ")
            walk = replace(walk, known=is_known(source.missed))
            walked = await walk.back(document, parsed, state if begun == since else "")
            return walked, replace(after, missed="" if walked.ended else f"{since} {walked.state}")
        if source.history:
            walked = await walk.back(document, parsed, after.history)
            return walked, replace(after, history=walked.state)
        return HistoryPage(), after

    async def _answer(self, source: Source, before: Validators, now: datetime) -> tuple[Response, str]:
        """Return the answer of the feed and the address it was discovered at ("" = it is the configured one)."""
        if not before.feed_url:
            answer = await self._ask(source, source.moved_to or source.location, before, now)
            # a known feed that turns into a page is an error page: no feed is looked for in it
            if before.digest or answer.body is None or not is_page(answer.body, answer.media_type):
                return answer, ""
            return await self._discovered(source, answer, answer.body)
        try:
            return await self._ask(source, before.feed_url, before, now), before.feed_url
        except FetchError as error:
            if error.kind not in _LOST:
                raise
            return await self._answer(source, Validators(), now)

    async def _discovered(self, source: Source, page: Response, body: bytes) -> tuple[Response, str]:
        # the address is remembered where anybody may read it: one that carries a secret has to be configured itself
        links = [link for link in feed_links(body, page.url) if public_url(link) == link]
        if not links:
            return page, ""  # the parser says what it is instead
        answer = await self._fetcher.fetch(links[0], settings_at(links[0], source))
        return replace(answer, fetches=page.fetches + answer.fetches), links[0]

    async def _ask(self, source: Source, url: str, before: Validators, now: datetime | None = None) -> Response:
        if now is None or _is_wanted_whole(source, before, now):
            before = Validators()
        settings = settings_at(url, source)
        return await self._fetcher.fetch(url, settings, etag=before.etag, last_modified=before.last_modified)


def _is_wanted_whole(source: Source, before: Validators, now: datetime) -> bool:
    """Whether the feed's entries are needed although they may be the same: there is more to do with them, or it is time."""
    walking = bool(source.missed) or (source.history and goes_on(before.history, source.history_pages))
    wanted = source.full_text and bool(before.unfinished)
    return walking or wanted or before.is_due(now, source.fetch.full_fetch_days)


def _gaps(feed: RawDocument, parsed: Parsed, before: Validators, known: Mapping[str, str]) -> tuple[Gap, ...]:
    """Return the gap before a `feed` whose entries are documents of their own: none of their pages was ever led to."""
    pages = {public_url(address) for address in by_page([(feed, parsed)])}
    slid = bool(before.digest) and is_passed(pages, known)
    return (Gap(locator=feed.locator, entries=len(parsed.drafts)),) if slid else ()


def _unchanged(fetches: Sequence[Fetch]) -> Sequence[Fetch]:
    """Return the fetches of the same bytes as last time: a 200, and still nothing new."""
    return (*fetches[:-1], replace(fetches[-1], outcome="unchanged"))


def _document(
    source: Source, locator: str, answer: Response, feed_url: str, before: Validators, now: datetime
) -> RawDocument | None:
    if answer.body is None:
        return None
    after = Validators(
        digest=digest_of(answer.body),
        fetched_at=now.isoformat(),
        feed_url=feed_url,
        history=before.history,
        missed=before.missed if source.missed else "",
    )
    # what is no feed leaves no validators: the date of an error page, sent back, would hide older articles behind a 304
    if not is_page(answer.body, answer.media_type):
        after = replace(after, etag=answer.etag, last_modified=answer.last_modified)
    same = after.digest == before.digest and not _is_wanted_whole(source, before, now)
    if same and not before.is_worth_renewing(after, now, source.fetch.full_fetch_days):
        return None
    return RawDocument(
        source=source.name,
        locator=locator,
        media_type=media_type_of(answer),
        body=answer.body,
        fingerprint=after.dump(),
        fetched_at=now,
        url=answer.url,
        modified_at=answer.modified_at,
    )
