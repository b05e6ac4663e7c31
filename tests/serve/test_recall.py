"""Nothing that is in the archive is missed: 64 labelled questions over 2,000 articles, asked in four ways."""

from __future__ import annotations

import json
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import filling
import pytest
from labelled import Question, folded, questions, truth

from feedsvc import serve
from feedsvc.commands import cli
from feedsvc.config import Config
from feedsvc.model import Selection
from feedsvc.store.archive import Archive
from feedsvc.store.search import register

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

COUNT = 2_000
QUESTIONS = questions(COUNT)
JUNK = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("recall")
    filling.fill(home / "archive", COUNT)
    (home / "config.toml").write_text(f'[service]\narchive = "{home}/archive"\n', encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[int, str]:
    with sqlite3.connect(folder / "archive" / "archive.db") as db:
        return {row[0]: "\n".join(row[1:]) for row in db.execute("select id, title, author, text from articles")}


@pytest.fixture(scope="module")
def answers(texts: dict[int, str]) -> dict[str, set[int]]:
    """Return the truth about each question."""
    plain = {number: folded(text) for number, text in texts.items()}
    return {each.words: truth(each, plain if each.latin else texts) for each in QUESTIONS}


@pytest.fixture
async def box(folder: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(folder / "archive")))
    await datasette.invoke_startup()
    yield datasette.client
    serve.leave(datasette)


def asked_in_sql(folder: Path, words: str) -> set[int]:
    with sqlite3.connect(folder / "archive" / "archive.db") as db:
        register(db)
        return {
            row[0]
            for row in db.execute("select rowid from articles_fts where articles_fts match feedsvc_query(?)", [words])
        }


def test_there_are_questions_enough_and_each_has_an_answer(answers: dict[str, set[int]]) -> None:
    assert len(answers) >= 60
    assert all(answers.values())


def test_the_function_of_sql_misses_nothing(folder: Path, answers: dict[str, set[int]]) -> None:
    assert {
        words: missing for words, wanted in answers.items() if (missing := wanted - asked_in_sql(folder, words))
    } == {}


def test_words_of_latin_letters_find_no_article_without_them(folder: Path, answers: dict[str, set[int]]) -> None:
    for words in (each.words for each in QUESTIONS if each.latin):
        assert asked_in_sql(folder, words) == answers[words], words


async def test_the_box_of_datasette_finds_the_same(box: Any, folder: Path) -> None:
    for question in QUESTIONS:
        asked = {"_search": question.words, "_shape": "array", "_col": "id", "_size": "max"}
        rows = (await box.get("/archive/articles.json", params=asked)).json()
        assert {row["id"] for row in rows} == asked_in_sql(folder, question.words), question.words


def test_a_feed_finds_the_same(folder: Path) -> None:
    archive = Archive(folder / "archive", "test", readonly=True)
    for question in QUESTIONS:
        entries = archive.select(Selection(search=question.words), COUNT)
        assert {entry.id for entry in entries} == asked_in_sql(folder, question.words), question.words
    archive.close()


@pytest.mark.parametrize("words", ["碳中和目标", "半導体", "서울", "café"])
def test_the_command_finds_the_same(folder: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli(["--config", str(folder / "config.toml"), "search", "--json", "-n", "1000", words], standalone_mode=False)
    found = json.loads(capsys.readouterr().out)
    assert len(found) == len(asked_in_sql(folder, words))


def test_no_piece_of_any_text_is_missed(folder: Path, texts: dict[int, str]) -> None:
    chance = random.Random(6)  # noqa: S311 - the same pieces each time
    for _ in range(300):
        number = chance.randrange(1, COUNT + 1)
        text = texts[number]
        start = chance.randrange(len(text))
        piece = text[start : start + chance.randrange(1, 12)]
        if "\n" in piece:  # over the edge of a column
            continue
        if any(c.isascii() and c.isalnum() for c in (piece[0], piece[-1])) or not any(c.isalnum() for c in piece):
            continue  # half a word or number is none
        if any("à" <= c.lower() <= "ÿ" for c in piece):
            continue
        assert number in asked_in_sql(folder, f'"{piece}"'), piece


async def test_nothing_that_is_typed_into_a_box_is_an_error(box: Any) -> None:
    chance = random.Random(7)  # noqa: S311 - the same junk each time
    pieces = [
        '"',
        "*",
        "NEAR(",
        ")",
        "AND",
        "OR",
        "NOT",
        "-",
        "碳",
        "title:",
        "^a",
        "\0",
        " ",
        "''",
        "{",
        "%",
        "é",
        "🦆",
        "a" * 60,
    ]
    for _ in range(JUNK):
        words = "".join(chance.choices(pieces, k=chance.randint(1, 20)))
        for path, name in (("/search", "q"), ("/archive/articles.json", "_search"), ("/archive/search.json", "words")):
            answer = await box.get(path, params={name: words})
            assert answer.status_code == 200, (path, words)


def test_a_question_in_latin_letters_is_one_of_words() -> None:
    assert truth(Question("rings", latin=True), {1: "the rings.", 2: "strings"}) == {1}
