"""Documents of thousands of entries: every one is archived, and what a limit leaves unread is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from feedsvc.app.dry_run import try_source
from feedsvc.model import PageRules
from feedsvc.parsers import parse
from feedsvc.parsers.sitemaps import read_sitemap
from feedsvc.sources import sitemap
from tests.parsers.documents import raw
from tests.remote.test_history import archived
from tests.remote.test_sitemap import XML, index, story, urls

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import RunReport
    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]


def log(*numbers: int) -> str:
    """Return a feed of one entry for each number, in their order."""
    items = "".join(
        f"<item><guid isPermaLink='false'>log:{n}</guid><title>Day {n}</title><description>Wind and tide of day {n}."
        "</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Log</title><link>https://log.example/</link>{items}</channel></rss>"


def count(home: Home) -> int:
    return int(home.rows("select count(*) from articles")[0][0])


def limits(report: RunReport) -> list[tuple[str, str]]:
    return [(failure.locator, failure.reason) for failure in report.failures if failure.kind == "limit"]


def still_told(home: Home) -> int:
    (health,) = home.service.health()
    return health.quarantined


def test_a_feed_that_grows_at_its_end_is_archived_to_its_end(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    archive = []
    for last in (1_990, 2_001, 2_004, 2_300):
        site.put("/feed", log(*range(1, last + 1)), XML)
        report = home.ingest()
        archive.append((count(home), report.added, report.failed))

    assert archive == [(1_990, 1_990, 0), (2_001, 11, 0), (2_004, 3, 0), (2_300, 296, 0)]
    assert home.rows("select count(*) from revisions where revision > 1") == [(0,)]


def test_what_says_what_it_said_is_found_in_time_that_grows_with_the_number_of_entries(
    site: Site, remote_home: MakeHome
) -> None:
    home = remote_home("feed", "/feed")

    def steps(entries: int) -> int:
        dated = log(*range(entries)).replace("</guid>", "</guid><pubDate>Mon, 01 Apr 2024 08:00:00 GMT</pubDate>")
        site.put("/feed", dated, XML)
        home.ingest()
        asked = 0

        def count_them() -> None:
            nonlocal asked
            asked += 1

        with home.service.view() as archive:
            archive.db.conn.set_progress_handler(count_them, 100)
            found = archive.settled("posts", {f"{site.url}/feed"})
            archive.db.conn.set_progress_handler(None, 0)
        assert len(found[f"{site.url}/feed"]) == entries
        return asked

    few, many = steps(150), steps(600)

    assert many <= 6 * few


def page(entries: int, furniture: int = 0) -> bytes:
    listed = "".join(
        f'<div class="story"><h2><a href="/{n}">What the log says of day {n}</a></h2><p>Wind and tide.</p></div>'
        for n in range(entries)
    )
    return f"<html><body><nav>{'<a href=/>Home</a>' * furniture}</nav><main>{listed}</main></body></html>".encode()


@pytest.mark.parametrize("rules", [PageRules(), PageRules(item="div.story")], ids=["what repeats", "selectors"])
@pytest.mark.parametrize(("entries", "furniture"), [(800, 0), (30, 21_000), (5_500, 0)])
def test_every_entry_of_a_list_page_is_read(
    entries: int, furniture: int, rules: PageRules, remote_home: MakeHome
) -> None:
    source = remote_home("page", "/", page=rules).config.sources[0]

    found = parse(raw(page(entries, furniture), "https://log.example/"), source)

    assert [draft.link for draft in found.drafts] == [f"https://log.example/{n}" for n in range(entries)]


@pytest.mark.parametrize("as_text", [True, False], ids=["lines", "xml"])
def test_every_address_of_a_sitemap_is_read(*, as_text: bool) -> None:
    paths = [f"https://log.example/{n}" for n in range(50_100)]
    body = "\n".join(paths) if as_text else f"<urlset>{''.join(f'<url><loc>{p}</loc></url>' for p in paths)}</urlset>"

    assert len(read_sitemap(raw(body.encode(), "https://log.example/map")).drafts) == 50_100


def test_pages_that_wait_for_their_turn_come_later_however_many_there_are(
    site: Site, remote_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "_HELD", 0)
    for n in range(1, 10):
        site.put(f"/{n}", story(f"Day {n}", f"What the log says of day {n} is told here at some length."))
    site.put("/a", urls(*((f"/{n}", f"2024-03-0{n}") for n in range(1, 6))), XML)
    site.put("/b", urls(*((f"/{n}", f"2024-03-0{n}") for n in range(5, 10))), XML)
    site.put("/sitemap.xml", index("/a", "/b"), XML)
    home = remote_home("sitemap", "/sitemap.xml", pages_per_run=1)

    titles = []
    for _ in range(9):
        report = home.ingest()
        titles.append(home.rows("select title from articles order by id desc limit 1")[0][0])
        assert (report.seen, report.gone) == (9, 0)

    assert titles == [f"Day {n}" for n in range(9, 0, -1)]


@pytest.mark.parametrize(("name", "value", "words"), [("MAX_FILES", 2, "2 sitemaps"), ("MAX_BYTES", 100, "bytes of")])
def test_sitemaps_that_are_left_unread_are_told_until_they_are_read(
    name: str, value: int, words: str, site: Site, remote_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/1", story("Day 1"))
    site.put("/2", story("Day 2", "And on the second day the wind had gone round to the north at last."))
    site.put("/a", urls(("/1", "2024-03-01")), XML)
    site.put("/b", urls(("/2", "2024-03-02")), XML)
    site.put("/sitemap.xml", index("/a", "/b"), XML)
    home = remote_home("sitemap", "/sitemap.xml")
    with monkeypatch.context() as limited:
        limited.setattr(sitemap, name, value)
        for _ in range(2):
            ((locator, reason),) = limits(home.ingest())
            assert locator == f"{site.url}/sitemap.xml"
            assert words in reason
            assert still_told(home) == 1

    home.ingest()

    assert home.titles() == ["Day 1", "Day 2"]
    assert still_told(home) == 0


def test_sitemaps_too_many_levels_down_are_told(site: Site, remote_home: MakeHome) -> None:
    for n in range(1, 4):
        site.put(f"/{n}", index(f"/{n + 1}"), XML)
    home = remote_home("sitemap", "/1")

    trial = try_source(home.config.sources[0], "test", home.clock.now())

    (problem,) = trial.problems
    assert problem.kind == "limit"
    assert problem.reason.startswith("indexes stand in indexes, more than 3 levels deep")
    assert problem.reason.endswith("make those below the index sources of their own")


def test_a_past_that_goes_on_is_told_until_the_key_is_raised(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    home = remote_home("feed", "/feed", history=True, history_pages=2)

    reports = [home.ingest() for _ in range(3)]

    assert [limits(report) for report in reports] == [
        [
            (
                f"{site.url}/archive/3",
                "older documents of the feed are left unread after 2 of them; raise `history_pages`",
            )
        ],
        [],
        [],
    ]
    assert still_told(home) == 1
    assert count(home) == 5
    home.close()
    home = remote_home("feed", "/feed", history=True, history_pages=9)
    home.ingest()
    assert count(home) == 7
    assert still_told(home) == 0
