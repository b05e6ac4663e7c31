"""What it costs to follow 1,000 feeds: a first pass, and a second one in which nine in ten did not change.

    python benchmarks/fetch.py [--feeds 1000] [--items 20] [--reader PYTHON] [--json FILE]

The feeds come from a server of its own process on loopback. `--reader` names a Python in which lemon24/reader is
installed (`python -m venv V && V/bin/pip install reader`): it then does the same in the same run. Every row is a process of
its own, from exec to exit, its children included; the time split is a run of its own with clocks around each stage.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from feedserver import ADDRESSES, Feeds, serve
from measure import Cost, run

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
[service]
title = "benchmark"

[fetch]
allow_networks = ["127.0.0.0/8"]
host_gap_seconds = 0
{sources}
"""
SOURCE = """
[[source]]
name = "feed-{number}"
kind = "feed"
url = "http://{host}:{port}/{number}.xml"
categories = ["topic {topic}"]
every = "1s"
"""
READER = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1] + "/reader.sqlite")
port, count = int(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    reader.add_feed(f"http://localhost:{port}/{number}.xml", exist_ok=True)
reader.update_feeds(scheduled=False, workers=8)  # without this, feeds asked within the hour are not asked again
assert not any(feed.last_exception for feed in reader.get_feeds())
assert reader.get_entry_counts().total == int(sys.argv[4]), reader.get_entry_counts().total
"""
SPLIT = """
import sys, time, collections
from feedsvc import ingest, executors
from feedsvc.store.archive import Archive
import feedsvc.app.service as service, feedsvc.parsers, feedsvc.rules
from feedsvc.sources.http.fetcher import Fetcher
spent = collections.Counter()
def clocked(owner, name, label):
    inner = getattr(owner, name)
    def outer(*a, **k):
        begun = time.thread_time()  # sources are taken in by threads of their own
        try: return inner(*a, **k)
        finally: spent[label] += time.thread_time() - begun
    setattr(owner, name, outer)
clocked(feedsvc.parsers, "parse", "parse")
clocked(feedsvc.rules, "normalise", "normalise")
for name in ("commit", "known", "fingerprints", "windows", "settled", "record_run", "appeared"): clocked(Archive, name, "store")
clocked(ingest, "reconcile", "reconcile")
clocked(service.Service, "emit_now", "emit")
service.Service.executor = lambda self, source: executors.LocalExecutor()
from feedsvc.commands import cli
begun = time.process_time()
try: cli(["--config", sys.argv[1], "ingest", "--all", "--json"], standalone_mode=False)
finally:
    whole = time.process_time() - begun
    spent["fetch and the rest"] = whole - sum(spent.values())
    print("SPLIT", {name: round(seconds, 2) for name, seconds in spent.most_common()}, file=sys.stderr)
"""


class Bench:
    """A folder with a config and an archive, and a server with feeds beside it."""

    def __init__(self, folder: Path, feeds: int, items: int) -> None:
        self.folder, self.feeds, self.items = folder, feeds, items
        self.log = folder / "log"
        self.told = multiprocessing.get_context("fork").Queue()
        self.port = 0
        self.generation = multiprocessing.get_context("fork").Value("i", 0)

    def start(self) -> multiprocessing.process.BaseProcess:
        """Start the server, and write the configuration that names it."""
        state = Feeds(items=self.items, generation=self.generation)
        child = multiprocessing.get_context("fork").Process(target=serve, args=(state, self.told), daemon=True)
        child.start()
        self.port = self.told.get(timeout=10)
        sources = "".join(
            SOURCE.format(number=number, port=self.port, topic=number % 20, host=ADDRESSES[number % len(ADDRESSES)])
            for number in range(self.feeds)
        )
        (self.folder / "config.toml").write_text(CONFIG.format(sources=sources), encoding="utf-8")
        return child

    def ours(self) -> Cost:
        """Ingest every feed."""
        cost = self._feedsvc("ingest", "--all", "--no-emit", "--json")
        with closing(sqlite3.connect(self.folder / "archive" / "archive.db")) as db:
            (found,) = db.execute("select count(*) from articles").fetchone()
        if found != self.entries:
            raise RuntimeError(f"{found} articles instead of {self.entries}: what was measured is not the work")
        return cost

    def emission(self) -> Cost:
        """Publish what changed: what reader does not do."""
        return self._feedsvc("emit", "--json")

    def _feedsvc(self, *arguments: str) -> Cost:
        reaping = str(Path(__file__).with_name("reaping.py"))
        config = str(self.folder / "config.toml")
        return run([sys.executable, reaping, sys.executable, "-m", "feedsvc", "--config", config, *arguments], self.log)

    def theirs(self, python: str) -> Cost:
        """Let lemon24/reader update every feed."""
        arguments = (str(self.folder), str(self.port), str(self.feeds), str(self.entries))
        return run([python, "-c", READER, *arguments], self.log)

    @property
    def entries(self) -> int:
        """How many entries a client that has asked everybody holds now."""
        return self.feeds * self.items + self.generation.value * len(range(0, self.feeds, 10))

    def split(self) -> str:
        """Return where the time of a first pass goes, in CPU seconds, with parsing in the same process."""
        config = self.folder / "config.toml"
        again = self.folder / "split.toml"
        again.write_text(config.read_text(encoding="utf-8").replace("[service]", '[service]\narchive = "split"', 1))
        done = subprocess.run([sys.executable, "-c", SPLIT, str(again)], capture_output=True, text=True, check=False)
        return done.stderr.rpartition("SPLIT ")[2].strip()


def passes(bench: Bench, reader: str) -> Iterator[tuple[str, Cost]]:
    """Yield each row; the second passes come after one feed in ten got a new entry."""
    yield "first pass", bench.ours()
    yield "first emission", bench.emission()
    if reader:
        yield "first pass, reader", bench.theirs(reader)
    bench.generation.value = 1
    yield "second pass, 90 % 304", bench.ours()
    yield "second emission", bench.emission()
    if reader:
        yield "second pass, reader", bench.theirs(reader)


def row(name: str, cost: Cost, feeds: int, items: int) -> str:
    """Return one line of the table."""
    entries = feeds * items if name.startswith("first") else feeds // 10
    return (
        f"{name:24}{cost.wall:8.1f}{cost.cpu:8.1f}{cost.peak:8.0f}{feeds / cost.wall:10.1f}{entries / cost.wall:12.1f}"
        f"{feeds / cost.cpu:14.1f}{entries / cost.cpu:14.1f}"
    )


def main() -> None:
    """Measure, print, and keep as JSON where asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--feeds", type=int, default=1000)
    arguments.add_argument("--items", type=int, default=20)
    arguments.add_argument("--reader", default="", help="a Python that has lemon24/reader")
    arguments.add_argument("--json", type=Path, help="write the figures to this file too")
    chosen = arguments.parse_args()
    os.environ.pop("FEEDSVC_CONFIG", None)
    found = {}
    with tempfile.TemporaryDirectory(prefix="feedsvc-fetch-") as folder:
        bench = Bench(Path(folder), chosen.feeds, chosen.items)
        server = bench.start()
        print(
            f"{'':24}{'wall s':>8}{'CPU s':>8}{'peak MB':>8}{'feeds/s':>10}{'entries/s':>12}{'feeds/CPU s':>14}{'entries/CPU s':>14}"
        )
        for name, cost in passes(bench, chosen.reader):
            print(row(name, cost, chosen.feeds, chosen.items), flush=True)
            found[name] = asdict(cost)
        print("CPU seconds of a first pass:", bench.split())
        server.terminate()
        server.join()
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
