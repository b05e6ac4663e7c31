"""The real input: every file is a draft or a clear failure, and the strict readers of feeds say what feedparser says.

Where they differ, `feedparser_differences.toml` says in which feed, in what, how often, and who is right.
"""

from __future__ import annotations

import collections
import html
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import DocumentError
from feedsvc.parsers import parse
from feedsvc.parsers.syndication import items, loose, strict, text_of, xml_repair
from tests.parsers.documents import raw

if TYPE_CHECKING:
    from feedsvc.model import Draft, RawDocument
    from feedsvc.parsers.syndication.result import FeedContents

pytestmark = pytest.mark.corpus

DIFFERENCES = Path(__file__).with_name("feedparser_differences.toml")
_TAG = re.compile(r"<[^>]*>")


def posts(corpus: Path, folder: str) -> dict[str, Draft]:
    root = corpus / folder
    found = {}
    for path in sorted(root.rglob("*.md")):
        locator = path.relative_to(root).as_posix()
        (found[locator],) = parse(raw(path.read_bytes(), locator)).drafts
    return found


def feeds(corpus: Path) -> list[Path]:
    return sorted(p for folder in ("feeds", "feeds_history") for p in (corpus / folder).rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("folder", "untitled"), [("posts", 1), ("posts_regen", 0), ("jekyll", 0), ("hugo", 0), ("hexo-markdown", 2)]
)
def test_every_real_post_is_a_draft_with_its_title(corpus: Path, folder: str, untitled: int) -> None:
    found = posts(corpus, folder)

    assert found
    assert sum(not one.title for one in found.values()) == untitled


def test_every_machine_made_post_has_its_path_and_its_site_and_no_person(corpus: Path) -> None:
    found = [*posts(corpus, "posts").values(), *posts(corpus, "posts_regen").values()]

    assert all(len(one.categories) == 1 and one.publisher and not one.people and one.published for one in found)


def test_a_title_says_what_was_written_before_the_file_system(corpus: Path) -> None:
    found = posts(corpus, "posts_regen")
    truth = [
        json.loads(line) for line in (corpus / "posts_regen" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    known = [one for one in truth if one["path"] in found]

    wrong = [one["path"] for one in known if _letters(one["title"]) != _letters(found[one["path"]].title)]

    assert len(known) > 590
    assert len(wrong) <= 0.03 * len(known), wrong


def test_every_real_feed_is_read(corpus: Path) -> None:
    entries = collections.Counter[str]()
    for path in feeds(corpus):
        try:
            parsed = parse(raw(path.read_bytes(), f"https://e.org/{path.name}"))
        except DocumentError as error:
            pytest.fail(f"{path}: {error}")
        entries.update(one.form for one in parsed.drafts)
        assert not any(one.notice for one in parsed.drafts), path

    assert entries.total() > 21_000


def test_the_strict_readers_say_what_feedparser_says(corpus: Path) -> None:
    expected = {
        (d["feed"], d["field"]): d["items"]
        for d in tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))["difference"]
    }
    found = collections.Counter[tuple[str, str]]()
    for path in feeds(corpus):
        found.update((path.relative_to(corpus).as_posix(), field) for field in _differences(path))

    assert dict(found) == expected


def test_every_difference_has_its_reason() -> None:
    for difference in tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))["difference"]:
        assert len(difference["reason"]) > 10


def _differences(path: Path) -> list[str]:
    """Return the field of each difference between the readers, over all items of a feed."""
    document = raw(path.read_bytes(), f"https://e.org/{path.name}")
    markup = _markup(document)
    if markup is None:
        return []
    one, other = (_drafts(document, reading) for reading in (_strict(markup), loose.read(markup)))
    if one is None or other is None:
        return []
    if len(one) != len(other):
        return ["count"]
    return [field for a, b in zip(one, other, strict=True) for field in _differing(a, b)]


def _markup(document: RawDocument) -> str | None:
    text = text_of(document)[0].lstrip("\ufeff \t\r\n")
    return None if text.startswith("{") else xml_repair.feed_markup(text)


def _strict(markup: str) -> FeedContents | None:
    for attempt in (markup, xml_repair.repaired(markup)):
        try:
            return strict.read(attempt)
        except strict.UnsureError:
            continue
    return None


def _drafts(document: RawDocument, reading: FeedContents | None) -> list[Draft] | None:
    return (
        None if reading is None else [items.draft(document, reading.form, reading.head, item) for item in reading.items]
    )


def _differing(one: Draft, other: Draft) -> list[str]:
    exact = ("native_id", "link", "published", "updated", "enclosures", "image", "form")
    differing = [name for name in exact if getattr(one, name) != getattr(other, name)]
    differing += [
        name for name in ("title", "body", "summary") if _letters(getattr(one, name)) != _letters(getattr(other, name))
    ]
    differing += ["people"] * ([p.name for p in one.people] != [p.name for p in other.people])
    return differing + ["categories"] * (sorted(one.categories) != sorted(other.categories))


def _letters(text: str) -> str:
    """Return what a reader reads: markup and entities out (twice: some write them twice), letters and digits alone."""
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", text))
    return re.sub(r"[\W_]+", "", _TAG.sub(" ", text)).lower()
