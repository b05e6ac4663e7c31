"""Kill `feedsvc replay --apply`, or the migration of an older archive, at random moments; nothing may be lost.

    python benchmarks/crash_upkeep.py [replay] [migrate] [--kills 50] [--posts 600] [--seed 1]

Each trial begins with a copy of one archive. Replay runs under rules that change every article (another category above it); the
migration rewrites every article under a schema that is one step newer. Sound is, after kill -9: `pragma integrity_check` says ok,
every revision that was there is there as it was; and after one undisturbed run: the archive that nobody disturbed.
"""

from __future__ import annotations

import argparse
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
from typing import TYPE_CHECKING

from crash import Remains, Service
from posts import write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STARTING = 0.1  # share of a run that goes by before it writes anything: kills come later, mostly
_MIGRATE = """
import sys
from pathlib import Path
from feedsvc.store import schema
@schema.ARCHIVE_MIGRATIONS()
def archive_99_test(db):
    db.execute("create table rewritten (article integer primary key, text text not null) strict")
    for (number,) in db.execute("select id from articles").fetchall():
        db.execute("update articles set text = text || ' rewritten' where id = ?", [number])
        db.execute("insert into rewritten select id, text from articles where id = ?", [number])
from feedsvc.store.archive import Archive
Archive(Path(sys.argv[1]), "2.0").close()
"""


@dataclass(slots=True)
class Trial:
    """One kill and what was found after it."""

    after: float  # seconds from exec to kill -9
    done: int = 0  # revisions, or rewritten articles, at the kill
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    """What is killed: `command`, in the folder of a service, and how far it came in an archive."""

    command: Sequence[str]
    progress: str  # SQL that counts
    result: str  # SQL of all that must be the same in the end


REVISIONS = "select article, revision, digest, title, origin from revisions order by 1, 2"
WORKS: Mapping[str, Work] = {
    "replay": Work(
        ("-m", "feedsvc", "replay", "--apply"),
        "select count(*) from revisions where origin = 'replay'",
        REVISIONS,
    ),
    "migrate": Work(
        ("-c", _MIGRATE, "archive"),
        "select count(*) from articles where text like '% rewritten'",
        "select id, digest, text from articles order by id",
    ),
}


class Bench:
    """One archive as it is before the work, and copies of it on which the work is done."""

    def __init__(self, folder: Path, posts: int, name: str) -> None:
        self.folder = folder
        self.name = name
        self.work = WORKS[name]
        write(folder / "posts", posts)
        self.origin = folder / "origin"
        service = Service(self.origin, folder / "posts")
        service.ingest()
        service.config.write_text(service.config.read_text(encoding="utf-8") + 'prefix = "above"\n', encoding="utf-8")
        self.held = rows(service.archive, REVISIONS)

    def copied(self, number: str) -> Path:
        """Return a copy of the service's folder."""
        return Path(shutil.copytree(self.origin, self.folder / number))

    def start(self, folder: Path) -> subprocess.Popen[bytes]:
        """Begin the work on the service in `folder`."""
        command = [sys.executable, *self.work.command]
        return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, folder: Path) -> float:
        """Do the work to its end; return its wall seconds.

        Raises:
            RuntimeError: it failed.
        """
        begun = time.monotonic()
        with self.start(folder) as child:
            said = child.stderr.read() if child.stderr else b""
        if child.returncode:
            raise RuntimeError(f"exit {child.returncode}: {said.decode()[-2_000:]}")
        return time.monotonic() - begun

    def trial(self, number: int, after: float, wanted: Sequence[object]) -> Trial:
        """Kill the work after `after` seconds, look, do it again, compare with `wanted`."""
        folder = self.copied(f"trial{number}")
        with self.start(folder) as child:
            try:
                child.wait(after)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
        killed = Remains.copied(folder / "archive", folder / "killed")
        result = Trial(after, faults=killed.damage())
        result.done = int(rows(killed.folder, self.work.progress)[0][0])  # type: ignore[call-overload]
        lost = set(self.held) - set(rows(killed.folder, REVISIONS))
        result.faults += [f"{len(lost)} revisions lost"] if lost else []
        self.finish(folder)
        mended = Remains(folder / "archive")
        result.faults += mended.damage()
        result.faults += [] if rows(mended.folder, self.work.result) == wanted else ["not what it is undisturbed"]
        shutil.rmtree(folder)
        return result

    def trials(self, kills: int, seed: int) -> list[Trial]:
        """Return `kills` trials at moments spread over the part of an undisturbed run that writes."""
        undisturbed = self.copied("undisturbed")
        length = self.finish(undisturbed)
        wanted = rows(undisturbed / "archive", self.work.result)
        if not int(rows(undisturbed / "archive", self.work.progress)[0][0]):  # type: ignore[call-overload]
            raise RuntimeError(f"{self.name} changed nothing: there is nothing to kill")
        chance = random.Random(seed)
        moments = sorted(chance.uniform(_STARTING * length, length) for _ in range(kills))
        return [self.trial(number, after, wanted) for number, after in enumerate(moments)]


def rows(archive: Path, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query over the articles."""
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        return connection.execute(sql).fetchall()


def main() -> None:
    """Run the trials, print the tables, exit with 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help="replay, migrate (both)")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--posts", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (1)")
    options = parser.parse_args()
    wrong = 0
    for name in options.works or WORKS:
        with tempfile.TemporaryDirectory(prefix="feedsvc-crash-") as folder:
            results = Bench(Path(folder), options.posts, name).trials(options.kills, options.seed)
        print(f"{name}\nkilled after s    done  found wrong")
        for result in results:
            print(f"{result.after:14.2f}{result.done:8}  {'; '.join(result.faults[:3]) or 'nothing'}")
        faulty = sum(bool(result.faults) for result in results)
        print(f"{len(results)} kills, {faulty} with a fault")
        wrong += faulty
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
