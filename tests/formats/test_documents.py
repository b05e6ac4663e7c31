"""What holds for every document: byte for byte feedgen's, stable, and the same entries whichever format is read."""

from __future__ import annotations

import json
import locale
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest

from feedsvc.formats import FORMATS, envelope
from feedsvc.formats.item import NEVER, head, item, newest
from feedsvc.model import Enclosure, Entry, Person
from tests.formats import reference
from tests.formats.making import SEEN, SITE, SPEC, an_entry, check, document


def some_entries() -> list[Entry]:
    return [
        an_entry(1, people=(Person(name="曾小明"), Person(name="Ada Byron"), Person(name="陈大文", role="editor"))),
        an_entry(2, title="R&D: 1 < 2 <b>", summary="1 < 2 & more", image="https://origin.example.com/i.png"),
        an_entry(
            3, content="<p>]]&gt; &amp;amp; “quoted”</p>\n<pre>a\n  b</pre>", source_url="https://planet.example.com/"
        ),
        an_entry(4, published=None, people=(), categories=(("a", "b"), ("c",)), tags=("t",)),
        an_entry(
            5, content="", enclosures=(Enclosure(url="https://o.example/a.mp3", media_type="audio/mpeg", length=9),)
        ),
    ]


def whole_by_feedgen(form: str, entries: list[Entry]) -> bytes:
    return reference.whole(form, head(SPEC, SITE, newest(entries)), [item(entry, SITE) for entry in entries])


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_joined_fragments_are_the_bytes_that_feedgen_writes_for_the_whole_feed(form: str) -> None:
    assert document(form, some_entries()) == whole_by_feedgen(form, some_entries())


@pytest.mark.parametrize("form", FORMATS)
def test_a_document_is_valid(form: str) -> None:
    check(form, document(form, some_entries()))


@pytest.mark.parametrize("form", FORMATS)
def test_a_site_without_a_language_names_none(form: str) -> None:
    body = document(form, [an_entry(language="")], site=replace(SITE, language=""))
    check(form, body)
    assert b"lang" not in body


def test_a_feedgen_that_writes_otherwise_is_noticed() -> None:
    with pytest.raises(ValueError, match="not found"):
        envelope.filled(b"<feed/>", b"</feed>", "", [])


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_feed_is_valid_and_does_not_claim_to_be_new(form: str) -> None:
    empty = document(form, [])
    check(form, empty)
    assert newest(()) == NEVER
    assert str(datetime.now(tz=UTC).year).encode() not in empty


@pytest.mark.parametrize("form", FORMATS)
def test_a_fragment_does_not_depend_on_its_neighbours(form: str) -> None:
    first, second = (FORMATS[form].entry(item(an_entry(number), SITE)) for number in (1, 2))
    together = document(form, [an_entry(1), an_entry(2)])
    assert first in together
    assert second in together


def plain(value: str) -> str:
    from lxml import html  # noqa: PLC0415 - as a reader shows it

    return " ".join(html.fromstring(f"<div>{value}</div>").text_content().split())


def as_read(document: bytes) -> list[dict[str, Any]]:
    read = feedparser.parse(document)
    assert not read.bozo
    return [
        {
            "id": entry.id,
            "title": plain(entry.title) if entry.title_detail.type == "text/html" else entry.title,
            "link": entry.link,
            "published": entry.get("published_parsed"),
            "updated": entry.updated_parsed,
            "authors": [author.name for author in entry.authors],
            "contributors": [person.name for person in entry.get("contributors", ())],
            "tags": [(tag.scheme, tag.label or tag.term.rpartition("/")[2]) for tag in entry.get("tags", ())],
            "content": [plain(content.value) for content in entry.get("content", ())],
            "via": [link.href for link in entry.links if link.rel == "via"],
            "enclosures": [(one.href, one.type, one.length) for one in entry.enclosures],
            "thumbnail": [picture["url"] for picture in entry.get("media_thumbnail", ())],
        }
        for entry in read.entries
    ]


def test_a_reader_finds_the_same_entries_in_atom_and_in_rss() -> None:
    in_atom, in_rss = (as_read(document(form, some_entries())) for form in ("atom", "rss"))
    assert in_atom == in_rss
    assert len(in_atom) == len(some_entries())


