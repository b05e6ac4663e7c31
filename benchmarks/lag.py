"""Measure how long one request blocks the event loop of the server, so that all other requests wait.

    python benchmarks/lag.py [--requests 20] [--categories 3000]

`feedsvc serve` in a process of its own, on loopback, with thousands of categories and feeds of 7 MB, asked one request after
another. Each callback of its event loop is timed, by the CPU time of its thread ("held": what others do on the machine does
not count), and a task sleeps for a millisecond again and again ("late": how much later it woke, waits for threads included).
Shown are the longest of all requests for one kind, in ms.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filling

from feedsvc.config import Config, ServeConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = b"<entry><title>%d</title><content>%b</content></entry>"
FEED_BYTES = 7_000_000
PATHS = {
    "feeds": "/feeds/",
    "feeds, after each change": "/feeds/",
    "front page": "/",
    "a category": "/category/topic-1",
    "a source": "/source/{source}",
    "an article": "/articles/{article}",
    "nothing there": "/articles/00000000-0000-0000-0000-000000000000",
    "status": "/-/status",
    "OPML": "/feeds/index.opml",
    "a page of articles.json": "/archive/articles.json",
    "a feed of 7 MB, first": "/feeds/large-{}.atom",
    "the same, gzip, first": "/feeds/packed-{}.atom",
    "the same, again": "/feeds/large-0.atom",
    "the same, 304": "/feeds/large-0.atom",
    "its page in a browser": "/feeds/large-0.atom",
}


class Probe:
    """Times what runs on an event loop; the longest since it was last asked."""

    def __init__(self) -> None:
        self.held = self.late = 0.0  # seconds
        running = asyncio.Handle._run  # noqa: SLF001 - there is no other place where every callback passes

        def timed(handle: asyncio.Handle) -> None:
            begun = time.thread_time()
            running(handle)
            self.held = max(self.held, time.thread_time() - begun)

        asyncio.Handle._run = timed  # type: ignore[method-assign]  # noqa: SLF001

    async def wake(self) -> None:
        """Wake every millisecond for ever."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.001)
            self.late = max(self.late, time.perf_counter() - begun - 0.001)

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each line with the longest times since the last."""
        with suppress(ConnectionError):
            while await reader.readline():
                writer.write(json.dumps([self.held, self.late]).encode() + b"\n")
                self.held = self.late = 0.0
        writer.close()


async def child(archive: str) -> None:
    """Serve `archive`, and tell the two ports on a line."""
    from feedsvc import serve  # noqa: PLC0415
    from feedsvc.schedule import serve_only  # noqa: PLC0415

    probe = Probe()
    telling = await asyncio.start_server(probe.tell, "127.0.0.1", 0)
    waking = asyncio.create_task(probe.wake())
    config = Config(archive=archive, url="https://news.example.org", serve=ServeConfig(port=0))
    datasette = serve.build(config, ops=Path(archive) / "ops.db")

    def ready(address: str) -> None:
        print(address.rstrip("/").rpartition(":")[2], telling.sockets[0].getsockname()[1], flush=True)

    await serve_only(datasette.app(), config, ready=ready, front=serve.fronting(datasette))
    serve.close(datasette)
    waking.cancel()
    os._exit(0)  # the connection of the one who asks the probe is still open


@contextmanager
def served(archive: Path) -> Iterator[tuple[int, int]]:
    """Serve `archive` until the end of the block; yield the port, and that of the probe."""
    command = [sys.executable, __file__, "--child", str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port, telling = map(int, next(iter(process.stdout or ())).split())
        try:
            yield port, telling
        finally:
            process.terminate()


def fill(archive: Path, categories: int, requests: int) -> None:
    """Make an archive of 2,000 articles with `categories` more of its own, and large feeds beside it."""
    path = filling.fill(archive, 2_000)
    with closing(sqlite3.connect(path)) as db, db:
        (top,) = db.execute("select max(id) from categories").fetchone()
        rows = [(top + n, f"topic-{n}", f"topic-{n}", f"topic-{n}", 1 + n % 3) for n in range(1, categories + 1)]
        db.executemany(
            "insert into categories (id, path, name, slug, depth, article_count) values (?, ?, ?, ?, 1, ?)", rows
        )
        db.executemany(
            "insert into article_categories (category, sort_ts, article)"
            " select ?, sort_ts, id from articles where id between ? and ? + 9",
            [(row[0], row[0] % 1_900 + 1, row[0] % 1_900 + 1) for row in rows],
        )
    feeds = archive / "feeds"
    feeds.mkdir()
    outline = b'<outline text="%d" type="rss" xmlUrl="https://news.example.org/feeds/category/topic-%d.rss"/>\n'
    listed = b"".join(outline % (n, n) for n in range(categories))
    (feeds / "index.opml").write_bytes(b'<opml version="2.0"><body>' + listed + b"</body></opml>")
    entry = ENTRY % (1, os.urandom(3_000).hex().encode())
    body = b'<feed xmlns="http://www.w3.org/2005/Atom">' + entry * (FEED_BYTES // len(entry)) + b"</feed>"
    for name in ("large", "packed"):
        for number in range(requests):
            (feeds / f"{name}-{number}.atom").write_bytes(body)


def ask(port: int, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Ask for `path` on a connection of its own; return the status and the tag."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("etag", "")


def longest(archive: Path, port: int, probe: Any, requests: int, what: str) -> list[float]:  # noqa: ANN401
    """Return the longest times of `requests` for `what`, in ms, and the median of what a request took."""
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        article, source = db.execute("select uuid, source from articles order by id limit 1").fetchone()
    path = PATHS[what].replace("{article}", article).replace("{source}", source)
    wanted = 304 if "304" in what else 404 if "nothing" in what else 200
    headers = {"accept-encoding": "gzip" if "gzip" in what else "identity"}
    if "304" in what:
        headers["if-none-match"] = ask(port, path, headers)[1]
    if "browser" in what:
        headers["sec-fetch-dest"] = "document"
    if "first" not in what:
        ask(port, path.format(0), headers)
    tell(probe)
    taken = []
    for number in range(requests):
        if "change" in what:
            with closing(sqlite3.connect(archive / "archive.db")) as db, db:
                db.execute("update sources set last_read = ?", [f"2026-07-01T00:00:{number:02}Z"])
        begun = time.perf_counter()
        status, _ = ask(port, path.format(number), headers)
        taken.append(time.perf_counter() - begun)
        if status != wanted:
            raise RuntimeError(f"{path}: {status}")
    held, late = tell(probe)
    return [1000 * each for each in (held, late, sorted(taken)[len(taken) // 2])]


def tell(probe: Any) -> list[float]:  # noqa: ANN401
    """Return the longest times since this was last called, in seconds."""
    probe.write(b"\n")
    probe.flush()
    found: list[float] = json.loads(probe.readline())
    return found


def main() -> None:
    """Measure and print."""
    import socket  # noqa: PLC0415

    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=20, help="of each kind (20)")
    arguments.add_argument("--categories", type=int, default=3_000, help="beside those of the articles (3000)")
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        asyncio.run(child(chosen.child))
        return
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name:
        archive = Path(name) / "archive"
        fill(archive, chosen.categories, chosen.requests)
        with served(archive) as (port, telling), socket.create_connection(("127.0.0.1", telling)) as connection:
            probe = connection.makefile("rwb")
            time.sleep(1)
            tell(probe)
            time.sleep(1)
            print(f"{'longest of each, ms':28}{'held':>9}{'late':>9}{'median taken':>15}")
            held, late = (1000 * each for each in tell(probe))
            print(f"  {'nothing asked':26}{held:9.1f}{late:9.1f}", flush=True)
            for what in PATHS:
                held, late, taken = longest(archive, port, probe, chosen.requests, what)
                print(f"  {what:26}{held:9.1f}{late:9.1f}{taken:15.1f}", flush=True)


if __name__ == "__main__":
    main()
