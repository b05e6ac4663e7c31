"""Subscription lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import DocumentError, SourceError
from feedsvc.formats.opml import subscriptions
from feedsvc.model import FetchSettings, Source
from feedsvc.sources.opml import load_subscriptions, read_outlines, source_name, sources_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from feedsvc.sources import Fetcher
    from tests.hostile.server import HostileServer

LIST = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="新闻"><outline text="财经/股市">
  <outline type="rss" text="Harbour" title="Harbour news" xmlUrl="https://a.example/feed?x=1&amp;y=2" htmlUrl="https://a.example/"/>
</outline></outline>
<outline type="rss" text="Loose" xmlUrl="https://b.example/feed" category="/Boston/Weather,tourism"/>
<outline type="rss" text="Again" xmlUrl="https://b.example/feed"/>
<outline type="rss" text="Local" xmlUrl="file:///etc/passwd"/>
<outline type="rss" text="Script" xmlUrl="javascript:alert(1)"/>
<outline text="a note"/>
</body></opml>""".encode()


def urls(body: bytes) -> list[str]:
    return [outline.url for outline in read_outlines(body).outlines]


def test_folders_become_category_paths_and_each_address_is_taken_once() -> None:
    first, second = read_outlines(LIST).outlines
    assert (first.url, first.title, first.site) == (
        "https://a.example/feed?x=1&y=2",
        "Harbour news",
        "https://a.example/",
    )
    assert first.folder == ("新闻", "财经∕股市")
    assert (second.title, second.folder) == ("Loose", ("Boston", "Weather"))


def test_what_is_no_address_of_the_web_is_refused_by_name() -> None:
    assert [reason.partition(":")[0] for reason in read_outlines(LIST).refused] == ["Local", "Script"]


@pytest.mark.parametrize(
    "value",
    [
        "Bread & butter",
        'The "Daily" news',
        '"Daily" & "Nightly"',
        "1 < 2",
        "line one <br>\n  line two",
        "bell \x07",
        'at <a href="https://b.example/">B</a>',
    ],
)
def test_values_that_an_exporter_did_not_escape_are_read_all_the_same(value: str) -> None:
    body = f'<opml version="1.0"><body><outline text="{value}" description="{value}" xmlUrl="https://a.example/?a=1&b=2" />\n'
    (outline,) = read_outlines(f"{body}</body></opml>".encode()).outlines
    assert outline.url == "https://a.example/?a=1&b=2"
    assert outline.title == " ".join(value.replace("\x07", "").split())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"<html/>", "no OPML"),
        (b"<opml><body><outline></body></opml>", "well-formed"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>', "entities"),
        (b"<opml>" + b"<outline text='a'>" * 30 + b"</outline>" * 30 + b"</opml>", "deep"),
        (b"<opml>" + b"<outline text='a'/>" * 10_001 + b"</opml>", "10000"),
    ],
)
def test_a_list_is_taken_whole_or_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_outlines(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(body: bytes) -> None:
    try:
        read_outlines(b'<opml><outline text="' + body)
    except DocumentError as error:
        assert str(error)  # noqa: PT017 - a refusal is one of two good outcomes


def test_a_name_that_only_html_knows_is_read() -> None:
    (outline,) = read_outlines(
        b'<opml><body><outline text="a&nbsp;b &made; c" xmlUrl="https://a.example/"/></body></opml>'
    ).outlines
    assert outline.title == "a b &made; c"


def test_a_source_is_named_by_its_address_alone() -> None:
    names = {
        source_name(url) for url in ("https://a.example/feed?x=1", "https://a.example/feed?x=2", "https://新闻.cn/")
    }
    assert len(names) == 3
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) for name in names)


def test_a_token_in_an_address_does_not_show_in_its_name() -> None:
    assert "s3cret" not in source_name("https://me:s3cret@a.example/feed?token=s3cret")