def test_a_reader_takes_the_permalink_for_the_link_though_there_are_others() -> None:
    entry = some_entries()[4]
    for form in ("atom", "rss"):
        (read,) = as_read(document(form, [entry]))
        assert read["link"] == f"https://news.example.org/articles/{entry.uuid}"


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_each_format_names_itself_as_self(form: str) -> None:
    links = feedparser.parse(document(form, [])).feed.links
    assert [link.href for link in links if link.rel == "self"] == [
        f"https://news.example.org/feeds/category/%E7%A7%91%E6%8A%80/%E8%8A%AF%E7%89%87.{form}"
    ]


def test_a_moved_site_keeps_every_id() -> None:
    moved = replace(SITE, url="https://elsewhere.example.net")
    before, after = (feedparser.parse(document("atom", some_entries(), site=site)) for site in (SITE, moved))
    assert before.feed.id == after.feed.id
    assert [entry.id for entry in before.entries] == [entry.id for entry in after.entries]


def test_two_entries_changed_in_one_moment_have_different_updated() -> None:
    entries = [an_entry(number, updated=SEEN) for number in range(50)]
    stamps = [item(entry, SITE).updated for entry in entries]
    assert len(set(stamps)) == len(stamps)
    assert {stamp.replace(microsecond=0) for stamp in stamps} == {SEEN}


def test_a_feed_was_updated_when_its_newest_entry_was() -> None:
    later = an_entry(2, updated=SEEN + timedelta(days=1))
    assert newest([an_entry(1), later, an_entry(3)]) == item(later, SITE).updated


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        (datetime(2024, 2, 1, 12, tzinfo=UTC), datetime(2024, 2, 1, 12, tzinfo=UTC)),
        (datetime(1905, 6, 30, tzinfo=UTC), datetime(1905, 6, 30, tzinfo=UTC)),
        (datetime(1970, 1, 1, 8, tzinfo=UTC), None),
        (SEEN + timedelta(seconds=1), None),
        (None, None),
    ],
    ids=["a date", "an old date", "the epoch", "after it was seen", "unknown"],
)
def test_a_date_that_cannot_be_is_left_out(published: datetime | None, shown: datetime | None) -> None:
    assert item(an_entry(published=published), SITE).published == shown


def test_one_head_gives_the_same_document_in_many_threads_at_once() -> None:
    heads = [head(SPEC, SITE, SEEN + timedelta(seconds=number)) for number in range(40)]
    alone = [FORMATS[form].document(each, []) for each in heads for form in FORMATS]
    with ThreadPoolExecutor(8) as pool:
        beside = [pool.submit(FORMATS[form].document, each, []) for each in heads for form in FORMATS]
    assert [done.result() for done in beside] == alone


def test_rendering_leaves_the_locale_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("setlocale is not safe beside other threads")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert b"<pubDate>Wed, 28 Feb 2024 10:00:01 +0000</pubDate>" in document("rss", [an_entry(1)])


def test_an_entry_without_people_is_by_its_publisher_else_by_its_source() -> None:
    nobody = an_entry(people=(Person(name="陈大文", role="editor"),))
    assert [person.name for person in item(nobody, SITE).authors] == ["The Example"]
    assert [person.name for person in item(replace(nobody, publisher=""), SITE).authors] == ["Weekly notes"]


def test_no_feed_holds_an_address_of_e_mail() -> None:
    entry = an_entry(people=(Person(name="Ada Byron", email="ada@example.com"),))
    assert not [form for form in FORMATS if b"ada@example.com" in document(form, [entry])]


def test_a_hub_is_named_in_every_format() -> None:
    site = replace(SITE, hub="https://hub.example.org/")
    as_atom, as_rss, feed = (document(form, [an_entry()], site=site) for form in ("atom", "rss", "json"))
    assert b'<link href="https://hub.example.org/" rel="hub"/>' in as_atom
    assert b'<atom:link rel="hub" href="https://hub.example.org/"/>' in as_rss
    assert json.loads(feed)["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]
    for form, body in (("atom", as_atom), ("rss", as_rss), ("json", feed)):
        check(form, body)
