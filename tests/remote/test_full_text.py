"""`full_text`: the page of an entry is fetched once, and what the feed said stays beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.remote.site import feed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]

TEASER = "The wall was built by masons from the north, and it has stood since."
STORY = (
    f"<p>{TEASER}</p><p>It has been mended many times after the storms of winter, most recently when two of its stones"
    " were moved by a single wave of seven metres.</p><p>The harbour master keeps a list of every stone that was ever"
    " laid anew, with the name of the mason and the weather of the day.</p>"
)


def page(body: str = STORY, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>The wall - Harbour news</title>{head}</head><body><nav><a href="/">'
        f"Home</a> <a href='/about'>About us</a></nav><main><article><h1>The wall</h1>{body}</article></main>"
        "<footer>All rights reserved by the harbour company</footer></body></html>"
    )


@pytest.fixture
def home(site: Site, remote_home: MakeHome) -> Home:
    site.put("/feed", feed(("/wall", "The wall", TEASER)), "application/rss+xml")
    site.put("/wall", page())
    return remote_home("feed", "/feed", full_text=True)


def test_an_entry_has_the_text_of_its_page_and_the_feeds_words_as_summary(home: Home) -> None:
    assert home.counts() == {"added": 1}
    article = home.only()
    assert "seven metres" in article.content
    assert "All rights reserved" not in article.content
    assert article.summary == TEASER
    assert article.uid.startswith("urn:uuid:")


def test_a_page_is_fetched_once(home: Home, site: Site) -> None:
    home.counts()
    site.asked_now()
    site.put("/feed", feed(("/new", "The tide", "At noon."), ("/wall", "The wall", TEASER)), "application/rss+xml")
    site.put("/new", page("<p>The tide comes in at noon, and goes out again before the evening bell is rung.</p>"))
    assert home.counts() == {"added": 1}
    assert site.asked_now() == ["/feed", "/new"]


def test_an_edit_in_the_feed_fetches_the_page_again(home: Home, site: Site) -> None:
    home.counts()
    site.put("/feed", feed(("/wall", "The wall, mended", TEASER)), "application/rss+xml")
    site.put("/wall", page(STORY.replace("two of its stones", "three of its stones")))
    assert home.counts() == {"revised": 1}
    assert "three of its stones" in home.only().content


def test_an_entry_whose_page_cannot_be_had_is_archived_as_the_feed_has_it(home: Home, site: Site) -> None:
    site.fail("/wall", 404)
    assert home.counts() == {"added": 1}
    assert home.only().content == TEASER
    site.asked_now()
    assert home.counts() == {}
    assert site.asked_now() == ["/feed"]


def test_a_page_that_fails_for_now_is_tried_again_until_it_is_there(home: Home, site: Site) -> None:
    site.fail("/wall", 503)
    assert home.counts() == {"added": 1}
    site.put("/wall", page())
    assert home.counts() == {"revised": 1}
    assert "seven metres" in home.only().content


def test_a_page_that_always_fails_is_given_up(home: Home, site: Site) -> None:
    site.fail("/wall", 503)
    for _ in range(8):
        home.counts()
    assert site.asked.count("/wall") == 5


@pytest.mark.parametrize(
    "body",
    [
        "<p>Please log in to read this article. Subscribers read everything that we have, every day, on every device.</p>",
        "<p>Soon.</p>",
    ],
    ids=["a wall", "less than the feed has"],
)
def test_a_page_that_does_not_hold_what_the_feed_says_is_not_taken(home: Home, site: Site, body: str) -> None:
    site.put("/wall", page(body))
    home.counts()
    assert home.only().content == TEASER


def test_robots_txt_is_honoured_for_pages_and_not_asked_for_the_feed(home: Home, site: Site) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    assert home.counts() == {"added": 1}
    assert home.only().content == TEASER
    assert site.asked == ["/feed", "/robots.txt"]


def test_so_many_pages_are_fetched_in_a_run_and_nothing_is_lost_meanwhile(site: Site, remote_home: MakeHome) -> None:
    entries = [(f"/{n}", f"Chapter {n}", f"Of the {n}th storm, {TEASER.lower()}") for n in range(5)]
    site.put("/feed", feed(*entries), "application/rss+xml")
    for path, _, text in entries:
        site.put(path, page(f"<p>{text}</p>{STORY}"))
    home = remote_home("feed", "/feed", full_text=True, pages_per_run=2)
    assert home.counts() == {"added": 5}
    assert home.counts() == {"revised": 2}
    assert home.counts() == {"revised": 1}
    assert home.counts() == {}
    assert all("seven metres" in entry.content for entry in home.entries())


def test_switching_full_text_on_makes_no_second_article(site: Site, remote_home: MakeHome) -> None:
    site.put("/feed", feed(("/wall", "The wall", TEASER)), "application/rss+xml")
    site.put("/wall", page())
    plain = remote_home("feed", "/feed")
    plain.counts()
    plain.close()
    home = remote_home("feed", "/feed", full_text=True)
    site.put("/feed", feed(("/wall", "The wall", TEASER), more="<ttl>60</ttl>"), "application/rss+xml")
    assert home.counts() == {"revised": 1}
    assert len(home.entries()) == 1


def test_a_replay_over_pages_changes_nothing(home: Home) -> None:
    from feedsvc.app.upkeep import replay_now  # noqa: PLC0415

    home.counts()
    report = replay_now(home.service, apply=False, announce=False)
    assert (report.captures, report.changed, report.added, report.failed) == (2, 0, 0, 0)


def test_a_server_cannot_pass_its_own_bundle_off_as_ours(site: Site, remote_home: MakeHome) -> None:
    site.put("/feed", feed(("/wall", "The wall", TEASER)), "application/warc")
    home = remote_home("feed", "/feed")
    assert home.counts() == {"added": 1}


def test_dates_and_people_are_read_from_the_page_where_the_feed_has_none(home: Home, site: Site) -> None:
    head = (
        '<meta property="article:published_time" content="2024-03-01T08:30:15+01:00"><meta name="author" content="Ann Mason">'
        '<meta property="og:image" content="/wall.jpg"><meta property="og:site_name" content="Harbour news">'
    )
    site.put("/wall", page(head=head))
    home.counts()
    article = home.only()
    assert article.published is not None
    assert article.published.isoformat() == "2024-03-01T07:30:15+00:00"
    assert article.image == f"{site.url}/wall.jpg"


def test_pages_are_read_in_workers_with_limits(
    site: Site, remote_home: MakeHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("/feed", feed(("/wall", "The wall", TEASER), ("/bomb", "The bomb", "Boom.")), "application/rss+xml")
    site.put("/wall", page())
    site.put("/bomb", "<div><a>" * 20_000)
    home = remote_home("feed", "/feed", full_text=True)
    monkeypatch.undo()  # the executor that the service has by itself
    assert home.counts() == {"added": 2}
    texts = {entry.title: entry.content for entry in home.entries()}
    assert "seven metres" in texts["The wall"]
    assert texts["The bomb"] == "Boom."
