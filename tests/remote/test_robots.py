"""robots.txt: who may be asked, how slowly, and that it is asked for once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from feedsvc.sources import Fetcher
from feedsvc.sources.http.robots import Robots
from tests.remote.site import QUICK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.remote.site import Site


@pytest_asyncio.fixture
async def robots() -> AsyncIterator[Robots]:
    fetcher = Fetcher("feedsvc-tests", retry_wait=(0.0, 0.01))
    yield Robots(fetcher)
    await fetcher.aclose()


@pytest.mark.parametrize(
    ("rules", "gap"),
    [
        ("", 0.5),
        ("User-agent: *\nDisallow: /private\n", 0.5),
        ("User-agent: *\nCrawl-delay: 7\n", 7.0),
        ("User-agent: *\nCrawl-delay: 0.1\n", 0.5),
        ("User-agent: *\nCrawl-delay: 86400\n", 60.0),
        ("User-agent: *\nDisallow: /\n\nUser-agent: feedsvc\nAllow: /\n", 0.5),
        ("User-agent: feedsvc\nDisallow: /\n", None),
        ("<html>what?</html>", 0.5),
    ],
    ids=["empty", "another path", "delay", "short delay", "endless delay", "we may", "we may not", "no rules"],
)
async def test_rules_say_whether_and_how_slowly(site: Site, robots: Robots, rules: str, gap: float | None) -> None:
    site.put("/robots.txt", rules, "text/plain")
    assert await robots.gap(f"{site.url}/a", replace(QUICK, host_gap_seconds=0.5)) == gap


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (410, True), (500, False), (503, False)])
async def test_a_refusal_is_leave_and_trouble_is_not(site: Site, robots: Robots, status: int, *, allowed: bool) -> None:
    site.fail("/robots.txt", status)
    assert (await robots.gap(f"{site.url}/a", QUICK) is not None) is allowed


async def test_a_host_is_asked_once_for_its_rules(site: Site, robots: Robots) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private\n", "text/plain")
    gaps = [await robots.gap(f"{site.url}{path}", QUICK) for path in ("/a", "/private/b", "/c")]
    assert gaps == [0.0, None, 0.0]
    assert site.asked == ["/robots.txt"]
    assert [fetch.status for fetch in robots.taken()] == [200]
    assert robots.taken() == []
