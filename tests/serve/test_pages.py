"""What each page says, and that nothing of an article runs in the reader's browser."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.robotparser import RobotFileParser

import pytest

from feedsvc import serve
from feedsvc.config import Config
from feedsvc.model.catalog import EVIDENCE
from tests.serve.sample import HOSTILE, REVISED, UNDATED, WITHDRAWN, make, uuid_of

if TYPE_CHECKING:
    from pathlib import Path

PAGES = (
    "/",
    "/search?q=金融",
    "/category/金融",
    "/source/posts",
    "/feeds/",
    "/-/status",
    f"/articles/{uuid_of(1)}",
    f"/articles/{uuid_of(REVISED)}?diff=1..2",
)
HOSTILE_PAGES = (
    f"/articles/{uuid_of(HOSTILE)}",
    "/search?q=<script>alert(1)</script>",
    "/source/posts",
    "/category/Science",
)


def titles(text: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/articles/[^>]*>(.*?)</a></h[23]>', text)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_and_names_its_feeds(site: Any, path: str) -> None:
    answer = await site.get(path)
    assert answer.status_code == 200
    for media_type in ("application/atom+xml", "application/rss+xml", "application/feed+json"):
        assert f'<link rel="alternate" type="{media_type}"' in answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_forbids_scripts_and_frames(site: Any, path: str) -> None:
    answer = await site.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "'unsafe-inline'" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_has_a_script_or_anything_from_elsewhere(site: Any, path: str) -> None:
    text = (await site.get(path)).text
    assert "<script" not in text
    assert "style=" not in text
    assert not re.search(r'<(?:link|img)[^>]+(?:src|href)="(?!/|https://example\.org/\d)', text)


@pytest.mark.parametrize("path", HOSTILE_PAGES)
async def test_titles_names_and_words_are_text(site: Any, path: str) -> None:
    text = (await site.get(path)).text
    assert "<script>alert" not in text
    assert "<b>Eve</b>" not in text


async def test_the_front_page_shows_the_newest_first_without_the_withdrawn(site: Any) -> None:
    found = titles((await site.get("/")).text)
    assert found[:4] == [
        "央行逆回购：金融市场周报",
        "碳中和基金发行提速",
        "半導体の需要、過去最高",
        "A probe on the far side",
    ]
    assert "Taken back" not in found


async def test_the_front_page_shows_categories_as_a_tree_with_feeds(site: Any) -> None:
    text = (await site.get("/")).text.partition('class="tree"')[2]
    assert text.index("金融</bdi>") < text.index("每经网</bdi>") < text.index("重磅原创</bdi>")
    assert "/feeds/category/%E9%87%91%E8%9E%8D/%E6%AF%8F%E7%BB%8F%E7%BD%91.atom" in text


async def test_times_are_in_the_zone_of_the_service_which_is_named(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(1)}")).text
    assert '<time datetime="2026-03-01T03:00:00+00:00">2026-03-01 11:00</time>' in text
    assert "Asia/Shanghai" in text


async def test_an_article_shows_where_its_facts_come_from(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(1)}")).text
    assert "read from a date line in the article" in text  # published_from
    assert "<bdi>曾剑</bdi> <small>reporter</small>" in text
    assert "<del>Invalid Date</del>" in text  # a repair
    assert f'<a href="/articles/{uuid_of(2)}">posts</a> <small>the same link</small>' in text  # also in
    assert 'href="https://example.org/1"' in text
    assert 'lang="zh" dir="ltr"' in text


async def test_an_undated_article_has_no_invented_date(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(UNDATED)}")).text
    assert "Published 2" not in text
    assert "the source does not say when" in text


async def test_neighbours_are_those_of_the_category(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(10)}")).text
    assert f'<a href="/articles/{uuid_of(9)}" rel="prev"><small>Later</small>' in text
    assert f'<a href="/articles/{uuid_of(11)}" rel="next"><small>Earlier</small>' in text


async def test_a_withdrawn_article_is_gone_and_says_why(site: Any) -> None:
    answer = await site.get(f"/articles/{uuid_of(WITHDRAWN)}")
    assert answer.status_code == 410
    assert "Its author asked for it." in answer.text
    assert "antenna" not in answer.text


async def test_an_old_revision_is_shown_as_it_was(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(REVISED)}?revision=1")).text
    assert "<p>The probe reached the moon.</p>" in text
    assert "This is revision 1" in text


async def test_a_diff_shows_words_put_in_and_counts_what_stayed(site: Any) -> None:
    text = (await site.get(f"/articles/{uuid_of(REVISED)}?diff=1..2")).text
    assert "<ins>&#39;s far side</ins>" in text
    assert "1 unchanged paragraph" in text


@pytest.mark.parametrize(
    "path",
    [
        f"/articles/{uuid_of(999)}",
        f"/articles/{uuid_of(1)}?revision=99",
        f"/articles/{uuid_of(1)}?revision=x",
        "/category/nothing",
        "/category/%00",
        "/source/nobody",
    ],
)
async def test_what_is_not_there_is_404(site: Any, path: str) -> None:
    assert (await site.get(path)).status_code == 404


async def test_a_category_holds_what_is_below_it_each_once(site: Any) -> None:
    found = titles((await site.get("/category/金融")).text)
    assert found == ["央行逆回购：金融市场周报", "碳中和基金发行提速"]
    science = titles((await site.get("/category/Science")).text)
    assert science.count("A probe on the far side") == 1  # is in Science and in Science/Space & Time


async def test_a_category_is_found_by_its_path_and_by_its_slug(site: Any) -> None:
    by_path = await site.get("/category/Science/Space %26 Time")
    by_slug = await site.get("/category/Science/Space and Time")
    assert titles(by_path.text) == titles(by_slug.text) == ["A probe on the far side"]


@pytest.mark.parametrize("start", ["/category/Science", "/source/planet"])
async def test_pages_of_a_list_follow_on_without_gap_or_repetition(site: Any, start: str) -> None:
    path, found = start, []
    while path:
        text = (await site.get(path)).text
        found += titles(text)
        older = re.search(r'rel="next" href="([^"]+)">Older', text)
        path = older[1] if older else ""
    assert len(found) == len(set(found))
    assert {f"Bulletin {number}" for number in range(8, 72)} <= set(found)


@pytest.mark.parametrize("place", ["", "x", "1", "9" * 60, "-5.-5", "1.2.3", "%00"])
async def test_a_mangled_place_is_no_error(site: Any, place: str) -> None:
    assert (await site.get(f"/category/Science?after={place}")).status_code == 200


async def test_the_feeds_page_lists_every_feed(site: Any) -> None:
    text = (await site.get("/feeds/")).text
    for path in ("all.atom", "category/Science.rss", "source/posts.json", "custom/chips.atom", "index.opml"):
        assert f'href="/feeds/{path}"' in text


async def test_the_operator_sees_what_fails(site: Any) -> None:
    text = (await site.get("/-/status")).text
    assert "planet.example.org: time-out" in text
    assert "line 3: no value" in text


async def test_machines_are_told_that_it_is_alive_and_how_it_is(site: Any) -> None:
    assert (await site.get("/-/healthz")).json() == {"ok": True}
    lines = (await site.get("/-/metrics")).text.splitlines()
    assert 'feedsvc_articles{source="posts"} 5' in lines
    assert 'feedsvc_source_failures{source="planet"} 2' in lines
    assert 'feedsvc_quarantined_documents{source="posts"} 1' in lines


async def test_the_icon_is_ours(site: Any) -> None:
    answer = await site.get("/favicon.ico")
    assert answer.headers["content-type"].startswith("image/svg+xml")


async def test_a_category_asked_for_as_a_feed_leads_to_its_feed(site: Any) -> None:
    answer = await site.get("/category/金融", headers={"accept": "application/atom+xml"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/feeds/category/%E9%87%91%E8%9E%8D.atom")
    page = await site.get("/category/金融", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 200
    for each in (answer, page):
        assert "accept" in each.headers["vary"].lower()


async def test_a_category_that_is_not_there_has_no_feed(site: Any) -> None:
    assert (await site.get("/category/nowhere", headers={"accept": "application/atom+xml"})).status_code == 404


async def test_the_list_of_feeds_says_in_which_language_each_is_and_when_it_last_had_something(site: Any) -> None:
    text = (await site.get("/feeds/")).text
    rows = re.findall(r'<span class="row">.*?</span></li>', text, re.DOTALL)
    finance = next(row for row in rows if "<bdi>金融</bdi>" in row)
    assert re.search(r"zh[^<]* · newest <time datetime=\"\d{4}-", finance)


async def test_a_source_that_never_was_read_is_among_those_that_fail(tmp_path: Path) -> None:
    make(tmp_path)
    with sqlite3.connect(tmp_path / "ops.db") as db:
        db.execute(
            "insert into source_state (source, failures, error) values ('silent', 1, 'silent.example: no address')"
        )
    datasette = serve.build(Config(archive=str(tmp_path)), ops=tmp_path / "ops.db")
    await datasette.invoke_startup()
    text = (await datasette.client.get("/-/status")).text
    serve.close(datasette)
    assert "3 sources, <b" in text
    assert "1 failed: silent.example: no address" in text


async def test_an_article_never_shows_the_code_of_its_evidence(tmp_path: Path) -> None:
    make(tmp_path)
    datasette = serve.build(Config(archive=str(tmp_path)), ops=None)
    await datasette.invoke_startup()
    for code, evidence in EVIDENCE.items():
        with closing(sqlite3.connect(tmp_path / "archive.db")) as connection, connection:
            connection.execute("update articles set published_from = ? where uuid = ?", [code, uuid_of(1)])
        text = (await datasette.client.get(f"/articles/{uuid_of(1)}")).text
        assert html.escape(evidence.words) in text
        assert ":" not in code or code not in text
    serve.close(datasette)


async def test_crawlers_are_asked_to_leave_alone_what_costs_much(site: Any) -> None:
    answer = await site.get("/robots.txt")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    for path in ("/", "/feeds/all.atom", f"/articles/{uuid_of(1)}", "/category/Science"):
        assert rules.can_fetch("crawler", path), path
    for path in ("/archive/articles?_facet=source", "/archive.json", "/-/status", "/search?q=a"):
        assert not rules.can_fetch("crawler", path), path
    assert "Disallow: /*?diff=" in answer.text
