"""Replays polled feeds, snapshot after snapshot, and says what became of them beside what should have.

    python benchmarks/history.py FOLDER

FOLDER holds one folder for each feed, at any depth, with its snapshots as *.xml in the order of their names. What should
have become of them is worked out here by the plainest means, an XML parser and a dictionary, and by nothing of feedsvc:
every entry ever shown is an article, once; every edit that a reader would notice is a revision; a snapshot without an
entry of the one before is a gap.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree, html

from feedsvc.executors import LocalExecutor
from feedsvc.ingest import ingest
from feedsvc.model import RawDocument, Source
from feedsvc.ports import Intake, Reading
from feedsvc.store.archive import Archive
from feedsvc.store.owner import owned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from feedsvc.model import RunReport

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one feed, or should have."""

    entries: int  # different ones that were ever shown
    edits: int  # that a reader would notice
    gaps: tuple[int, ...]  # numbers of the snapshots that share no entry with the one before


@dataclass(slots=True, kw_only=True)
class Snapshots:
    """A reader that gives one snapshot after another, and a clock that stands at it."""

    bodies: Sequence[bytes]
    number: int = 0
    known: dict[str, str] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the time of the snapshot."""
        return BEGIN + self.number * HOUR

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the snapshot, whatever is known: that bytes did not change is left to be found out."""
        del known
        document = RawDocument(
            source=source.name,
            locator=source.location,
            media_type="application/xml",
            body=self.bodies[self.number],
            fingerprint=str(self.number),
            fetched_at=now,
            url=source.location,
        )
        return Reading(documents=iter([document]), present={source.location})


def replay(bodies: Sequence[bytes], folder: Path) -> tuple[Outcome, list[RunReport]]:
    """Ingest `bodies` one after another into an archive in `folder`; return what it holds then, and the reports."""
    source = Source(name="replayed", kind="feed", location="https://feeds.example/feed.xml")
    snapshots = Snapshots(bodies=bodies)
    reports = []
    with closing(owned(lambda: Archive(folder, "replay"))) as owner:
        ports = Intake(reader=snapshots, archive=owner, executor=LocalExecutor(), clock=snapshots)
        for snapshots.number in range(len(bodies)):
            reports.append(asyncio.run(ingest(source, ports)))
        gaps = owner.call(lambda archive: archive.operations.gaps(BEGIN))
        found = [gap["found"] for gap in gaps]
    with closing(sqlite3.connect(folder / "archive.db")) as db:
        articles, revisions = db.execute("select count(*), sum(revision) from articles").fetchone()
    numbers = sorted(round((datetime.fromisoformat(at) - BEGIN) / HOUR) for at in found)
    return Outcome(entries=articles, edits=(revisions or 0) - articles, gaps=tuple(numbers)), reports


# ---------------------------------------------------------------- what should become of them


def expected(bodies: Sequence[bytes]) -> Outcome:
    """Return what a dictionary makes of `bodies`: an entry is its guid, else its link; entries of one guid, what they say."""
    documents = [list(_items(body)) for body in bodies]
    shared = {name for items in documents for name, times in Counter(name for name, _ in items).items() if times > 1}
    latest: dict[str, tuple[str, ...]] = {}
    edits, gaps = 0, []
    before: set[str] = set()
    for number, items in enumerate(documents):
        shown = {f"{name} {noticed}" if name in shared else name: noticed for name, noticed in items}
        edits += sum(name in latest and latest[name] != noticed for name, noticed in shown.items())
        latest.update(shown)
        if before and shown and before.isdisjoint(shown):
            gaps.append(number)
        before = set(shown) or before
    return Outcome(entries=len(latest), edits=edits, gaps=tuple(gaps))


def _items(body: bytes) -> Iterator[tuple[str, tuple[str, ...]]]:
    root = etree.fromstring(body, etree.XMLParser(recover=True, huge_tree=False))
    for item in [*root.iter("item"), *root.iter(f"{ATOM}entry")]:
        texts = {child.tag: " ".join((child.text or "").split()) for child in item if isinstance(child.tag, str)}
        link = texts.get("link") or next((each.get("href", "") for each in item.iter(f"{ATOM}link")), "")
        content = next((texts[tag] for tag in (CONTENT, "description", f"{ATOM}content") if texts.get(tag)), "")
        title = texts.get("title") or texts.get(f"{ATOM}title", "")
        categories = sorted(child.text or "" for child in item.iter("category"))
        yield (
            texts.get("guid") or texts.get(f"{ATOM}id") or link,
            (_plain(title), *_noticed(content), texts.get("author") or texts.get(CREATOR, ""), *categories),
        )


def _noticed(content: str) -> tuple[str, str]:
    """Return the text of some HTML without white space, and where its links and pictures lead."""
    if not content:
        return "", ""
    tree = html.fragment_fromstring(content, create_parent="div")
    targets = [str(each.get("href") or each.get("src")) for each in tree.iter("a", "img") if each.attrib]
    return _plain(tree.text_content()), " ".join(targets)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


# ---------------------------------------------------------------- the table


def feeds(folder: Path) -> dict[str, list[bytes]]:
    """Return the snapshots of each feed below `folder`, in order."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(folder.rglob("*.xml")):
        found.setdefault(str(path.parent.relative_to(folder)), []).append(path.read_bytes())
    return found


def main() -> None:
    """Replay, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    print(
        f"{'feed':42}{'snapshots':>10}{'bytes new':>10}{'entries':>9}{'articles':>9}{'edits':>7}{'revisions':>10}  gaps"
    )
    for name, bodies in feeds(arguments.parse_args().folder).items():
        with tempfile.TemporaryDirectory(prefix="feedsvc-history-") as folder:
            found, _ = replay(bodies, Path(folder))
        wanted = expected(bodies)
        changed = sum(one != two for one, two in itertools.pairwise(bodies))
        gaps = "as expected" if found.gaps == wanted.gaps else f"{found.gaps} instead of {wanted.gaps}"
        print(
            f"{name[-41:]:42}{len(bodies):10}{changed:10}{wanted.entries:9}{found.entries:9}{wanted.edits:7}{found.edits:10}"
            f"  {len(wanted.gaps)}, {gaps}"
        )


if __name__ == "__main__":
    main()
