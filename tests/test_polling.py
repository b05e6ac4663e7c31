"""Polling as it goes over days: redirects, peace, 410, gaps, a dead network; a real service over loopback."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.model import Source
from tests.loopback import QUICK, answering
from tests.services import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from feedsvc.app import Health

DAY = timedelta(days=1)


def a_feed(*numbers: int, head: str = "") -> bytes:
    items = "".join(
        f"<item><guid>urn:x:{n}</guid><title>Notice {n}</title><description>Notice number {n} of the harbour.</description></item>"
        for n in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'.encode()


@dataclass
class Site:
    """Answers each path as it is told; remembers what was asked."""

    pages: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, bool]] = field(default_factory=list)  # path, conditional?
    port: int = 0

    def put(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.pages[path] = status, body, {name.replace("_", "-"): value for name, value in headers.items()}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        status, body, headers = self.pages[request.path]
        etag = request.headers["If-None-Match"]
        self.asked.append((request.path, etag is not None))
        if status == 200 and etag is not None and etag == headers.get("ETag"):
            status, body = 304, b""
        request.send_response(status)
        for name, value in {"Content-Type": "application/rss+xml", **headers, "Content-Length": str(len(body))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()
    with answering(state.answer) as state.port:
        yield state


def subscribed(url: str, name: str = "planet", **settings: Any) -> Source:
    return Source(name=name, kind="feed", location=url, fetch=QUICK, **settings)


@pytest.fixture
def planet(tmp_path: Path, site: Site) -> Iterator[Home]:
    site.put("/feed", a_feed(1, 2, 3), ETag='"one"')
    home = Home(tmp_path, subscribed(site.url("/feed")), fetch=QUICK)
    yield home
    home.close()


def health(home: Home) -> Health:
    (found,) = home.service.health()
    return found


def wait(home: Home) -> timedelta:
    due = health(home).due
    assert due is not None
    return due - home.clock.now()


# ---------------------------------------------------------------- what is logged and kept


def test_a_failed_fetch_is_a_row(planet: Home, site: Site) -> None:
    site.put("/feed", status=500)
    planet.ingest("planet")
    (fetch,) = planet.view.operations.db["fetches"].rows
    assert (fetch["status"], fetch["outcome"], fetch["url"]) == (500, "http", site.url("/feed"))


def test_a_document_that_cannot_be_read_leaves_no_validators_and_fails_its_source(planet: Home, site: Site) -> None:
    site.put("/feed", b"this is no feed", ETag='"two"')
    for _ in range(2):
        report = planet.ingest("planet")
        assert report.outcome == "not-a-feed"
        assert not health(planet).healthy
    assert site.asked == [("/feed", False), ("/feed", False)]


# ---------------------------------------------------------------- when


def test_a_source_without_an_interval_follows_its_own_rhythm(planet: Home) -> None:
    planet.ingest("planet")
    first = wait(planet)
    for _ in range(40):
        planet.ingest("planet")
    assert first < wait(planet) <= DAY


def test_an_interval_that_is_set_is_kept(tmp_path: Path, site: Site) -> None:
    site.put("/feed", a_feed(1, head="<ttl>1440</ttl>"), Cache_Control="max-age=86400")
    home = Home(tmp_path, subscribed(site.url("/feed"), every=600.0))
    home.ingest("planet")
    assert wait(home) == timedelta(hours=1)  # what the planner of the tests says
    home.close()


def test_the_ttl_is_remembered_over_a_304(planet: Home, site: Site) -> None:
    site.put("/feed", a_feed(1, head="<ttl>600</ttl>"), ETag='"ttl"')
    for _ in range(2):
        planet.ingest("planet")
        assert wait(planet) >= timedelta(hours=9)


def test_a_server_that_asks_for_peace_has_it(planet: Home, site: Site) -> None:
    site.put("/feed", status=503, Retry_After="20000")
    planet.ingest("planet")
    assert wait(planet) == timedelta(seconds=20000)


def test_a_source_that_is_gone_is_asked_no_more_until_it_is_resumed(planet: Home, site: Site) -> None:
    planet.ingest("planet")
    site.put("/feed", status=410)
    planet.ingest("planet")
    assert planet.service.due(planet.clock.pass_by(days=400)) == []
    assert (health(planet).word, health(planet).healthy, health(planet).late) == ("stopped", False, False)
    site.put("/feed", a_feed(1, 2, 3))
    planet.service.resume("planet")
    assert planet.service.due(planet.clock.now()) == ["planet"]
    planet.ingest("planet")
    assert health(planet).healthy


# ---------------------------------------------------------------- where


def test_a_feed_that_moved_for_good_is_asked_at_its_new_home_and_keeps_its_articles(planet: Home, site: Site) -> None:
    planet.ingest("planet")
    site.put("/feed", status=301, Location="/home")
    site.put("/home", a_feed(1, 2, 3, 4), ETag='"home"')
    for _ in range(4):
        planet.ingest("planet")
    assert [path for path, _ in site.asked] == ["/feed", "/feed", "/home", "/feed", "/home", "/home", "/home"]
    assert health(planet).moved_to == site.url("/home")
    assert planet.titles() == ["Notice 1", "Notice 2", "Notice 3", "Notice 4"]
    assert planet.rows("select locator from documents") == [(site.url("/feed"),)]


def test_a_new_home_that_is_lost_leads_back_to_the_old_one(planet: Home, site: Site) -> None:
    site.put("/feed", status=301, Location="/home")
    site.put("/home", a_feed(1))
    for _ in range(2):
        planet.ingest("planet")
    site.put("/home", status=404)
    site.put("/feed", a_feed(1))
    planet.ingest("planet")
    assert planet.ingest("planet").outcome == "unchanged"
    assert health(planet).moved_to == ""


# ---------------------------------------------------------------- our own network


def test_a_dead_network_blames_nobody(tmp_path: Path) -> None:
    names = ("one", "two", "three")
    home = Home(tmp_path, *(subscribed("http://127.0.0.1:9/feed", name) for name in names), fetch=QUICK)
    home.service.ingest_now(names, emit=False)
    assert [each.failures for each in home.service.health()] == [0, 0, 0]
    assert home.service.due(home.clock.pass_by(seconds=59)) == []
    assert sorted(home.service.due(home.clock.pass_by(seconds=1))) == sorted(names)
    home.close()


def test_a_dead_host_among_others_is_blamed(tmp_path: Path, site: Site) -> None:
    site.put("/feed", a_feed(1))
    dead = [subscribed("http://127.0.0.1:9/feed", name) for name in ("one", "two")]
    home = Home(tmp_path, *dead, subscribed(site.url("/feed"), "well"), fetch=QUICK)
    home.service.ingest_now(["one", "two", "well"], emit=False)
    assert [each.failures for each in home.service.health()] == [1, 1, 0]
    home.close()


# ---------------------------------------------------------------- gaps


def test_a_window_that_slid_past_is_a_gap_with_its_times_and_makes_polling_tighter(planet: Home, site: Site) -> None:
    planet.ingest("planet")
    planet.ingest("planet")  # 304: nothing slid until here
    last = planet.clock.now()
    site.put("/feed", a_feed(7, 8, 9), ETag='"two"')
    planet.ingest("planet")
    (gap,) = planet.view.operations.gaps(last)
    assert gap["source"] == "planet"
    assert gap["after"] == f"{last:%Y-%m-%dT%H:%M:%SZ}"
    assert gap["found"] == f"{planet.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    assert gap["entries"] == 3
    assert health(planet).gaps == 1
    assert health(planet).interval == 1800.0  # half of the hour in which it happened


def test_a_window_that_overlaps_or_is_empty_is_no_gap(planet: Home, site: Site) -> None:
    for numbers in ((1, 2, 3), (3, 4, 5), (), (5, 6, 7)):
        site.put("/feed", a_feed(*numbers))
        planet.ingest("planet")
    assert health(planet).gaps == 0
