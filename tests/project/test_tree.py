"""What the tracked files may not hold."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Written so that no pattern matches its own line.
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b")
MACHINE = re.compile(r"(?<![\w.~*-])/(?:work|root|home/\w+|Users/\w+)/\w|/tm[p]/v/")
REGISTRY = re.compile(r"\bpypi\.org|python[h]osted|registry\.npmjs|proxy\.golang", re.IGNORECASE)


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        pytest.skip("not a git work tree: there is no list of tracked files")
    names = subprocess.run([git, "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0") if name and (path := root / name).is_file()]


def matches(paths: list[Path], pattern: re.Pattern[str]) -> Iterator[str]:
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if found := pattern.search(line):
                yield f"{path.name}:{number} {found[0]!r}"


@pytest.mark.parametrize("pattern", [UNFINISHED, MACHINE, REGISTRY], ids=["unfinished", "machine", "registry"])
def test_no_tracked_file_holds(tracked: list[Path], pattern: re.Pattern[str]) -> None:
    assert list(matches(tracked, pattern)) == []


def test_the_archive_is_kept_empty(root: Path, tracked: list[Path]) -> None:
    assert [path.name for path in tracked if path.parent == root / "archive"] == [".gitkeep"]