def test_sources_take_the_settings_of_the_list_but_not_its_login() -> None:
    login = FetchSettings(username="me", password=f"pw-{1}", user_agent="mine/1")
    listing = Source(
        name="subs", kind="opml", location="/x.opml", categories=(("rest",),), prefix=("read",), fetch=login
    )
    sources = sources_of(listing, read_outlines(LIST.replace(b'category="/Boston/Weather,tourism"', b"")))
    assert [source.categories for source in sources] == [(("新闻", "财经∕股市"),), (("rest",),)]
    assert {source.kind for source in sources} == {"feed"}
    assert {source.prefix for source in sources} == {("read",)}
    assert {(source.fetch.username, source.fetch.password) for source in sources} == {("", "")}
    assert {source.fetch.user_agent for source in sources} == {"mine/1"}


async def test_a_list_is_loaded_from_a_file(tmp_path: Path, fetcher: Fetcher) -> None:
    (tmp_path / "subs.opml").write_bytes(LIST)
    source = Source(name="subs", kind="opml", location=str(tmp_path / "subs.opml"))
    found, fetches = await load_subscriptions(source, fetcher)
    assert (len(found.outlines), fetches) == (2, ())


async def test_a_missing_list_is_an_error_of_its_source(tmp_path: Path, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError) as raised:
        await load_subscriptions(Source(name="subs", kind="opml", location=str(tmp_path / "no.opml")), fetcher)
    assert raised.value.kind == "missing"


async def test_a_fetched_list_that_is_none_is_an_error_of_its_source(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    source = Source(name="subs", kind="opml", location=server.url("/feed"), fetch=quick)
    with pytest.raises(SourceError, match="no OPML") as raised:
        await load_subscriptions(source, fetcher)
    assert raised.value.kind == "not-opml"


def told(sources: Iterable[Source]) -> set[tuple[object, ...]]:
    return {(each.name, each.location, each.title or each.name, each.categories) for each in sources}


def exported_and_imported(listing: Source, body: bytes) -> tuple[set[tuple[object, ...]], set[tuple[object, ...]]]:
    """Return what a list holds, and what its export holds."""
    first = sources_of(listing, read_outlines(body))
    return told(first), told(sources_of(listing, read_outlines(subscriptions("Mine", first))))


SUBSCRIBED = Source(name="subs", kind="opml", location="/x.opml")


@pytest.mark.parametrize(
    "title",
    ["Bread & butter", 'The "Daily" news', "1 < 2", "新闻/财经", "  two   spaces ", "line\none", "émigré \u200b", ""],
)
def test_an_export_holds_the_same_subscriptions(title: str) -> None:
    body = (
        f'<opml version="2.0"><body><outline text={quoteattr(title or "x")}><outline text={quoteattr("deeper " + title)}>'
        f'<outline type="rss" text={quoteattr(title)} xmlUrl="https://a.example/feed?x=1&amp;y=%E6%96%B0#top"/></outline>'
        '</outline><outline xmlUrl="https://b.example/新闻?token=s3cret"/></body></opml>'
    ).encode()
    before, after = exported_and_imported(SUBSCRIBED, body)
    assert len(before) == 2
    assert after == before


@pytest.mark.corpus
def test_the_lists_of_the_corpus_survive_import_and_export(corpus: Path) -> None:
    compared, different = 0, []
    for path in sorted(path for path in (corpus / "opml").rglob("*") if path.is_file()):
        try:
            before, after = exported_and_imported(SUBSCRIBED, path.read_bytes())
        except DocumentError:
            continue  # see the next test
        compared += len(before)
        different += [(path.name, before ^ after)] if before != after else []
    assert different == []
    assert compared > 700


@pytest.mark.corpus
def test_the_lists_of_the_corpus_are_read_or_explained(corpus: Path) -> None:
    read, refused = 0, []
    for path in sorted(path for path in (corpus / "opml").rglob("*") if path.is_file()):
        try:
            read += len(urls(path.read_bytes()))
        except DocumentError as error:
            refused.append(f"{path.name}: {error}")
    assert read > 700
    assert len(refused) == 3, refused  # a template, a stylesheet, and a root that is none
