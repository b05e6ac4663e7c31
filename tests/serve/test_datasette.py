"""What Datasette makes of the archive: with our configuration, without it, and in public."""

from __future__ import annotations

import html
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datasette.app import Datasette

from feedsvc import serve
from feedsvc.config import Config, ServeConfig
from feedsvc.errors import ArchiveError
from feedsvc.serve.descriptions import configuration, metadata
from feedsvc.store.search_index import register
from tests.serve.sample import uuid_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WITHOUT = Path(__file__).with_name("without.py")
QUERIES = configuration("archive")["databases"]["archive"]["queries"]


@pytest.fixture
async def plain(archive: Path) -> AsyncIterator[Any]:
    """Return a client of `datasette archive/archive.db`: nobody told it anything."""
    datasette = Datasette([str(archive / "archive.db")])
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


@pytest.fixture
async def public(archive: Path) -> AsyncIterator[Any]:
    config = Config(archive=str(archive), serve=ServeConfig(public=True))
    datasette = serve.build(config, ops=archive / "ops.db")
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


def columns(archive: Path) -> dict[str, set[str]]:
    with sqlite3.connect(archive / "archive.db") as db:
        register(db)
        names = [
            name
            for (name,) in db.execute("select name from sqlite_master where type in ('table', 'view')")
            if not name.startswith(("sqlite_", "articles_fts_", "_sqlite"))
        ]
        return {name: {row[0] for row in db.execute("select name from pragma_table_info(?)", [name])} for name in names}


def test_every_table_and_column_is_described_and_none_that_is_not_there(archive: Path) -> None:
    tables = metadata("archive", title="t")["databases"]["archive"]["tables"]
    assert {name: set(told["columns"]) for name, told in tables.items()} == columns(archive)
    assert all(text.strip() for told in tables.values() for text in (told["description"], *told["columns"].values()))


def test_facets_are_only_where_an_index_begins_with_them(archive: Path) -> None:
    with sqlite3.connect(archive / "archive.db") as db:
        for name, shown in configuration("archive")["databases"]["archive"]["tables"].items():
            for column in shown.get("facets", ()):
                leading = db.execute(
                    "select 1 from pragma_index_list(?) i, pragma_index_info(i.name) c where c.seqno = 0 and c.name = ?",
                    [name, column],
                ).fetchone()
                assert leading, f"{name}.{column} has no index"


async def test_descriptions_are_shown(site: Any) -> None:
    text = (await site.get("/archive/articles")).text
    assert "One row for each article, as it is now." in text
    assert "no date is invented" in text


@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_every_canned_query_runs_and_is_described(site: Any, name: str) -> None:
    values = {"words": "金融", "since": "2020-01-01", "days": "30"}
    answer = await site.get(f"/archive/{name}.json", params={"_shape": "array", **values})
    assert answer.status_code == 200, answer.text
    assert QUERIES[name]["description"]


async def test_the_canned_search_finds_and_shows_what_it_found(site: Any) -> None:
    rows = (await site.get("/archive/search.json", params={"_shape": "array", "words": "碳中和"})).json()
    assert any("«碳中和»" in row["snippet"] for row in rows)


async def test_a_row_leads_to_the_page_of_its_article(site: Any) -> None:
    assert f'<a href="/articles/{uuid_of(1)}">' in (await site.get("/archive/articles/1")).text


async def test_datasettes_pages_name_our_feeds_and_our_pages(site: Any) -> None:
    text = (await site.get("/archive/articles")).text
    assert 'href="/feeds/all.atom"' in text
    assert 'href="/-/status"' in text


async def test_feeds_are_answered_before_datasette(site: Any) -> None:
    answer = await site.get("/feeds/all.atom")
    assert answer.status_code == 200
    assert answer.headers["vary"] == "Accept-Encoding, Sec-Fetch-Dest"


async def test_a_plain_datasette_searches_and_shows_our_pages(plain: Any) -> None:
    found = (await plain.get("/archive/articles.json", params={"_search": "金融", "_shape": "array"})).json()
    assert {row["id"] for row in found} == {1, 2}
    for path in (
        "/",
        "/search?q=金融",
        f"/articles/{uuid_of(1)}",
        "/feeds/",
        "/-/status",
        "/-/healthz",
        "/feeds/all.atom",
    ):
        assert (await plain.get(path)).status_code == 200, path


