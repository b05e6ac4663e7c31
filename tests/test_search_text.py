"""Any substring of CJK text is found, words are found as words, and nothing that can be typed is an error."""

from __future__ import annotations

import random
import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.store.search_index import MARK, match_query, register, segment, strip_marks

TEXTS = (
    "央行开展1200亿元逆回购操作，5G网络建设提速",
    "碳中和目标下的金融创新：人工智能芯片",
    "東京の天気は晴れ、最高気温は25度です",
    "서울의 날씨는 맑습니다. AI 반도체 수출 증가",
    "The café runs open source software; über alles",
    "Naïve readers run running shoes with C++ and foo-bar",
)


@pytest.fixture(scope="module")
def index() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    register(connection)
    connection.execute("create table articles (id integer primary key, text text)")
    connection.execute("create view seg as select id, feedsvc_seg(text) as text from articles")
    connection.execute(
        "create virtual table fts using fts5(text, content='seg', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    connection.executemany("insert into articles(text) values (?)", [(text,) for text in TEXTS])
    connection.execute("insert into fts(fts) values ('rebuild')")
    return connection


def found(index: sqlite3.Connection, words: str) -> set[int]:
    return {row[0] - 1 for row in index.execute("select rowid from fts where fts match ?", [match_query(words)])}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("融", {1}),
        ("金融", {1}),
        ("中和目标", {1}),
        ("5G网络", {0}),
        ("天気", {2}),
        ("気温は25度", {2}),
        ("날씨", {3}),
        ("cafe", {4}),
        ("CAFÉ", {4}),
        ("e\u0301", set()),
        ("nai\u0308ve", {5}),
        ("run", {5}),
        ("run*", {4, 5}),
        ("碳中*", {1}),
        ('"open source"', {4}),
        ('"source open"', set()),
        ("foo-bar", {5}),
        ("金融 芯片", {1}),
        ("金融 OR 東京", {1, 2}),
        ("金融 AND 東京", set()),
        ("run* NOT running", {4}),
        ("run* -running", {4}),
        ("software OR readers -shoes", {4}),
        ('run* -"open source"', {5}),
        ("or", set()),
        ("-金融", set()),
    ],
)
def test_words_find_what_a_person_means(index: sqlite3.Connection, words: str, expected: set[int]) -> None:
    assert found(index, words) == expected


def test_lower_case_operators_are_words(index: sqlite3.Connection) -> None:
    assert found(index, "cafe and software") == set()
    assert found(index, "c++ and foo-bar") == {5}


@given(st.data())
def test_every_substring_of_cjk_text_is_found(index: sqlite3.Connection, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 2))
    text = TEXTS[number]
    start = data.draw(st.integers(0, len(text) - 1))
    piece = text[start : data.draw(st.integers(start + 1, len(text)))]
    if piece[0].isascii() or piece[-1].isascii() or not any(letter.isalnum() for letter in piece):
        return  # half a Latin word is no word
    assert number in found(index, f'"{piece}"')


CJK_LETTERS = st.text(
    st.sampled_from("碳中和金融網々〇ひらガナｶﾅ한글ㄅ𠀀\u0301A5 ，。_-") | st.characters(codec="utf-8"), max_size=40
)


@given(CJK_LETTERS, CJK_LETTERS)
def test_a_cjk_character_is_found_whatever_stands_beside_it(before: str, after: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create virtual table t using fts5(x, tokenize='unicode61 remove_diacritics 2')")
    connection.execute("insert into t values (?)", [segment(f"{before}金融{after}".replace("\0", ""))])
    assert connection.execute("select count(*) from t where t match ?", [match_query("金融")]).fetchone() == (1,)


@given(st.text())
def test_marks_come_out_again(text: str) -> None:
    assert strip_marks(segment(text)) == text.replace(MARK, "")


@given(st.text(st.sampled_from("\"*()-^:+{}AND OR NOT NEAR 碳 a\0\n\t\\';,") | st.characters(), max_size=60))
@settings(max_examples=400)
def test_nothing_that_can_be_typed_is_an_error(index: sqlite3.Connection, words: str) -> None:
    found(index, words)


def test_a_thousand_junk_strings_are_no_error(index: sqlite3.Connection) -> None:
    chance = random.Random(4)  # noqa: S311 - the same junk each time
    pieces = ['"', "*", "NEAR(", ")", "AND", "OR", "NOT", "-", "碳", "title:", "^a", "\0", " ", "''", "{", "a" * 50]
    for _ in range(1_000):
        found(index, "".join(chance.choices(pieces, k=chance.randint(0, 30))))


def test_a_pasted_article_is_cut_not_refused(index: sqlite3.Connection) -> None:
    assert found(index, "碳 中 " * 20_000) == {1}


def test_the_sql_functions_pass_null_through(index: sqlite3.Connection) -> None:
    row = index.execute(
        "select feedsvc_seg(null), feedsvc_strip(null), feedsvc_query(null), escape_fts('金融')"
    ).fetchone()
    assert row == (None, None, '""', '"金 融"')


@given(st.text(alphabet="ab1 中文かナ한\u3000\u200b\n\x1c\x85é。", max_size=12))
def test_a_mark_stands_wherever_a_cjk_character_has_a_neighbour(text: str) -> None:
    def is_cjk(character: str) -> bool:
        return character in "中文かナ한"

    edges = [
        (is_cjk(left) or is_cjk(right)) and not left.isspace() and not right.isspace() for left, right in pairwise(text)
    ]
    expected = "".join(c + (MARK if edge else "") for c, edge in zip(text, [*edges, False], strict=False))

    assert segment(text) == expected
