"""The service's own fetcher, parser and limits behind the adapter of an outside judge of feed fetchers; keeps articles in memory.

python acceptance.py --adapter tests/acceptance_adapter.py
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from feedsvc.executors import LimitedExecutor
from feedsvc.ingest import digest, stopped
from feedsvc.model import FetchSettings, Source
from feedsvc.ports import FetchError
from feedsvc.sources import KINDS, Fetcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.model import Article, Digested, RawDocument

EXECUTOR = LimitedExecutor(1)


def digested(source: Source, document: RawDocument) -> Digested:
    """Parse and normalise one document in a worker with limits."""
    work = partial(digest, source=source)
    return replace(next(EXECUTOR.map(work, [document], partial(stopped, source=source))), body=b"")


class Client:
    """One reader with an archive in memory."""

    def __init__(self, allow: Sequence[str]) -> None:
        self.settings = FetchSettings(
            allow_networks=tuple(allow), connect_seconds=2, silence_seconds=4, total_seconds=8, host_gap_seconds=0
        )
        self.fetcher = Fetcher("feedsvc/0 (+https://example.org/feedsvc; feeds@example.org)", retry_wait=(0.05, 0.1))
        self.reader = KINDS["feed"](self.fetcher, EXECUTOR)
        self.known: dict[str, str] = {}
        self.stored: dict[str, dict[str, dict[str, str]]] = {}

    async def poll(self, url: str) -> str:
        """Read the source at `url` once and say how that went."""
        source = Source(name="judged", kind="feed", location=url, fetch=self.settings)
        try:
            reading = await self.reader.read(source, self.known, datetime.now(UTC))
        except FetchError as error:
            return error.kind if error.kind in ("gone", "wait", "blocked") else "fail"
        documents = list(reading.documents)
        if not documents:
            return "unchanged"
        read = await asyncio.to_thread(digested, source, documents[0])
        if any(failure.stage == "parse" for failure in read.failures):
            return "fail"
        self.known[read.locator] = read.fingerprint
        self._store(url, read.articles)
        return "moved" if reading.fetches[-1].moved_to else "ok"

    def _store(self, url: str, articles: Sequence[Article]) -> None:
        """Keep each article once, under any key that it has in common with a stored one."""
        stored = self.stored.setdefault(url, {})
        for article in articles:
            keys = [f"{key.kind} {key.value}" for key in article.keys]
            row = next((stored[key] for key in keys if key in stored), {})
            row |= {"title": article.title, "link": article.url, "text": article.text}
            stored.update(dict.fromkeys(keys, row))

    def articles(self, url: str) -> list[dict[str, str]]:
        """Return what is stored of the source at `url`."""
        rows = {id(row): row for row in self.stored.get(url, {}).values()}
        return list(rows.values())

    async def close(self) -> None:
        """Close the connections."""
        await self.fetcher.aclose()


async def start(allow: Sequence[str]) -> Client:
    """Return a client that may reach the networks `allow` although they are private."""
    return Client(allow)
