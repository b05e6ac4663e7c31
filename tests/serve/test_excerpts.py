"""Excerpts mark what was found, whichever way it was found, and show the piece where most of it stands."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.serve.archive_reader import Rows
from feedsvc.serve.excerpts import excerpts
from feedsvc.store.search_index import match_query, register, sight

if TYPE_CHECKING:
    from markupsafe import Markup

LONG = "这里是很长的开头，没有要找的东西。" * 20
ARTICLES = {
    1: ("央行开展逆回购操作", f"{LONG}人工智能芯片与金融创新，金融监管。{LONG}"),
    2: ("Running a café", "The CAFÉ opened at nine. " * 3),
    3: ("<b>bold</b> & 金融", "a < b & <script>alert(1)</script>"),
    4: ("far away", "word " * 8_000 + "needle"),
    5: ("two places", "alpha " + "x" * 400 + " then alpha and beta together at last"),
}


@pytest.fixture(scope="module")
def rows() -> Rows:
    connection = sqlite3.connect(":memory:")
    register(connection)
    connection.execute("create table articles (id integer primary key, title text, author text, text text)")
    connection.execute(
        "create view articles_seg as select id, feedsvc_seg(title) as title, author, feedsvc_seg(text) as text from articles"
    )
    connection.execute(
        "create virtual table articles_fts using fts5(title, author, text, content='articles_seg', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    connection.executemany("insert into articles values (?, ?, '', ?)", [(n, *each) for n, each in ARTICLES.items()])
    connection.execute("insert into articles_fts(articles_fts) values ('rebuild')")
    return Rows(connection)


def excerpt(rows: Rows, words: str, number: int) -> dict[str, Markup]:
    return excerpts(rows, words, match_query(words), [number])[number]


def test_the_piece_of_the_text_that_holds_the_words_is_shown(rows: Rows) -> None:
    found = excerpt(rows, "金融", 1)["snippet"]
    assert found.count("<mark>金融</mark>") == 2
    assert found.startswith("…")
    assert found.endswith("…")


def test_a_title_is_marked_where_the_words_stand_in_it(rows: Rows) -> None:
    assert excerpt(rows, "逆回购", 1)["marked_title"] == "央行开展<mark>逆回购</mark>操作"


def test_what_only_the_index_takes_for_the_word_is_marked_too(rows: Rows) -> None:
    assert "<mark>CAFÉ</mark>" in excerpt(rows, "cafe", 2)["snippet"]


def test_a_word_is_not_marked_inside_another(rows: Rows) -> None:
    assert "<mark>" not in str(excerpts(rows, "run", match_query("run"), [2]))
    assert excerpt(rows, "run*", 2)["marked_title"] == "<mark>Run</mark>ning a café"


def test_markup_of_an_article_is_text_in_an_excerpt(rows: Rows) -> None:
    found = excerpt(rows, "金融", 3)
    assert found["marked_title"] == "&lt;b&gt;bold&lt;/b&gt; &amp; <mark>金融</mark>"
    assert "<script" not in found["snippet"]


def test_what_stands_far_down_in_a_long_text_is_shown_all_the_same(rows: Rows) -> None:
    assert excerpt(rows, "needle", 4)["snippet"].endswith("<mark>needle</mark>")


def test_the_place_where_more_of_the_words_stand_wins(rows: Rows) -> None:
    assert "<mark>alpha</mark> and <mark>beta</mark>" in excerpt(rows, "alpha beta", 5)["snippet"]


def test_what_is_excluded_is_not_marked() -> None:
    pattern = sight("金融 NOT 芯片 -基金")
    assert pattern is not None
    assert pattern.findall("金融芯片基金") == ["金融"]


# What people write; unicode61 knows the letters of Unicode 6.1 and takes what was unassigned then for letters too.
WRITTEN = st.text(alphabet="aAbBéÉüßø019 ,.-_*\"“”，。、金融中网東京天気ガは서울+'\u0301\u200b", max_size=60)


@given(WRITTEN, WRITTEN)
def test_whatever_the_pattern_sees_the_index_finds(words: str, text: str) -> None:
    pattern = sight(words)
    seen = pattern.search(text) if pattern else None
    if seen is None:
        return
    connection = sqlite3.connect(":memory:")
    register(connection)
    connection.execute("create virtual table fts using fts5(text, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("insert into fts values (feedsvc_seg(?))", [text])
    phrase = f'"{seen[0]}"{"*" if "*" in words else ""}'
    assert connection.execute("select 1 from fts where fts match ?", [match_query(phrase)]).fetchone()
