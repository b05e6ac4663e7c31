"""From the wire to articles, through fetcher, limited parser and rules, against the misbehaving server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance_adapter import EXECUTOR, Client
from tests.hostile.server import HostileServer

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTCOMES = {
    "/feed": ("ok", 1),
    "/gzip": ("ok", 1),
    "/page": ("ok", 1),
    "/moved": ("moved", 1),
    "/away": ("ok", 1),
    "/bare-page": ("fail", 0),
    "/empty": ("fail", 0),
    "/gzip-cut": ("fail", 0),
    "/404": ("fail", 0),
    "/410": ("gone", 0),
    "/429": ("wait", 0),
    "/to-metadata": ("blocked", 0),
}


@pytest.fixture(scope="module", autouse=True)
def workers() -> Iterator[None]:
    """End the workers with the module."""
    yield
    EXECUTOR.close()


@pytest.mark.parametrize("path", OUTCOMES)
async def test_a_poll_has_one_outcome_and_its_articles(path: str) -> None:
    async with HostileServer() as server:
        client = Client(["127.0.0.1/32"])
        outcome = await client.poll(server.url(path))
        articles = client.articles(server.url(path))
        await client.close()
    assert (outcome, len(articles)) == OUTCOMES[path]


@pytest.mark.parametrize("path", ["/etag", "/churning-etag", "/page"])
async def test_a_second_poll_brings_nothing_new(path: str) -> None:
    async with HostileServer() as server:
        client = Client(["127.0.0.1/32"])
        outcomes = [await client.poll(server.url(path)) for _ in range(2)]
        articles = client.articles(server.url(path))
        await client.close()
    assert outcomes == ["ok", "unchanged"]
    assert [article["title"] for article in articles] == ["The ferry runs again"]


async def test_what_was_stored_survives_a_page_in_place_of_the_feed() -> None:
    async with HostileServer() as server:
        client = Client(["127.0.0.1/32"])
        outcomes = [await client.poll(server.url("/feed-then-page")) for _ in range(2)]
        articles = client.articles(server.url("/feed-then-page"))
        await client.close()
    assert outcomes == ["ok", "fail"]
    assert len(articles) == 1
