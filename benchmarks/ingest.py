"""What an ingest of a directory costs: first, with nothing changed, with one file changed; beside the floors.

    python benchmarks/ingest.py [--n 1000 --n 10000] [--runs 3] [--json FILE]

The floors are what no program can go below: a bare Python, a scandir + stat of the same files, and reading and hashing
them. Every row is a process of its own, from exec to exit, and every figure the median of `--runs`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Cost, repeat, run
from posts import write

if TYPE_CHECKING:
    from collections.abc import Mapping

START = "pass"
STAT = """
import os, sys
def walk(folder):
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False): walk(entry.path)
            else: entry.stat(follow_symlinks=False)
walk(sys.argv[1])
"""
HASH = """
import hashlib, os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), 'rb') as file: hashlib.sha256(file.read()).digest()
"""
CONFIG = """
[service]
title = "benchmark"
url = "http://127.0.0.1:8001"
archive = "archive"
timezone = "Asia/Shanghai"

[feeds]
formats = ["atom", "rss"]

[[source]]
name = "posts"
kind = "directory"
path = "content"
"""


class Bench:
    """A folder with posts, a config and an archive, and the runs over them."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG, encoding="utf-8")
        self.paths = write(folder / "content", count)

    def floor(self, program: str, _: int) -> Cost:
        """Run a few lines of Python over the same files."""
        return run([sys.executable, "-I", "-S", "-c", program, str(self.folder / "content")], self.log)

    def again(self, _: int) -> Cost:
        """Ingest what is there now."""
        return run([sys.executable, "-m", "feedsvc", "--config", str(self.config), "ingest", "--all"], self.log)

    def first(self, number: int) -> Cost:
        """Ingest into an empty archive."""
        shutil.rmtree(self.folder / "archive", ignore_errors=True)
        return self.again(number)

    def one_changed(self, number: int) -> Cost:
        """Ingest after one post got one more sentence."""
        path = self.paths[(number * 7 + 3) % len(self.paths)]
        path.write_text(path.read_text(encoding="utf-8").replace("</p>", f" 更正{number}。</p>", 1), encoding="utf-8")
        return self.again(number)

    def costs(self, runs: int) -> Mapping[str, Cost]:
        """Return the cost of each row; the order matters, since what changes comes after what does not."""
        rows = {
            "floor: python -c pass": partial(self.floor, START),
            "floor: scandir + stat": partial(self.floor, STAT),
            "floor: read + sha256": partial(self.floor, HASH),
            "first ingest, with feeds": self.first,
            "nothing changed": self.again,
            "one file changed": self.one_changed,
        }
        return {name: repeat(runs, step) for name, step in rows.items()}


def table(count: int, costs: Mapping[str, Cost]) -> str:
    """Return the rows as text, each beside the two floors."""
    stat, digest = costs["floor: scandir + stat"], costs["floor: read + sha256"]
    lines = [f"{count:,} posts", f"  {'':26}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'x stat':>8}{'x hash':>8}"]
    lines += [
        f"  {name:26}{cost.cpu:8.2f}{cost.wall:8.2f}{cost.peak:9.0f}{cost.cpu / stat.cpu:8.1f}{cost.cpu / digest.cpu:8.1f}"
        for name, cost in costs.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep as JSON where asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, action="append", help="posts; may be given more than once (1000, 10000)")
    arguments.add_argument("--runs", type=int, default=3, help="runs of each row; their median is shown (3)")
    arguments.add_argument("--json", type=Path, help="write the figures to this file too")
    chosen = arguments.parse_args()
    found = {}
    for count in chosen.n or (1_000, 10_000):
        with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
            costs = Bench(Path(folder), count).costs(chosen.runs)
        print(table(count, costs), flush=True)
        found[count] = {name: asdict(cost) for name, cost in costs.items()}
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
