"""What a polled feed costs the server, beside nginx with the same files, and how long it takes while others ask SQL.

    python benchmarks/serving.py [--requests 20000] [--paced 4000] [--runs 3]

`feedsvc serve`, nginx and the client are processes of their own on loopback. nginx runs with a configuration in a temporary
folder, as one process without a master, and is left out with a word where it is not installed (Debian: apt-get install
nginx-light). CPU is that of the server's process, all its threads, as the system counts it. Latencies are those that 50
clients see who ask four times a second each, first alone, then beside 8 who ask Datasette for queries of a second each.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import filling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ARTICLES = 2_000
CLIENTS = 50
SQL_CLIENTS = 8
EVERY = 0.25  # seconds between two requests of one client, where latency is what is measured
FEED = "/feeds/all.atom"
_TICKS = os.sysconf("SC_CLK_TCK")
_CONFIG = """
[service]
url = "https://news.example.org"
[serve]
port = {port}
[feeds]
entries = {entries}
"""
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; gzip_static on; charset utf-8;
    open_file_cache max=1000;
    types {{ application/atom+xml atom; }}
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        location /feeds/ {{
            root {folder}/archive;
            add_header Access-Control-Allow-Origin *; add_header Cache-Control "public, max-age=300";
        }}
    }}
}}
"""
_ASKING = """
import sys, urllib.request
for number in range(1000):
    try:
        urllib.request.urlopen(f"{sys.argv[1]}%20--{number}").read()
    except OSError:
        pass
"""


@dataclass(frozen=True, slots=True)
class Server:
    """One server that is up."""

    name: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Return the CPU seconds that the process has taken, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def tag(self, coding: str) -> str:
        """Return the ETag of the feed under `coding`."""
        asked = Request(f"http://127.0.0.1:{self.port}{FEED}", headers={"Accept-Encoding": coding})
        with urlopen(asked, timeout=10) as answer:  # noqa: S310
            return str(answer.headers["ETag"])


