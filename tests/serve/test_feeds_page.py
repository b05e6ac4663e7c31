"""What the page of the feeds says of each: the languages and the date of its newest articles, those that can be read."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_utils import Database

from feedsvc import serve
from feedsvc.config import Config
from feedsvc.serve.archive_reader import Rows
from feedsvc.serve.feed_summaries import LOOKED_AT, NAMED, of_categories, of_sources
from feedsvc.store import search_index
from feedsvc.store.schema import ARCHIVE_MIGRATIONS
from tests.serve.sample import ARTICLES, MORE, REVISED, START, make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

LATER = "2026-04-01T00:00:00+00:00"


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(title="Feeds", archive=str(folder)), ops=None)
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


async def said(client: Any) -> dict[str, tuple[list[str], str]]:
    """Return what the page says of each category and source: languages, and the newest instant ("" = none)."""
    text = (await client.get("/feeds/")).text
    found = {}
    for row in re.findall(r'<span class="row"><a.*?</span></li>', text, re.DOTALL):
        name, about = re.search(r"<bdi>(.*?)</bdi>.*?<span class=\"unknown\">(.*?)</span>", row, re.DOTALL).groups()
        languages, _, when = about.rpartition("newest ")
        instant = re.search(r'datetime="([^"]+)"', when)
        found[name] = (
            re.findall(r"[a-z]{2}", languages if when else about),
            instant[1] if instant else "",
        )
    return found


def withdraw(folder: Path, numbers: Iterable[int]) -> None:
    with closing(sqlite3.connect(folder / "archive.db")) as db, db:
        db.executemany("update articles set withdrawn = ? where id = ?", [(LATER, number) for number in numbers])


def instant(folder: Path, number: int) -> str:
    with closing(sqlite3.connect(folder / "archive.db")) as db:
        (seconds,) = db.execute("select sort_ts from articles where id = ?", [number]).fetchone()
    return datetime.fromtimestamp(seconds, UTC).isoformat()


async def test_a_withdrawn_article_is_not_the_newest_of_any_feed(tmp_path: Path) -> None:
    make(tmp_path)
    withdraw(tmp_path, [1, 3])
    async with served(tmp_path) as client:
        found = await said(client)
    assert found["金融"] == found["每经网"] == (["zh"], instant(tmp_path, 2))
    assert found["重磅原创"] == found["技術"] == ([], "")
    assert found["posts"] == (["en", "zh"], instant(tmp_path, 2))
    assert found["Planet Example"] == (["en"], instant(tmp_path, REVISED))


async def test_more_withdrawn_articles_than_a_feed_holds_do_not_hide_the_others(tmp_path: Path) -> None:
    make(tmp_path)
    last = len(ARTICLES) + MORE
    withdraw(tmp_path, set(range(1, last)) - {2})
    async with served(tmp_path) as client:
        found = await said(client)
    assert found["Science"] == found["Planet Example"] == (["en"], instant(tmp_path, last))
    assert found["posts"] == found["金融"] == (["zh"], instant(tmp_path, 2))


async def test_a_withdrawal_is_shown_at_once(tmp_path: Path) -> None:
    make(tmp_path)
    async with served(tmp_path) as client:
        before = await said(client)
        withdraw(tmp_path, [1])
        after = await said(client)
    assert before["金融"] == (["zh"], START.replace(hour=3).isoformat())
    assert after["金融"] == (["zh"], instant(tmp_path, 2))


async def test_an_article_in_a_category_and_below_it_counts_once(tmp_path: Path) -> None:
    make(tmp_path)
    with closing(sqlite3.connect(tmp_path / "archive.db")) as db, db:
        above, below = (db.execute("select id from categories where path = ?", [path]).fetchone()[0]
                        for path in ("Science", "Science/Space & Time"))  # fmt: skip
        db.execute("delete from article_categories")
        pairs = [(above, number) for number in range(10, 31)] + [(below, number) for number in range(10, 22)]
        db.executemany("insert into article_categories select ?, sort_ts, id from articles where id = ?", pairs)
        db.execute("update articles set language = case when id < 20 then 'fr' else 'de' end")
    async with served(tmp_path) as client:
        found = await said(client)
    assert found["Science"][0] == ["de", "fr"]  # 11 and 10; those below a second time would be 13 and 20


def grown(seed: int) -> sqlite3.Connection:
    """Return an archive of a tree of categories with articles in several of them, many of one second, some withdrawn."""
    chance = Random(seed)  # noqa: S311 - the same on every machine
    connection = sqlite3.connect(":memory:")
    search_index.register(connection)
    ARCHIVE_MIGRATIONS.apply(Database(connection))
    paths = ["a", "a-b", "a/b", "a/b/c", "a/d", "b", *(f"b/{n}" for n in range(20)), "b/7/x", "empty"]
    ids = {path: number for number, path in enumerate(chance.sample(paths, len(paths)), 1)}
    connection.executemany(
        "insert into categories (id, path, name, parent, slug, depth) values (?, ?, ?, ?, ?, ?)",
        [
            (ids[path], path, path.rpartition("/")[2], ids.get(path.rpartition("/")[0]), path, path.count("/") + 1)
            for path in paths
        ],
    )
    connection.executemany(
        "insert into sources (id, name, kind, first_seen, article_count) values (?, ?, 'feed', ?, 1)",
        [(n, f"s{n}", LATER) for n in range(1, 4)],
    )
    for number in range(1, 701):
        connection.execute(
            "insert into articles (id, uid, uuid, source, locator, title, updated, language, first_seen, last_seen, sort_ts,"
            " digest, withdrawn, text, content) values (?, ?, ?, ?, ?, '', '', ?, '', '', ?, '', ?, '', '')",
            (
                *(number, f"u{number}", f"u{number}", f"s{chance.choice((1, 1, 2))}", f"{number}"),
                chance.choice(("", "zh", "zh", "en", "ja", "ko", "de")),
                chance.choice((1_000, 1_000 + number // 9, chance.randrange(2_000))),
                LATER if chance.random() < 0.3 else None,
            ),
        )
        places = [path for path in chance.sample(paths, chance.choice((1, 1, 2, 5))) if path != "empty"]
        connection.executemany(
            "insert into article_categories select ?, sort_ts, id from articles where id = ?",
            [(ids[path], number) for path in places],
        )
    return connection


def expected(db: sqlite3.Connection, condition: str, *values: str) -> tuple[list[str], str]:
    rows = db.execute(
        f"select sort_ts, language from articles where withdrawn is null and {condition}"
        f" order by sort_ts desc, id limit {LOOKED_AT}",
        values,
    ).fetchall()
    named = [language for language, _ in Counter(language for _, language in rows if language).most_common(NAMED)]
    return named, datetime.fromtimestamp(rows[0][0], UTC).isoformat() if rows else ""


@pytest.mark.parametrize("seed", range(5))
def test_what_is_said_is_what_one_query_for_each_feed_would_find(seed: int) -> None:
    with closing(grown(seed)) as db:
        inside = (
            "id in (select article from article_categories where category in"
            " (select id from categories where path = ? or path like ? || '/%'))"
        )
        for each in of_categories(Rows(db)):
            assert (each["languages"], each["latest"]) == expected(db, inside, each["path"], each["path"]), each["path"]
        for each in of_sources(Rows(db)):
            assert (each["languages"], each["latest"]) == expected(db, "source = ?", each["name"]), each["name"]


@pytest.mark.parametrize("number", [10, 3_000])
def test_thousands_of_categories_are_no_thousands_of_queries(number: int) -> None:
    asked: list[str] = []
    with closing(grown(1)) as db:
        db.executemany(
            "insert into categories (path, name, slug, depth) values (?, ?, ?, 1)",
            [(f"topic-{n}", f"topic-{n}", f"topic-{n}") for n in range(number)],
        )
        db.execute(
            "insert into article_categories select c.id, a.sort_ts, a.id from categories c join articles a"
            " on a.id % 60 = c.id % 60 where c.path like 'topic-%'"
        )
        db.set_trace_callback(asked.append)
        found = of_categories(Rows(db))
        db.set_trace_callback(None)
    assert sum(1 for each in found if each["path"].startswith("topic-") and each["latest"]) == number
    assert len(asked) <= 4
