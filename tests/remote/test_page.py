"""Source `page`: the entries of a page that lists articles, by selectors or by what repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.model import PageRules

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]


def listed(*titles: str) -> str:
    entries = "".join(
        f'<div class="story"><h2><a href="/{title.split()[-1]}">{title}</a></h2><span class="when">2024-03-0{number} 08:30</span>'
        f'<p class="lead">All about <b>{title.lower()}</b>, and then some more.</p><img src="/{number}.jpg"></div>'
        for number, title in enumerate(titles, 1)
    )
    return (
        '<html lang="en"><head><title>Harbour news</title></head><body><nav><ul><li><a href="/">Home</a></li>'
        '<li><a href="/about">About us and our work</a></li><li><a href="/contact">How to get in touch</a></li>'
        f'<li><a href="/jobs">Work at the harbour</a></li></ul></nav><div class="list">{entries}</div>'
        '<footer><a href="/terms">Terms of use</a> <a href="/privacy">Privacy</a> <a href="/imprint">Imprint</a></footer></body></html>'
    )


THREE = ("The long way of the ferry", "What became of the wall", "Who rings the bell")
RULES = PageRules(item="div.story", title="h2", link="h2 a", date=".when", summary=".lead", image="img")


def test_selectors_say_where_the_entries_are(site: Site, remote_home: MakeHome) -> None:
    site.put("/", listed(*THREE))
    home = remote_home("page", "/", page=RULES)
    assert home.counts() == {"added": 3}
    first = next(entry for entry in home.entries() if entry.title == THREE[0])
    assert first.url == f"{site.url}/ferry"
    assert first.published is not None
    assert first.published.isoformat() == "2024-03-01T08:30:00+00:00"
    assert "<b>the long way of the ferry</b>" in first.content
    assert first.image == f"{site.url}/1.jpg"


def test_without_selectors_what_repeats_is_found(site: Site, remote_home: MakeHome) -> None:
    site.put("/", listed(*THREE))
    home = remote_home("page", "/")
    assert home.counts() == {"added": 3}
    assert home.titles() == sorted(THREE)
    assert {entry.url for entry in home.entries()} == {f"{site.url}/{name}" for name in ("ferry", "wall", "bell")}


def test_a_list_that_grows_gives_what_is_new_and_one_that_shrinks_takes_nothing(
    site: Site, remote_home: MakeHome
) -> None:
    site.put("/", listed(*THREE))
    home = remote_home("page", "/", page=RULES)
    home.counts()
    assert home.counts() == {}
    site.put("/", listed("A crane for the pier", *THREE[:2]))
    assert home.ingest().added == 1
    assert len(home.entries()) == 4


def test_a_site_drawn_anew_is_a_failure_that_says_what_to_do(site: Site, remote_home: MakeHome) -> None:
    site.put("/", listed(*THREE))
    home = remote_home("page", "/", page=RULES)
    home.counts()
    site.put("/", listed(*THREE).replace('class="story"', 'class="card"'))
    report = home.ingest()
    assert (report.outcome, report.failed) == ("not-a-list", 1)
    assert "source.page" in report.error
    assert len(home.entries()) == 3


def test_the_page_of_each_entry_gives_its_full_text(site: Site, remote_home: MakeHome) -> None:
    site.put("/", listed(*THREE))
    for title in THREE:
        text = (
            f"<p>All about {title.lower()}, and then some more.</p><p>It is told at length by those who were there.</p>"
        )
        site.put(f"/{title.split()[-1]}", f"<html><body><article><h1>{title}</h1>{text}</article></body></html>")
    home = remote_home("page", "/", page=RULES, full_text=True)
    assert home.counts() == {"added": 3}
    assert all("told at length" in entry.content for entry in home.entries())
    site.asked_now()
    assert home.counts() == {}
    assert site.asked_now() == ["/"]


def test_robots_txt_holds_for_the_list_too(site: Site, remote_home: MakeHome) -> None:
    site.put("/", listed(*THREE))
    site.put("/robots.txt", "User-agent: feedsvc\nDisallow: /\n", "text/plain")
    report = remote_home("page", "/").ingest()
    assert report.outcome == "blocked"
    assert "robots" in report.error
