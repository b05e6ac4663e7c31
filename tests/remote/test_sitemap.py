"""Source `sitemap`: every page that a site lists, each fetched once, and again when it changed."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from tests.remote.site import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.remote.site import Site
    from tests.services import Home

    MakeHome = Callable[..., Home]

XML = "application/xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urls(*entries: tuple[str, str], more: str = "") -> str:
    listed = "".join(
        f"<url><loc>{{site}}{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}{more}</url>"
        for path, lastmod in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><urlset {NAMESPACES}>{listed}</urlset>'


def index(*paths: str) -> str:
    listed = "".join(f"<sitemap><loc>{{site}}{path}</loc></sitemap>" for path in paths)
    return f'<?xml version="1.0" encoding="utf-8"?><sitemapindex {NAMESPACES}>{listed}</sitemapindex>'


def story(title: str, text: str = "The tide comes in at noon, and goes out before the evening bell is rung.") -> str:
    return (
        f'<html lang="en"><head><title>{title} | Harbour</title><meta property="og:title" content="{title}"></head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    )


@pytest.fixture
def two_pages(site: Site) -> Site:
    site.put("/sitemap.xml", urls(("/a", "2024-03-01"), ("/b", "2024-03-02")), XML)
    site.put("/a", story("The ferry"))
    site.put("/b", story("The wall"))
    return site


def test_each_page_is_an_article_and_is_fetched_once(two_pages: Site, remote_home: MakeHome) -> None:
    home = remote_home("sitemap", "/sitemap.xml")
    assert home.counts() == {"added": 2}
    assert home.titles() == ["The ferry", "The wall"]
    assert {entry.url for entry in home.entries()} == {f"{two_pages.url}/a", f"{two_pages.url}/b"}
    assert "Home" not in home.entries()[0].content
    two_pages.asked_now()
    assert home.counts() == {}
    assert two_pages.asked_now() == ["/sitemap.xml"]


def test_a_page_whose_lastmod_moved_is_read_again(two_pages: Site, remote_home: MakeHome) -> None:
    home = remote_home("sitemap", "/sitemap.xml")
    home.counts()
    two_pages.put("/sitemap.xml", urls(("/a", "2024-04-01"), ("/b", "2024-03-02")), XML)
    two_pages.put("/a", story("The ferry", "The ferry leaves at nine from now on, and comes back before the bell."))
    assert home.counts() == {"revised": 1}
    assert two_pages.asked.count("/b") == 1


def test_a_lastmod_that_all_share_is_the_clock_of_the_machine(site: Site, remote_home: MakeHome) -> None:
    paths = [f"/{n}" for n in range(12)]
    for path in paths:
        site.put(
            path, story(f"Chapter {path[1:]}", f"What happened in chapter {path[1:]} is told here at some length.")
        )
    site.put("/sitemap.xml", urls(*((path, "2024-03-01T10:00:00Z") for path in paths)), XML)
    home = remote_home("sitemap", "/sitemap.xml")
    assert home.counts() == {"added": 12}
    site.asked_now()
    site.put("/sitemap.xml", urls(*((path, "2024-03-01T11:00:00Z") for path in paths)), XML)
    assert home.counts() == {}
    assert site.asked_now() == ["/sitemap.xml"]


def test_so_many_pages_are_fetched_in_a_run_the_newest_first(site: Site, remote_home: MakeHome) -> None:
    site.put("/sitemap.xml", urls(*((f"/{n}", f"2024-03-0{n}") for n in range(1, 6))), XML)
    for n in range(1, 6):
        site.put(f"/{n}", story(f"Chapter {n}", f"What happened in chapter {n} is told here at some length."))
    home = remote_home("sitemap", "/sitemap.xml", pages_per_run=2)
    home.ingest()
    assert home.titles() == ["Chapter 4", "Chapter 5"]
    home.ingest()
    home.ingest()
    assert len(home.entries()) == 5


def test_indexes_gzip_and_plain_lists_are_followed(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.put("/index.xml", index("/deeper.xml", "/list.txt", "/missing.xml"), XML)
    two_pages.put("/deeper.xml", index("/sitemap.xml.gz"), XML)
    body = two_pages.pages["/sitemap.xml"].body
    two_pages.pages["/sitemap.xml.gz"] = Page(gzip.compress(body), "application/gzip")
    two_pages.put("/list.txt", "{site}/c\n", "text/plain")
    two_pages.put("/c", story("The bell", "The bell is rung in the evening when the boats have come back."))
    home = remote_home("sitemap", "/index.xml")
    assert home.counts() == {"added": 3}


def test_more_than_three_levels_are_not_followed(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.put("/1", index("/2"), XML)
    two_pages.put("/2", index("/3"), XML)
    two_pages.put("/3", index("/sitemap.xml"), XML)
    remote_home("sitemap", "/1").ingest()
    assert two_pages.asked_now() == ["/1", "/2", "/3"]


def test_a_news_sitemap_dates_its_pages_and_forgets_them_without_loss(site: Site, remote_home: MakeHome) -> None:
    news = (
        "<news:news><news:publication><news:name>Harbour news</news:name><news:language>en</news:language></news:publication>"
        "<news:publication_date>2024-03-01T08:30:15Z</news:publication_date><news:title>The ferry runs</news:title>"
        "<news:keywords>ferry, sea</news:keywords></news:news><image:image><image:loc>{site}/f.jpg</image:loc>"
        "<image:title>The ferry at the pier</image:title></image:image>"
    )
    site.put("/news.xml", urls(("/a", ""), more=news), XML)
    site.put("/a", story("An entirely different heading"))
    home = remote_home("sitemap", "/news.xml")
    home.counts()
    article = home.only()
    assert article.title == "The ferry runs"
    assert article.published is not None
    assert article.published.isoformat() == "2024-03-01T08:30:15+00:00"
    assert (article.publisher, article.tags, article.image) == ("Harbour news", ("ferry", "sea"), f"{site.url}/f.jpg")
    site.put("/news.xml", urls(), XML)
    assert home.counts() == {}
    assert len(home.entries()) == 1


def test_a_page_that_is_not_there_is_quarantined_and_the_source_is_well(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.fail("/a", 404)
    home = remote_home("sitemap", "/sitemap.xml")
    report = home.ingest()
    assert (report.outcome, report.added, report.failed) == ("ok", 1, 1)
    assert [failure.kind for failure in report.failures] == ["http"]
    two_pages.asked_now()
    home.ingest()
    assert two_pages.asked_now() == ["/sitemap.xml"]


def test_what_robots_txt_forbids_is_not_asked_for(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.put("/robots.txt", "User-agent: *\nDisallow: /a\n\nUser-agent: other\nDisallow: /\n", "text/plain")
    home = remote_home("sitemap", "/sitemap.xml")
    home.ingest()
    assert home.titles() == ["The wall"]
    assert "/a" not in two_pages.asked


def test_leave_to_ask_is_the_operators_to_have(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.put("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    assert remote_home("sitemap", "/sitemap.xml", robots=False).counts() == {"added": 2}


def test_a_server_in_trouble_is_left_alone(two_pages: Site, remote_home: MakeHome) -> None:
    two_pages.fail("/robots.txt", 500)
    report = remote_home("sitemap", "/sitemap.xml").ingest()
    assert report.outcome == "blocked"
    assert two_pages.asked_now() == []


@pytest.mark.parametrize(
    "body",
    ["<html><body>Welcome</body></html>", "", "<!DOCTYPE a [<!ENTITY b 'c'>]><urlset/>"],
    ids=["a page", "nothing", "entities"],
)
def test_what_is_no_sitemap_is_said_to_be_none(site: Site, remote_home: MakeHome, body: str) -> None:
    site.put("/sitemap.xml", body, XML)
    report = remote_home("sitemap", "/sitemap.xml").ingest()
    assert report.outcome in ("not-a-sitemap", "empty")
    assert report.error
