"""Measure what is found on labelled pages: entries of lists, and the text of articles.

    python benchmarks/pages.py [tests/goldens/pages] [--peer readability]

A list (`lists/*.html`) is read without selectors and compared with its `.expected.json`: links, their titles, their days. An
article (`articles/*.html`) is extracted and compared with its `.txt`, word by word. `--peer` measures readability-lxml or
trafilatura's own defaults on the same articles, where they are installed.
"""

from __future__ import annotations

import argparse
import html
import importlib
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.ingest import digest
from feedsvc.model import RawDocument, Source
from feedsvc.parsers.webpage.extraction import article_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SITE = "https://site.example.org/"
FETCHED = datetime(2025, 11, 20, 12, tzinfo=UTC)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|\w+")  # a character of CJK is a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How much of one list was found."""

    expected: int
    found: int
    links: int  # of the found that are expected
    titles: int  # of those that have the right title
    dated: int  # of those that have a day
    dates: int  # ... which is right


def read_list(path: Path) -> list[tuple[str, str, str]]:
    """Return link, title and day of each entry that feedsvc finds on a list page."""
    source = Source(name="pages", kind="page", location=SITE)
    raw = RawDocument(
        source="pages",
        locator=SITE,
        media_type="text/html; charset=utf-8",
        body=path.read_bytes(),
        fingerprint="1",
        fetched_at=FETCHED,
        url=SITE,
    )
    return [
        (one.url, one.title, one.published.date().isoformat() if one.published else "")
        for one in digest(raw, source).articles
    ]


def measure_list(path: Path) -> Found:
    """Compare what is found on a list page with what is on it."""
    entries = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))["entries"]
    expected = {entry["link"]: entry for entry in entries}
    found = read_list(path)
    right = [(expected[link], title, day) for link, title, day in found if link in expected]
    dated = [(entry, day) for entry, _, day in right if entry["date"]]
    return Found(
        expected=len(expected),
        found=len(found),
        links=len({entry["link"] for entry, _, _ in right}),
        titles=sum(entry["title"] == title for entry, title, _ in right),
        dated=len(dated),
        dates=sum(entry["date"] == day for entry, day in dated),
    )


def overlap(found: str, expected: str) -> tuple[float, float]:
    """Return precision and recall of the words of a text."""
    ours, theirs = Counter(_WORD.findall(found.casefold())), Counter(_WORD.findall(expected.casefold()))
    common = (ours & theirs).total()
    return common / max(ours.total(), 1), common / max(theirs.total(), 1)


def text_of(markup: str) -> str:
    """Return the text of markup."""
    return html.unescape(_TAG.sub(" ", markup))


def ours(page: str) -> str:
    """Return the article as feedsvc extracts it."""
    return text_of(article_of(page, f"{SITE}2025/11/14/article/"))


def readability(page: str) -> str:
    """Return the article as readability-lxml extracts it."""
    module = importlib.import_module("readability")  # a peer that need not be installed

    return text_of(module.Document(page).summary())


def trafilatura_defaults(page: str) -> str:
    """Return the article as trafilatura extracts it without settings, as long as it likes."""
    from trafilatura import extract  # noqa: PLC0415 - beside ours only

    return extract(page, include_comments=False) or ""


PEERS: dict[str, Callable[[str], str]] = {"readability": readability, "trafilatura": trafilatura_defaults}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("tests/goldens/pages"))
    parser.add_argument("--peer", choices=PEERS, action="append", default=[])
    options = parser.parse_args(arguments)
    _print_lists(sorted((options.folder / "lists").glob("*.html")))
    for name in ("feedsvc", *options.peer):
        _print_articles(name, PEERS.get(name, ours), sorted((options.folder / "articles").glob("*.html")))
    return 0


def _print_lists(paths: Sequence[Path]) -> None:
    print(f"{'list':26} entries  found  links titles  dated  dates")
    total = Counter[str]()
    for path in paths:
        one = measure_list(path)
        print(f"{path.stem:26} {one.expected:7} {one.found:6} {one.links:6} {one.titles:6} {one.dated:6} {one.dates:6}")
        total.update({name: getattr(one, name) for name in Found.__slots__})
    print(
        f"links: precision {total['links'] / total['found']:.3f}, recall {total['links'] / total['expected']:.3f}; "
        f"titles right {total['titles'] / total['links']:.3f}; dates right {total['dates'] / total['dated']:.3f}"
    )


def _print_articles(name: str, extract: Callable[[str], str], paths: Sequence[Path]) -> None:
    print(f"\n{name:26} precision recall     F1")
    scores = []
    begun = time.process_time()
    for path in paths:
        precision, recall = overlap(
            extract(path.read_text(encoding="utf-8")), path.with_suffix(".txt").read_text(encoding="utf-8")
        )
        score = 2 * precision * recall / (precision + recall or 1)
        scores.append((precision, recall, score))
        print(f"{path.stem:26} {precision:9.3f} {recall:6.3f} {score:6.3f}")
    means = [sum(column) / max(len(scores), 1) for column in zip(*scores, strict=True)]
    print(f"{'mean':26} " + " ".join(f"{mean:6.3f}" for mean in means) + f"   {time.process_time() - begun:.2f} CPU s")


if __name__ == "__main__":
    sys.exit(main())
