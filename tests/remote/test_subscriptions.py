"""A subscription list is kept in step: its feeds are polled while they stand in it, and their articles stay for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.sources.opml import source_name
from tests.remote.site import feed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]


def listing(*paths: str, folder: str = "sea") -> str:
    outlines = "".join(f'<outline type="rss" text="{path[1:]}" xmlUrl="{{site}}{path}"/>' for path in paths)
    return f'<opml version="2.0"><body><outline text="{folder}">{outlines}</outline></body></opml>'


@pytest.fixture
def two_feeds(site: Site) -> Site:
    site.put("/a", feed(("/a/1", "The ferry runs again", "At noon.")), "application/rss+xml")
    site.put("/b", feed(("/b/1", "The tide tables are out", "For the year.")), "application/rss+xml")
    site.put("/list.opml", listing("/a", "/b"))
    return site


def polled(home: Home) -> list[str]:
    return [source.location.rpartition("/")[2] for source in home.service.config.sources if source.kind == "feed"]


def read_list(home: Home) -> Any:
    home.clock.pass_by(hours=2)
    return home.service.ingest_now(["posts"], emit=False)


def test_a_first_reading_of_a_list_reads_its_feeds_too(two_feeds: Site, remote_home: MakeHome) -> None:
    home = remote_home("opml", "/list.opml")
    reports = read_list(home)
    assert [report.outcome for report in reports] == ["ok", "ok", "ok"]
    assert home.titles() == ["The ferry runs again", "The tide tables are out"]
    assert {entry.categories for entry in home.entries()} == {(("sea",),)}
    assert {entry.source for entry in home.entries()} == {source_name(f"{two_feeds.url}/{name}") for name in "ab"}


def test_a_feed_that_leaves_the_list_is_polled_no_more_and_keeps_its_articles(
    two_feeds: Site, remote_home: MakeHome
) -> None:
    home = remote_home("opml", "/list.opml")
    read_list(home)
    two_feeds.put("/list.opml", listing("/b"))
    (report,) = read_list(home)
    assert report.gone == 1
    assert polled(home) == ["b"]
    assert len(home.entries()) == 2
    two_feeds.put("/list.opml", listing("/a", "/b"))
    read_list(home)
    assert polled(home) == ["a", "b"]
    assert len(home.entries()) == 2


def test_a_list_that_cannot_be_read_takes_no_feed_away(two_feeds: Site, remote_home: MakeHome) -> None:
    home = remote_home("opml", "/list.opml")
    read_list(home)
    two_feeds.put("/list.opml", "<html>down for maintenance</html>")
    (report,) = read_list(home)
    assert report.outcome == "not-opml"
    assert polled(home) == ["a", "b"]


def test_what_a_list_held_is_polled_after_a_restart_without_reading_it(two_feeds: Site, remote_home: MakeHome) -> None:
    home = remote_home("opml", "/list.opml")
    read_list(home)
    home.service.close_now()
    two_feeds.asked_now()
    home.service = home.opened()
    assert polled(home) == ["a", "b"]
    assert two_feeds.asked_now() == []
    assert {health.source for health in home.service.health()} >= {source_name(f"{two_feeds.url}/a")}


@pytest.mark.usefixtures("two_feeds")
def test_a_reload_keeps_the_feeds_of_the_list(remote_home: MakeHome) -> None:
    home = remote_home("opml", "/list.opml")
    read_list(home)
    home.service.reload(home.config)
    assert polled(home) == ["a", "b"]


def test_an_address_that_stands_twice_in_a_list_is_polled_once(
    two_feeds: Site, remote_home: MakeHome, tmp_path: Path
) -> None:
    (tmp_path / "mine.opml").write_text(listing("/a", "/a").replace("{site}", two_feeds.url), encoding="utf-8")
    home = remote_home("opml", location=str(tmp_path / "mine.opml"))
    read_list(home)
    assert polled(home) == ["a"]
