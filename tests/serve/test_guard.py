"""What visitors' SQL may name and cost, in both modes, and what goes on working beside it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from feedsvc import serve
from feedsvc.config import Config, ServeConfig
from feedsvc.serve import bounded, permitted
from feedsvc.serve.access import shows_stored
from tests.serve.sample import uuid_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

REFUSED = {  # SQL -> what the answer says of it
    "select hex(fts3_tokenizer('simple'))": "function fts3_tokenizer is not allowed",
    "select hex(FTS3_TOKENIZER('porter', :p))": "function fts3_tokenizer is not allowed",
    "with x as (select fts3_tokenizer('simple') as t) select hex(t) from x": "function fts3_tokenizer is not allowed",
    "select title from articles order by fts3_tokenizer('unicode61', x'4141414141414141')": "function fts3_tokenizer",
    "explain select fts3_tokenizer('simple')": "function fts3_tokenizer is not allowed",
    "select * from fts3tokenize where input = 'hello world'": "table fts3tokenize is not allowed",
    "select token from FTS3Tokenize('simple') where input = 'x'": "table fts3tokenize is not allowed",
    "select count(*) from sqlite_stmt": "table sqlite_stmt is not allowed",
    "select a.id from articles a, (select sql from sqlite_stmt) s": "table sqlite_stmt is not allowed",
    "select 1 from dbstat limit 1": "table dbstat is not allowed",
    "select load_extension('nowhere')": "function load_extension is not allowed",
    "select fts5(1)": "function fts5 is not allowed",
    "select fts5_source_id()": "function fts5_source_id is not allowed",
    "select sqlite_source_id()": "function sqlite_source_id is not allowed",
    "select sqlite_compileoption_get(1)": "function sqlite_compileoption_get is not allowed",
    "select sqlite_log(1, 'seen by the operator')": "function sqlite_log is not allowed",
    "select rtreenode(2, x'00')": "function rtreenode is not allowed",
    "select json_patch('{}', '{}')": "function json_patch is not allowed",
    "select json_patch(content, content) from articles": "function json_patch is not allowed",
}
IN_PUBLIC = {
    "select hex(randomblob(16))": "function randomblob is not allowed",
    "select length(zeroblob(9))": "function zeroblob is not allowed",
}
ALLOWED = (
    "select json_object('a', json_array(1, 2), 'b', json('[3]')), json_extract('{\"a\": [1]}', '$.a[0]'), '{\"a\":1}' ->> 'a'",
    "select value from articles, json_each(articles.tags)",
    'select key, fullkey from json_tree(\'{"a": [1, {"b": 2}]}\')',
    "select json_group_array(title), json_group_object(id, title) from articles",
    "select group_concat(title, ', ') from articles",
    "select count(*), min(sort_ts), max(sort_ts), avg(id), sum(id), total(id) from articles",
    "select title, row_number() over (partition by source order by sort_ts), lag(title) over (order by id) from articles",
    "select strftime('%Y', sort_ts, 'unixepoch') as y, date('now'), datetime(0, 'unixepoch'), julianday('now') from articles",
    "select printf('%05d %s', id, title), format('%.2f', 1.5), hex(title), quote(title), char(97, 0x91d1) from articles",
    "select upper(title), lower(title), trim(title), trim(title, 'ab'), substr(title, 1, 3), instr(title, 'a') from articles",
    "select replace(title, 'a', 'b'), unicode(title), length(title), typeof(title), coalesce(null, 1), iif(1, 2, 3) from articles",
    "select title from articles where title like '%金融%' or title glob 'A*'",
    "select feedsvc_strip(snippet(articles_fts, 2, '[', ']', '…', 8)) from articles_fts where articles_fts match '金 融'",
    "select highlight(articles_fts, 0, '<', '>'), bm25(articles_fts), rank from articles_fts where articles_fts match 'moon'",
    "select title from articles_seg limit 3",
    "select rowid from articles_fts where articles_fts match escape_fts('moon')",
    "select name from pragma_table_info('articles')",
    "select name from pragma_function_list()",
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100) select sum(i) from n",
    "select abs(random()) % 10, round(2.5), sqrt(2), sqlite_version()",
    "select 1 union select 2 union all select 3 except select 4",
    "explain query plan select * from articles where source = 'posts'",
)
PAGES = (
    "/",
    "/archive",
    "/archive.json",
    "/archive/articles",
    "/archive/articles.json?_shape=objects&_labels=on",
    "/archive/articles.csv?_stream=on",
    "/archive/articles/1",
    "/archive/articles/1.json",
    "/archive/articles?_facet=source&_facet=language&_facet_array=tags&_facet_date=first_seen&_facet_size=max",
    "/archive/articles?_search=金融",
    "/archive/articles?_search=moon*&_searchmode=raw",
    "/archive/articles.json?title__contains=金融&sort_ts__gt=0&_sort_desc=sort_ts&_size=max",
    "/archive/articles.json?tags__arraycontains=sample",
    "/archive/articles.json?_where=id<3",
    "/archive/articles?_nosuggest=1",
    "/archive/articles_fts",
    "/archive/articles_seg.json",
    "/archive/categories",
    "/archive/sources.json?_shape=array",
    "/archive/search?words=金融",
    "/archive/most_signed.json",
    "/archive/categories_by_day.csv",
    "/archive/word_over_time.json?words=moon",
    "/search?q=金融",
    "/category/金融",
)


@pytest.fixture(params=[True, False], ids=["public", "private"])
async def site_of_mode(request: pytest.FixtureRequest, archive: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(archive), serve=ServeConfig(public=request.param)))
    await datasette.invoke_startup()
    yield datasette
    serve.close(datasette)


@pytest.fixture
async def public(archive: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(archive), serve=ServeConfig(public=True)))
    await datasette.invoke_startup()
    yield datasette
    serve.close(datasette)


async def asked(datasette: Any, sql: str, **parameters: str) -> Any:
    return await datasette.client.get("/archive.json", params={"sql": sql, **parameters}, follow_redirects=True)


async def names(datasette: Any, of: str) -> set[str]:
    """Return what the connection that visitors use lists."""

    def listed(connection: Any) -> set[str]:
        return {row[0].lower() for row in connection.execute(f"select name from pragma_{of}_list")}

    return set(await datasette.get_database("archive").execute_fn(listed))


async def test_every_function_that_there_is_was_thought_about(site_of_mode: Any) -> None:
    known = permitted.FUNCTIONS | permitted.PRIVATE_FUNCTIONS | permitted.REFUSED_FUNCTIONS.keys()
    assert await names(site_of_mode, "function") - known == set()


async def test_every_module_that_there_is_was_thought_about(site_of_mode: Any) -> None:
    known = permitted.MODULES | permitted.REFUSED_MODULES.keys()
    assert {name for name in await names(site_of_mode, "module") if not name.startswith("pragma_")} - known == set()


async def test_sqlite_utils_may_be_given_the_connection_of_a_visitor(site_of_mode: Any) -> None:
    def columns(connection: Any) -> list[str]:
        return [column.name for column in Database(connection)["articles"].columns]

    assert "title" in await site_of_mode.get_database("archive").execute_fn(columns)


PRAGMAS = ("writable_schema = on", "trusted_schema = on", "hard_heap_limit = 0", "query_only = off", "mmap_size = 9999")


@pytest.mark.parametrize("pragma", PRAGMAS)
async def test_no_pragma_is_set(site_of_mode: Any, pragma: str) -> None:
    def ask(connection: Any) -> None:
        connection.execute(f"pragma {pragma}").fetchall()

    with pytest.raises(sqlite3.OperationalError, match=f"pragma {pragma.split(maxsplit=1)[0]} is not allowed"):
        await site_of_mode.get_database("archive").execute_fn(ask)


def test_nothing_is_both_allowed_and_refused() -> None:
    functions = permitted.FUNCTIONS, permitted.PRIVATE_FUNCTIONS, permitted.REFUSED_FUNCTIONS.keys()
    assert sum(map(len, functions)) == len(frozenset().union(*functions))
    assert not permitted.MODULES & permitted.REFUSED_MODULES.keys()


@pytest.mark.parametrize("sql", REFUSED)
async def test_what_reaches_beyond_the_query_is_refused_by_name(site_of_mode: Any, sql: str) -> None:
    answer = await asked(site_of_mode, sql, p="AAAAAAAA")
    assert answer.status_code == 400
    assert REFUSED[sql] in answer.text
    assert (await asked(site_of_mode, "select 1")).status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/archive/articles.json", {"_where": "fts3_tokenizer('simple') is not null"}),
        ("/archive/articles.json", {"_where": "id in (select 1 from sqlite_stmt)"}),
        ("/archive/articles.json", {"_facet": "x], hex(fts3_tokenizer('simple')), [title"}),
        ("/archive/articles.csv", {"_where": "1 = (select count(*) from dbstat)"}),
        ("/_memory.json", {"sql": "select fts3_tokenizer('simple')"}),
        ("/_memory.json", {"sql": "select * from fts3tokenize where input = 'x'"}),
    ],
)
async def test_no_other_way_of_asking_leads_around_it(site_of_mode: Any, path: str, query: dict[str, str]) -> None:
    answer = await site_of_mode.client.get(path, params=query, follow_redirects=True)
    if "_facet" in query:  # a facet that fails is left out
        assert "hex(" not in answer.json().get("facet_results", {})
    else:
        assert answer.status_code in (400, 403, 404)  # there is no _memory unless somebody asks for it
    assert (await asked(site_of_mode, "select 1")).status_code == 200


async def test_a_function_that_nobody_listed_is_refused(archive: Path) -> None:
    datasette = serve.build(Config(archive=str(archive)))
    await datasette.invoke_startup()

    def add(connection: Any) -> None:
        connection.create_function("brand_new", 0, lambda: 1)

    try:
        for _ in range(20):  # whichever thread answers
            await datasette.get_database("archive").execute_fn(add)
        answer = await asked(datasette, "select brand_new()")
        assert "brand_new" in answer.text
        assert answer.status_code == 400
    finally:
        serve.close(datasette)


@pytest.mark.parametrize("sql", IN_PUBLIC)
async def test_blobs_out_of_nothing_are_for_private_use(site_of_mode: Any, sql: str) -> None:
    answer = await asked(site_of_mode, sql)
    if site_of_mode.setting("allow_download"):
        assert answer.status_code == 200
    else:
        assert answer.status_code == 400
        assert IN_PUBLIC[sql] in answer.text


@pytest.mark.parametrize("sql", ALLOWED)
async def test_what_people_ask_is_answered(site_of_mode: Any, sql: str) -> None:
    answer = await asked(site_of_mode, sql)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_what_they_were(site_of_mode: Any, path: str) -> None:
    assert (await site_of_mode.client.get(path)).status_code == 200


async def test_facets_and_search_find_what_they_found(site_of_mode: Any) -> None:
    path = "/archive/articles.json?_facet=source&_facet_array=tags&_facet_date=first_seen"
    found = (await site_of_mode.client.get(path)).json()["facet_results"]
    facets = found.get("results", found)  # 1.0 has them one step below
    assert {each["value"]: each["count"] for each in facets["source"]["results"]} == {"planet": 66, "posts": 5}
    assert facets["tags"]["results"][0]["count"] == 71
    rows = (await site_of_mode.client.get("/archive/articles.json?_search=金融&_shape=objects")).json()["rows"]
    assert {row["id"] for row in rows} == {1, 2}


LIMITED = {  # SQL -> what is said of it
    "columns": (f"select {', '.join(map(str, range(101)))}", "too many columns"),
    "a value": (
        "select length(hex(hex(hex(hex(printf('%.*c', 90000, 'x'))))))",
        "a value is larger than 1,000,000 bytes",
    ),
    "a sum of texts": (
        "with recursive n(i, s) as (select 1, 'x' union all select i + 1, s || s from n limit 30) select max(s) from n",
        "a value is larger than 1,000,000 bytes",
    ),
    "a replacement": (
        "select replace(printf('%.*c', 900000, 'a'), 'a', 'bb')",
        "a value is larger than 1,000,000 bytes",
    ),
    "depth": (f"select 1{' + 1' * 120}", "Expression tree is too large"),
    "a union": (" union all ".join(["select 1"] * 60), "too many terms in compound SELECT"),
    "arguments": (f"select max({', '.join('1' * 101)})", "too many arguments"),
    "a pattern": (f"select 'x' like '{'%a' * 101}'", "pattern too complex"),
    "instructions": (
        f"select id{', id' * 90} from articles where id in ({'1,' * 14_000} 2)",
        "more than 25,000 instructions, or",
    ),
    "a wide row": (
        "select " + ", ".join(f"printf('%.*c', {900_000 + number}, 'x')" for number in range(99)),
        "the answer is larger than 16 MB",
    ),
}


@pytest.mark.parametrize("kind", LIMITED)
async def test_what_would_cost_too_much_is_refused_with_a_reason(public: Any, kind: str) -> None:
    sql, reason = LIMITED[kind]
    answer = await public.client.get("/archive.json", params={"sql": sql}, follow_redirects=True)
    assert answer.status_code in (400, 413, 414)
    assert reason in answer.text
    assert (await asked(public, "select 1")).status_code == 200


async def test_a_statement_that_is_too_long_is_not_called_a_value(public: Any) -> None:
    """No URL is as long as that; other ways to ask may have no such limit."""
    database = public.get_database("archive")
    with pytest.raises(Exception, match="the statement is longer than 100,000 bytes") as caught:
        await database.execute(f"select 1 /* {'x' * 100_000} */")
    assert type(caught.value).__name__ == "OperationalError"
    assert (await database.execute("select 1")).single_value() == 1


HOGS = {  # each is one instruction, or a few, that ran for seconds to hours
    "instr": "select instr(hex(printf('%.*c', 450000, 'x')), hex(printf('%.*c', 240000, 'x')) || '1')",
    "instr of blobs": "select instr(cast(printf('%.*c', 900000, 'x') as blob), cast(printf('%.*c', 450000, 'x') || '1' as blob))",
    "replace": "select length(replace(printf('%.*c', 900000, '金'), printf('%.*c', 150000, '金') || '1', 'x'))",
    "trim": "select length(trim(printf('%.*c', 900000, 'a'), printf('%.*c', 450000, 'b') || 'a'))",
    "rtrim": "select length(rtrim(printf('%.*c', 900000, 'a'), printf('%.*c', 450000, 'b') || 'a'))",
    "like": "select printf('%.*c', 900000, 'a') like '%' || printf('%.*c', 190, 'a') || 'b'",
    "glob": "select printf('%.*c', 900000, 'a') glob '*[' || printf('%.*c', 190, 'b') || 'c]'",
    "many at once": "with recursive n(i) as (select 1 union all select i + 1 from n)"
    " select sum(instr(printf('%.*c', 900000 + i, 'a'), printf('%.*c', 400000, 'a') || 'b')) from n",
    "our own": "with recursive n(i) as (select 1 union all select i + 1 from n)"
    " select sum(length(feedsvc_seg(replace(printf('%.*c', 100000, 'x'), 'x', '金') || i))) from n",
}


@pytest.mark.parametrize("kind", HOGS)
async def test_no_instruction_runs_on(public: Any, kind: str) -> None:
    """Each of them held its thread past the end of this test, which is 60 seconds."""
    answer = await asked(public, HOGS[kind])
    assert answer.status_code in (200, 400)


@pytest.fixture(scope="module")
def with_book(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive in which one article is three megabytes long."""
    folder = tmp_path_factory.mktemp("book") / "archive"
    shutil.copytree(archive, folder)
    connection = sqlite3.connect(folder / "archive.db")
    with connection:
        connection.execute("update articles set content = ? where id = 3", [f"<p>{'天気' * 500_000}</p>"])
    connection.close()
    return folder


