"""A disk that fills up, or may not be written: exit 3 with a remedy, nothing half-done, and all is well once there is room."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.services import a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POSTS = 60
CONFIG = '[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'


class Disk:
    """A folder of content, and an archive on a disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive = folder / "archive"
        self.archive.mkdir()
        (folder / "content").mkdir()
        (folder / "config.toml").write_text(CONFIG, encoding="utf-8")

    def mount(self, *arguments: str) -> None:
        command = ["mount", *arguments, str(self.archive)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")

    def write(self, number: int) -> None:
        """Write a post that does not compress."""
        words = random.Random(number).randbytes(12_000).hex()  # noqa: S311 - no secret
        text = " ".join(words[at : at + 7] for at in range(0, len(words), 7))
        (self.folder / "content" / f"{number}.md").write_text(a_post(f"Post {number}", text), encoding="utf-8")

    def ingest(self) -> tuple[int, str]:
        """Run an ingest; return its exit code and what it said on stderr."""
        command = [sys.executable, "-m", "feedsvc", "ingest", "--all"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=900, check=False)
        return done.returncode, done.stderr

    def articles(self) -> int:
        """Count the articles of a copy, after looking whether its files are sound."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.archive, copy)
        for file in copy.glob("*.db"):
            with closing(sqlite3.connect(file)) as db:
                assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        if not (copy / "archive.db").exists():
            return 0
        with closing(sqlite3.connect(copy / "archive.db")) as db:
            there = db.execute("select 1 from sqlite_master where name = 'articles'").fetchone()
            return int(db.execute("select count(*) from articles").fetchone()[0]) if there else 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    made = Disk(tmp_path)
    yield made
    subprocess.run(["umount", str(made.archive)], capture_output=True, check=False)


def refused(said: tuple[int, str]) -> None:
    code, message = said
    assert code == 3, message
    assert "Traceback" not in message
    assert "disk space" in message or "who may write" in message or "who owns" in message


@pytest.mark.parametrize("size", ["256k", "2m", "5m"])
def test_a_full_disk_ends_an_ingest_and_room_lets_it_go_on(disk: Disk, size: str) -> None:
    disk.mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs")
    for number in range(POSTS):
        disk.write(number)
    refused(disk.ingest())
    before = disk.articles()
    assert before in {0, POSTS}  # a batch is whole or not there
    refused(disk.ingest())  # it is still full, and still said so
    disk.mount("-o", "remount,size=256m")
    assert disk.ingest() == (0, "")
    assert disk.articles() == POSTS
    assert (disk.archive / "feeds" / "all.atom").stat().st_size > 0


def test_an_archive_that_may_not_be_written_stays_as_it_is(disk: Disk) -> None:
    disk.mount("-t", "tmpfs", "-o", "size=256m", "tmpfs")
    disk.write(0)
    assert disk.ingest() == (0, "")
    disk.write(1)
    disk.mount("-o", "remount,ro")
    refused(disk.ingest())
    assert disk.articles() == 1
    disk.mount("-o", "remount,rw")
    assert disk.ingest() == (0, "")
    assert disk.articles() == 2
