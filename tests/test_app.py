"""A whole service: feeds over loopback, due times, health, and an end at any moment."""

from __future__ import annotations

import asyncio
import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest

from feedsvc import ingest as ingesting
from feedsvc.app import Service, find_config, open_view, read_config
from feedsvc.config import Config, FeedsConfig
from feedsvc.errors import ArchiveLockedError, ConfigError
from feedsvc.model import Source
from feedsvc.sources import KINDS
from tests.loopback import QUICK, answering
from tests.services import Home, a_post, hourly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from feedsvc.model import RunReport
    from feedsvc.ports import Reading

TIDES = "High water at six, low water at noon, and a swell from the west that the pilots did not like at all."
LAMPS = "The lamplighter retires; the street keeps his ladder on the wall, and the children ask whom it waits for."


def an_item(title: str, text: str, guid: str = "", link: str = "") -> str:
    """Return an RSS item; guid and link are left out when they are empty."""
    parts = [f"<title>{escape(title)}</title><description>{escape(text)}</description>"]
    parts += [f'<guid isPermaLink="false">{escape(guid)}</guid>'] if guid else []
    parts += [f"<link>{escape(link)}</link>"] if link else []
    return f"<item>{''.join(parts)}<pubDate>Wed, 01 May 2024 06:10:11 GMT</pubDate></item>"


@dataclass
class FeedServer:
    """Serves one feed on loopback; a client that holds its ETag is answered 304."""

    items: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # statuses sent, in order
    status: int = 200
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/feed.xml"

    @property
    def body(self) -> bytes:
        head = "<title>Harbour news</title><link>https://harbour.example/</link>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(self.items)}</channel></rss>'.encode()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        etag = f'"{hash(self.body)}"'
        status = 304 if self.status == 200 and request.headers["If-None-Match"] == etag else self.status
        body = self.body if status == 200 else b""
        self.answers.append(status)
        request.send_response(status)
        for name, value in {
            "ETag": etag,
            "Content-Type": "application/rss+xml",
            "Content-Length": str(len(body)),
        }.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    state = FeedServer()
    with answering(state.answer) as state.port:
        yield state


@pytest.fixture
def planet(tmp_path: Path, server: FeedServer) -> Iterator[Home]:
    source = Source(
        name="planet", kind="feed", location=server.url, every=1800.0, categories=(("planet",),), fetch=QUICK
    )
    home = Home(tmp_path, source, fetch=QUICK)
    yield home
    home.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


# ---------------------------------------------------------------- a feed over time


def test_the_items_of_a_feed_become_articles(planet: Home, server: FeedServer) -> None:
    server.items = [
        an_item("Tides", TIDES, "urn:example:1", "https://harbour.example/1"),
        an_item("Lamps", LAMPS, "urn:example:2"),
    ]
    report = planet.ingest("planet")
    assert (report.outcome, report.added) == ("ok", 2)
    tides = next(entry for entry in planet.entries() if entry.title == "Tides")
    assert (tides.uid, tides.url, tides.categories) == ("urn:example:1", "https://harbour.example/1", (("planet",),))
    assert (tides.source_title, tides.source_url) == ("Harbour news", "https://harbour.example/")
    (fetch,) = planet.view.operations.db["fetches"].rows
    assert (fetch["status"], fetch["outcome"]) == (200, "ok")


def test_a_feed_that_did_not_change_is_asked_with_its_validators_and_changes_nothing(
    planet: Home, server: FeedServer
) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1")]
    planet.ingest("planet", emit=True)
    before = planet.entries(), planet.view.change()
    report = planet.ingest("planet", emit=True)
    assert server.answers == [200, 304]
    assert (report.outcome, report.read) == ("unchanged", 0)
    assert (planet.entries(), planet.view.change()) == before
    assert planet.view.stale_feeds() == frozenset()


class Broken:
    """A reader with a bug. Implements `feedsvc.ports.Reader`."""

    def __init__(self, *_: object) -> None:
        """Take what every reader takes."""

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        raise IndexError(f"no {source.name} in {known} at {now}")


def test_a_bug_in_one_reader_stops_no_other_and_its_source_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(KINDS._loaded, "feed", Broken)
    (tmp_path / "content").mkdir()
    posts = Source(name="posts", kind="directory", location=str(tmp_path / "content"))
    home = Home(tmp_path, Source(name="planet", kind="feed", location="http://127.0.0.1:9/"), posts)
    home.write("a.md", a_post())
    broken, well = home.service.ingest_now(["planet", "posts"])
    due = home.service.due(home.clock.now())
    home.close()
    assert (broken.outcome, well.added) == ("bug", 1)
    assert "please report it" in broken.error
    assert "IndexError: no planet" in caplog.text
    assert due == []