@pytest.fixture(params=[True, False], ids=["public", "private"])
async def library(request: pytest.FixtureRequest, with_book: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(with_book), serve=ServeConfig(public=request.param)))
    await datasette.invoke_startup()
    yield datasette
    serve.close(datasette)


@pytest.mark.parametrize(
    "path",
    [
        f"/articles/{uuid_of(3)}",
        "/archive/articles",
        "/archive/articles?source=planet&_sort_desc=sort_ts",
        "/archive/articles.json?_size=10&_shape=objects",
        "/archive/articles.csv",
        "/archive/articles/3",
        "/archive/articles/3.json",
        "/archive/search?words=天気",
        "/search?q=天気",
    ],
)
async def test_a_long_article_is_shown_wherever_it_stands(library: Any, path: str) -> None:
    answer = await library.client.get(path)
    assert answer.status_code == 200
    if path.endswith(("3", "3.json", uuid_of(3))) or "_size" in path:
        assert "天気" * 50 in answer.text or "\\u5929\\u6c17" * 50 in answer.text


async def test_sql_of_a_visitor_is_told_where_the_whole_of_a_long_article_is(library: Any) -> None:
    answer = await asked(library, "select content from articles where id = 3")
    assert answer.status_code == 400
    assert "on its own page" in answer.text
    assert (await library.client.get("/archive/articles/3.json")).status_code == 200
    assert (await asked(library, "select title from articles where id = 3")).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "stored"),
    [
        ("archive/articles", b"", True),
        ("archive/articles.json", b"_size=max&_sort=id&source=posts", True),
        ("archive/articles/1", b"", True),
        ("archive/search", b"words=a%20b", True),
        ("archive", b"sql=select+1", False),
        ("archive/articles", b"sql=select+1", False),
        ("archive/articles", b"_where=1", False),
        ("archive/articles", b"%5Fwhere=1", False),
        ("archive/articles", b"_size=1&_facet=content", False),
        ("archive/articles", b"content__contains=a", False),
        ("archive/articles", b"a%22%3D1+or+1=1", False),
        ("archive/articles", b"a=1&" * 60, False),
        ("archive/-/query", b"", False),
        ("archive/articles/-/edit", b"", False),
        ("other/articles", b"", False),
        ("archive/articles/1/2", b"", False),
    ],
)
def test_only_pages_of_rows_as_they_are_may_show_long_values(path: str, query: bytes, *, stored: bool) -> None:
    assert shows_stored(path, query, "archive") is stored


