"""Pages of articles, fetched politely: robots.txt, crawl delay, so many in a run and no longer than so long."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.parsers.bundles import MEDIA_TYPE
from feedsvc.ports import FetchError
from feedsvc.sources.http.robots import Robots
from feedsvc.sources.http.urls import public_url, same_origin, split_userinfo

if TYPE_CHECKING:
    from feedsvc.model import FetchSettings, Source
    from feedsvc.ports import Fetch
    from feedsvc.sources.http.fetcher import Fetcher, Response

ACCEPT_PAGE = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5"
RUN_SECONDS = 120.0  # after which a run begins no further page: the other sources wait for its end
RUN_BYTES = 64 << 20  # of pages held at once


class ArticlePages:
    """Fetches pages for the sources of one kind, as long as a run lasts."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self.robots = Robots(fetcher)

    async def fetch(self, url: str, source: Source, *, accept: str = ACCEPT_PAGE) -> Response:
        """Return the page at `url`.

        Raises:
            FetchError: it cannot be had; kind "blocked" where robots.txt forbids it.
        """
        settings = settings_at(url, source)
        if source.robots:
            gap = await self.robots.gap(url, settings)
            if gap is None:
                message = f"{public_url(url)}: robots.txt forbids it; `robots = false` where you have leave to ask"
                raise FetchError(message, kind="blocked")
            settings = replace(settings, host_gap_seconds=gap)
        answer = await self._fetcher.fetch(url, settings, accept=accept)
        if answer.body is None:  # no condition was sent
            raise FetchError(f"{answer.url}: 304 without a reason", kind="protocol", fetches=answer.fetches)
        return answer


class Allowance:
    """What one run of one source may still fetch, and what it did fetch."""

    def __init__(self, pages: int) -> None:
        self._left = pages
        self._bytes = RUN_BYTES
        self._until = time.monotonic() + RUN_SECONDS
        self.fetches: list[Fetch] = []

    def take(self) -> bool:
        """Whether one more page may be begun; it counts at once."""
        if self._left <= 0 or self._bytes <= 0 or time.monotonic() > self._until:
            return False
        self._left -= 1
        return True

    def note(self, fetches: tuple[Fetch, ...] | list[Fetch], size: int = 0) -> None:
        """Note what a page took."""
        self.fetches += fetches
        self._bytes -= size


def media_type_of(answer: Response) -> str:
    """Return the Content-Type of a document; what only feedsvc writes cannot come from a server."""
    return "" if answer.media_type.strip().lower().startswith(MEDIA_TYPE) else answer.media_type


def settings_at(url: str, source: Source) -> FetchSettings:
    """Return how to ask `url`: the source's login, headers and cookies are for its own origin only."""
    bare, login = split_userinfo(source.location)
    if not same_origin(url, bare):
        return replace(source.fetch, headers={}, username="", password="", token="", cookies={})
    if login is None or source.fetch.username:
        return source.fetch
    return replace(source.fetch, username=login.username, password=login.password)
