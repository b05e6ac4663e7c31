"""Each table of the catalog and the behaviours that belong to it have the same members; what is forgotten fails by its name."""

from __future__ import annotations

import ast
import inspect
import re
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlite_utils

from feedsvc.config.keys import SOURCE
from feedsvc.errors import DocumentError
from feedsvc.executors import LocalExecutor
from feedsvc.formats import FORMATS
from feedsvc.formats.feed_format import FeedFormat, checked, no_links
from feedsvc.formats.item import head, newest
from feedsvc.model import Article, Draft, Parsed, RawDocument, Source, catalog, layout
from feedsvc.model.article import COLUMNS
from feedsvc.model.facts import FACTS
from feedsvc.model.members import Members
from feedsvc.parsers import PARSERS, parse
from feedsvc.ports import Reader
from feedsvc.rules import RULES, identity, normalise
from feedsvc.rules.case import Case, Findings
from feedsvc.serve.pages import PAGES
from feedsvc.serve.pages import article as article_page
from feedsvc.sources import KINDS, Fetcher
from feedsvc.store import schema
from feedsvc.store.inserts import ARTICLE_COLUMNS
from feedsvc.store.search_index import register
from tests.formats.making import SITE, SPEC, an_entry, document

if TYPE_CHECKING:
    from pathlib import Path


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
    assert name in catalog.content_types()


def test_a_member_that_is_not_where_the_catalog_says_is_named() -> None:
    places = {
        "a": "feedsvc.no_such_module:FORMAT",
        "b": "feedsvc.formats.atom:NO_SUCH",
        "c": "feedsvc.formats.atom:entry",
    }
    found = Members(places, str, checked)
    for name in places:
        with pytest.raises((ImportError, AttributeError, TypeError), match=f"^'{name}' of the catalog"):
            found[name]
    with pytest.raises(KeyError):
        found["d"]


def test_two_members_of_one_name_are_refused() -> None:
    atom = catalog.FORMATS["atom"]
    with pytest.raises(ValueError, match="share a name"):
        catalog.Table(atom, atom)


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


@pytest.mark.parametrize("key", catalog.options())
def test_an_option_of_a_kind_is_a_key_of_sources(key: str) -> None:
    assert key in SOURCE


@pytest.mark.parametrize("name", [name for name, kind in catalog.KINDS.items() if kind.parser])
def test_a_kind_with_documents_of_its_own_has_a_parser(name: str) -> None:
    source = Source(name="s", kind=name, location="https://example.org/")
    raw = RawDocument(source="s", locator="x", media_type="", body=b"", fingerprint="", fetched_at=datetime.now(UTC))
    assert next(parser for parser in PARSERS if parser.accepts(raw, source)).name == name
    with suppress(DocumentError):  # there is nothing in it
        assert isinstance(parse(raw, source), Parsed)


@pytest.mark.parametrize("code", catalog.EVIDENCE)
def test_evidence_is_shown_in_words_and_documented(code: str, root: Path) -> None:
    words = article_page._provenance(code)
    assert words == catalog.EVIDENCE[code].words
    assert not code or (":" not in words and "_" not in words), "a code is no word for people"
    pages = [(root / "docs" / name).read_text(encoding="utf-8") for name in ("normalisation.md", "archive.md")]
    assert all(f"`{code}`" in page for page in pages if code)


@pytest.mark.parametrize("name", catalog.FORMS)
def test_dates_of_a_form_have_evidence_with_a_rank(name: str) -> None:
    assert catalog.rank(catalog.FORMS[name].evidence) > 0


def test_what_parsers_and_rules_name_stands_in_the_catalog(root: Path) -> None:
    """A form or an evidence that a module names and the catalog does not know fails here, and not in somebody's archive."""
    modules = (*(root / "feedsvc" / "parsers").rglob("*.py"), *(root / "feedsvc" / "sources").rglob("*.py"))
    forms = {
        each.value
        for path in modules
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "form"
        for each in ([node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value])
        if isinstance(each, ast.Constant)
    }
    forms |= {found for path in modules for found in re.findall(r'^FORM = "([^"]+)"', path.read_text(), re.MULTILINE)}
    assert forms - {""} == set(catalog.FORMS)
    evidence = {
        node.value
        for path in (root / "feedsvc" / "rules" / "dates").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("(?:body|feed):[a-z]+", node.value)
    }
    assert evidence <= set(catalog.EVIDENCE)


