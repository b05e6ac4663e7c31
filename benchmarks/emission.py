"""What emission costs: the first one of all feeds, and the one after a single article changed; beside plain feedgen.

    python benchmarks/emission.py [--n 10000] [--n 100000] [--runs 3]

The archive is filled through its tables (`filling.py`): articles of about 1.5 KB of HTML, 300 leaf categories. An entry counts
once for each Atom or RSS document that shows it, closed pages too; JSON documents are written as well and not counted.

feedsvc reads the archive, renders, compresses (closed pages as gzip, subscription documents plain and as gzip), writes and
syncs. Two peers get entries that are read already, build documents of 50 in Atom and RSS with feedgen, all in memory, and
neither compress nor write; their rates are those of 1,000 entries. "Plain feedgen" builds what its manual shows: id, title,
updated, one link, content, authors, categories. "feedgen, the same" builds the documents that feedsvc writes, byte for byte,
as the tests hold feedsvc to them: summaries, published, via, sources, roles, and what feedgen spoils put right. "Its
documents alone" is what any emission of
the changed article has to do: the feeds that show it are read, rendered, compressed and written to an empty folder, by the same
code, with nothing known of other feeds; "in memory" is that without compressing and writing.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import statistics
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from feedgen.feed import FeedGenerator
from filling import fill

from feedsvc.app import Service
from feedsvc.config import Config
from feedsvc.emit.documents import Renderer
from feedsvc.emit.fragments import Fragments
from feedsvc.formats.item import head, item, newest
from feedsvc.formats.site import Site
from feedsvc.model import FeedSpec, Selection
from feedsvc.ports import Outlet
from feedsvc.publish import FilePublisher, FileSpool
from feedsvc.schedule import next_due
from feedsvc.store import feed_pages, related_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from feedsvc.model import Entry
    from feedsvc.store.archive import Archive

sys.path.append(str(Path(__file__).parent.parent))  # feedgen's trees of our entries are the tests' own
from tests.formats import reference

PLAIN = 1000  # entries that feedgen is measured with
LONG = 50  # entries of a document


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds that `work` takes in this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def plain(entries: Sequence[Entry], form: str) -> bytes:
    """Return a feed as feedgen's manual makes one."""
    feed = FeedGenerator()
    feed.id("https://example.org/")
    feed.title("plain")
    feed.description("plain")
    feed.link(href="https://example.org/feed", rel="self")
    for entry in entries:
        made = feed.add_entry(order="append")
        made.id(entry.uid)
        made.title(entry.title)
        made.updated(entry.updated)
        made.link(href=f"https://example.org/articles/{entry.uuid}")
        made.content(entry.content, type="html")
        made.author([{"name": person.name} for person in entry.people])
        for path in entry.categories:
            made.category(term="/".join(path), label=path[-1], scheme="https://example.org/")
    written: bytes = getattr(feed, f"{form}_str")()
    return written


def shown(folder: Path) -> int:
    """Return how many entries all Atom and RSS documents have together, each document once."""
    tags = {".atom": b"</entry>", ".rss": b"</item>"}
    plain = sum(file.read_bytes().count(tags[file.suffix]) for file in folder.rglob("*") if file.suffix in tags)
    packed = (file for file in folder.rglob("archive/*.gz"))
    return plain + sum(gzip.decompress(file.read_bytes()).count(tags[Path(file.stem).suffix]) for file in packed)


def joined(archive: Archive) -> None:
    """Make the articles members of their feeds, in the order of their numbers, as ingesting them does."""
    db = archive.db.conn
    paths = {spec.selection.category: spec.path for spec in archive.feed_specs() if spec.selection.category}
    rows = db.execute(
        "select a.id, a.source, c.path from articles a join article_categories ac on ac.article = a.id"
        " join categories c on c.id = ac.category order by a.id"
    )
    placed = [
        feed_pages.Placed(article=article, feeds=["all", f"source/{source}", *_above(paths, path)], added=True)
        for article, source, path in rows
    ]
    db.execute("begin immediate")
    feed_pages.record(db, placed)
    db.execute("commit")


def _above(paths: Mapping[tuple[str, ...], str], path: str) -> list[str]:
    names = tuple(path.split("/"))
    return [paths[names[:depth]] for depth in range(1, len(names) + 1)]


def one_article(service: Service, number: int) -> tuple[float, int]:
    """Revise article `number`; return the CPU seconds of the emission after it, and how many documents it wrote."""

    def revise(archive: Archive) -> None:
        db = archive.db.conn
        db.execute("begin immediate")
        db.execute("update articles set title = title || '!', revision = revision + 1 where id = ?", [number])
        feeds = feed_pages.feeds_of(db, number)
        feed_pages.record(db, [feed_pages.Placed(article=number, feeds=feeds)])
        related_rows.mark_stale(db, feeds)
        db.execute("commit")

    service.owner.call(revise)
    began = time.process_time()
    report = service.emit_now()
    return time.process_time() - began, report.written


