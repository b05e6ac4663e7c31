"""The whole of the real posts through the command line: nothing is lost, and a second look changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

FOLDERS = ("posts", "posts_regen", "jekyll", "hugo", "hexo-markdown")
SOURCE = '[[source]]\nname = "{name}"\nkind = "directory"\npath = {path}\n'


def ingest(folder: Path) -> list[dict[str, Any]]:
    """Ingest; return the report of each source."""
    command = [sys.executable, "-m", "feedsvc", "ingest", "--all", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)["runs"]


def feeds(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in (folder / "archive" / "feeds").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def service(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("corpus")
    text = "".join(SOURCE.format(name=name.replace("_", "-"), path=json.dumps(str(corpus / name))) for name in FOLDERS)
    (folder / "config.toml").write_text(text, encoding="utf-8")
    return folder, ingest(folder)


def test_every_real_file_is_an_article_a_draft_or_in_quarantine(service: tuple[Path, list[dict[str, Any]]]) -> None:
    _, reports = service
    for report in reports:
        assert report["seen"] == report["read"] == report["added"] + report["skipped"] + report["failed"]
    assert sum(report["added"] for report in reports) > 800


def test_no_real_file_finds_a_bug(service: tuple[Path, list[dict[str, Any]]]) -> None:
    _, reports = service
    assert [failure for report in reports for failure in report["failures"] if failure["kind"] == "bug"] == []


def test_a_second_run_over_the_real_files_opens_none_and_writes_no_feed(
    service: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, _ = service
    before = feeds(folder)
    reports = ingest(folder)
    assert {
        name: sum(report[name] for report in reports) for name in ("read", "added", "revised", "moved", "gone")
    } == {
        "read": 0,
        "added": 0,
        "revised": 0,
        "moved": 0,
        "gone": 0,
    }
    assert feeds(folder) == before
    assert before != {}
