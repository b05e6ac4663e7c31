"""Whatever an archive holds, its feeds are valid."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.formats import FORMATS, opml
from feedsvc.formats.item import NEVER, Chain, Head, head, item
from feedsvc.model import Enclosure, Person, Tombstone
from tests.formats import reference
from tests.formats.making import SITE, SPEC, an_entry, check, document

HOSTILE = st.text(st.characters(categories=None), max_size=40) | st.sampled_from(
    [
        " ",
        "\0",
        "\ud800",
        "]]>",
        "<![CDATA[",
        "&#0;",
        "&amp;",
        "<b>",
        "\r\n",
        "\ufeff",
        "\u202e反",
        "</entry>",
        "</channel></rss>",
    ]
)
ADDRESS = HOSTILE | HOSTILE.map(lambda text: f"https://例え.jp/{text}?q={text}#{text}")
DATES = st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone comes with it
PEOPLE = st.lists(
    st.builds(Person, name=HOSTILE, role=st.sampled_from(["author", "editor"]), email=HOSTILE, uri=ADDRESS), max_size=3
)
ENTRIES = st.fixed_dictionaries(
    {
        "uid": HOSTILE.filter(lambda text: bool(text.split())),
        "source": HOSTILE,
        "source_title": HOSTILE,
        "source_url": ADDRESS,
        "url": ADDRESS,
        "title": HOSTILE,
        "summary": HOSTILE,
        "content": HOSTILE,
        "people": PEOPLE.map(tuple),
        "publisher": HOSTILE,
        "language": HOSTILE,
        "image": ADDRESS,
        "enclosures": st.lists(
            st.builds(
                Enclosure,
                url=ADDRESS,
                media_type=st.just("a/b"),
                length=st.none() | st.integers(0, 2**40),
                title=HOSTILE,
            ),
            max_size=2,
        ).map(tuple),
        "categories": st.lists(st.lists(HOSTILE, max_size=3).map(tuple), max_size=3).map(tuple),
        "tags": st.lists(HOSTILE, max_size=3).map(tuple),
        "published": st.none() | DATES,
        "updated": DATES,
    }
)


@given(changes=ENTRIES, full=st.booleans())
def test_any_entry_is_written_as_feedgen_writes_it(changes: dict[str, Any], *, full: bool) -> None:
    made = item(an_entry(**changes), SITE, full=full)
    for form in ("atom", "rss"):
        assert FORMATS[form].entry(made) == reference.entry(form, made)


@given(changes=ENTRIES, full=st.booleans())
def test_any_entry_is_written_as_the_standard_library_writes_json(changes: dict[str, Any], *, full: bool) -> None:
    written = FORMATS["json"].entry(item(an_entry(**changes), SITE, full=full)).decode()
    record = json.loads(written)
    assert written == json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    assert all(record.values())


@given(changes=ENTRIES, title=HOSTILE, full=st.booleans())
def test_any_entry_makes_a_valid_document_in_every_format(changes: dict[str, Any], title: str, *, full: bool) -> None:
    spec = replace(SPEC, title=title, description=title, language=title, content="full" if full else "summary")
    for form in FORMATS:
        check(form, document(form, [an_entry(**changes), an_entry(2)], spec))


HEADS = st.builds(
    head,
    st.builds(
        replace,
        st.just(SPEC),
        path=HOSTILE.map("category/{}".format),
        title=HOSTILE,
        description=HOSTILE,
        language=st.sampled_from(["", "en"]),
    ),
    st.builds(replace, st.just(SITE), title=HOSTILE, hub=ADDRESS, language=st.sampled_from(["", "zh-CN"])),
    DATES,
    st.builds(Chain, page=st.integers(0, 2), previous=st.integers(0, 2), following=st.integers(0, 2)),
    st.lists(st.builds(Tombstone, uid=HOSTILE, when=DATES, why=HOSTILE), max_size=1),
)


@given(top=HEADS)
def test_any_shell_is_written_as_feedgen_writes_it(top: Head) -> None:
    for form in ("atom", "rss"):
        assert FORMATS[form].document(top, []) == reference.whole(form, top, [])


@given(titles=st.lists(HOSTILE, max_size=4), name=HOSTILE)
def test_any_titles_make_a_valid_index(titles: list[str], name: str) -> None:
    heads = [(head(replace(SPEC, title=title), SITE, NEVER), "atom") for title in titles]
    groups = [("", heads), (name or "group", heads)] if heads else []
    check("opml", opml.document(name, groups))


@pytest.mark.parametrize("form", FORMATS)
def test_a_title_of_a_megabyte_is_kept_whole(form: str) -> None:
    title = "好<&" * 200_000
    body = document(form, [an_entry(title=title)])
    check(form, body)
    assert body.count("好".encode()) == 200_000
