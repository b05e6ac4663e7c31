"""A bar of progress on a terminal, and nothing of it elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.services import a_post

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = '[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "content").mkdir()
    for number in range(3):
        (tmp_path / "content" / f"{number}.md").write_text(a_post(f"Post {number}"))
    return tmp_path


def seen_on_a_terminal(folder: Path, *arguments: str) -> str:
    """Run `feedsvc *arguments` with a terminal for stderr; return what it shows."""
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "feedsvc", *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=end, timeout=900, check=False)
    os.close(end)
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # Linux says so when nothing is left
        pass
    os.close(terminal)
    assert done.returncode == 0, shown
    assert b"[" not in done.stdout
    return shown.decode()


def test_a_terminal_shows_how_far_a_run_is(folder: Path) -> None:
    shown = seen_on_a_terminal(folder, "ingest", "--all")
    assert "reading" in shown
    assert "3/3" in shown
    assert "emitting" in shown


def test_a_replay_does_not_know_how_much_there_is(folder: Path) -> None:
    seen_on_a_terminal(folder, "ingest", "--all")
    shown = seen_on_a_terminal(folder, "replay")
    assert "replaying" in shown
    assert "3/0" not in shown


def test_a_pipe_gets_the_report_alone(folder: Path) -> None:
    command = [sys.executable, "-m", "feedsvc", "ingest", "--all"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=True)
    assert done.stderr == ""
