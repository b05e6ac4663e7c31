"""What real feeds say, uncleaned, in our documents: worse than anything that comes out of the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import feedparser
import pytest

from feedsvc.formats import FORMATS
from feedsvc.formats.item import head, item, newest
from tests.formats import reference
from tests.formats.making import SITE, SPEC, an_entry, check, document

if TYPE_CHECKING:
    from pathlib import Path

    from feedsvc.model import Entry

EVERY = 8  # one feed of so many: the whole corpus takes a minute


def entry(number: int, read: Any) -> Entry:
    content = read.get("content") or [{"value": read.get("summary", "")}]
    return an_entry(
        number,
        url=read.get("link", ""),
        title=read.get("title", ""),
        summary=read.get("summary", ""),
        content=content[0]["value"],
        tags=tuple(tag.get("term") or "" for tag in read.get("tags", ())),
        language=read.get("title_detail", {}).get("language") or "",
    )


@pytest.mark.corpus
def test_the_texts_of_real_feeds_make_valid_documents(corpus: Path) -> None:
    files = sorted(path for path in (corpus / "feeds").rglob("*") if path.suffix in {".xml", ".rss", ".atom"})
    entries = [
        entry(number, read)
        for path in files[::EVERY]
        for number, read in enumerate(feedparser.parse(path.read_bytes(), sanitize_html=False).entries[:20])
    ]
    assert len(entries) > 200
    for form in FORMATS:
        check(form, document(form, entries))
    for form in ("atom", "rss"):
        assert document(form, entries) == reference.whole(
            form, head(SPEC, SITE, newest(entries)), [item(each, SITE) for each in entries]
        )
