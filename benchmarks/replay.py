"""What a replay of kept bytes costs, beside the first ingest of the same posts.

    python benchmarks/replay.py [--n 10000] [--json FILE]

Every row is a process of its own. The sources are taken away before the replays, so that they read captures or nothing; then the
source gets another category above its own, which changes every article, and the replay writes a revision of each.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import CONFIG
from measure import Cost, run
from posts import write

if TYPE_CHECKING:
    from collections.abc import Mapping


class Bench:
    """A folder with posts, a config and an archive."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG, encoding="utf-8")
        write(folder / "content", count)

    def feedsvc(self, *arguments: str) -> Cost:
        """Run a command to its end."""
        command = [sys.executable, "-m", "feedsvc", "--config", str(self.config), *arguments]
        return run(command, self.folder / "log")

    def costs(self) -> Mapping[str, Cost]:
        """Return the cost of each row, after a look at what each has done."""
        found = {"first ingest, without feeds": self.feedsvc("ingest", "--all", "--no-emit")}
        (self.folder / "content").rename(self.folder / "away")
        found["replay, nothing changed"] = self.feedsvc("replay")
        self._expect("select count(*) from revisions", self.count)
        self.config.write_text(f'{CONFIG}prefix = "above"\n', encoding="utf-8")
        found["replay, every article would change"] = self.feedsvc("replay")
        self._expect("select count(*) from revisions", self.count)
        found["replay --apply, with feeds"] = self.feedsvc("replay", "--apply")
        self._expect("select count(*) from revisions where origin = 'replay'", self.count)
        return found

    def _expect(self, sql: str, number: int) -> None:
        with closing(sqlite3.connect(self.folder / "archive" / "archive.db")) as db:
            found = db.execute(sql).fetchone()[0]
        if found != number:
            raise RuntimeError(f"{sql}: {found} instead of {number}")


def table(count: int, costs: Mapping[str, Cost]) -> str:
    """Return the rows as text, each beside the first ingest."""
    first = next(iter(costs.values()))
    lines = [f"{count:,} captures", f"  {'':36}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'x first':>9}{'ms each':>9}"]
    lines += [
        f"  {name:36}{cost.cpu:8.2f}{cost.wall:8.2f}{cost.peak:9.0f}{cost.cpu / first.cpu:9.2f}{1_000 * cost.cpu / count:9.2f}"
        for name, cost in costs.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and keep as JSON where asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, default=10_000, help="posts (10000)")
    arguments.add_argument("--json", type=Path, help="write the figures to this file too")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
        costs = Bench(Path(folder), chosen.n).costs()
    print(table(chosen.n, costs))
    if chosen.json:
        chosen.json.write_text(json.dumps({name: asdict(cost) for name, cost in costs.items()}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
