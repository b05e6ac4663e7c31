"""Source `feed`: one address, asked with the validators of last time; a page's address leads to the feed that it names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.model import RawDocument
from feedsvc.ports import FetchError, Reading
from feedsvc.sources.discovering import feed_links, is_page
from feedsvc.sources.urls import public_url, same_origin, split_userinfo
from feedsvc.sources.validators import Validators, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from feedsvc.model import FetchSettings, Source
    from feedsvc.ports import Executor, Fetch
    from feedsvc.sources.fetching import Answer, Fetcher

_LOST = frozenset({"http", "gone", "not-a-feed"})  # a discovered feed that moved: ask the page again


class FeedReader:
    """Reads remote feeds. Not modified (304), or the same bytes again: nothing is yielded."""

    def __init__(self, fetcher: Fetcher, executor: Executor) -> None:
        self._fetcher = fetcher
        self._executor = executor

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the feed's document when it changed; its locator is the configured address without secrets.

        Raises:
            FetchError: see `feedsvc.sources.faults.FAULTS` for its kinds.
        """
        locator = public_url(source.location)
        before = Validators.parse(known.get(locator, ""))
        answer, feed_url = await self._answer(source, before, now)
        document = _document(source, locator, answer, feed_url, before, now)
        return Reading(
            documents=iter([document] if document else []),
            present={locator},
            fetches=answer.fetches if document else _unchanged(answer.fetches),
        )

    async def _answer(self, source: Source, before: Validators, now: datetime) -> tuple[Answer, str]:
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

    async def _discovered(self, source: Source, page: Answer, body: bytes) -> tuple[Answer, str]:
        # the address is remembered where anybody may read it: one that carries a secret has to be configured itself
        links = [link for link in feed_links(body, page.url) if public_url(link) == link]
        if not links:
            return page, ""  # the parser says what it is instead
        answer = await self._fetcher.fetch(links[0], _settings_at(links[0], source))
        return replace(answer, fetches=page.fetches + answer.fetches), links[0]

    async def _ask(self, source: Source, url: str, before: Validators, now: datetime) -> Answer:
        if before.is_due(now, source.fetch.full_fetch_days):
            before = Validators()
        settings = _settings_at(url, source)
        return await self._fetcher.fetch(url, settings, etag=before.etag, last_modified=before.last_modified)


def _settings_at(url: str, source: Source) -> FetchSettings:
    """Return how to ask `url`: the source's login, headers and cookies are for its own origin only."""
    bare, login = split_userinfo(source.location)
    if not same_origin(url, bare):
        return replace(source.fetch, headers={}, username="", password="", token="", cookies={})
    if login is None or source.fetch.username:
        return source.fetch
    return replace(source.fetch, username=login.username, password=login.password)


def _unchanged(fetches: Sequence[Fetch]) -> Sequence[Fetch]:
    """Return the fetches of the same bytes as last time: a 200, and still nothing new."""
    return (*fetches[:-1], replace(fetches[-1], outcome="unchanged"))


def _document(
    source: Source, locator: str, answer: Answer, feed_url: str, before: Validators, now: datetime
) -> RawDocument | None:
    if answer.body is None:
        return None
    after = Validators(digest=digest_of(answer.body), fetched_at=now.isoformat(), feed_url=feed_url)
    # what is no feed leaves no validators: the date of an error page, sent back, would hide older articles behind a 304
    if not is_page(answer.body, answer.media_type):
        after = replace(after, etag=answer.etag, last_modified=answer.last_modified)
    same = after.digest == before.digest
    if same and not before.is_worth_renewing(after, now, source.fetch.full_fetch_days):
        return None
    return RawDocument(
        source=source.name,
        locator=locator,
        media_type=answer.media_type,
        body=answer.body,
        fingerprint=after.dump(),
        fetched_at=now,
        url=answer.url,
        modified_at=answer.modified_at,
    )