class Nowhere:
    """A publisher that forgets everything. Implements `feedsvc.ports.Publisher`."""

    def batch(self) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def publish(self, path: str, body: bytes, coded: object = None) -> bool:
        """Forget `body`."""
        del path, body, coded
        return True

    def withdraw(self, path: str) -> bool:
        """Say that there is nothing."""
        return not path

    def has(self, path: str) -> bool:
        """Say that there is nothing."""
        return not path

    def paths(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


def documents(service: Service, number: int, publisher: FilePublisher | Nowhere, folder: Path) -> float:
    """Return the CPU seconds of making the documents that show article `number`, from the archive on."""
    with service.view() as archive:
        return _documents(service, archive, number, publisher, folder)


def _documents(
    service: Service, archive: Archive, number: int, publisher: FilePublisher | Nowhere, folder: Path
) -> float:
    shows = set(feed_pages.feeds_of(archive.db.conn, number))
    chosen = [
        replace(spec, path=f"custom/{place}", formats=service.config.feeds.formats)
        for place, spec in enumerate(archive.feed_specs())
        if spec.path in shows
    ]
    site = Site(url="https://example.org", title="", namespace=uuid4())
    outlet = Outlet(stale=archive, articles=archive, pages=archive, publisher=publisher, spool=FileSpool(folder))
    fragments = Fragments(archive, outlet.spool, site)
    renderer = Renderer(outlet=outlet, site=site, fragments=fragments, codings=service.config.feeds.compress)

    def work() -> None:
        with publisher.batch():
            for spec in chosen:
                renderer.publish(spec)

    return cpu(work)


def same(entries: Sequence[Entry], form: str) -> bytes:
    """Return a feed as feedsvc publishes it, built by feedgen."""
    site = Site(url="https://example.org", title="same", namespace=UUID(int=0))
    items = [item(entry, site) for entry in entries]
    return reference.whole(form, head(FeedSpec(path="all", title="same"), site, newest(entries)), items)


def rate_of(peer: Callable[[Sequence[Entry], str], bytes], entries: Sequence[Entry], runs: int) -> float:
    """Return how many entries `peer` renders in a CPU second, in documents as long as ours: the median of `runs`."""
    parts = [entries[at : at + LONG] for at in range(0, len(entries), LONG)]

    def work() -> None:
        for part in parts:
            for form in ("atom", "rss"):
                peer(part, form)

    return 2 * len(entries) / statistics.median(cpu(work) for _ in range(runs))


def measure(folder: Path, count: int, runs: int) -> None:
    """Fill an archive with `count` articles, and print the figures."""
    fill(folder / "archive", count)
    service = Service(Config(archive=str(folder / "archive")), "benchmark", planner=next_due)
    service.owner.call(joined)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    began = time.monotonic()
    first = cpu(service.emit_now)
    wall = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    feeds = folder / "archive" / "feeds"
    total = shown(feeds)
    with service.view() as archive:
        some, specs = archive.select(Selection(), PLAIN), archive.feed_specs()
    rates = {"plain feedgen": rate_of(plain, some, runs), "feedgen, the same": rate_of(same, some, runs)}
    files = [file.stat().st_size for file in feeds.rglob("*") if file.is_file()]
    print(f"{count:,} articles, {len(specs)} feeds")
    print(f"  first emission      {first:8.2f} CPU s   {total / first:10,.0f} entries/s   ({wall:.1f} s by the clock)")
    for peer, rate in rates.items():
        print(f"  {peer:17}                    {rate:10,.0f} entries/s   ratio {total / first / rate:.1f}")
    print(f"  peak memory         {peak:8} MB   ({before} MB before)")
    print(f"  on the disk         {sum(files) / 1e6:8.0f} MB   in {len(files):,} files")
    numbers = [count - 7 * run - 3 for run in range(runs)]
    revised = [one_article(service, number) for number in numbers]
    written = [documents(service, number, FilePublisher(folder / f"again-{number}"), folder) for number in numbers]
    rendered = [documents(service, number, Nowhere(), folder) for number in numbers]
    changed, least, memory = (
        statistics.median(each) for each in ([seconds for seconds, _ in revised], written, rendered)
    )
    print(f"  one article changed {changed:8.3f} CPU s   {revised[-1][1]} documents written")
    print(f"  its documents alone {least:8.3f} CPU s   ratio {changed / least:.1f}")
    print(f"  the same in memory  {memory:8.3f} CPU s   ratio {changed / memory:.1f}")
    service.close_now()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, action="append", help="articles; may be given more than once (10000)")
    arguments.add_argument("--runs", type=int, default=3, help="runs of which the median is shown (3)")
    chosen = arguments.parse_args()
    for count in chosen.n or (10_000,):
        with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
            measure(Path(folder), count, chosen.runs)


if __name__ == "__main__":
    main()
