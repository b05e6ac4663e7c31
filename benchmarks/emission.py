"""What emission costs: the first one of all feeds, and the one after a single article changed; beside plain feedgen.

    python benchmarks/emission.py [--n 10000] [--runs 3]

An entry counts once for each document that shows it. Plain feedgen builds each document whole, as its manual has it, and
writes no file: what it is compared with renders, writes and syncs. "12 documents" is rendering without an archive: what
any emission of one changed article has to do.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from feedgen.feed import FeedGenerator
from posts import write

from feedsvc.app import Service
from feedsvc.config import Config
from feedsvc.emit.documents import Renderer
from feedsvc.emit.fragments import Fragments
from feedsvc.formats.site import Site
from feedsvc.model import FeedSpec, Selection, Source
from feedsvc.ports import Outlet
from feedsvc.publish import FilePublisher
from feedsvc.schedule import next_due

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from feedsvc.model import Entry

PLAIN = 1000  # entries that plain feedgen is measured with


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
    """Return how many entries all Atom and RSS documents have together."""
    tags = {".atom": b"</entry>", ".rss": b"</item>"}
    return sum(file.read_bytes().count(tags[file.suffix]) for file in folder.rglob("*") if file.suffix in tags)


def one_article(service: Service, path: Path, number: int) -> tuple[float, int]:
    """Change one post; return the CPU seconds of the emission after it, and how many documents it wrote."""
    path.write_text(path.read_text(encoding="utf-8").replace("</p>", f" 更正{number}。</p>", 1), encoding="utf-8")
    service.ingest_now(["posts"], emit=False)
    began = time.process_time()
    report = service.emit_now()
    return time.process_time() - began, report.written


def documents(service: Service, folder: Path) -> float:
    """Return the CPU seconds of rendering the feeds of one article, from the archive to the disk."""
    chosen: list[FeedSpec] = []
    for spec in service.archive.feed_specs():
        depth = len(spec.selection.category)
        if (
            spec.selection == Selection()
            or spec.selection.source
            or (depth and depth not in {len(s.selection.category) for s in chosen})
        ):
            chosen.append(replace(spec, path=f"custom/{len(chosen)}", formats=service.config.feeds.formats))
    site = Site(url="https://example.org", title="", namespace=uuid4())
    outlet = Outlet(store=service.archive, publisher=FilePublisher(folder))
    renderer = Renderer(outlet=outlet, site=site, fragments=Fragments(site))
    return cpu(lambda: [renderer.publish(spec) for spec in chosen])


def measure(folder: Path, count: int, runs: int) -> None:
    """Ingest `count` posts, and print the figures."""
    paths = write(folder / "content", count)
    source = Source(name="posts", kind="directory", location=str(folder / "content"))
    service = Service(Config(archive=str(folder / "archive"), sources=(source,)), "benchmark", planner=next_due)
    service.ingest_now(["posts"], emit=False)
    first = cpu(service.emit_now)
    entries = service.archive.select(Selection(), PLAIN)
    total = shown(folder / "archive" / "feeds")
    rate = statistics.median(
        2 * len(entries) / sum(cpu(lambda form=form: plain(entries, form)) for form in ("atom", "rss"))
        for _ in range(runs)
    )  # type: ignore[misc]
    print(f"{count:,} posts, {len(service.archive.feed_specs())} feeds")
    print(
        f"  first emission     {first:8.2f} CPU s   {total / first:10,.0f} entries/s (Atom and RSS; JSON comes with it)"
    )
    print(f"  plain feedgen                       {rate:10,.0f} entries/s   ratio {total / first / rate:.1f}")
    some = [one_article(service, paths[(number * 7 + 3) % count], number) for number in range(runs)]
    least = statistics.median(documents(service, folder / f"again-{number}") for number in range(runs))
    changed = statistics.median(seconds for seconds, _ in some)
    print(f"  one article changed{changed:8.3f} CPU s   {some[-1][1]} documents written")
    print(f"  its documents alone{least:8.3f} CPU s   ratio {changed / least:.1f}")
    service.close_now()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, action="append", help="posts; may be given more than once (10000)")
    arguments.add_argument("--runs", type=int, default=3, help="runs of which the median is shown (3)")
    chosen = arguments.parse_args()
    for count in chosen.n or (10_000,):
        with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as folder:
            measure(Path(folder), count, chosen.runs)


if __name__ == "__main__":
    main()
