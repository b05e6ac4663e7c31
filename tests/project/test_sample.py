"""What a first-time user sees: the sample posts, ingested by the config.toml that comes with them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.golden_files import GoldenFiles

SAMPLE = Path(__file__).parent / "sample.json"
EXPECTED = json.loads(SAMPLE.read_text(encoding="utf-8"))
ARTICLE = "select id, title, published, published_from, publisher, language, image, url from articles where locator = ?"
CATEGORIES = """
    select path from categories join article_categories on category = categories.id where article = ? order by path"""
AUTHORS = """
    select name || ' ' || role from article_authors join authors on author = authors.id where article = ? order by position"""


def ingest(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "feedsvc", "ingest", "--all"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.fixture(scope="module")
def sample(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(root / "config.toml", folder)
    shutil.copytree(root / "content", folder / "content")
    done = ingest(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def archive(sample: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(sample / "archive" / "archive.db")
    connection.row_factory = sqlite3.Row
    return connection


def stored(archive: sqlite3.Connection, locator: str) -> dict[str, Any]:
    row = dict(archive.execute(ARTICLE, [locator]).fetchone())
    identity = [row.pop("id")]
    row["categories"] = [path for (path,) in archive.execute(CATEGORIES, identity)]
    row["authors"] = [author for (author,) in archive.execute(AUTHORS, identity)]
    return row


@pytest.mark.parametrize("locator", EXPECTED)
def test_a_sample_post_comes_out_right_in_every_field(
    archive: sqlite3.Connection, locator: str, goldens: GoldenFiles
) -> None:
    goldens.json(SAMPLE, stored(archive, locator), locator)


def test_every_sample_post_but_the_draft_is_an_article(archive: sqlite3.Connection) -> None:
    assert {locator for (locator,) in archive.execute("select locator from articles")} == EXPECTED.keys()


def test_a_second_run_writes_no_feed(sample: Path) -> None:
    def feeds() -> dict[str, tuple[int, str]]:
        return {
            str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in (sample / "archive" / "feeds").rglob("*")
            if path.is_file()
        }

    before = feeds()
    done = ingest(sample)
    assert done.returncode == 0, done.stderr
    assert feeds() == before
    assert len(before) > len(EXPECTED)


def test_the_search_feed_of_the_sample_finds_both_languages(sample: Path) -> None:
    feed = json.loads((sample / "archive" / "feeds" / "custom" / "stars.json").read_text(encoding="utf-8"))
    titles = {item["title"] for item in feed["items"]}
    assert titles == {"秋夜的仙女座：用双筒望远镜看见二百五十万年前的光", "The garden telescope"}
