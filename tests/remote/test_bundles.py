"""A page and what led to it are one document; whatever the bytes of a page are, there is an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, Enclosure, Person, RawDocument, Repair, Source
from feedsvc.parsers import bundles, entries, parse
from feedsvc.parsers.sitemaps import read_sitemap

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DRAFT = Draft(
    source="posts",
    locator="https://a.example/feed",
    form="rss",
    fetched_at=NOW,
    native_id="id:1",
    link="https://a.example/1",
    title="墙 & wall",
    body="<p>text</p>",
    body_kind="html",
    people=(Person(name="Ann", role="editor"),),
    categories=(("金融", "每经网"),),
    tags=("a", "b"),
    enclosures=(Enclosure(url="https://a.example/a.mp3", length=5),),
    repairs=(Repair(rule="a.b", field="title", before="x", after="y"),),
    is_draft=True,
)
LISTED = Source(name="posts", kind="page", location="https://a.example/")


def document(body: bytes, media_type: str = bundles.MEDIA_TYPE) -> RawDocument:
    return RawDocument(
        source="posts", locator="https://a.example/1", media_type=media_type, body=body, fingerprint="", fetched_at=NOW
    )


@given(
    body=st.binary(max_size=200), url=st.text(max_size=30), media_type=st.text(max_size=30), title=st.text(max_size=30)
)
def test_what_is_packed_is_unpacked(body: bytes, url: str, media_type: str, title: str) -> None:
    draft = replace(DRAFT, title=title.encode("utf-8", "replace").decode())
    packed = bundles.Bundle(
        drafts=(draft,),
        page=bundles.Page(url=" ".join(url.split()), media_type=" ".join(media_type.split()), body=body),
        part_of="https://a.example/feed",
        without=frozenset({"id:2"}),
    )
    assert bundles.unpack(document(bundles.pack(packed, NOW))) == packed


@pytest.mark.parametrize("cut", [1, 20, 300])
def test_a_bundle_that_was_cut_short_is_refused(cut: int) -> None:
    body = bundles.pack(bundles.Bundle(drafts=(DRAFT,)), NOW)
    with pytest.raises(DocumentError, match="bundle"):
        parse(document(body[:-cut]))


@given(st.binary(max_size=300))
def test_any_page_beside_an_entry_leaves_the_entry(body: bytes) -> None:
    page = bundles.Page(url="https://a.example/1", media_type="text/html", body=b"<p>" + body)
    packed = bundles.pack(bundles.Bundle(drafts=(DRAFT,), page=page), NOW)
    try:
        (draft,) = parse(document(packed)).drafts
    except DocumentError as error:
        assert "encoding" in str(error)  # noqa: PT017 - bytes that are no text are the one reason
    else:
        assert draft.native_id == "id:1"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(body: bytes) -> None:
    try:
        entries(document(b"<ul><li><a href=/x>" + body, "text/html"), LISTED)
    except DocumentError as error:
        assert str(error)  # noqa: PT017 - a refusal is one of two good outcomes


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sitemap_or_refused(body: bytes) -> None:
    try:
        read_sitemap(document(b"<urlset><url><loc>http://a.example/" + body))
    except DocumentError as error:
        assert str(error)  # noqa: PT017 - as above


@pytest.mark.parametrize(
    "body",
    [
        b"<div class=x><a href=/1>" * 30_000,
        b"<ul>" + b"<li><a href=/1>one long enough title</a>" * 30_000,
        b"<p>2024-" * 30_000,
        b"<p " + b"a " * 100_000 + b">",
        b"<b><p>" * 9_000,
    ],
    ids=["deep", "long", "dates", "attributes", "formatting"],
)
def test_a_page_made_to_cost_much_is_read_in_time(body: bytes) -> None:
    page = bundles.Page(url="https://a.example/1", media_type="text/html", body=body)
    started = process_time()
    parse(document(bundles.pack(bundles.Bundle(drafts=(DRAFT,), page=page), NOW)))
    try:
        entries(document(body, "text/html"), LISTED)
    except DocumentError as error:
        assert re.match("not a list|too large", str(error))  # noqa: PT017 - nothing to be found in it is an answer too
    assert process_time() - started < 20  # what is quadratic takes minutes