def poll(server: Server, requests: int, *headers: str, every: float = 0.0) -> dict[str, Any]:
    """Have a client in a process of its own ask for the feed; return what it saw."""
    options = [f"--header={header}" for header in headers]
    client = [sys.executable, str(Path(__file__).with_name("polling.py")), "127.0.0.1", str(server.port), FEED]
    counts = [f"--clients={CLIENTS}", f"--requests={requests}", f"--every={every}"]
    done = subprocess.run([*client, *counts, *options], capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rate(server: Server, requests: int, *headers: str) -> float:
    """Return requests per CPU second of the server."""
    before = server.cpu()
    poll(server, requests, *headers)
    return requests / (server.cpu() - before)


@contextmanager
def feedsvc(folder: Path, *, command: Sequence[str]) -> Iterator[Server]:
    """Serve the archive in `folder` until the end of the block."""
    with subprocess.Popen([*command, "serve"], cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        said = process.stderr or ()
        port = next(int(found[1]) for line in said if (found := re.search(r":([0-9]+)/", line)))
        try:
            yield Server("feedsvc", port, process.pid)
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def nginx(folder: Path) -> Iterator[Server | None]:
    """Serve the feeds in `folder` by nginx until the end of the block; None where there is no nginx."""
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if program is None:
        print("nginx is not installed: nothing to compare with (Debian: apt-get install nginx-light)")
        yield None
        return
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port))
    with subprocess.Popen([program, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL) as process:
        try:
            _answers(port)
            yield Server("nginx", port, process.pid)
        finally:
            process.terminate()


@contextmanager
def asking_sql(server: Server) -> Iterator[None]:
    """Have eight clients ask for queries of a second each until the end of the block."""
    url = f"http://127.0.0.1:{server.port}/archive.json?sql=" + quote(_one_second())
    clients = [subprocess.Popen([sys.executable, "-c", _ASKING, url]) for _ in range(SQL_CLIENTS)]
    try:
        time.sleep(3)  # until they are all at it
        yield
    finally:
        for client in clients:
            client.kill()
            client.wait()


def _one_second() -> str:
    """Return a query that SQLite is busy with for a second on this machine."""
    sql = "with recursive c(x) as (select 1 union all select x + 1 from c limit {}) select count(*) from c where x % 7 = 3"
    begun = time.process_time()
    sqlite3.connect(":memory:").execute(sql.format(500_000)).fetchall()
    return sql.format(int(500_000 / (time.process_time() - begun)))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("nginx did not start")


def archive(folder: Path, command: Sequence[str]) -> None:
    """Make an archive with its feed of everything, of about 130 KB, and a gzip beside it for nginx."""
    filling.fill(folder / "archive", ARTICLES)
    (folder / "config.toml").write_text(_CONFIG.format(port=0, entries=60))
    subprocess.run([*command, "emit", "all"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    feed = folder / "archive" / FEED.lstrip("/")
    if not feed.with_name(feed.name + ".gz").exists():
        subprocess.run(["gzip", "-6", "-k", "-n", str(feed)], check=True)
    print(f"{FEED}: {feed.stat().st_size:,} bytes, {feed.with_name(feed.name + '.gz').stat().st_size:,} as gzip")


def costs(ours: Server, theirs: Server | None, requests: int, runs: int) -> None:
    """Print requests per CPU second, medians of `runs` turns of both."""
    kinds = {
        "200": ("Accept-Encoding: identity",),
        "200 gzip": ("Accept-Encoding: gzip",),
        "304": ("Accept-Encoding: gzip", "If-None-Match: {tag}"),
    }
    print("requests per CPU second     feedsvc     nginx   nginx/feedsvc")
    for name, headers in kinds.items():
        found: dict[Server, list[float]] = {server: [] for server in (ours, theirs) if server}
        for _ in range(runs):
            for server, rates in found.items():
                count = requests if server is ours else 2 * requests  # nginx is quick, the clock of the system coarse
                rates.append(rate(server, count, *(each.format(tag=server.tag("gzip")) for each in headers)))
        mine, *other = (statistics.median(rates) for rates in found.values())
        print(f"  {name:20} {mine:12,.0f}" + (f"{other[0]:10,.0f} {other[0] / mine:12.1f}x" if other else ""))


def latencies(server: Server, requests: int) -> None:
    """Print how long conditional requests take, alone and beside SQL."""
    headers = ("Accept-Encoding: gzip", f"If-None-Match: {server.tag('gzip')}")
    idle = poll(server, requests, *headers, every=EVERY)
    with asking_sql(server):
        busy = poll(server, requests, *headers, every=EVERY)
    print(f"latency of 304s, {CLIENTS / EVERY:.0f} a second        p50       p99     worst")
    for name, found in (("idle", idle), (f"{SQL_CLIENTS} clients of SQL", busy)):
        print(f"  {name:22}" + "".join(f"{1000 * found[each]:7.2f} ms" for each in ("p50", "p99", "worst")))
    print(f"  p99 beside SQL / p99 idle: {busy['p99'] / idle['p99']:.1f}")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=20_000, help="of one measurement of CPU (20000)")
    arguments.add_argument("--paced", type=int, default=4_000, help="of one measurement of latency (4000)")
    arguments.add_argument("--runs", type=int, default=3, help="of which the median is shown (3)")
    arguments.add_argument("--command", default=f"{sys.executable} -m feedsvc", help="that is `feedsvc`")
    chosen = arguments.parse_args()
    command = chosen.command.split()
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        archive(folder, command)
        with feedsvc(folder, command=command) as ours, nginx(folder) as theirs:
            tag = ours.tag("gzip")
            thousand = poll(ours, 1_000, "Accept-Encoding: gzip", f"If-None-Match: {tag}")
            print(f"1,000 conditional requests of {CLIENTS} clients: {thousand['statuses']}")
            costs(ours, theirs, chosen.requests, chosen.runs)
            latencies(ours, chosen.paced)


if __name__ == "__main__":
    main()
