"""In public: nothing of the operator's is reached, nothing costs more than it may, and the feeds answer meanwhile."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from feedsvc import serve
from feedsvc.config import Config, ServeConfig
from tests.serve.child import Child, serving
from tests.serve.sample import make, uuid_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

TOLD = "planet.example.org: time-out"  # stands in ops.db alone
PRIVATE_TABLES = ("source_state", "failures", "fetches", "runs", "gaps", "captures")
WAYS = (  # to ask for a table: path and query
    ("/archive.json", {"sql": "select * from {table}"}),
    ("/archive/-/query.json", {"sql": "select * from {table}"}),
    ("/archive/articles.json", {"_where": "id in (select rowid from {table})"}),
    ("/archive/articles.json", {"_where": "1=1 union select * from ops.{table}"}),
    ("/archive/{table}.json", {}),
    ("/ops/{table}.json", {}),
    ("/_internal/{table}.json", {}),
    ("/_memory.json", {"sql": "select * from {table}"}),
)
OWN_PAGES = (
    "threads",
    "databases",
    "metadata",
    "config",
    "settings",
    "plugins",
    "versions",
    "actor",
    "internal",
    "allowed",
)
COSTLY = {
    "one value": "select length(hex(randomblob(300000000)))",
    "many values": "with recursive c(n) as (select 1 union all select n + 1 from c) select hex(zeroblob(490000)) from c limit 400",
    "many texts": "with recursive c(n) as (select 1 union all select n + 1 from c) select printf('%.*c', 900000, 'x') from c",
    "a sum": "with recursive c(n) as (select 1 union all select n + 1 from c) select count(*) from c",
    "a set": "with recursive c(n) as (select 1 union select n + 1 from c) select count(*) from c",
    "a sort": "with recursive c(n) as (select 1 union all select n + 1 from c) select hex(randomblob(1000)) x from c order by x",
    "a list": "with recursive c(n) as (select 1 union all select n + 1 from c) select group_concat(n) from c",
    "a product": "select count(*) from articles a, articles b, articles c, articles d, articles e, articles f"
    " where a.text || b.text || d.text like '%☃%'",
}
MEMORY = 300 << 20  # bytes


@pytest.fixture
async def public(archive: Path) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(archive), serve=ServeConfig(public=True)), ops=archive / "ops.db")
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


@pytest.mark.parametrize("table", PRIVATE_TABLES)
@pytest.mark.parametrize(("path", "query"), WAYS)
async def test_no_way_of_asking_reaches_the_operators_tables(
    public: Any, table: str, path: str, query: dict[str, str]
) -> None:
    asked = {key: value.format(table=table) for key, value in query.items()}
    answer = await public.get(path.format(table=table), params=asked, follow_redirects=True)
    assert answer.status_code in (400, 403, 404)
    assert TOLD not in answer.text


@pytest.mark.parametrize(
    "sql", ["attach '{}/ops.db' as ops", "select load_extension('{}/ops.db')", "pragma database_list"]
)
async def test_no_file_is_opened_and_none_is_named(public: Any, archive: Path, sql: str) -> None:
    answer = await public.get("/archive.json", params={"sql": sql.format(archive)}, follow_redirects=True)
    assert answer.status_code in (400, 403)
    assert str(archive) not in answer.text.replace(sql.format(archive), "")


@pytest.mark.parametrize(
    "table", ["pragma_database_list", "PRAGMA_database_list()", "pragma_database_list d, articles a"]
)
async def test_the_place_of_the_archive_is_in_no_table(public: Any, archive: Path, table: str) -> None:
    answer = await public.get("/archive.json", params={"sql": f"select * from {table}"}, follow_redirects=True)
    assert str(archive) not in answer.text
    assert (await public.get("/archive")).status_code == 200


@pytest.mark.parametrize("name", OWN_PAGES)
@pytest.mark.parametrize("form", ["", ".json", "/"])
async def test_what_datasette_says_of_itself_is_closed(public: Any, name: str, form: str) -> None:
    assert (await public.get(f"/-/{name}{form}")).status_code == 404


@pytest.mark.parametrize("path", ["/-/status", "/-/healthz", "/-/metrics", "/-/static/app.css"])
async def test_what_people_and_machines_need_is_open(public: Any, archive: Path, path: str) -> None:
    answer = await public.get(path)
    assert answer.status_code == 200
    assert TOLD not in answer.text
    assert str(archive) not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/archive", "/archive/articles", "/nothing", "/archive/articles.json", "/-/config"]
)
async def test_every_answer_says_that_it_is_what_it_says_it_is(public: Any, path: str) -> None:
    headers = (await public.get(path)).headers
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("x-frame-options") == ["DENY"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]


async def test_the_operator_sees_what_datasette_says_of_itself(site: Any) -> None:
    assert (await site.get("/-/versions.json")).status_code == 200


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    folder = tmp_path_factory.mktemp("public")
    make(folder / "archive")
    with serving(folder, public=True) as served:
        yield served


def peak(pid: int) -> int:
    """Return the most memory, in bytes, that process `pid` ever had resident."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says how much memory a process had")
@pytest.mark.slow
def test_costly_queries_leave_memory_small_and_the_feeds_answering(child: Child) -> None:
    with httpx.Client(base_url=child.address, timeout=300, trust_env=False) as client, ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(client.get, "/archive.json", params={"sql": sql}, follow_redirects=True)
            for sql in [*COSTLY.values()] * 2
        ]
        waits = []
        while not all(each.done() for each in asked):
            waits.append(client.get("/feeds/all.atom").elapsed.total_seconds())
            assert client.get(f"/articles/{uuid_of(1)}").status_code == 200
        assert {each.result().status_code for each in asked} <= {400, 500}
    assert sorted(waits)[len(waits) // 2] < 0.5
    assert peak(child.pid) <= MEMORY
