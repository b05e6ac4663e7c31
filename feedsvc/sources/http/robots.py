"""robots.txt (RFC 9309) of the hosts whose pages are fetched: what may be asked for, and how slowly. Feeds never ask."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from feedsvc.ports import FetchError

if TYPE_CHECKING:
    from protego import Protego

    from feedsvc.model import FetchSettings
    from feedsvc.ports import Fetch
    from feedsvc.sources.http.fetcher import Fetcher

ACCEPT = "text/plain, */*;q=0.1"
MAX_BYTES = 500 << 10  # of a robots.txt; RFC 9309 2.5 asks for no less
LONGEST_DELAY = 60.0  # seconds between two requests: who wants more, wants none
_AGENT = "feedsvc"
_REFUSALS = range(400, 500)  # RFC 9309 2.3.1.3: there is none, everything may be asked for
_FORBIDDEN = "User-agent: *\nDisallow: /"  # RFC 9309 2.3.1.4: a server that is in trouble is left alone


class Robots:
    """The rules of every host, each asked for once; lives as long as a run."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._rules: dict[str, asyncio.Future[Protego]] = {}
        self._fetches: list[Fetch] = []

    def taken(self) -> list[Fetch]:
        """Return the requests made since the last call, for the log."""
        taken, self._fetches = self._fetches, []
        return taken

    async def gap(self, url: str, settings: FetchSettings) -> float | None:
        """Return how many seconds lie between two requests at the host of `url` at least; None = it may not be asked for."""
        rules = await self._of(url, settings)
        agent = settings.user_agent.partition("/")[0].split(" ")[0] or _AGENT
        if not rules.can_fetch(url, agent):
            return None
        delay = rules.crawl_delay(agent) or 0.0
        return max(settings.host_gap_seconds, min(float(delay), LONGEST_DELAY))

    async def _of(self, url: str, settings: FetchSettings) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._asked(url, settings))
        return await asyncio.shield(self._rules[origin])

    async def _asked(self, url: str, settings: FetchSettings) -> Protego:
        from protego import Protego  # noqa: PLC0415 - only pages need it

        parts = urlsplit(url)
        address = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
        try:
            answer = await self._fetcher.fetch(address, replace(settings, max_bytes=MAX_BYTES), accept=ACCEPT)
        except FetchError as error:
            self._fetches += error.fetches
            return Protego.parse("" if _allows_all(error) else _FORBIDDEN)
        self._fetches += answer.fetches
        return Protego.parse((answer.body or b"").decode("utf-8", "replace"))


def _allows_all(error: FetchError) -> bool:
    """Whether the answer means that there is no robots.txt: a refusal, or an empty one."""
    status = error.fetches[-1].status if error.fetches else 0
    return status in _REFUSALS or error.kind in ("empty", "too-large")
