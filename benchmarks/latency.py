"""How long a page takes on a connection that is kept alive, and on a new one: what a browser or a scraper waits for.

    python benchmarks/latency.py [--requests 50] [--articles 2000]

`feedsvc run` and `feedsvc serve` are processes of their own on loopback, asked one request after another. Shown are medians. A
connection that is kept alive should be the quicker one: where it is not, and takes 40 ms and more, the body of an answer
waits for the acknowledgement of its head (TCP_NODELAY is not set).
"""

from __future__ import annotations

import argparse
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import filling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WARM = 10  # requests before those that count
CONFIG = """
[service]
url = "https://news.example.org"
[serve]
port = 0
"""


@contextmanager
def served(command: Sequence[str], folder: Path) -> Iterator[int]:
    """Run `command` in `folder` until the end of the block; yield its port."""
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr or ()
        port = next(int(found[1]) for line in said if (found := re.search(r":([0-9]+)/", line)))
        try:
            yield port
        finally:
            process.terminate()
            process.communicate()


def connected(port: int) -> socket.socket:
    """Return a connection that itself sends at once."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def ask(connection: socket.socket, path: str) -> None:
    """Ask for `path`, and read the whole answer."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{path}: {head.splitlines()[0].decode()}")
    length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
    while len(body) < int(length[1]) if length else not body.endswith(b"0\r\n\r\n"):
        body += _more(connection)


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 16)
    if not piece:
        raise RuntimeError("the connection was closed in the middle of an answer")
    return piece


def kept(port: int, path: str, requests: int) -> float:
    """Return the median of `requests` on one connection, in seconds."""
    with connected(port) as connection:
        return _median(lambda: ask(connection, path), requests)


def fresh(port: int, path: str, requests: int) -> float:
    """Return the median of `requests` with a connection each, in seconds, connecting included."""

    def once() -> None:
        with connected(port) as connection:
            ask(connection, path)

    return _median(once, requests)


def _median(request, requests: int) -> float:  # noqa: ANN001 - a callable without arguments
    taken = []
    for _ in range(WARM + requests):
        begun = time.perf_counter()
        request()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[WARM:])


def paths(folder: Path) -> dict[str, str]:
    """Return what is asked for, by what it is."""
    with closing(sqlite3.connect(folder / "archive" / "archive.db")) as db:
        (uuid,) = db.execute("select uuid from articles order by id limit 1").fetchone()
    return {
        "health": "/-/healthz",
        "an article": f"/articles/{uuid}",
        "feeds": "/feeds/",
        "stylesheet": "/-/static-plugins/feedsvc/feedsvc.css",
        "articles.json": "/archive/articles.json",
        "a feed": "/feeds/all.atom",
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=50, help="of which the median is shown (50)")
    arguments.add_argument("--articles", type=int, default=2_000, help="in the archive (2000)")
    chosen = arguments.parse_args()
    feedsvc = [sys.executable, "-m", "feedsvc"]
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name:
        folder = Path(name)
        filling.fill(folder / "archive", chosen.articles)
        (folder / "config.toml").write_text(CONFIG)
        subprocess.run([*feedsvc, "emit", "all"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        print(f"{'ms, medians':28}{'kept alive':>12}{'fresh':>12}")
        for command in ("run", "serve"):
            with served([*feedsvc, command], folder) as port:
                for what, path in paths(folder).items():
                    alive, new = (1000 * each(port, path, chosen.requests) for each in (kept, fresh))
                    print(f"  {command:6}{what:20}{alive:12.1f}{new:12.1f}", flush=True)


if __name__ == "__main__":
    main()
