"""Databases are their owner's alone, feeds and pictures everybody's, whatever the umask is."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services import a_post

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = '[feeds]\nentries = 1\n[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077])
def test_who_may_read_what(tmp_path: Path, umask: int) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "content").mkdir()
    for number in range(3):
        (tmp_path / "content" / f"{number}.md").write_text(a_post(f"Post {number}"))
    for command in (["ingest"], ["backup", "archive.tar"]):
        done = subprocess.run(
            [sys.executable, "-m", "feedsvc", *command],
            cwd=tmp_path,
            umask=umask,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    archive = tmp_path / "archive"
    databases = [*archive.glob("*.db*"), tmp_path / "archive.tar"]
    assert {path.name for path in databases} >= {"archive.db", "captures.db", "ops.db", "archive.tar"}
    assert {path.name: oct(mode(path)) for path in databases if mode(path) != 0o600} == {}
    feeds = list((archive / "feeds").rglob("*"))
    assert {path.name for path in feeds} >= {"all.atom", "category", "archive"}
    wrong = {path.name for path in feeds if mode(path) != (0o755 if path.is_dir() else 0o644)}
    assert wrong - {".publishing"} == set()
    assert [mode(path) for path in (archive, archive / "feeds")] == [0o755, 0o755]
