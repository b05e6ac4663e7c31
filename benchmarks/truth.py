"""What the rules recover of re-laid posts, beside what the feeds they came from had said: right, wrong, and recall.

    python benchmarks/truth.py DIRECTORY [--timezone UTC] [--wrong FIELD]

DIRECTORY holds posts and a truth.jsonl of lines {"path", "title", "author", "pubDate", "link"}, one for each item; where two
items were written to one path, either is the truth. `--wrong title` prints each wrong answer beside the truth. The last table
takes every date out of the front matter first: what the text alone proves. Exits with 1 when a date or address is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from feedsvc.errors import DocumentError
from feedsvc.model import Article, Draft, RawDocument, Source
from feedsvc.parsers import parse
from feedsvc.rules import normalise
from feedsvc.rules.dates.parse import read
from feedsvc.rules.link_key import link_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

SAME = timedelta(days=1)  # a bare day in an unknown zone is right to the day

Truth = dict[str, str]
Judge = tuple["Callable[[Article], Sequence[str]]", "Callable[[Truth], str]", "Callable[[str, str], bool]"]


@dataclass(slots=True)
class Score:
    """How one field did."""

    known: int = 0  # posts whose truth is known
    right: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)  # path, found, truth

    def row(self, name: str) -> str:
        """Return the score as a row of the table."""
        found = self.right + len(self.wrong)
        recall = f"{self.right / self.known:.1%}" if self.known else "-"
        return f"| {name} | {self.known} | {found} | {self.right} | {len(self.wrong)} | {recall} |"


def plain(text: str) -> str:
    """Return a title of a feed as a reader shows it: no markup, one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]{1,200}>", "", html.unescape(text))).split())


def letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def near(found: str, truth: str) -> bool:
    return abs(datetime.fromisoformat(found) - datetime.fromisoformat(truth)) <= SAME


def names(article: Article) -> Sequence[str]:
    return [person.name for person in article.people]


def same_name(found: str, truth: str) -> bool:
    return letters(found) in letters(truth) or letters(truth) in letters(found)


def moment(truth: Truth, zone: ZoneInfo) -> str:
    date = read(truth["pubDate"])
    return date.moment(zone).isoformat() if date else ""


def judges(zone: ZoneInfo) -> Mapping[str, Judge]:
    """Return for each field: what was found, what is true, and when the two are one."""
    return {
        "title": (lambda a: [a.title], lambda t: plain(t["title"]), lambda a, b: a == b),
        "title, letters and digits": (
            lambda a: [letters(a.title)],
            lambda t: letters(plain(t["title"])),
            lambda a, b: a == b,
        ),
        "author": (names, lambda t: t["author"].strip(), same_name),
        "date": (dates, lambda t: moment(t, zone), near),
        "address": (lambda a: [link_key(a.url)] if a.url else [], lambda t: link_key(t["link"]), lambda a, b: a == b),
    }


def dates(article: Article) -> Sequence[str]:
    return [article.published.isoformat()] if article.published else []


def truths(directory: Path) -> Mapping[str, list[Truth]]:
    """Return what was said of the items of each path."""
    found: dict[str, list[Truth]] = defaultdict(list)
    for line in (directory / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        item: dict[str, Any] = json.loads(line)
        found[item["path"]].append({name: item.get(name) or "" for name in ("title", "author", "pubDate", "link")})
    return found


def drafts(directory: Path, paths: Iterable[str]) -> Iterator[Draft]:
    now = datetime.now(UTC)
    for path in paths:
        body = (directory / path).read_bytes()
        raw = RawDocument(
            source="posts",
            locator=path,
            media_type="",
            body=body,
            fingerprint=hashlib.sha256(body).hexdigest(),
            fetched_at=now,
        )
        try:
            yield from parse(raw).drafts
        except DocumentError as error:
            print(f"not read: {path}: {error}")


def scored(
    articles: Sequence[Article], truth: Mapping[str, Sequence[Truth]], judged: Mapping[str, Judge]
) -> Mapping[str, Score]:
    scores = {name: Score() for name in judged}
    for article in articles:
        for name, (find, tell, equal) in judged.items():
            told = [text for each in truth[article.locator] if (text := tell(each))]
            if not told:
                continue
            score, found = scores[name], find(article)
            score.known += 1
            if any(equal(one, text) for one in found for text in told):
                score.right += 1
            elif found:
                score.wrong.append((article.locator, "; ".join(found), told[0]))
    return scores


def table(scores: Mapping[str, Score]) -> str:
    heads = "| field | truth known | found | right | wrong | recall |\n|---|---|---|---|---|---|"
    return "\n".join([heads, *(score.row(name) for name, score in scores.items())])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--timezone", default="UTC", help="of dates that name none (UTC)")
    parser.add_argument("--wrong", default="", metavar="FIELD", help="print what was found wrong of this field")
    options = parser.parse_args()
    source = Source(name="posts", kind="directory", location=str(options.directory), timezone=options.timezone)
    truth = truths(options.directory)
    read_drafts = list(drafts(options.directory, sorted(truth)))
    judged = judges(ZoneInfo(options.timezone))
    whole = scored([normalise(draft, source) for draft in read_drafts], truth, judged)
    print(table(whole))
    undated = [normalise(replace(draft, published="", updated="", path_date=""), source) for draft in read_drafts]
    blank = scored(undated, truth, {"date, from the text alone": judged["date"]})
    print(f"\n{table(blank)}")
    if options.wrong:
        print("\n".join(" | ".join(each) for each in {**whole, **blank}[options.wrong].wrong))
    sys.exit(1 if whole["date"].wrong or whole["address"].wrong or blank["date, from the text alone"].wrong else 0)


if __name__ == "__main__":
    main()
