"""Every page of ours is rendered beside the event loop, and one frame says of each what was not found, or not in time."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import serve
from feedsvc.config import Config, ServeConfig
from feedsvc.serve import context
from feedsvc.serve.archive_reader import ArchiveReader
from tests.formats.making import SPEC
from tests.serve.sample import WITHDRAWN, make, uuid_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

BROWSER = {"sec-fetch-dest": "document"}
SECRET = "correct-horse-battery-staple-1"  # noqa: S105 - of a test
OPERATOR = {"authorization": f"Bearer {SECRET}"}
PAGES = (  # path, status, headers
    ("/", 200, {}),
    ("/search?q=金融", 200, {}),
    ("/category/金融", 200, {}),
    ("/feeds/", 200, {}),
    (f"/articles/{uuid_of(1)}", 200, {}),
    (f"/articles/{uuid_of(1)}?diff=1..1", 200, {}),
    (f"/articles/{uuid_of(WITHDRAWN)}", 410, {}),
    (f"/articles/{uuid_of(9_999)}", 404, {}),
    ("/category/nowhere", 404, {}),
    ("/source/posts", 200, {}),
    ("/source/planet", 200, OPERATOR),
    ("/source/nowhere", 404, OPERATOR),
    ("/-/status", 200, {}),
    ("/-/status", 200, OPERATOR),
    ("/-/operator", 200, {}),
    (f"/feeds/{SPEC.path}.atom", 200, BROWSER),
)


@dataclass
class Title:
    """The title of an archive, which every page shows; it notes in which threads templates did that."""

    threads: set[threading.Thread] = field(default_factory=set)

    def __html__(self) -> str:
        self.threads.add(threading.current_thread())
        return str(self)

    def __str__(self) -> str:
        return "每日归档"


@asynccontextmanager
async def public(folder: Path, **changed: Any) -> AsyncIterator[Any]:
    """Serve the archive in `folder` in public, with a login, and with other values in what the plugin knows of it."""
    made = ServeConfig(public=True, login=SECRET)
    config = Config(title="每日归档", url="https://news.example.org", archive=str(folder), serve=made)
    datasette = serve.build(config, ops=folder / "ops.db")
    await datasette.invoke_startup()
    known = context._sites[datasette]
    context._sites[datasette] = replace(known, **changed)
    yield datasette.client
    for reader in (known.reader, known.ops):
        reader.close()
    serve.close(datasette)


@pytest.mark.parametrize(("path", "status", "headers"), PAGES)
async def test_no_page_is_rendered_on_the_event_loop(archive: Path, path: str, status: int, headers: Any) -> None:
    title = Title()
    async with public(archive, title=title) as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == status
    assert "每日归档" in answer.text
    assert title.threads
    assert threading.current_thread() not in title.threads


@pytest.mark.parametrize("name", ["reader", "ops"])
@pytest.mark.parametrize("path", ["/-/status", "/source/planet"])
async def test_a_page_for_which_there_was_no_time_says_so(tmp_path: Path, path: str, name: str) -> None:
    file = make(tmp_path).with_name("archive.db" if name == "reader" else "ops.db")
    with sqlite3.connect(file) as db:  # a table without end, whatever is asked of it
        table = "sources" if name == "reader" else "source_state"
        endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i, * from n, old"
        db.execute(f"alter table {table} rename to old")
        db.execute(f"create view {table} as {endless}")
    reader = ArchiveReader(lambda: sqlite3.connect(file, check_same_thread=False), threads=1, seconds=0.05)
    async with public(tmp_path, **{name: reader}) as client:
        answer = await client.get(path, headers=OPERATOR)
    reader.close()
    assert answer.status_code == 503
    assert "<h1>This took too long</h1>" in answer.text
    assert "a query took longer than 0.05 s" in answer.text
    assert answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]
