"""`history`: what came before a feed's window is read once, backwards, so much in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.remote.site import feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]

RSS = "application/rss+xml"
WORDPRESS = "<generator>https://wordpress.org/?v=6.4</generator>"


def entry(number: int, text: str = "") -> tuple[str, str, str]:
    return f"/{number}", f"Chapter {number}", text or f"What happened in chapter {number}, told at length."


def linked(relation: str, path: str) -> str:
    return f"<atom:link rel='{relation}' href='{{site}}{path}'/>"


def archived(site: Site, pages: int = 3) -> None:
    """Put a feed of entry 100 and `pages` archive documents of two entries each, the oldest last."""
    site.put("/feed", feed(entry(100), entry(2), more=linked("prev-archive", "/archive/1")), RSS)
    for page in range(1, pages + 1):
        more = linked("prev-archive", f"/archive/{page + 1}") if page < pages else ""
        site.put(f"/archive/{page}", feed(entry(2 * page), entry(2 * page + 1), more=more), RSS)


def test_archive_documents_are_read_back_to_the_first_and_only_once(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    home = remote_home("feed", "/feed", history=True)
    assert home.counts() == {"added": 7}
    assert site.asked_now() == ["/feed", "/archive/1", "/archive/2", "/archive/3"]
    assert home.counts() == {}
    assert site.asked_now() == ["/feed"]
    assert home.rows("select count(*) from articles where source = 'posts'") == [(7,)]


def test_without_history_nothing_older_is_asked_for(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    assert remote_home("feed", "/feed").counts() == {"added": 2}
    assert site.asked_now() == ["/feed"]


def test_a_run_reads_so_many_documents_and_the_next_goes_on_there(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    home = remote_home("feed", "/feed", history=True, pages_per_run=1)
    asked = []
    for _ in range(5):
        home.ingest()
        asked.append(site.asked_now()[1:])
    assert asked == [["/archive/1"], ["/archive/2"], ["/archive/3"], [], []]
    assert len(home.entries()) == 7


def test_a_limit_on_all_documents_holds_over_runs(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    home = remote_home("feed", "/feed", history=True, pages_per_run=1, history_pages=2)
    for _ in range(4):
        home.ingest()
    assert site.asked.count("/archive/3") == 0
    assert len(home.entries()) == 5


def test_a_document_that_fails_for_now_is_asked_for_again(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    site.fail("/archive/2", 503)
    home = remote_home("feed", "/feed", history=True)
    assert home.counts() == {"added": 3}
    archived(site)
    assert home.ingest().added == 4


def test_an_older_text_of_an_entry_does_not_replace_the_newer(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    site.put("/archive/1", feed(entry(2, "What was told first, before it was mended."), entry(3)), RSS)
    home = remote_home("feed", "/feed", history=True)
    assert home.counts() == {"added": 3}
    assert "told at length" in next(e.content for e in home.entries() if e.title == "Chapter 2")


def test_a_ring_of_documents_ends(site: Site, remote_home: MakeHome) -> None:
    archived(site, 2)
    site.put("/archive/2", feed(entry(4), more=linked("prev-archive", "/archive/1")), RSS)
    home = remote_home("feed", "/feed", history=True)
    home.ingest()
    assert site.asked.count("/archive/1") == 1


def test_pages_of_wordpress_are_counted_up_to_the_one_that_is_not_there(site: Site, remote_home: MakeHome) -> None:
    site.put("/feed", feed(entry(9), entry(8), more=WORDPRESS), RSS)
    site.put("/feed?paged=2", feed(entry(7), entry(6), more=WORDPRESS), RSS)
    site.put("/feed?paged=3", feed(entry(5), more=WORDPRESS), RSS)
    home = remote_home("feed", "/feed", history=True)
    assert home.counts() == {"added": 5}
    assert site.asked_now() == ["/feed", "/feed?paged=2", "/feed?paged=3", "/feed?paged=4"]
    home.ingest()
    assert site.asked_now() == ["/feed"]


def test_a_site_that_ignores_the_number_of_the_page_is_asked_for_one(site: Site, remote_home: MakeHome) -> None:
    site.put("/feed", feed(entry(9), more=WORDPRESS), RSS)
    site.put("/feed?paged=2", feed(entry(9), more=WORDPRESS), RSS)
    home = remote_home("feed", "/feed", history=True)
    assert home.counts() == {"added": 1}
    assert site.asked_now() == ["/feed", "/feed?paged=2"]


def test_the_past_has_its_full_text_too(site: Site, remote_home: MakeHome) -> None:
    site.put("/feed", feed(entry(1), more=linked("next", "/older")), RSS)
    site.put("/older", feed(entry(2)), RSS)
    for number in (1, 2):
        _, _, text = entry(number)
        more = f"It rained for {number} days and the wind blew from the west, so that no ship could leave the harbour."
        site.put(f"/{number}", f"<html><body><article><p>{text}</p><p>{more}</p></article></body></html>")
    home = remote_home("feed", "/feed", history=True, full_text=True)
    assert home.counts() == {"added": 2}
    assert all("no ship could leave" in e.content for e in home.entries())


def test_the_past_leaves_no_gap(site: Site, remote_home: MakeHome) -> None:
    archived(site)
    home = remote_home("feed", "/feed", history=True, pages_per_run=1)
    for _ in range(4):
        home.ingest()
    assert home.view.operations.gaps(home.clock.now().replace(year=2000)) == []
