"""The feed reader: one document, yielded when it changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from feedsvc.executors import LocalExecutor
from feedsvc.model import RawDocument, Source
from feedsvc.ports import FetchError
from feedsvc.sources.feed import FeedReader
from tests.hostile.server import FEED, HostileServer

if TYPE_CHECKING:
    from datetime import datetime

    from feedsvc.model import FetchSettings
    from feedsvc.ports import Reading
    from feedsvc.sources import Fetcher


class Polls:
    """A source that is polled, with what the archive knows of it between two polls."""

    def __init__(self, fetcher: Fetcher, url: str, settings: FetchSettings, now: datetime) -> None:
        self.reader = FeedReader(fetcher, LocalExecutor())
        self.source = Source(name="harbour", kind="feed", location=url, fetch=settings)
        self.known: dict[str, str] = {}
        self.now = now
        self.reading: Reading

    async def poll(self, later: timedelta = timedelta(hours=1)) -> list[RawDocument]:
        self.reading = await self.reader.read(self.source, self.known, self.now)
        documents = [document for document in self.reading.documents if isinstance(document, RawDocument)]
        self.known |= {document.locator: document.fingerprint for document in documents}
        self.now += later
        return documents


async def test_a_feed_is_one_document_under_its_address(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/feed?token=s3cret").replace("http://", "http://me:pw@"), quick, now)
    (document,) = await polls.poll()
    assert document.body == FEED
    assert document.locator == server.url("/feed?token=***")
    assert document.fetched_at == now
    assert polls.reading.present == {document.locator}
    assert "s3cret" not in document.fingerprint


@pytest.mark.parametrize("path", ["/etag", "/feed", "/churning-etag"])
async def test_the_same_feed_again_yields_nothing(
    path: str, server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url(path), quick, now)
    await polls.poll()
    assert await polls.poll() == []
    assert polls.reading.fetches[-1].outcome == "unchanged"


async def test_a_new_etag_for_the_same_bytes_is_kept_once_a_day(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/churning-etag"), quick, now)
    counts = [len(await polls.poll(timedelta(hours=9))) for _ in range(6)]
    assert counts == [1, 0, 0, 1, 0, 0]


async def test_once_a_week_the_whole_feed_is_asked_for(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/etag"), quick, now)
    for _ in range(9):
        await polls.poll(timedelta(days=1))
    conditional = ["if-none-match" in asked.headers for asked in server.asked]
    assert conditional == [False, True, True, True, True, True, True, False, True]


async def test_a_pages_feed_is_discovered_once_and_then_asked_itself(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/page"), quick, now)
    (document,) = await polls.poll()
    assert await polls.poll() == []
    assert document.body == FEED
    assert document.locator == server.url("/page")
    assert document.url == server.url("/feed")
    assert [asked.path for asked in server.asked] == ["/page", "/feed", "/feed"]


async def test_a_login_is_not_taken_along_to_a_feed_on_another_origin(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    async with HostileServer() as other:
        known = f'{{"feed_url": "{other.url("/feed")}", "fetched_at": "{now.isoformat()}"}}'
        polls = Polls(fetcher, server.url("/page").replace("http://", "http://me:pw@"), quick, now)
        polls.known = {server.url("/page"): known}
        await polls.poll()
        assert "authorization" not in other.asked[0].headers


async def test_a_discovered_feed_that_is_lost_is_looked_for_again(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/page"), quick, now)
    polls.known = {server.url("/page"): f'{{"feed_url": "{server.url("/404")}", "digest": "0"}}'}
    (document,) = await polls.poll()
    assert document.url == server.url("/feed")


async def test_a_known_feed_that_turns_into_a_page_is_not_replaced_by_what_the_page_names(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/feed-then-page"), quick, now)
    await polls.poll()
    (document,) = await polls.poll()
    assert document.url == server.url("/feed-then-page")


async def test_an_error_page_leaves_no_validators(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    polls = Polls(fetcher, server.url("/bare-page"), quick, now)
    (document,) = await polls.poll()
    assert "today" not in document.fingerprint


async def test_a_failure_names_its_class_and_keeps_its_requests(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings, now: datetime
) -> None:
    with pytest.raises(FetchError) as raised:
        await Polls(fetcher, server.url("/410"), quick, now).poll()
    assert raised.value.kind == "gone"
    assert raised.value.fetches[0].status == 410