def test_items_that_slide_out_of_a_feed_stay(planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1")]
    planet.ingest("planet")
    server.items = [an_item("Lamps", LAMPS, "urn:example:2")]
    assert planet.counts("planet") == {"added": 1}
    assert planet.titles() == ["Lamps", "Tides"]


@pytest.mark.parametrize("status", [404, 410, 500, 503])
def test_a_feed_that_fails_loses_nothing_and_is_recorded(status: int, planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1")]
    planet.ingest("planet")
    before = planet.entries()
    server.status = status
    report = planet.ingest("planet")
    assert report.outcome not in ("ok", "unchanged")
    assert str(status) in report.error
    assert planet.entries() == before
    (health,) = planet.service.health()
    assert (health.failures, health.healthy, health.error) == (1, False, report.error)
    server.status = 200
    assert planet.ingest("planet").outcome == "unchanged"
    assert planet.service.health()[0].healthy


def test_a_dead_server_is_a_report_and_no_exception(planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1")]
    planet.ingest("planet")
    planet.service.config = replace(
        planet.config, sources=(replace(planet.config.sources[0], location="http://127.0.0.1:9/feed.xml"),)
    )
    report = planet.ingest("planet")
    assert report.error
    assert planet.titles() == ["Tides"]


def test_a_failing_feed_is_asked_ever_more_rarely_and_at_least_daily(planet: Home, server: FeedServer) -> None:
    server.status = 500
    waits = []
    for _ in range(8):
        planet.ingest("planet")
        due = planet.service.health()[0].due
        assert due is not None
        waits.append(due - planet.clock.now())
    assert waits[:5] == sorted(waits[:5])
    assert waits[0] < waits[3] < waits[-1]
    assert max(waits) <= timedelta(days=1)
    assert waits[-1] >= timedelta(hours=21)  # a day, and a tenth for not being in step with others


def test_a_changed_guid_under_the_same_link_is_the_same_article(planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1", "https://harbour.example/1")]
    planet.ingest("planet")
    before = planet.only()
    server.items = [an_item("Tides", TIDES, "https://harbour.example/?p=1", "https://harbour.example/1")]
    assert planet.counts("planet") == {"unchanged": 1}
    assert planet.only() == before


def test_a_move_from_http_to_https_is_the_same_article(planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, link="http://harbour.example/1")]
    planet.ingest("planet")
    before = planet.only()
    server.items = [an_item("Tides", TIDES, link="https://www.harbour.example/1/?utm_source=rss")]
    assert planet.counts("planet") == {"unchanged": 1}
    assert planet.only().uuid == before.uuid


def test_one_guid_for_all_items_keeps_them_apart(planet: Home, server: FeedServer) -> None:
    items = [an_item("Tides", TIDES, "news"), an_item("Lamps", LAMPS, "news")]
    server.items = items
    assert planet.counts("planet") == {"added": 2}
    before = planet.entries()
    server.items = [*items[::-1], an_item("Ropes", f"{TIDES} {LAMPS}", "news")]
    assert planet.counts("planet") == {"added": 1, "unchanged": 2}
    assert [entry for entry in planet.entries() if entry.title != "Ropes"] == before


def test_items_without_a_name_that_share_one_link_are_found_again(planet: Home, server: FeedServer) -> None:
    items = [
        an_item(title, text, link="https://harbour.example/") for title, text in (("Tides", TIDES), ("Lamps", LAMPS))
    ]
    server.items = items
    assert planet.counts("planet") == {"added": 2}
    server.items = [*items, items[0], an_item("Ropes", "Three strands.", link="https://harbour.example/")]
    assert planet.counts("planet") == {"added": 1, "unchanged": 2}


def test_a_feed_and_a_directory_meet_in_one_archive(planet: Home, server: FeedServer) -> None:
    server.items = [an_item("Tides", TIDES, "urn:example:1")]
    planet.ingest("planet")
    planet.service.config = planet.config = replace(
        planet.config, sources=(Source(name="posts", kind="directory", location=str(planet.content)),)
    )
    planet.write("tides.md", a_post("Tides", TIDES))
    assert planet.counts("posts") == {"added": 1}
    assert planet.titles() == ["Tides", "Tides"]
    pairs = planet.rows(
        "select a.source, b.source, t.why from also_in t join articles a on a.id = t.article"
        " join articles b on b.id = t.other order by 1"
    )
    assert pairs == [("planet", "posts", "text"), ("posts", "planet", "text")]


# ---------------------------------------------------------------- when


def test_a_source_is_due_at_first_and_again_after_its_interval(home: Home) -> None:
    service = home.service
    assert service.due(home.clock.now()) == ["posts"]
    home.ingest()
    assert service.due(home.clock.now()) == []
    assert service.due(home.clock.pass_by(hours=1)) == ["posts"]


def test_who_has_waited_longest_comes_first(tmp_path: Path) -> None:
    names = ("one", "two", "three")
    for name in names:
        (tmp_path / name).mkdir()
    sources = [Source(name=name, kind="directory", location=str(tmp_path / name)) for name in names]
    home = Home(tmp_path, *sources)
    for name in ("two", "one"):
        home.ingest(name)
    assert home.service.due(home.clock.pass_by(hours=5)) == ["three", "two", "one"]
    home.close()


def test_a_watched_directory_is_due_every_two_seconds(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    home = Home(tmp_path, Source(name="posts", kind="directory", location=str(tmp_path / "content"), watch=True))
    home.ingest()
    assert home.service.due(home.clock.pass_by(seconds=1)) == []
    assert home.service.due(home.clock.pass_by(seconds=1)) == ["posts"]
    home.close()


def test_a_source_that_nobody_read_for_long_is_late(home: Home) -> None:
    assert home.service.health()[0].healthy  # nobody has read it yet
    home.ingest()
    home.clock.pass_by(hours=1, minutes=19)
    assert home.service.health()[0].healthy
    home.clock.pass_by(minutes=2)
    assert home.service.health()[0].late


# ---------------------------------------------------------------- configuration, lock, end


def test_a_change_of_title_makes_every_feed_stale(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest(emit=True)
    assert home.view.stale_feeds() == frozenset()
    home.service.reload(replace(home.config, title="Another", feeds=FeedsConfig(entries=9)))
    assert home.view.stale_feeds() == {"*"}
    home.service.emit_now()
    assert home.view.stale_feeds() == frozenset()
    assert b"Another" in (home.folder / "archive" / "feeds" / "all.atom").read_bytes()


def test_feeds_that_are_lost_are_rendered_again_by_the_next_run(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest(emit=True)
    feeds = home.folder / "archive" / "feeds"
    before = sorted(path.name for path in feeds.rglob("*.atom"))
    home.close()
    shutil.rmtree(feeds)  # as after a backup was put back: it has no feeds
    home.service = home.opened()
    home.ingest(emit=True)
    assert sorted(path.name for path in feeds.rglob("*.atom")) == before != []


def test_another_archive_needs_a_restart(home: Home) -> None:
    with pytest.raises(ConfigError, match="restart"):
        home.service.reload(replace(home.config, archive="/elsewhere"))


def test_there_is_one_service_at_a_time(home: Home) -> None:
    with pytest.raises(ArchiveLockedError, match="feedsvc test"):
        home.opened()
    home.close()
    home.service = home.opened()


def test_a_service_that_cannot_open_its_archive_leaves_no_lock(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "archive.db").write_bytes(b"no database " * 500)
    config = Config(archive=str(archive))
    with pytest.raises(Exception, match="damaged"):
        Service(config, "ingest", planner=hourly)
    (archive / "archive.db").unlink()
    Service(config, "ingest", planner=hourly).close_now()


def test_a_stop_in_the_middle_of_a_run_keeps_what_was_committed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_DOCUMENTS", 2)
    for number in range(8):
        home.write(f"{number}.md", a_post(f"Post {number}", f"{TIDES} {number}"))
    closing = threading.Thread(target=home.service.close_now)

    def stop(report: RunReport) -> None:
        if report.read == 4:
            closing.start()
            while not home.service._stopping:
                closing.join(0.001)

    assert home.service.ingest_now(["posts"], stop) == []
    closing.join()
    home.service = home.opened()
    archived = len(home.entries())
    assert 4 <= archived < 8
    assert home.counts() == {"added": 8 - archived}


async def test_the_event_loop_stays_free_while_a_source_is_read(home: Home) -> None:
    home.write("a.md", a_post())
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    heart = asyncio.create_task(beat())
    (report,) = await home.service.ingest(["posts"])
    heart.cancel()
    assert report.added == 1
    assert beats > 10


def test_a_view_reads_beside_the_service(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest()
    with open_view(home.config) as view:
        assert view.totals()["articles"] == 1


def test_a_configuration_with_the_mark_of_some_editors_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'\xef\xbb\xbf[service]\r\ntitle = "x"\r\n')
    assert read_config(find_config(str(tmp_path / "config.toml"))).title == "x"
