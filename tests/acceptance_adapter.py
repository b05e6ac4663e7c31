"""The service's own fetcher, parser and limits behind the adapter of an outside judge of feed fetchers; keeps articles in memory.

python acceptance.py --adapter tests/acceptance_adapter.py
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from feedsvc.errors import ExecutorError
from feedsvc.executors import LimitedExecutor
from feedsvc.model import FetchSettings, Source
from feedsvc.ports import FetchError
from feedsvc.sources import KINDS, Fetcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.model import Article, RawDocument

EXECUTOR = LimitedExecutor(1)


def digested(job: tuple[Source, RawDocument]) -> list[dict[str, str]]:
    """Parse and normalise one document, in a worker."""
    from feedsvc.parsers import parse  # noqa: PLC0415 - of the worker
    from feedsvc.rules import normalise  # noqa: PLC0415

    source, document = job
    articles: list[Article] = [normalise(draft, source) for draft in parse(document).drafts]
    return [{"title": a.title, "link": a.url, "text": a.text, "key": a.keys[0].value} for a in articles]


class Client:
    """One reader with an archive in memory."""

    def __init__(self, allow: Sequence[str]) -> None:
        self.settings = FetchSettings(
            allow_networks=tuple(allow), connect_seconds=2, silence_seconds=4, total_seconds=8, host_gap_seconds=0
        )
        self.fetcher = Fetcher("feedsvc/0 (+https://example.org/feedsvc; feeds@example.org)", retry_wait=(0.05, 0.1))
        self.reader = KINDS["feed"](self.fetcher)
        self.known: dict[str, str] = {}
        self.stored: dict[str, dict[str, dict[str, str]]] = {}

    async def poll(self, url: str) -> str:
        """Read the source at `url` once and say how that went."""
        source = Source(name="judged", kind="feed", location=url, fetch=self.settings)
        try:
            reading = await self.reader.read(source, self.known, datetime.now(UTC))
            outcome = "moved" if reading.fetches[-1].moved_to else "ok"
            documents = list(reading.documents)
            if not documents:
                return "unchanged"
            articles = await asyncio.to_thread(lambda: list(EXECUTOR.map(digested, [(source, documents[0])])))
        except FetchError as error:
            return error.kind if error.kind in ("gone", "wait", "blocked") else "fail"
        except (ExecutorError, Exception):
            return "fail"
        self.known[documents[0].locator] = documents[0].fingerprint
        self.stored.setdefault(url, {}).update({article["key"]: article for article in articles[0]})
        return outcome

    def articles(self, url: str) -> list[dict[str, str]]:
        """Return what is stored of the source at `url`."""
        return list(self.stored.get(url, {}).values())

    async def close(self) -> None:
        """Close the connections."""
        await self.fetcher.aclose()


async def start(allow: Sequence[str]) -> Client:
    """Return a client that may reach the networks `allow` although they are private."""
    return Client(allow)