VALUES = (
    st.none()
    | st.text("ab金é \u0301", max_size=8)
    | st.binary(max_size=4).filter(lambda each: each.isascii() and b"\0" not in each)
    | st.integers(-99, 10**6)
    | st.floats(allow_nan=False)
)


@pytest.mark.parametrize(
    ("sql", "number"),
    [("instr(?, ?)", 2), ("replace(?, ?, ?)", 3), ("trim(?, ?)", 2), ("ltrim(?, ?)", 2), ("rtrim(?, ?)", 2)],
)
@given(values=st.lists(VALUES, min_size=3, max_size=3))
def test_the_functions_that_were_made_anew_answer_as_those_of_sqlite(
    sql: str, number: int, values: Sequence[object]
) -> None:
    theirs, ours = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    bounded.register(ours, lambda: 1_000)
    asked_for = f"select {sql}, typeof({sql})"
    both = [connection.execute(asked_for, [*values[:number]] * 2).fetchone() for connection in (theirs, ours)]
    assert both[0] == both[1]
    theirs.close()
    ours.close()


async def test_limits_are_those_of_whoever_asks(with_book: Path) -> None:
    """A thread that has shown a long article does not let the SQL of the next visitor have one."""
    datasette = serve.build(Config(archive=str(with_book)))
    await datasette.invoke_startup()
    seen = set()

    def limit(connection: Any) -> None:
        seen.add((threading.current_thread().name, connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)))

    try:
        for _ in range(5):
            assert (await datasette.client.get("/archive/articles/3.json")).status_code == 200
            await datasette.get_database("archive").execute_fn(limit)
            assert (await asked(datasette, "select content from articles where id = 3")).status_code == 400
    finally:
        serve.close(datasette)
    assert seen
