"""Kill an ingest at random moments, ingest again, and compare with one that nobody disturbed.

    python benchmarks/crash.py [DIRECTORY] [--kills 50] [--posts 600] [--seed 1]

Without DIRECTORY it writes posts of its own. Each trial begins with an empty archive: kill -9 somewhere between exec and
exit, then one undisturbed run. Sound is: `pragma integrity_check` says ok in every file, the same articles (path, digest) as the
undisturbed archive, each once, and every feed file parses, after the kill as well as after the second run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from posts import write

CONFIG = """
[service]
title = "crash"
archive = "archive"
timezone = "Asia/Shanghai"

[[source]]
name = "posts"
kind = "directory"
path = {path}
"""


@dataclass(slots=True)
class Trial:
    """One kill and what was found after it."""

    after: float  # seconds from exec to kill -9
    files: int = 0  # feed files at the kill
    articles: int = 0  # in the archive at the kill
    faults: list[str] = field(default_factory=list)


class Service:
    """A folder with a config and an archive over a directory of posts."""

    def __init__(self, folder: Path, posts: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.archive = folder / "archive"
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG.format(path=json.dumps(str(posts))), encoding="utf-8")
        self.command = [sys.executable, "-m", "feedsvc", "--config", str(self.config), "ingest", "--all"]

    def ingest(self) -> float:
        """Run an ingest to its end; return its wall seconds.

        Raises:
            RuntimeError: it ended with neither 0 nor 1 (some documents in quarantine).
        """
        begun = time.monotonic()
        done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"exit {done.returncode}: {done.stderr[-2_000:]}")
        return time.monotonic() - begun

    def ingest_and_kill(self, after: float) -> None:
        """Start an ingest, and end it with SIGKILL after `after` seconds (it may have ended by itself)."""
        with subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            try:
                child.wait(after)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)


FEEDS = {
    ".atom": ET.fromstring,
    ".rss": ET.fromstring,
    ".opml": ET.fromstring,
    ".json": json.loads,
}
PACKED = ".gz"  # closed pages are stored so, and other documents beside their plain form


def kind(path: Path) -> str:
    """Return the suffix of a feed file, of what is in it when it is packed."""
    return Path(path.stem).suffix if path.suffix == PACKED else path.suffix


@dataclass(frozen=True, slots=True)
class Remains:
    """An archive that nobody is writing to."""

    folder: Path

    @classmethod
    def copied(cls, archive: Path, to: Path) -> Remains:
        """Return a copy of `archive`: to open the original would already recover it, and that is feedsvc's to do."""
        if archive.is_dir():
            shutil.copytree(archive, to)
        return cls(to)

    def articles(self) -> list[tuple[str, str]]:
        """Return locator and digest of every article; [] where there is no archive yet."""
        path = self.folder / "archive.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as connection:
            if not connection.execute("select 1 from sqlite_master where name = 'articles'").fetchone():
                return []
            return connection.execute("select locator, digest from articles order by 1, 2").fetchall()

    def feeds(self) -> list[Path]:
        """Return every file that a reader could be given."""
        return [path for path in self.folder.glob("feeds/**/*") if kind(path) in FEEDS and path.is_file()]

    def damage(self) -> list[str]:
        """Return what is wrong with the files by themselves."""
        found = []
        for path in self.folder.glob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                verdict = connection.execute("pragma integrity_check").fetchone()[0]
            found += [f"{path.name}: {verdict}"] if verdict != "ok" else []
        for path in self.feeds():
            try:
                body = path.read_bytes()
                FEEDS[kind(path)](gzip.decompress(body) if path.suffix == PACKED else body)
            except (ET.ParseError, ValueError, EOFError, OSError) as error:
                found.append(f"{path.name}: half-written: {error}")
        return found


def trial(folder: Path, posts: Path, whole: list[tuple[str, str]], after: float) -> Trial:
    """Kill an ingest of `posts` after `after` seconds, ingest again; compare with `whole`."""
    service = Service(folder, posts)
    service.ingest_and_kill(after)
    killed = Remains.copied(service.archive, folder / "killed")
    result = Trial(after, files=len(killed.feeds()), articles=len(killed.articles()), faults=killed.damage())
    service.ingest()
    mended = Remains(service.archive)
    result.faults += mended.damage()
    found = mended.articles()
    result.faults += [f"missing {locator}" for locator, _ in set(whole) - set(found)]
    result.faults += [f"{len(found)} articles instead of {len(whole)}"] if len(found) != len(whole) else []
    shutil.rmtree(folder)
    return result


def trials(folder: Path, posts: Path, kills: int, seed: int) -> list[Trial]:
    """Return `kills` trials at moments drawn evenly over an undisturbed run."""
    undisturbed = Service(folder / "undisturbed", posts)
    length = undisturbed.ingest()
    whole = Remains(undisturbed.archive).articles()
    if not whole:
        raise RuntimeError("the undisturbed run found no article: there is nothing to compare with")
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0, length) for _ in range(kills))
    return [trial(folder / f"trial{number}", posts, whole, after) for number, after in enumerate(moments)]


def main() -> None:
    """Run the trials, print the table, exit with 1 when anything was lost."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directory", type=Path, nargs="?", help="posts to ingest (own ones)")
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--posts", type=int, default=600, help="how many posts to write without DIRECTORY (600)")
    arguments.add_argument("--seed", type=int, default=1, help="of the random moments (1)")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="feedsvc-crash-") as name:
        folder = Path(name)
        if chosen.directory is None:
            write(folder / "posts", chosen.posts)
        results = trials(folder, (chosen.directory or folder / "posts").resolve(), chosen.kills, chosen.seed)
    print("killed after s  articles  feed files  found wrong")
    for result in results:
        print(f"{result.after:14.2f}{result.articles:10}{result.files:12}  {'; '.join(result.faults[:3]) or 'nothing'}")
    wrong = sum(bool(result.faults) for result in results)
    print(f"{len(results)} kills, {wrong} with a fault")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