def test_what_the_catalog_does_not_know_is_refused_and_never_taken_for_the_weakest() -> None:
    with pytest.raises(LookupError, match="'hearsay': add it to EVIDENCE"):
        catalog.rank("hearsay")
    with pytest.raises(LookupError, match="'hearsay': add it to FORMS"):
        catalog.form("hearsay")
    draft = Draft(
        source="s", locator="a", form="hearsay", fetched_at=datetime.now(UTC), title="T", published="2024-05-01"
    )
    with pytest.raises(LookupError, match="FORMS"):
        normalise(draft, Source(name="s", kind="directory", location="/s"))


# Where one member is named beside others on purpose: what others publish and send, which is not ours to choose.
LISTS_OF_OTHERS = {"feedsvc/sources/discovery.py", "feedsvc/commands/init.py"}


def test_members_of_a_table_are_listed_nowhere_else(root: Path) -> None:
    """A second list is what drifts: it lacks the next member, and a page answers 500."""
    tables = {"FORMATS": catalog.FORMATS, "KINDS": catalog.KINDS, "EVIDENCE": catalog.EVIDENCE, "FORMS": catalog.FORMS}
    found = []
    for path in sorted((root / "feedsvc").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name == "feedsvc/model/catalog.py" or name in LISTS_OF_OTHERS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = {each.value for each in ast.iter_child_nodes(node) if isinstance(each, ast.Constant)} - {""}
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                found += [
                    f"{name}:{node.lineno} {table}" for table, known in tables.items() if len(words & set(known)) > 1
                ]
            if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "kind":
                asked = words | {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
                found += [f"{name}:{node.lineno} KINDS" for _ in asked & set(catalog.KINDS)]
    assert found == []


def test_media_types_of_feeds_are_written_once(root: Path) -> None:
    written = re.compile(r"[\"'][^\"']*(?:application/(?:atom\+xml|rss\+xml|feed\+json)|text/x-opml)")
    found = [
        path.relative_to(root).as_posix()
        for path in (root / "feedsvc").rglob("*.py")
        if written.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["feedsvc/model/catalog.py"]


def test_the_columns_of_articles_are_those_of_the_facts_and_of_the_archive() -> None:
    """A fact without a migration, or a column that nobody writes, fails here by its name."""
    database = sqlite_utils.Database(memory=True)
    register(database.conn)
    schema.ARCHIVE_MIGRATIONS.apply(database)
    there = set(database["articles"].columns_dict)
    assert set(ARTICLE_COLUMNS) | {"withdrawn", "withdrawn_why"} == there
    assert set(COLUMNS) <= there


def test_every_fact_that_rules_find_comes_into_the_article() -> None:
    with pytest.raises(LookupError, match="'hearsay': add it to Facts"):
        Findings().knowing(hearsay=1)
    assert set(FACTS) <= {each.name for each in fields(Article)}
    source = Source(name="s", kind="directory", location="/s")
    draft = Draft(
        source="s", locator="a.md", form="front-matter", fetched_at=datetime.now(UTC), title="T", body="<p>x</p>"
    )
    case = Case(draft=draft, source=source)
    marks = {
        name: object()
        for name in set(FACTS) - {"url", "title", "text", "links", "images", "people", "categories", "enclosures"}
    }
    made = identity.article(case, Findings(title="T").knowing(**marks))
    assert {name: getattr(made, name) for name in marks} == marks


def test_every_rule_is_in_the_row_of_rules(root: Path) -> None:
    """A rule is a function `(Case, Findings) -> Findings`; one that is not in `RULES` is forgotten."""
    named = {(rule.__module__, rule.__name__) for rule in RULES}
    found = set()
    for path in (root / "feedsvc" / "rules").rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                types = [ast.unparse(each.annotation) for each in node.args.args if each.annotation]
                if types == ["Case", "Findings"] and node.returns and ast.unparse(node.returns) == "Findings":
                    found.add((module, node.name))
    assert found == named


def test_a_format_or_kind_that_has_its_file_has_its_line_too(root: Path) -> None:
    package = root / "feedsvc"
    formats = {
        f"feedsvc.formats.{path.stem}:FORMAT"
        for path in (package / "formats").glob("*.py")
        if re.search(r"^FORMAT\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert formats == {each.behaviour for each in catalog.FORMATS.values()}
    readers = {
        f"feedsvc.sources.{path.stem}"
        for path in (package / "sources").glob("*.py")
        if path.stem != "plugin_readers"  # around the readers of installed packages
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.AsyncFunctionDef) and [each.arg for each in node.args.args] == _READ
    }
    assert readers == {kind.reader.partition(":")[0] for kind in catalog.KINDS.values() if not kind.is_list}


_READ = list(inspect.signature(Reader.read).parameters)
