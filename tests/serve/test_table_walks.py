"""Whoever walks through a table, page by page or as one CSV, has every row once, in whatever order, however many rows tie."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from datasette.app import Datasette

from feedsvc import serve
from feedsvc.config import Config
from feedsvc.model import Person
from feedsvc.serve.descriptions import configuration
from feedsvc.store.archive import Archive
from feedsvc.store.search_index import register
from tests.serve.test_datasette import without_us
from tests.store.conftest import NAMESPACE
from tests.store.making import PLANET, Intaking, an_article, an_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

COUNT = 32
SIZES = (5, 20)
LANGUAGES = ("en", "zh", "")
HIDDEN = ("articles_fts", "rank")  # columns of the index that hold nothing
SHOWN = configuration("archive")["databases"]["archive"]["tables"]
TABLES = (
    *("articles", "categories", "authors", "article_categories", "article_authors", "revisions", "repairs", "also_in"),
    *(
        "aliases",
        "documents",
        "sources",
        "feeds",
        "feed_members",
        "feed_pages",
        "stale_feeds",
        "media",
        "article_media",
    ),
    *("meta", "articles_fts", "articles_seg"),
)


@pytest.fixture(scope="module")
def ties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an archive in which nearly everything ties: undated posts that came in one batch."""
    folder = tmp_path_factory.mktemp("ties")
    archive = Archive(folder, "1.0", NAMESPACE)
    posts, planet = Intaking(archive), Intaking(archive, PLANET)
    places = ((("news",),), (("news", "a"), ("news", "b")), (("新闻",),), ())
    people = ((), (Person(name="Ada"),), (Person(name="Ada"), Person(name="曾剑", role="editor")))
    fields: list[dict[str, Any]] = [
        {
            "categories": places[n % 4],
            "people": (*people[n % 3], Person(name=f"Writer {n % 25}")),
            "language": LANGUAGES[n % 3],
        }
        for n in range(COUNT)
    ]
    posts.take(*(an_article(f"post-{n * 7 % COUNT:02}", **fields[n]) for n in range(COUNT)))
    planet.take(*(an_entry(f"entry-{n}", text=f"Short {n}.", **fields[n]) for n in range(COUNT // 3)))
    revised = (n * 11 % COUNT for n in range(COUNT // 2))  # in another order than they came
    posts.take(*(an_article(f"post-{n:02}", title=f"Again {n}", **fields[n]) for n in revised))
    archive.close_pages("all", 10)
    archive.checkpoint()
    archive.close()
    return folder


@pytest.fixture(params=["ours", "plain"])
async def client(ties: Path, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Yield a client of the archive as `feedsvc serve` serves it, and as `datasette archive.db` does."""
    file = str(ties / "archive.db")
    datasette = serve.build(Config(archive=str(ties))) if request.param == "ours" else Datasette([file])
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


@pytest.fixture
def db(ties: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(ties / "archive.db")) as connection:
        register(connection)
        yield connection


async def walked(client: Any, address: str) -> list[tuple[Any, ...]]:
    """Return the rows of all pages from `address` on, in the order in which they come."""
    found: list[tuple[Any, ...]] = []
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        found += [tuple(value for name, value in row.items() if name not in HIDDEN) for row in said["rows"]]
        address = (said.get("next_url") or "").removeprefix("http://localhost")
        assert len(found) <= 100 * COUNT
    return found


def rows(db: sqlite3.Connection, table: str, order: str = "") -> list[tuple[Any, ...]]:
    """Return all rows of `table` as Datasette shows them, by `order` and then by their key."""
    keys = [name for (name,) in db.execute("select name from pragma_table_info(?) where pk order by pk", [table])]
    (kind,) = db.execute("select type from sqlite_master where name = ?", [table]).fetchone()
    by = [order, *(keys or (["rowid"] if kind == "table" else []))]
    ordered = f"order by {', '.join(filter(None, by))}" if any(by) else ""
    return db.execute(f"select {'*' if keys or kind == 'view' else 'rowid, *'} from {table} {ordered}").fetchall()


def sorts(db: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    """Yield each sort in which rows of `table` tie: as a query says it, and in SQL."""
    for (column,) in db.execute("select name from pragma_table_info(?)", [table]).fetchall():
        distinct, all_ = db.execute(f'select count(distinct "{column}"), count(*) from {table}').fetchone()
        if distinct < all_:
            yield f"_sort={column}", f'"{column}"'
            yield f"_sort_desc={column}", f'"{column}" desc'


def default(table: str) -> str:
    """Return the order that we set for `table`."""
    return f"{SHOWN.get(table, {}).get('sort_desc', '')} desc".removeprefix(" desc")


def test_all_tables_are_walked_and_have_something_that_ties(db: sqlite3.Connection) -> None:
    names = "select name from sqlite_master where type in ('table', 'view') and name not like 'articles\\_fts\\_%' escape '\\'"
    assert set(TABLES) == {name for (name,) in db.execute(names) if not name.startswith(("sqlite_", "_sqlite"))}
    assert {name for name, shown in SHOWN.items() if "sort_desc" in shown or "sort" in shown} <= set(TABLES)
    for table in ("articles", "categories", "authors", "article_categories", "revisions", "feed_members"):
        assert len(rows(db, table)) > 2, table
        assert any(sorts(db, table)), table


@pytest.mark.parametrize("table", TABLES)
async def test_a_walk_has_every_row_once(client: Any, db: sqlite3.Connection, table: str) -> None:
    for size in SIZES:
        found = await walked(client, f"/archive/{table}.json?_shape=objects&_nocount=1&_size={size}")
        assert found == rows(db, table, default(table))


@pytest.mark.parametrize("client", ["ours"], indirect=True)
@pytest.mark.parametrize("table", TABLES)
async def test_a_sorted_walk_has_every_row_once(client: Any, db: sqlite3.Connection, table: str) -> None:
    for query, order in sorts(db, table):
        address = f"/archive/{table}.json?{query}&_shape=objects&_nocount=1&_size=11"
        found = await walked(client, address)
        if table == "articles_seg":
            assert sorted(found) == sorted(rows(db, table)), query
        else:
            assert found == rows(db, table, order), query


@pytest.mark.parametrize(
    "narrowed",
    ["source=posts", "source=planet&_sort=updated", "language=zh&_sort_desc=source", "_where=id+>+9", "_search=notes"],
)
async def test_a_narrowed_walk_has_every_row_once(client: Any, db: sqlite3.Connection, narrowed: str) -> None:
    conditions = {
        "source=posts": "source = 'posts'",
        "source=planet&_sort=updated": "source = 'planet'",
        "language=zh&_sort_desc=source": "language = 'zh'",
        "_where=id+>+9": "id > 9",
        "_search=notes": "text like '%notes%'",
    }
    wanted = {number for (number,) in db.execute(f"select id from articles where {conditions[narrowed]}")}
    assert len(wanted) > 7
    found = await walked(client, f"/archive/articles.json?{narrowed}&_shape=objects&_size=4")
    assert sorted(row[0] for row in found) == sorted(wanted)


@pytest.mark.parametrize("table", ["articles", "categories", "authors", "article_categories", "revisions"])
async def test_a_streamed_csv_has_every_row_once(client: Any, db: sqlite3.Connection, table: str) -> None:
    for query in ("", "&_sort_desc=" + min(sorts(db, table))[0].partition("=")[2]):
        text = (await client.get(f"/archive/{table}.csv?_stream=on&_size=7{query}")).text
        found = list(csv.reader(io.StringIO(text)))[1:]
        everything = [tuple("" if value is None else str(value) for value in row) for row in rows(db, table)]
        assert sorted(map(tuple, found)) == sorted(everything), query


async def test_what_visitors_ask_in_sql_stays_as_it_is(client: Any) -> None:
    sql = "select id from articles union select 1000 order by 1 limit 3"
    for _ in range(2):
        answer = await client.get("/archive.json", params={"sql": sql, "_shape": "arrays"}, follow_redirects=True)
        assert [row[0] for row in answer.json()["rows"]] == [1, 2, 3]
        assert (await client.get("/archive/articles?_sort=source&_size=2")).status_code == 200


@pytest.mark.parametrize("query", ["_sort_desc=sort_ts", "_sort_desc=sort_ts&source=posts"])
def test_where_feedsvc_is_not_installed_the_order_of_feeds_is_walked_whole(ties: Path, query: str) -> None:
    (line,) = without_us(ties, f"/archive/articles.json?{query}&_shape=array&_size=20&_col=sort_ts")
    found = [(-each["sort_ts"], each["id"]) for each in json.loads(line.partition(" ")[2].partition(" ")[2])]
    assert found == sorted(found)
