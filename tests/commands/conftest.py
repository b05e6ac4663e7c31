"""A folder to run commands in, as people do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from feedsvc.commands import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

CONFIG = """
[service]
title = "每日归档"

[[source]]
name = "posts"
kind = "directory"
path = "content"
"""
POST = "---\ntitle: {title}\ndate: 2024-03-01 08:30:15\ncategories: [金融]\n---\n\n{text}\n"
BROKEN = "---\n: : : [\n---\nNothing that names a field.\n"


class Shell:
    """Runs commands in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runner = CliRunner()

    def config(self, text: str = CONFIG) -> None:
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    def post(
        self, name: str = "a.md", title: str = "芯片与港口", text: str = "人工智能算出了潮汐表。", body: str = ""
    ) -> None:
        (self.folder / "content").mkdir(exist_ok=True)
        (self.folder / "content" / name).write_text(body or POST.format(title=title, text=text), encoding="utf-8")

    def run(self, *arguments: str, code: int = 0) -> Result:
        """Run `feedsvc *arguments`; the exit code is `code`, and no traceback comes out."""
        result = self.runner.invoke(cli, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code).stdout)


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FEEDSVC_CONFIG", raising=False)
    return Shell(tmp_path)


@pytest.fixture
def shell(empty: Shell) -> Shell:
    """Return a shell in a folder with a configuration and one post."""
    empty.config()
    empty.post()
    return empty
