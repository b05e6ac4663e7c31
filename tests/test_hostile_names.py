"""Whatever categories and articles are called, feeds are valid, apart, and nowhere but in the folder of feeds."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.config import FeedsConfig
from tests.formats.making import check
from tests.services import Home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.model import CategoryPath

NAMES = (
    *(
        "..",
        ".",
        "../..",
        "/",
        "a/b",
        "a\\b",
        "~",
        " ",
        "\0",
        "a\0b",
        "\n",
        "%2e%2e",
        "%",
        "?",
        "#",
        "|",
        "-",
        "'",
        '"',
    ),
    *(
        "all",
        "index",
        "archive",
        "All",
        "INDEX",
        "all.atom",
        "1.atom",
        "index.opml",
        "con",
        "NUL",
        "feeds",
        "source",
        "custom",
    ),
    *("News", "news", "NEWS", "ｎｅｗｓ", "é", "e\u0301", "ﬁ", "fi", "straße", "STRASSE", "İ", "i\u0307"),
    *(
        "芯" * 100,
        "芯" * 101,
        "😀" * 80,
        "👩‍👩‍👧",
        "\u202egnp.exe",
        "\ufeff",
        "\u200b",
        "\ud800",
        "\ufffe",
        "\x85",
        "كتاب",
        "คำ",
    ),
)
TEXTS = st.sampled_from(
    ("]]>", "\0\x0b\x1b", "\ud83d", "", "</entry>", "&#0;", "CafÃ©", "\ufffd", "é" * 300)
) | st.text(st.characters(categories=None), max_size=30)
PATHS = st.lists(st.sampled_from(NAMES) | st.text(st.characters(categories=None), max_size=12), min_size=1, max_size=3)
NAMESPACE = {"atom": "http://www.w3.org/2005/Atom"}


class Shelves(Home):
    """A home whose posts are told category paths and titles as they are."""

    def post(self, number: int, path: Sequence[str], title: str, text: str) -> None:
        front = {"title": title, "date": "2024-03-01 08:30:15", "categories": [[*path]]}
        lines = "\n".join(f"{name}: {json.dumps(value)}" for name, value in front.items())
        body = text.encode("utf-8", "replace").decode()
        self.write(f"post-{number}.md", f"---\n{lines}\n---\n\nNumber {number}. {body}\n")

    def published(self) -> dict[str, bytes]:
        """Return all documents by their path without its end, which no two may share in any case of letters."""
        feeds = self.folder / "archive" / "feeds"
        found = {str(file.relative_to(feeds)): file.read_bytes() for file in feeds.rglob("*") if file.is_file()}
        packed = {
            name.removesuffix(".gz"): gzip.decompress(body) for name, body in found.items() if name.endswith(".gz")
        }
        return packed | {name: body for name, body in found.items() if not name.endswith(".gz")}

    def elsewhere(self) -> set[str]:
        """Return the files of the folder that are no feeds."""
        found = (str(file.relative_to(self.folder)) for file in self.folder.rglob("*") if file.is_file())
        return {name for name in found if not name.startswith("archive/feeds/")}


def titles(document: bytes) -> set[str]:
    return set(etree.fromstring(document).xpath("atom:entry/atom:id/text()", namespaces=NAMESPACE))


def below(path: CategoryPath, top: CategoryPath) -> bool:
    return path[: len(top)] == top


def examine(home: Shelves) -> None:
    """Fail unless each feed holds its own articles, is valid, and stands where its address says."""
    documents = home.published()
    for name, body in documents.items():
        check(name.rpartition(".")[2], body)
    assert len({name.casefold() for name in documents}) == len(documents)
    entries = home.entries()
    for spec in home.view.feed_specs():
        document = documents[f"{spec.path}.atom"]
        top = spec.selection.category
        assert titles(document) == {
            entry.uid for entry in entries if any(below(path, top) for path in entry.categories)
        }
        (address,) = etree.fromstring(document).xpath("atom:link[@rel='self']/@href", namespaces=NAMESPACE)
        assert address.isascii()
        assert unquote(address) == f"{home.config.url}/feeds/{spec.path}.atom"
    index = etree.fromstring(documents["index.opml"]).xpath("//@xmlUrl")
    assert {unquote(each).partition("/feeds/")[2] for each in index} == {
        name for name in documents if name.endswith(".atom")
    }


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(posts=st.lists(st.tuples(PATHS, TEXTS, TEXTS), min_size=1, max_size=3))
def test_any_names_and_texts_make_feeds_that_are_valid_and_apart(posts: list[tuple[list[str], str, str]]) -> None:
    with TemporaryDirectory() as folder:
        home = Shelves(Path(folder) / "home")
        for number, (path, title, text) in enumerate(posts):
            home.post(number, path, title, text)
        report = home.ingest(emit=True)
        examine(home)
        home.close()
        assert report.added == len(posts)
        assert {name for name in home.elsewhere() if not name.startswith("content/")} <= {
            f"archive/{name}" for name in ("archive.db", "ops.db", "captures.db", ".lock")
        }
        assert [path.name for path in Path(folder).iterdir()] == ["home"]


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    home = Shelves(tmp_path_factory.mktemp("shelves") / "home", feeds=FeedsConfig(entries=200))
    for number, name in enumerate(NAMES):
        home.post(number, (name,), f"On {number}", "Of this shelf.")
        home.post(number + len(NAMES), ("shelf", name), f"Below {number}", "Of this shelf.")
    home.ingest(emit=True)
    return home


def test_all_hostile_names_at_once_stand_side_by_side(shelves: Shelves) -> None:
    examine(shelves)


def test_a_second_emission_of_hostile_names_changes_nothing(shelves: Shelves) -> None:
    before = shelves.published()
    shelves.service.emit_now(everything=True)
    assert shelves.published() == before


def test_a_title_of_a_megabyte_is_published_and_read(tmp_path: Path) -> None:
    home = Shelves(tmp_path)
    home.post(1, ("long",), "好" * 350_000, "A long title.")
    home.ingest(emit=True)
    examine(home)
    home.close()
