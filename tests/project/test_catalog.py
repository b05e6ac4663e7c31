"""Each table of the catalog and the behaviours that belong to it have the same members; what is forgotten fails by its name."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime

import pytest

from feedsvc.config.keys import SOURCE
from feedsvc.errors import DocumentError
from feedsvc.executors import LocalExecutor
from feedsvc.formats import FORMATS
from feedsvc.formats.feed_format import FeedFormat, no_links
from feedsvc.formats.item import head, newest
from feedsvc.model import RawDocument, Source, catalog, layout
from feedsvc.model.members import Members
from feedsvc.parsers import PARSERS, parse
from feedsvc.ports import Reader
from feedsvc.serve.pages import PAGES
from feedsvc.sources import KINDS, Fetcher
from tests.formats.making import SITE, SPEC, an_entry, document


@pytest.mark.parametrize("name", catalog.FORMATS)
def test_a_format_is_where_the_catalog_says(name: str) -> None:
    assert isinstance(FORMATS[name], FeedFormat)
    assert re.fullmatch(r"[a-z0-9]+", name), "it is an extension of files and addresses"


@pytest.mark.parametrize("name", catalog.FORMATS)
def test_a_page_for_people_lists_what_a_format_wrote(name: str) -> None:
    listing = FORMATS[name].listed(document(name, [an_entry(1), an_entry(2)]))
    assert listing.title == SPEC.title
    assert [each.title for each in listing.entries] == ["Entry 1", "Entry 2"]
    assert [each.href for each in listing.entries] == [SITE.article(an_entry(number).uuid) for number in (1, 2)]


@pytest.mark.parametrize("name", catalog.FORMATS)
def test_a_format_that_names_links_names_itself(name: str) -> None:
    if FORMATS[name].links is not no_links:
        address = head(SPEC, SITE, newest([])).location(name)
        assert ("self", address) in FORMATS[name].links(document(name, [an_entry()]))


@pytest.mark.parametrize("name", catalog.FORMATS)
def test_a_format_that_cuts_documents_loses_no_byte(name: str) -> None:
    body, cut = document(name, [an_entry(1), an_entry(2)]), FORMATS[name].parts
    if cut:
        found = cut(body)
        assert found is not None
        assert len(found.entries) == 2
        assert b"".join((found.head, *found.entries, found.tail)) == body


@pytest.mark.parametrize("name", catalog.FORMATS)
def test_a_format_has_an_address(name: str) -> None:
    address = f"/{layout.FEEDS}/{layout.document(layout.EVERYTHING, name)}"
    assert any(re.match(route, address) for route, _ in PAGES)
    assert name in catalog.CONTENT_TYPES


def test_a_member_that_is_not_where_the_catalog_says_is_named() -> None:
    places = {
        "a": "feedsvc.no_such_module:FORMAT",
        "b": "feedsvc.formats.atom:NO_SUCH",
        "c": "feedsvc.formats.atom:entry",
    }
    found = Members(places, FORMATS._check)  # type: ignore[attr-defined]
    for name in places:
        with pytest.raises((ImportError, AttributeError, TypeError), match=f"^'{name}' of the catalog"):
            found[name]
    with pytest.raises(KeyError):
        found["d"]


def test_two_members_of_one_name_are_refused() -> None:
    atom = catalog.FORMATS["atom"]
    with pytest.raises(ValueError, match="share a name"):
        catalog._table(atom, atom)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("category/a/archive/12.atom", ("category/a", 12, "atom")),
        ("category/a/archive/12.atom.gz", ("category/a", 12, "atom")),
        ("source/x/archive/1.json.zst", ("source/x", 1, "json")),
        ("all.atom", None),
        ("category/archive/x.atom", None),
        ("all/archive/0.atom", None),
        ("all/archive/1.atom.html", None),
        ("index.opml", None),
    ],
)
def test_a_closed_page_is_known_by_its_path(path: str, found: tuple[str, int, str] | None) -> None:
    assert layout.closed_page(path) == found
    if found and layout.form_of(path) == found[2]:
        assert layout.document(layout.page(found[0], found[1]), found[2]) == path


@pytest.mark.parametrize("name", catalog.KINDS)
def test_a_kind_is_where_the_catalog_says(name: str) -> None:
    kind = catalog.KINDS[name]
    if kind.is_list:
        assert kind.reads_from == "either"
        assert name not in KINDS
        return
    executor = LocalExecutor()
    reader = KINDS[name](Fetcher("test"), executor)
    assert inspect.iscoroutinefunction(reader.read)
    assert list(inspect.signature(reader.read).parameters) == list(inspect.signature(Reader.read).parameters)[1:]


@pytest.mark.parametrize("key", catalog.OPTIONS)
def test_an_option_of_a_kind_is_a_key_of_sources(key: str) -> None:
    assert key in SOURCE


@pytest.mark.parametrize("name", [name for name, kind in catalog.KINDS.items() if kind.parser])
def test_a_kind_with_documents_of_its_own_has_a_parser(name: str) -> None:
    source = Source(name="s", kind=name, location="https://example.org/")
    raw = RawDocument(source="s", locator="x", media_type="", body=b"", fingerprint="", fetched_at=datetime.now(UTC))
    assert next(parser for parser in PARSERS if parser.accepts(raw, source)).name == name
    with pytest.raises(DocumentError):
        parse(raw, source)
