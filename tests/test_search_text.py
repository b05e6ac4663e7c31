"""Any substring of CJK text is found, words are found as words, and nothing that can be typed is an error."""

from __future__ import annotations

import random
import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.grammar import problem
from feedsvc.store.search_index import MARK, asked, match_query, membership, register, segment, sight, strip_marks

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


def answered(index: sqlite3.Connection, words: str) -> set[int]:
    """Return what feeds, the command and the page find; `found` is what Datasette's box does."""
    condition, expression = membership("articles.id", words)
    sql = f"select id from articles where {condition.replace('articles_fts', 'fts')}"
    return {row[0] - 1 for row in index.execute(sql, [expression])}


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


ALL = set(range(len(TEXTS)))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("NOT 金融", ALL - {1}),
        ("-金融", ALL - {1}),
        ("NOT software", ALL - {4}),
        ("NOT run*", ALL - {4, 5}),
        ('NOT "open source"', ALL - {4}),
        ('-"open source"', ALL - {4}),
        ('NOT "source open"', ALL),
        ("NOT software NOT 金融", ALL - {1, 4}),
        ("NOT software AND NOT 金融", ALL - {1, 4}),
        ("-software -金融 -날씨", ALL - {1, 3, 4}),
        ("NOT (software OR 金融)", ALL - {1, 4}),
        ("NOT(software OR 金融)", ALL - {1, 4}),
        ("-(software OR 金融)", ALL - {1, 4}),
        ("NOT（software OR 金融）", ALL - {1, 4}),
        ("NOT （金融 OR 東京）", ALL - {1, 2}),
        ("NOT　金融", ALL - {1}),
        ("NOT (run* AND software)", ALL - {4}),
        ("NOT (run* software)", ALL - {4}),
        ('NOT ("open source" OR 金融)', ALL - {1, 4}),
        ("software OR NOT run*", ALL - {5}),
        ("NOT run* OR software", ALL - {5}),
        ("金融 OR NOT 金融", ALL),
        ("NOT (NOT 金融)", {1}),
        ("NOT (NOT 金融 AND NOT 東京)", {1, 2}),
        ("NOT 5g*", ALL - {0}),
        ("(run* OR 金融) NOT (running OR 東京)", {1, 4}),
        ("run* NOT (running OR 金融)", {4}),
        ("((金融))", {1}),
        ("(金融", {1}),
        ("金融)", {1}),
        ("金融 :)", {1}),
        ("NOT 金融)", ALL - {1}),
        ("NOT", set()),
        ("NOT ***", set()),
        ("NOT ()", set()),
        ("()", set()),
        ("", set()),
        ("not software", set()),
        ("Not software", set()),
        ('"NOT" software', set()),
        ("run* NOT", {4, 5}),
        ("金融 OR", {1}),
        ("OR 金融", {1}),
        ("金融 NOT AND 東京", set()),
        ("金融 芯片 OR 東京", {1}),
    ],
)
def test_what_is_excluded_is_everything_but_that(index: sqlite3.Connection, words: str, expected: set[int]) -> None:
    assert answered(index, words) == expected


@pytest.mark.parametrize("words", ["run* NOT running", "run* -running", "software OR readers -shoes", "金融 OR 東京"])
def test_the_box_of_datasette_finds_what_feeds_do(index: sqlite3.Connection, words: str) -> None:
    assert found(index, words) == answered(index, words)


PIECES = ("金融", "software", "run*", '"open source"', "東京", "날씨")
QUESTIONS = st.recursive(
    st.sampled_from(PIECES).map(lambda piece: (piece, piece)),
    lambda inner: st.tuples(st.sampled_from(("AND", "OR", "NOT")), inner, inner),
    max_leaves=8,
)


def told(node: tuple[str, ...] | str) -> str:
    how, one, *other = node
    if not other:
        return one
    return f"(NOT {told(one)})" if how == "NOT" else f"({told(one)} {how} {told(other[0])})"


def truth(index: sqlite3.Connection, node: tuple[str, ...] | str) -> set[int]:
    how, one, *other = node
    if not other:
        return found(index, one)
    if how == "NOT":
        return ALL - truth(index, one)
    return truth(index, one) & truth(index, other[0]) if how == "AND" else truth(index, one) | truth(index, other[0])


@given(QUESTIONS)
def test_operators_are_those_of_sets(index: sqlite3.Connection, node: tuple[str, ...]) -> None:
    words = told(node)
    if not problem(words):
        assert answered(index, words) == truth(index, node)


def test_what_is_left_out_is_not_marked() -> None:
    assert sight("NOT 金融") is None
    pattern = sight("金融 NOT (software OR (NOT 東京))")
    assert pattern is not None
    assert [bool(pattern.search(text)) for text in ("金融", "software", "東京")] == [True, False, True]


def test_parentheses_without_end_are_no_error(index: sqlite3.Connection) -> None:
    for words in (
        "(" * 1_900 + "金融",
        "(a OR " * 60,
        "NOT(" * 300 + "金融" + ")" * 300,
        ")" * 500,
        "(（" * 30 + "金融",
    ):
        answered(index, words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("NOT", "nothing to look for"),
        ("   ", "nothing to look for"),
        ('-"***"', "nothing to look for"),
        ("（）", "nothing to look for"),
        ("word " * 65, "65 words, of which only 64"),
        ("金" * 2_001, "longer than 2,000"),
        ("(" * 9 + "金融" + ")" * 9, "9 deep"),
        ("NOT 金融", ""),
        ("(" * 8 + "金融" + ")" * 8, ""),
        ("word " * 64, ""),
    ],
)
def test_what_cannot_be_asked_as_it_stands_is_said(words: str, said: str) -> None:
    assert said in problem(words) if said else not problem(words)


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
    answered(index, words)
    assert asked(words).expression


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
