"""Read feeds with feedsvc and with feedparser, and say in what they agree, field by field, and how fast each was.

    python benchmarks/reference.py DIRECTORY... [--known benchmarks/reference_feeds.toml] [--show]

Every file of the directories is a feed. The test cases of feedparser itself (`tests/wellformed` and `tests/illformed` of its
repository) may say in their first comment with which headers they are served. Both readers get the same bytes, headers and
address: the site that the feed names, where the case names none. feedparser detects encodings and resolves addresses by itself;
its sanitiser is off, since ours comes after parsing too. Text is compared by its letters and digits.

`--known` names a list of disagreements by kind, each with who is right: exits with 1 when one is not in it, or not found.
"""

from __future__ import annotations

import argparse
import html
import io
import re
import sys
import time
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feedparser

from feedsvc.errors import DocumentError
from feedsvc.model import RawDocument
from feedsvc.parsers import syndication
from feedsvc.parsers.syndication import items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIELDS = ("id", "link", "title", "published", "updated", "text")
_HEADER = re.compile(r"^Header:\s+([^:]+):(.*)$", re.MULTILINE)
_TAG = re.compile(r"<[^>]*>")
_ADDRESS = "https://feeds.example.org/"

Record = dict[str, Any]
Entry = dict[str, str]


@dataclass(slots=True)
class Tally:
    """What was compared, and what differed."""

    documents: int = 0
    entries: int = 0
    agreed: int = 0  # entries that agree in every field
    by_field: Counter[str] = field(default_factory=Counter)  # entries that differ in it
    differences: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    disagreeing: dict[str, list[set[str]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # fields of entries, by document
    ours: float = 0.0  # CPU seconds
    theirs: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and return 1 when what differs is not what the list says."""
    options = _options(arguments)
    tally = Tally()
    for root, path in _documents(options.directories):
        compare(path.relative_to(root).as_posix(), path.read_bytes(), tally)
    _print(tally, show=options.show)
    return _judge(tally, options.known) if options.known else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--known", type=Path, help="the disagreements that are known, and who is right")
    parser.add_argument("--show", action="store_true", help="print an example of each disagreement")
    return parser.parse_args(arguments)


def _documents(directories: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    for root in directories:
        found = (p for p in root.rglob("*") if p.is_file() and p.suffix not in {".py", ".pyc", ".md", ".jsonl"})
        yield from ((root, path) for path in sorted(found))


def compare(name: str, body: bytes, tally: Tally) -> None:
    """Read one document twice and add to `tally` what differs."""
    headers = _headers(name, body)
    begun = time.process_time()
    theirs = _theirs(body, headers)
    between = time.process_time()
    ours = _ours(name, body, headers)
    tally.ours += time.process_time() - between
    tally.theirs += between - begun
    tally.documents += 1
    tally.entries += len(theirs)
    if len(ours) != len(theirs):
        tally.by_field["count"] += len(theirs)
        tally.differences[name, "count"].append(f"{len(ours)}, feedparser {len(theirs)}")
        tally.disagreeing[name] += [{"count"}] * len(theirs)
        return
    for one, other in zip(ours, theirs, strict=True):
        differing = [key for key in FIELDS if one[key] != other[key]]
        tally.by_field.update(differing)
        tally.agreed += not differing
        if differing:
            tally.disagreeing[name].append(set(differing))
        for key in differing:
            tally.differences[name, key].append(f"{one[key][:200]!r}, feedparser {other[key][:200]!r}")


def _headers(name: str, body: bytes) -> dict[str, str]:
    head = body[:2000].replace(b"\x00", b"").decode("latin-1")
    said = {name.strip().lower(): value.strip() for name, value in _HEADER.findall(head)}
    kept = {name: said[name] for name in ("content-type", "content-location", "content-language") if name in said}
    return {"content-location": _site(name, body), "content-type": "application/xml"} | kept


def _site(name: str, body: bytes) -> str:
    """Return the address of the site that a feed names, else one of nobody."""
    try:
        site = syndication.read(_raw(name, body, _ADDRESS))[0].head.link
    except DocumentError:
        return _ADDRESS
    return site if site.startswith("http") else _ADDRESS


def _raw(name: str, body: bytes, address: str, media_type: str = "") -> RawDocument:
    return RawDocument(
        source="reference",
        locator=f"{_ADDRESS}{name}",
        media_type=media_type,
        body=body,
        fingerprint="1",
        fetched_at=datetime(2026, 1, 2, tzinfo=UTC),
        url=address,
    )


def _ours(name: str, body: bytes, headers: dict[str, str]) -> list[Entry]:
    address = headers["content-location"]
    raw = _raw(name, body, address if "://" in address else _ADDRESS, headers["content-type"])
    try:
        reading, _ = syndication.read(raw)
    except DocumentError:
        return []
    drafts = [items.draft(raw, reading.form, reading.head, item) for item in reading.items]
    return [
        {
            "id": one.native_id,
            "link": one.link,
            "title": letters(one.title),
            "published": one.published,
            "updated": one.updated,
            "text": letters(one.body),
        }
        for one in drafts
    ]


def _theirs(body: bytes, headers: dict[str, str]) -> list[Entry]:
    found = feedparser.parse(io.BytesIO(body), response_headers=dict(headers), sanitize_html=False)
    rss = not str(found.get("version", "")).startswith("atom")
    return [_entry(entry, rss=rss) for entry in found.entries]


def _entry(entry: Record, *, rss: bool) -> Entry:
    def said(key: str, record: Record = entry) -> str:
        value = dict.get(record, key)
        return value.strip() if isinstance(value, str) else ""

    content = max((said("value", one) for one in dict.get(entry, "content") or []), key=len, default="")
    published, updated = said("published") or said("created"), said("updated")
    if rss and not published:  # a `dc:date` alone says when it was published
        published, updated = updated, ""
    return {
        "id": said("id"),
        "link": said("feedburner_origlink") or said("link"),
        "title": letters(said("title")),
        "published": published,
        "updated": updated,
        "text": letters(content or said("summary")),
    }


def letters(text: str) -> str:
    """Return what a reader reads: markup and references out (twice: some write them twice), letters and digits alone."""
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", text))
    return re.sub(r"[\W_]+", "", _TAG.sub(" ", text)).lower()


def _print(tally: Tally, *, show: bool) -> None:
    print(f"{tally.documents} documents, {tally.entries} entries of feedparser's")
    print(f"agree in every field: {tally.agreed} ({_share(tally.agreed, tally.entries)})")
    for name in ("count", *FIELDS):
        agreeing = tally.entries - tally.by_field[name]
        print(f"  {name:10} {agreeing:7} {_share(agreeing, tally.entries)}")
    print(
        f"CPU seconds: {tally.ours:.2f}, feedparser {tally.theirs:.2f}: 1 to {tally.theirs / max(tally.ours, 1e-9):.1f}"
    )
    for (name, key), examples in sorted(tally.differences.items()) if show else ():
        print(f"{name}\t{key}\t{len(examples)}\t{examples[0]}")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f} %"


def _judge(tally: Tally, known: Path) -> int:
    """Print how many entries disagree by who is right; return 1 when the list and what was found differ."""
    kinds = tomllib.loads(known.read_text(encoding="utf-8"))["kind"]
    right = {(name, key): kind["right"] for kind in kinds for name, key, _ in kind["found"]}
    listed = {(name, key): count for kind in kinds for name, key, count in kind["found"]}
    found = {where: len(examples) for where, examples in tally.differences.items()}
    for where in sorted(listed.keys() | found.keys()):
        if listed.get(where, 0) != found.get(where, 0):
            print(f"{where}: listed {listed.get(where, 0)}, found {found.get(where, 0)}")
    entries = Counter(
        _worst({right.get((name, key), "nobody knows") for key in keys})
        for name, all_keys in tally.disagreeing.items()
        for keys in all_keys
    )
    for verdict, count in entries.most_common():
        print(f"disagree, right is {verdict}: {count} ({_share(count, tally.entries)})")
    return int(listed != found)


def _worst(verdicts: set[str]) -> str:
    """Return the verdict on an entry that disagrees in several fields: the one that speaks most against us."""
    return next((one for one in ("nobody knows", "feedparser", "either") if one in verdicts), "ours")


if __name__ == "__main__":
    sys.exit(main())
