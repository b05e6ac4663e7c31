"""What machines do to a file from one crawl to the next, and what of it is news.

Each folder of goldens/versions holds a directory as it was (v1), as it is (v2), and what becomes of it. To add a case: one folder.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.services import COUNTED, Home

if TYPE_CHECKING:
    from tests.golden_files import GoldenFiles

CASES = sorted(path.parent for path in (Path(__file__).parent / "goldens" / "versions").glob("*/expected.json"))
# What the notes to the real pairs say of each -> what the second run must count; a rename leaves a file behind.
REAL = {
    "churn": {"unchanged": 1},
    "body churn": {"unchanged": 1},
    "real edit": {"revised": 1},
    "rename": {"moved": 1, "gone": 1},
    "twin": {"added": 1, "unchanged": 1},
    "title collision": {"added": 1},
}


class Twice:
    """A directory read as `first`, then as `second` (trees of files): what was counted, and what came of it."""

    def __init__(self, folder: Path, first: Path, second: Path) -> None:
        self.home = Home(folder, timezone="Asia/Shanghai")
        self.first = self._read(first)
        self.before = self.home.rows("select uuid, uid from articles")
        feeds = self._feeds()
        shown = self.home.view.change()
        self.second = self._read(second)
        self.feeds_written = self._feeds() != feeds
        self.shown = self.home.view.change() - shown

    def _read(self, tree: Path) -> dict[str, int]:
        shutil.rmtree(self.home.content)
        shutil.copytree(tree, self.home.content)
        report = self.home.ingest(emit=True)
        return {name: count for name in COUNTED if (count := getattr(report, name))}

    def _feeds(self) -> dict[str, tuple[int, bytes]]:
        feeds = self.home.folder / "archive" / "feeds"
        return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in feeds.rglob("*") if file.is_file()}

    def outcome(self) -> dict[str, Any]:
        """Return what a case states, as it came to be."""
        return {
            "first": self.first,
            "second": self.second,
            "articles": self.home.rows("select count(*) from articles")[0][0],
            "revisions": self.home.rows("select count(*) from revisions")[0][0],
            "feeds_written": self.feeds_written,
            "published": [date for (date,) in self.home.rows("select published from articles order by 1")],
        }

    def articles_that_know_of_others(self) -> int:
        (count,) = self.home.rows("select count(distinct article) from also_in")[0]
        return int(count)


def read_twice(folder: Path, first: Path, second: Path) -> Twice:
    twice = Twice(folder, first, second)
    twice.home.close()
    return twice


@pytest.fixture(scope="module", params=CASES, ids=[path.name for path in CASES])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Twice, dict[str, Any]]:
    folder: Path = request.param
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return read_twice(tmp_path_factory.mktemp(folder.name), folder / "v1", folder / "v2"), expected


def test_churn_is_no_news_and_an_edit_is_one_revision(
    case: tuple[Twice, dict[str, Any]], request: pytest.FixtureRequest, goldens: GoldenFiles
) -> None:
    twice, expected = case
    folder = request.node.callspec.params["case"]
    goldens.json(folder / "expected.json", {**expected, **twice.outcome()})


def test_no_second_reading_takes_an_id_away(case: tuple[Twice, dict[str, Any]]) -> None:
    twice, _ = case
    assert set(twice.before) <= set(twice.home.rows("select uuid, uid from articles"))


def test_twins_know_of_each_other_and_nobody_else_does(case: tuple[Twice, dict[str, Any]]) -> None:
    twice, expected = case
    assert twice.articles_that_know_of_others() == (2 if expected.get("twins") else 0)


# ---------------------------------------------------------------- the real pairs


@pytest.mark.corpus
def test_real_pairs_become_what_their_notes_say(corpus: Path, tmp_path: Path) -> None:
    notes = json.loads((corpus / "versions" / "meta.json").read_text(encoding="utf-8"))
    found, wanted = {}, {}
    for number, note in notes.items():
        twice = a_real_pair(corpus / "versions" / number, note, tmp_path / number)
        kind = note["kind"].partition(":")[0]
        wanted[number] = (REAL[kind], "churn" not in kind and kind != "rename", 2 if kind == "twin" else 0)
        found[number] = (twice.second, twice.feeds_written, twice.articles_that_know_of_others())
    assert found == wanted
    assert len(found) > 8


def a_real_pair(pair: Path, note: dict[str, Any], folder: Path) -> Twice:
    """Lay the two stored versions out under the paths that they had, and read them; a twin stays where it was."""
    paths = [note["path"]] * 2 if isinstance(note["path"], str) else note["path"]
    for tree, version, path in zip(("first", "second"), ("v1.md", "v2.md"), paths, strict=True):
        file = folder / tree / path
        file.parent.mkdir(parents=True)
        shutil.copy(pair / version, file)
    if note["kind"].startswith("twin"):
        shutil.copytree(folder / "first", folder / "second", dirs_exist_ok=True)
    return read_twice(folder / "home", folder / "first", folder / "second")
