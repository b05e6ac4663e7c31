"""Pages as sites make them: what is found on a list without selectors, and which text of a page is the article.

Each page under `tests/goldens/pages` has its truth beside it. To add a case: two files.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import measure_list, ours, overlap, read_list

from feedsvc.errors import DocumentError
from feedsvc.model import Source
from feedsvc.parsers import parse
from feedsvc.parsers.webpage.extraction import article_of
from tests.parsers.documents import raw

GOLDENS = Path(__file__).parents[1] / "goldens" / "pages"
LISTS = sorted((GOLDENS / "lists").glob("*.html"))
ARTICLES = sorted((GOLDENS / "articles").glob("*.html"))
NOT_FOUND = {  # what is not found without selectors
    "changelog-headings",  # nothing repeats but headings and their lists
    "papers-definition-list",  # links and titles stand in different elements
    "plain-paragraphs",  # the link home is drawn as the entries are
}
PAGE = Source(name="s", kind="page", location="https://site.example.org/")
PIECES = st.sampled_from(
    [
        "<div>",
        "</div>",
        '<div class="subscribe">',
        '<p class="cookie">',
        "<li>",
        "</li>",
        '<a href="/1">',
        "</a>",
        "<ul>",
        "<tr>",
        "<dt>",
        "<article>",
        "<h2>",
        "<time>",
        "<table>",
        "</table>",
        "words of a sentence ",
        "2025-01-02",
        "字",
        "…",
    ]
)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_gives_its_entries_without_selectors(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))["entries"]
    found = [{"link": link, "title": title, "date": day} for link, title, day in read_list(path)]

    assert (found == expected) is (path.stem not in NOT_FOUND)


def test_lists_are_found_as_well_as_the_documentation_says() -> None:
    measured = [measure_list(path) for path in LISTS]

    assert sum(one.expected for one in measured) == 197
    assert sum(one.found for one in measured) <= 198
    assert sum(one.links for one in measured) >= 191
    assert sum(one.dates for one in measured) == sum(one.dated for one in measured)


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_an_article_is_its_text_and_hardly_anything_else(path: Path) -> None:
    precision, recall = overlap(
        ours(path.read_text(encoding="utf-8")), path.with_suffix(".txt").read_text(encoding="utf-8")
    )

    assert precision >= 0.95
    assert recall >= 0.98


def test_there_are_pages_of_both_kinds() -> None:
    assert len(LISTS) >= 20
    assert len(ARTICLES) >= 12


def test_what_asks_for_leave_inside_what_asks_for_an_address_goes_with_it() -> None:
    asking = (
        '<div class="newsletter"><div class="cookie-note"><p class="subscribe">Give us your address</p></div></div>'
    )
    text = "The ferry went out in the morning and came back in the evening, as it always does in spring. " * 3

    found = article_of(f"<html><body>{asking}<article><p>{text}</p></article></body></html>", "https://e.org/a")

    assert "ferry" in found
    assert "address" not in found


@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_list_page_is_a_list_or_a_failure(markup: str) -> None:
    try:
        found = parse(raw(f"<html><body>{markup}</body></html>", "https://site.example.org/"), PAGE)
    except DocumentError:
        return

    assert all(draft.title or draft.link for draft in found.drafts)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_page_has_an_article_or_none(markup: str) -> None:
    assert isinstance(article_of(f"<html><body>{markup}</body></html>", ""), str)
