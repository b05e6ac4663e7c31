"""Nothing that is in the archive is missed: 64 labelled questions over 2,000 articles, asked in four ways."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING, Any

import filling
import pytest
import recall
from labelled import Question, folded, piece, questions, questions_about, truth

from feedsvc import serve
from feedsvc.config import Config
from feedsvc.model import Selection
from feedsvc.store.archive import Archive
from feedsvc.store.search_index import register

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
    serve.close(datasette)


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


def newest(folder: Path, words: str) -> list[str]:
    """Return the names of what answers `words`, the newest first, as many as a feed or the command shows."""
    with sqlite3.connect(folder / "archive" / "archive.db") as db:
        rows = db.execute("select id, uuid from articles order by sort_ts desc, id desc").fetchall()
    wanted = asked_in_sql(folder, words)
    return [uuid for number, uuid in rows if number in wanted][: recall.SHOWN]


def test_the_command_finds_the_same(folder: Path) -> None:
    for question in QUESTIONS:
        found = recall.by_command(folder / "config.toml", question.words)
        assert found == newest(folder, question.words), question.words


def test_a_feed_shows_the_same(folder: Path, tmp_path: Path) -> None:
    questions = [
        each for each in QUESTIONS if each.words in ("碳中和目标", "半導体", "서울", "café", "open source", "5G网络")
    ]
    config = recall.configure(tmp_path, folder / "archive", questions)
    for question, found in zip(questions, recall.by_feed(config, folder / "archive", questions), strict=True):
        shown = [name.removeprefix("urn:uuid:") for name in found]
        assert shown == newest(folder, question.words), question.words


def test_no_piece_of_any_text_is_missed(folder: Path, texts: dict[int, str]) -> None:
    chance = random.Random(6)  # noqa: S311 - the same pieces each time
    pieces = [(number, piece(texts[number], chance)) for number in chance.choices(list(texts), k=600)]
    looked_for = [(number, found) for number, found in pieces if found]
    assert len(looked_for) > 300
    for number, found in looked_for:
        assert number in asked_in_sql(folder, f'"{found}"'), found


def test_questions_about_any_archive_are_as_many_and_have_answers(texts: dict[int, str]) -> None:
    plain = {number: folded(text) for number, text in texts.items()}
    found = questions_about(texts)
    assert len(found) >= 60
    assert {each.latin for each in found} == {True, False}
    assert all(truth(each, plain if each.latin else texts) for each in found)


@pytest.mark.corpus
@pytest.mark.slow
async def test_nothing_is_missed_in_real_texts(corpus: Path, tmp_path: Path) -> None:
    sources = "".join(
        f'[[source]]\nname = "{name}"\nkind = "directory"\npath = "{corpus / name}"\n'
        for name in ("posts", "hexo-markdown")
    )
    (tmp_path / "config.toml").write_text(f'[service]\narchive = "archive"\n{sources}', encoding="utf-8")
    recall.run(tmp_path / "config.toml", "ingest", "--all", "--no-emit")
    known = recall.read(tmp_path / "archive" / "archive.db")
    plain = {number: folded(text) for number, text in known.texts.items()}
    async with recall.served(tmp_path / "config.toml") as client:
        for each in questions_about(known.texts):
            wanted = truth(each, plain if each.latin else known.texts)
            assert wanted <= set(await recall.by_box(client, each.words)), each.words


async def test_nothing_that_is_typed_into_a_box_is_an_error(box: Any) -> None:
    chance = random.Random(7)  # noqa: S311 - the same junk each time
    for _ in range(JUNK):
        words = recall.junk_of(chance)
        for path, name in (("/search", "q"), ("/archive/articles.json", "_search"), ("/archive/search.json", "words")):
            answer = await box.get(path, params={name: words})
            assert answer.status_code == 200, (path, words)


def test_nothing_that_is_typed_into_a_shell_is_an_error(folder: Path) -> None:
    for words in ('"', "NEAR(", "-碳", "title:碳", "^a", "''", "{", "*", "AND OR NOT", "🦆", "-" * 60, "( ( ("):
        assert isinstance(recall.by_command(folder / "config.toml", words), list)


def test_a_question_in_latin_letters_is_one_of_words() -> None:
    assert truth(Question("rings", latin=True), {1: "the rings.", 2: "strings"}) == {1}