def test_the_command_of_datasette_finds_us(archive: Path) -> None:
    """It imports its plugins while it is itself half imported, which a test in one process does not see."""
    command = [sys.executable, "-m", "datasette", str(archive / "archive.db"), "--get", "/-/healthz"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert answer.stdout.strip() == '{"ok": true}', answer.stderr


def without_us(archive: Path, *paths: str) -> list[str]:
    """Return what a Datasette answers at `paths` where feedsvc is not installed: a line each."""
    command = [sys.executable, "-P", str(WITHOUT), str(archive / "archive.db"), *paths]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert answer.stdout, answer.stderr
    return [line for line in answer.stdout.splitlines() if line[:3].isdecimal()]  # what it logs is among them


def test_where_feedsvc_is_not_installed_every_table_still_opens(archive: Path) -> None:
    tables = sorted(columns(archive).keys() - {"articles_seg", "articles_fts"})
    asked = ["/archive/articles?_facet=source&_sort_desc=sort_ts", "/archive/categories.csv"]
    paths = ["/", "/archive", "/archive/articles/1", *(f"/archive/{name}" for name in tables), *asked]
    assert [line.rstrip() for line in without_us(archive, *paths)] == [f"200 {path}" for path in paths]


@pytest.mark.parametrize(("words", "found"), [("金融", {1, 2}), ("碳中和基金", {2})])
def test_where_feedsvc_is_not_installed_the_index_is_asked_with_blanks(
    archive: Path, words: str, found: set[int]
) -> None:
    matched = f"""select rowid from articles_fts where articles_fts match '"{" ".join(words)}"'"""
    path = f"/archive/articles.json?_shape=array&_where=id in ({matched})"
    (line,) = without_us(archive, path)
    assert {row["id"] for row in json.loads(line.removeprefix(f"200 {path} "))} == found


async def test_a_plain_datasette_shows_nothing_of_the_operator(plain: Any) -> None:
    assert "time-out" not in (await plain.get("/-/status")).text


async def test_a_datasette_without_an_archive_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("create table things (id integer primary key)")
    datasette = Datasette([str(tmp_path / "other.db")])
    await datasette.invoke_startup()
    assert "things" in (await datasette.client.get("/other")).text
    assert (await datasette.client.get("/-/healthz")).status_code == 404
    assert "feedsvc" not in (await datasette.client.get("/")).text


async def test_in_public_nothing_of_the_operator_can_be_reached(public: Any) -> None:
    for path in (
        "/-/status",
        "/-/metrics",
        "/source/planet",
        "/-/databases.json",
        "/-/metadata.json",
        "/-/config.json",
    ):
        text = (await public.get(path)).text
        assert "time-out" not in text, path
        assert "ops.db" not in text, path
    answer = await public.get("/archive.json", params={"sql": "select * from failures"}, follow_redirects=True)
    assert answer.status_code == 400
    assert (await public.get("/archive.db")).status_code == 403


@pytest.mark.parametrize(
    "sql", ["select length(hex(randomblob(300000000)))", "attach 'ops.db' as o", "select zeroblob(100000000)"]
)
async def test_sql_that_costs_too_much_is_refused(site: Any, sql: str) -> None:
    assert (await site.get("/archive.json", params={"sql": sql}, follow_redirects=True)).status_code in (400, 403)


async def test_a_query_without_end_does_not_keep_pages_waiting(public: Any) -> None:
    endless = "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c"
    assert (await public.get("/archive.json", params={"sql": endless}, follow_redirects=True)).status_code in (400, 500)
    assert (await public.get(f"/articles/{uuid_of(1)}")).status_code == 200


def test_no_archive_yet_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="feedsvc ingest"):
        serve.build(Config(archive=str(tmp_path)))


async def test_a_new_configuration_is_shown_at_once(archive: Path) -> None:
    config = Config(title="before", archive=str(archive))
    datasette = serve.build(config, ops=archive / "ops.db")
    await datasette.invoke_startup()
    serve.reload(datasette, Config(title="after", archive=str(archive)))
    assert "<title>after</title>" in (await datasette.client.get("/")).text
    assert "time-out" in (await datasette.client.get("/-/status")).text  # the operator still sees what fails
    serve.reload(datasette, Config(archive=str(archive), serve=ServeConfig(public=True)))
    assert "time-out" not in (await datasette.client.get("/-/status")).text
    serve.close(datasette)


@pytest.mark.parametrize(
    "path", ["/archive/articles", "/archive/articles/1", "/archive/categories", "/archive/sources"]
)
async def test_every_link_of_a_table_leads_somewhere(site: Any, path: str) -> None:
    text = (await site.get(path)).text
    links = {html.unescape(each) for each in re.findall(r'href="(/[^"]*)"', text)}
    assert links
    answers = {link: (await site.get(link, follow_redirects=True)).status_code for link in links}
    assert {link: status for link, status in answers.items() if status not in (200, 410)} == {}
