"""Dates and bylines of real posts: found where the body shows them, and nowhere else."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from feedsvc.model import Draft, RawDocument, Source
from feedsvc.parsers import parse
from feedsvc.rules import bylines, dates, markup
from feedsvc.rules.case import Case, Findings
from feedsvc.rules.dates.parse import read

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.corpus

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHOWN = re.compile(
    r'<span class="time">\s*(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)'
)  # how these posts show it, if they do


def draft(path: Path) -> Draft:
    body = path.read_bytes()
    raw = RawDocument(source="posts", locator="post.md", media_type="", body=body, fingerprint="", fetched_at=NOW)
    return parse(raw).drafts[0]


def case_of(one: Draft, timezone: str = "UTC") -> tuple[Case, Findings]:
    case = Case(draft=one, source=Source(name="posts", kind="directory", location="/posts", timezone=timezone))
    return case, markup.parse_body(case, Findings())


def undated(corpus: Path) -> list[Draft]:
    posts = [corpus / "seed.md", *sorted(corpus.glob("posts/**/*.md")), *sorted(corpus.glob("versions/**/*.md"))]
    return [one for one in map(draft, posts) if one.published == "Invalid Date"]


@pytest.mark.parametrize("timezone", ["UTC", "Asia/Shanghai"])
def test_posts_without_a_date_get_the_one_that_they_show_and_no_other(corpus: Path, timezone: str) -> None:
    posts = undated(corpus)
    assert len(posts) >= 12
    for one in posts:
        shown = SHOWN.search(one.body)
        expected = datetime(*map(int, shown.groups()), tzinfo=UTC) - timedelta(hours=8) if shown else None  # type: ignore[arg-type,misc]
        found = dates.publication_date(*case_of(one, timezone))
        assert (found.published, found.published_from) == (expected, "body:class" if shown else ""), one.title


def test_the_seed(corpus: Path) -> None:
    case, findings = case_of(draft(corpus / "seed.md"))
    assert dates.publication_date(case, findings).published == datetime(2021, 9, 6, 14, 17, 18, tzinfo=UTC)
    found = bylines.byline(case, findings)
    assert [person.role for person in found.people][-2:] == ["reporter", "editor"]
    assert found.publisher == "每日经济新闻"


def moments_by_path(corpus: Path) -> dict[Path, list[datetime]]:
    """Return what the items of each path were dated: two of one title overwrote each other."""
    moments: dict[Path, list[datetime]] = defaultdict(list)
    for line in (corpus / "posts_regen" / "truth.jsonl").read_text("utf-8").splitlines():
        item = json.loads(line)
        truth = read(item["pubDate"])
        if truth:
            moments[corpus / "posts_regen" / item["path"]].append(truth.moment(UTC))
    return {path: dated for path, dated in moments.items() if path.is_file()}


def test_no_date_of_a_re_laid_feed_is_wrong(corpus: Path) -> None:
    """Front matter may hold the item's own date or the crawler's clock; what the body alone proves is the item's own."""
    proven = 0
    for path, truths in moments_by_path(corpus).items():
        one = draft(path)
        stated, shown = read(one.published), dates.publication_date(*case_of(replace(one, published=""))).published
        found = dates.publication_date(*case_of(one)).published if stated and stated.zone else None  # the item's own
        for moment in filter(None, (found, shown)):
            assert min(abs(moment - truth) for truth in truths) <= timedelta(days=1), path.name
        proven += shown is not None
    assert proven >= 2
