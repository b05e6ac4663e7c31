"""A browser that goes to a feed is shown what it is; whatever polls is given the feed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import serve
from feedsvc.config import Config
from tests.formats.making import SPEC, an_entry
from tests.serve.sample import make

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-dest": "document"}
FORMS = ("atom", "rss", "json")


@pytest.mark.parametrize("form", FORMS)
async def test_a_browser_is_shown_the_address_and_what_the_feed_holds(site: Any, form: str) -> None:
    page = await site.get(f"/feeds/category/科技/芯片.{form}", headers=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    address = f"https://news.example.org/feeds/category/%E7%A7%91%E6%8A%80/%E8%8A%AF%E7%89%87.{form}"
    assert f'<input class="address" readonly value="{address}"' in page.text
    assert f"<h1><bdi>{SPEC.title}</bdi></h1>" in page.text
    first = an_entry(1)
    assert re.findall(r'<h3><a href="([^"]+)"><bdi>(.*?)</bdi>', page.text)[0] == (
        f"https://news.example.org/articles/{first.uuid}",
        first.title,
    )
    assert page.text.count("<h3>") == 30
    assert "and 5 more" in page.text
    assert 'datetime="' in page.text


async def test_a_document_that_somebody_else_put_there_has_a_page_all_the_same(site: Any) -> None:
    page = await site.get("/feeds/all.json", headers=BROWSER)
    assert page.status_code == 200
    assert "feeds/all.json" in page.text


async def test_who_polls_is_given_the_feed_whatever_else_it_accepts(site: Any) -> None:
    for headers in ({}, {"accept": BROWSER["accept"]}, {"sec-fetch-dest": "empty"}):
        answer = await site.get("/feeds/all.atom", headers=headers)
        assert answer.headers["content-type"].startswith("application/atom+xml")
        assert "Sec-Fetch-Dest" in answer.headers["vary"]


async def test_no_cache_keeps_the_page_in_the_place_of_the_feed(site: Any) -> None:
    page = await site.get("/feeds/all.atom", headers=BROWSER)
    assert page.headers["cache-control"] == "no-store"
    assert "Sec-Fetch-Dest" in page.headers["vary"]


async def test_the_document_itself_is_one_link_away(site: Any) -> None:
    page = await site.get("/feeds/all.atom", headers=BROWSER)
    assert 'href="/feeds/all.atom?raw"' in page.text
    raw = await site.get("/feeds/all.atom?raw", headers=BROWSER)
    assert raw.headers["content-type"].startswith("application/atom+xml")


@pytest.mark.parametrize("path", ["/feeds/none.atom", "/feeds/x/%2e%2e/all.atom", "/feeds/%2e%2e/secret.atom"])
async def test_where_there_is_no_feed_a_browser_is_told_so(site: Any, path: str) -> None:
    assert (await site.get(path, headers=BROWSER)).status_code == 404


async def test_a_file_that_is_no_feed_has_no_page(tmp_path: Path) -> None:
    feeds = make(tmp_path).parent / "feeds"
    for name in ("all.atom.gz", "note.txt", "none"):
        (feeds / name).write_bytes(b"of somebody else")
    datasette = serve.build(Config(archive=str(tmp_path)), ops=tmp_path / "ops.db")
    await datasette.invoke_startup()
    for name in ("all.atom.gz", "note.txt", "none", "missing.gz"):
        for headers in ({}, BROWSER):
            assert (await datasette.client.get(f"/feeds/{name}", headers=headers)).status_code == 404
    serve.close(datasette)


async def test_an_outline_is_no_feed_to_explain(site: Any) -> None:
    answer = await site.get("/feeds/index.opml", headers=BROWSER)
    assert answer.headers["content-type"].startswith("text/x-opml")


async def test_the_page_runs_nothing(site: Any) -> None:
    page = await site.get("/feeds/all.atom", headers=BROWSER)
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
