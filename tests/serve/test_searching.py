"""The search page, and Datasette's own search box, find one character of Chinese and up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.test_pages import titles

BANK, CARBON, CHIPS, PROBE = (
    "央行逆回购：金融市场周报",
    "碳中和基金发行提速",
    "半導体の需要、過去最高",
    "A probe on the far side",
)


def plain(text: str) -> set[str]:
    return {title.replace("<mark>", "").replace("</mark>", "") for title in titles(text)}


@pytest.mark.parametrize(
    ("words", "found", "left_out"),
    [
        ("金融", {BANK, CARBON}, {CHIPS}),
        ("碳", {CARBON}, {PROBE}),
        ("東京", {CHIPS}, {BANK}),
        ("逆回购 金融", {BANK}, {PROBE}),
        ("cafe", {PROBE}, {BANK}),
        ("anten*", {PROBE}, {BANK}),
        ('"far side"', {PROBE}, {BANK}),
        ("東京 OR 央行", {CHIPS, BANK}, {PROBE}),
        ("央行 -周报", {CARBON}, {BANK}),
        ("曾剑", {BANK}, {CARBON}),
    ],
)
async def test_words_find_articles(site: Any, words: str, found: set[str], left_out: set[str]) -> None:
    shown = plain((await site.get("/search", params={"q": words, "category": ""})).text)
    assert found <= shown
    assert not left_out & shown


@pytest.mark.parametrize(
    ("words", "found", "left_out"),
    [
        ("NOT 金融", {CHIPS, PROBE}, {BANK, CARBON}),
        ("-碳中和 -央行 NOT Bulletin", {CHIPS, PROBE}, {BANK, CARBON}),
        ("NOT (金融 OR bulletin OR 東京)", {PROBE}, {BANK, CARBON, CHIPS}),
        ('NOT "far side" NOT Bulletin', {BANK, CARBON, CHIPS}, {PROBE}),
        ("東京 OR NOT (bulletin OR 金融)", {CHIPS, PROBE}, {BANK, CARBON}),
    ],
)
async def test_what_is_only_excluded_finds_everything_else(
    site: Any, words: str, found: set[str], left_out: set[str]
) -> None:
    for sort in ("", "relevance"):
        shown: set[str] = set()
        for page in "123":
            shown |= plain((await site.get("/search", params={"q": words, "sort": sort, "page": page})).text)
        assert found <= shown
        assert not (left_out | {"Taken back"}) & shown


async def test_everything_but_is_counted_paged_and_narrowed(site: Any) -> None:
    pages = [titles((await site.get("/search", params={"q": "NOT 金融", "page": page})).text) for page in "123"]
    assert [len(page) for page in pages] == [30, 30, 8]
    assert len(set(map(tuple, pages))) == 3
    assert "<b>68</b> articles" in (await site.get("/search", params={"q": "NOT 金融"})).text
    narrowed = await site.get("/search", params={"q": "NOT bulletin", "source": "planet"})
    assert plain(narrowed.text) == {CHIPS, PROBE}


@pytest.mark.parametrize("words", ["金融", "碳", "cafe", '"far side"', "東京 OR 央行"])
async def test_the_box_of_datasette_finds_the_same(site: Any, words: str) -> None:
    ours = (await site.get("/search", params={"q": words, "language": "zh"})).text
    theirs = (
        await site.get("/archive/articles.json", params={"_search": words, "_shape": "array", "language": "zh"})
    ).json()
    assert {row["title"] for row in theirs} == plain(ours)


async def test_what_was_found_is_marked(site: Any) -> None:
    text = (await site.get("/search", params={"q": "金融市场"})).text
    assert "央行逆回购：<mark>金融市场</mark>周报" in text
    assert "\u200b" not in text


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"source": "posts"}, 1),
        ({"category": "Science"}, 1),
        ({"language": "zh"}, 2),
        ({"year": "1999"}, 0),
        ({"year": "2026"}, 2),
    ],
)
async def test_facets_narrow_what_is_found(site: Any, narrowed: dict[str, str], count: int) -> None:
    words = "中和 OR 金融" if set(narrowed) & {"language", "year"} else "notes OR 東京"
    text = (await site.get("/search", params={"q": words, **narrowed})).text
    assert len(titles(text)) == count


async def test_facets_count_a_category_with_all_below_it(site: Any) -> None:
    text = (await site.get("/search", params={"q": "金融"})).text
    assert '<bdi>金融</bdi></a> <span class="count">2</span>' in text


async def test_newest_first_unless_relevance_is_asked_for(site: Any) -> None:
    newest = titles((await site.get("/search", params={"q": "probe"})).text)
    relevant = titles((await site.get("/search", params={"q": "probe", "sort": "relevance"})).text)
    assert "probe" in relevant[0]
    assert len(newest) == len(relevant) == 30
    assert newest != sorted(newest)


async def test_a_withdrawn_article_is_not_found(site: Any) -> None:
    assert titles((await site.get("/search", params={"q": "taken"})).text) == []


JUNK = [
    '"',
    "*",
    "NEAR(",
    "AND",
    "a AND",
    "((",
    "title:x",
    "\\",
    "''",
    "x" * 3000,
    "\x00",
    "-",
    "^",
    "{a b}:c",
    "  ",
    '碳*"',
    "%",
]


@pytest.mark.parametrize("words", JUNK)
async def test_junk_is_no_error(site: Any, words: str) -> None:
    assert (await site.get("/search", params={"q": words, "page": words[:5]})).status_code == 200
    assert (await site.get("/archive/articles.json", params={"_search": words})).status_code == 200
