"""A gap is answered: older pages of the feed are read back to what was known before, once, where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.remote.site import feed
from tests.remote.test_history import RSS, WORDPRESS, entry, linked

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]


def shown(site: Site, newest: int, pages: int = 0, *, size: int = 2, more: str = "") -> None:
    """Put a feed whose window has the `size` entries up to number `newest`, and `pages` with those before."""
    for page in range(pages + 1):
        first = newest - page * size
        older = linked("prev-archive", f"/older/{page + 1}") if page < pages else ""
        text = feed(*(entry(number) for number in range(first, first - size, -1)), more=more or older)
        site.put(f"/older/{page}" if page else "/feed", text, RSS)


def titles(*numbers: int) -> list[str]:
    return sorted(f"Chapter {number}" for number in numbers)


def gaps_of(home: Home) -> list[dict[str, Any]]:
    return home.view.operations.gaps(home.clock.now().replace(year=2000))


def slid(site: Site, home: Home, *, pages: int) -> None:
    """Let the window of the feed slide from entries 1 and 2 to 11 and 12, and be read."""
    shown(site, 2)
    home.ingest()
    shown(site, 12, pages)
    home.ingest()
    site.asked_now()


def test_what_was_missed_is_found_on_older_pages_once(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    slid(site, home, pages=5)
    assert home.titles() == titles(1, 2, 11, 12)
    assert home.ingest().added == 8
    assert site.asked_now() == ["/feed", *(f"/older/{page}" for page in range(1, 6))]
    assert home.titles() == titles(*range(1, 13))
    assert home.counts() == {}
    assert site.asked_now() == ["/feed"]


def test_the_walk_ends_where_something_was_known_before(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    slid(site, home, pages=9)
    home.ingest()
    assert site.asked_now()[-1] == "/older/5"
    (gap,) = gaps_of(home)
    assert gap["walked"]
    assert gap["note"].endswith("; 5 older documents were read, back to what was known")


def test_a_feed_without_older_pages_is_asked_for_none(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    slid(site, home, pages=0)
    home.ingest()
    home.ingest()
    assert site.asked_now() == ["/feed", "/feed"]
    (gap,) = gaps_of(home)
    assert gap["note"].endswith("; it has no older documents")


def test_numbered_pages_are_walked_too(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    shown(site, 2, more=WORDPRESS)
    home.ingest()
    shown(site, 6, more=WORDPRESS)
    home.ingest()
    site.put("/feed?paged=2", feed(entry(4), entry(3), more=WORDPRESS), RSS)
    site.put("/feed?paged=3", feed(entry(2), entry(1), more=WORDPRESS), RSS)
    site.asked_now()
    home.ingest()
    assert site.asked_now() == ["/feed", "/feed?paged=2", "/feed?paged=3"]
    assert home.titles() == titles(*range(1, 7))


def test_a_walk_goes_on_over_runs_and_restarts(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", pages_per_run=2)
    slid(site, home, pages=5)
    home.ingest()
    assert site.asked_now() == ["/feed", "/older/1", "/older/2"]
    home.close()
    home.service = home.opened()
    home.ingest()
    home.ingest()
    assert site.asked_now() == ["/feed", "/older/3", "/older/4", "/feed", "/older/5"]
    assert home.titles() == titles(*range(1, 13))
    (gap,) = gaps_of(home)
    assert "5 older documents" in gap["note"]


def test_a_page_that_fails_is_asked_for_again_and_not_for_ever(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed")
    slid(site, home, pages=5)
    site.fail("/older/2", 503)
    home.ingest()
    home.ingest()
    assert site.asked_now() == ["/feed", "/older/1", "/older/2", "/feed", "/older/2"]
    home.clock.pass_by(hours=24 * 31)
    home.ingest()
    assert site.asked_now() == ["/feed"]
    (gap,) = gaps_of(home)
    assert gap["walked"] is None


def test_a_window_that_slides_again_before_the_walk_is_walked_from_where_it_is(
    site: Site, remote_home: MakeHome
) -> None:
    home = remote_home("feed", "/feed", history_pages=20)
    slid(site, home, pages=0)
    site.fail("/feed", 503)
    home.ingest()
    shown(site, 22, 10)
    home.ingest()
    assert home.titles() == titles(*range(1, 23))
    assert all(gap["walked"] for gap in gaps_of(home))


def test_the_limit_on_all_documents_holds(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", history_pages=3)
    slid(site, home, pages=5)
    home.ingest()
    home.ingest()
    assert site.asked_now() == ["/feed", "/older/1", "/older/2", "/older/3", "/feed"]
    (gap,) = gaps_of(home)
    assert gap["note"].endswith("; 3 older documents were read, as many as history_pages allows")


def test_a_history_that_was_walked_before_is_not_walked_again(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", history=True)
    shown(site, 6, 2)
    home.ingest()
    shown(site, 12, 5)
    home.ingest()
    site.asked_now()
    home.ingest()
    assert site.asked_now() == ["/feed", "/older/1", "/older/2", "/older/3"]
    assert home.titles() == titles(*range(1, 13))


def test_a_link_that_all_entries_share_is_no_sign_of_what_was_known(site: Site, remote_home: MakeHome) -> None:
    def put(newest: int, *, pages: int) -> None:
        shown(site, newest, pages)
        for path in site.pages:
            body = site.pages[path].body.decode()
            for number in range(1, newest + 1):
                body = body.replace(f"<link>{site.url}/{number}</link>", f"<link>{site.url}/all</link>")
            site.put(path, body, RSS)

    home = remote_home("feed", "/feed")
    put(2, pages=0)
    home.ingest()
    put(8, pages=3)
    home.ingest()
    home.ingest()
    assert home.titles() == titles(*range(1, 9))


# ---------------------------------------------------------------- where entries have pages of their own


def with_pages(site: Site, newest: int, pages: int = 0) -> None:
    shown(site, newest, pages)
    for number in range(1, newest + 1):
        _, title, text = entry(number)
        more = f"It rained for {number} days and the wind blew from the west, so that no ship could leave the harbour."
        site.put(
            f"/{number}", f"<html><body><article><h1>{title}</h1><p>{text}</p><p>{more}</p></article></body></html>"
        )


def test_a_feed_whose_entries_have_pages_has_gaps_too(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", full_text=True)
    for newest in (2, 3, 5):
        with_pages(site, newest)
        home.ingest()
    (gap,) = gaps_of(home)
    assert gap["entries"] == 2
    assert gap["locator"] == f"{site.url}/feed"


def test_what_such_a_feed_missed_is_found_with_its_pages(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", full_text=True)
    for newest in (2, 8):
        with_pages(site, newest, 3 if newest == 8 else 0)
        home.ingest()
    assert home.ingest().added == 4
    assert home.titles() == titles(*range(1, 9))
    assert all("no ship could leave" in each.content for each in home.entries())


def test_pages_that_moved_leave_no_gap(site: Site, remote_home: MakeHome) -> None:
    home = remote_home("feed", "/feed", full_text=True)
    with_pages(site, 2)
    home.ingest()
    for number in (1, 2):
        site.pages[f"/{number}/?utm_source=feed"] = site.pages[f"/{number}"]
    text = site.pages["/feed"].body.decode()
    for number in (1, 2):
        text = text.replace(f"{site.url}/{number}<", f"{site.url}/{number}/?utm_source=feed<")
    site.put("/feed", text, RSS)
    home.ingest()
    assert gaps_of(home) == []
