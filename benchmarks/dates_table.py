"""Which date each post of a directory gets, and from what evidence: the table of docs/normalisation.md.

    python benchmarks/dates_table.py DIRECTORY [--timezone Asia/Shanghai] [--all | --blank] [--stated 'Invalid Date'] [--anonymous]

Posts whose own date can be read are left out, as is everything without one that says so; `--all` shows every post. `--blank`
takes the date out of each post first and shows what the rest of it proves, beside what was taken out: the measure of precision.
`--stated` shows only posts whose own date reads so; `--anonymous` shows no more than three characters of their names.
The exit code is always 0; the last lines are the counts.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from feedsvc.errors import DocumentError
from feedsvc.model import RawDocument, Source
from feedsvc.parsers import parse
from feedsvc.rules import dates, markup, titles
from feedsvc.rules.case import Case, Findings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.model import Draft

EXTENSIONS = {".md", ".markdown", ".html", ".htm"}
SAME = timedelta(days=1)


class Row(NamedTuple):
    """One post."""

    post: str
    stated: str
    found: Findings
    truth: datetime | None = None  # what was taken out, where that is a date

    @property
    def verdict(self) -> str:
        """How what was found compares with what was taken out."""
        if self.truth is None or self.found.published is None:
            return ""
        return "agrees" if abs(self.found.published - self.truth) <= SAME else "differs"


def drafts(directory: Path) -> Iterator[Draft]:
    now = datetime.now(UTC)
    for path in sorted(file for file in directory.rglob("*") if file.suffix.lower() in EXTENSIONS and file.is_file()):
        body = path.read_bytes()
        locator = path.relative_to(directory).as_posix()
        fingerprint = hashlib.sha256(body).hexdigest()
        raw = RawDocument(
            source="posts", locator=locator, media_type="", body=body, fingerprint=fingerprint, fetched_at=now
        )
        try:
            yield from parse(raw).drafts
        except DocumentError as error:
            print(f"not read: {locator}: {error}")


def dated(draft: Draft, source: Source) -> Findings:
    case = Case(draft=draft, source=source)
    return dates.publication_date(case, titles.clean_title(case, markup.parse_body(case, Findings())))


def row(draft: Draft, source: Source, *, blank: bool) -> Row:
    found = dated(draft, source)
    if not blank:
        return Row(draft.locator, draft.published, found)
    return Row(
        draft.locator, draft.published, dated(replace(draft, published="", path_date=""), source), found.published
    )


def shown(entry: Row, *, every: bool, blank: bool) -> bool:
    if every:
        return True
    return (
        entry.found.published is not None
        if blank
        else bool(entry.stated) and entry.found.published_from != "front-matter"
    )


def printed(entry: Row, *, blank: bool) -> str:
    found = entry.found
    result = f"{found.published:%Y-%m-%dT%H:%M:%SZ}" if found.published else "none"
    evidence = f"{found.published_from}: `{found.published_raw}`" if found.published else ""
    cells = [entry.post.replace("|", "\\|"), entry.stated, evidence, result, *([entry.verdict] if blank else [])]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--timezone", default="UTC")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--blank", action="store_true")
    parser.add_argument("--stated", default="")
    parser.add_argument("--anonymous", action="store_true")
    options = parser.parse_args()
    source = Source(name="posts", kind="directory", location=str(options.directory), timezone=options.timezone)
    heads = ["post", "stated", "evidence", "published (UTC)", *(["beside what was stated"] if options.blank else [])]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    counts: Counter[str] = Counter()
    for draft in drafts(options.directory):
        entry = row(draft, source, blank=options.blank)
        counts[entry.found.published_from or "none"] += 1
        counts.update([entry.verdict] if entry.verdict and options.blank else [])
        if options.stated and draft.published.strip() != options.stated:
            continue
        if shown(entry, every=options.all, blank=options.blank):
            named = entry._replace(post=f"{Path(entry.post).name[:3]}…") if options.anonymous else entry
            print(printed(named, blank=options.blank))
    print("\n" + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
