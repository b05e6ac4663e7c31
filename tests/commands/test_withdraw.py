"""`feedsvc withdraw` as its user sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from feedsvc.commands import cli
from tests.services import a_post

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_an_article_is_taken_back_and_given_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text(a_post("On harbours"), encoding="utf-8")
    (tmp_path / "config.toml").write_text(
        '[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n', encoding="utf-8"
    )
    assert run("ingest").exit_code == 0
    feed = tmp_path / "archive" / "feeds" / "all.atom"
    taken = run("withdraw", "1", "--why", "Not ours to give.")
    assert taken.exit_code == 0
    assert taken.stdout.endswith("withdrawn: On harbours\n")
    assert "Not ours to give." in feed.read_text(encoding="utf-8")
    assert "<title>On harbours</title>" not in feed.read_text(encoding="utf-8")
    assert run("search", "harbours").stdout == ""
    again = run("withdraw", "1")
    assert (again.stdout, again.stderr) == ("", "1 already withdrawn\n")
    back = run("withdraw", taken.stdout.split()[0], "--undo")
    assert back.stdout.endswith("given out again: On harbours\n")
    assert "<title>On harbours</title>" in feed.read_text(encoding="utf-8")


def test_what_is_not_there_is_the_users_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    found = run("withdraw", "7", "--why", "x")
    assert found.exit_code == 2
    assert "no article '7'" in found.stderr
