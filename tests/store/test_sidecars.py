"""A backup over a crashed archive, an archive.db that is lost, and files that are replaced while they are in use."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from feedsvc.app import open_view
from feedsvc.errors import ArchiveDamagedError, ArchiveError, ArchiveFullError, ArchiveLostError
from feedsvc.store.sidecars import refuse_lost
from feedsvc.store.snapshot import FILES, back_up
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feedsvc.store.archive import Archive

BEFORE, AFTER = 40, 90  # posts at the time of the backup, and of the crash
LONG = " ".join(f"rope{n} gull{n} tide{n}" for n in range(200))


class Harbour(Home):
    """A home that can be backed up, crash, and be opened again."""

    def posts(self, first: int, last: int) -> None:
        for number in range(first, last):
            self.write(f"{number}.md", a_post(f"Post {number}", f"{number} {LONG}", categories=f"[c{number % 7}]"))
        self.ingest(emit=True)

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def crash(self, *, copied: bool = False) -> None:
        """Leave what a crash at this moment leaves; `copied` to here from another disk, with the times of there."""
        image = self.folder / "image"
        shutil.copytree(self.archive, image)
        self.close()
        shutil.rmtree(self.archive)
        shutil.copytree(image, self.archive, copy_function=shutil.copy2 if copied else shutil.copyfile)
        for name in FILES:  # in the order in which SQLite writes: the log last
            (self.archive / f"{name}-wal").touch()
            when = self.archive.stat().st_mtime - 3600
            if copied:
                os.utime(self.archive / f"{name}-wal", (when, when))
        shutil.rmtree(image)

    def later(self) -> None:
        """Let the crash be an hour ago."""
        for name in FILES:
            wal = self.archive / f"{name}-wal"
            if wal.exists():
                os.utime(wal, (wal.stat().st_atime, wal.stat().st_mtime - 3600))

    def unpack(self, tar: Path, *names: str) -> None:
        with tarfile.open(tar) as file:
            for name in names or file.getnames():
                (self.archive / name).unlink(missing_ok=True)
                file.extract(name, self.archive, filter="data")

    def number(self) -> int:
        return self.owner_does(lambda archive: archive.totals()["articles"])

    def check(self) -> None:
        """Assert that SQLite finds nothing wrong."""

        def said(archive: Archive) -> list[object]:
            files = (archive.db, archive.captures.db, archive.operations.db)
            return [db.conn.execute("pragma integrity_check").fetchall() for db in files]

        assert self.owner_does(said) == [[("ok",)]] * 3

    def asides(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.archive.glob("*.aside*")}

    def bytes(self) -> dict[str, bytes]:
        """Return what the files hold, apart from shared memory, which any reader makes."""
        files = (path for path in self.archive.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.archive)): path.read_bytes()
            for path in files
            if path.suffix not in {".db-shm", ""}
        }


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Harbour]:
    home = Harbour(tmp_path)
    home.posts(0, BEFORE)
    yield home
    home.close()


@pytest.fixture
def tar(home: Harbour) -> Path:
    """Return a backup of the first posts, in an archive that has gone on since."""
    tar = home.folder / "backup.tar"
    back_up(home.archive, tar)
    home.owner_does(lambda archive: archive.checkpoint())
    home.posts(BEFORE, AFTER)
    return tar


# ---------------------------------------------------------------- a backup over a crash


@pytest.mark.parametrize("names", [(), ("archive.db",), ("archive.db", "captures.db")], ids=["all", "one", "two"])
@pytest.mark.parametrize("when", ["at once", "later"])
def test_a_backup_over_a_crash_is_whole(
    home: Harbour, tar: Path, names: tuple[str, ...], when: str, caplog: pytest.LogCaptureFixture
) -> None:
    home.crash()
    logs = {f"{name}-wal.aside": (home.archive / f"{name}-wal").read_bytes() for name in names or FILES}
    home.unpack(tar, *names)
    if when == "later":
        home.later()
    home.service = home.opened()
    home.check()
    assert home.number() == BEFORE
    asides = home.asides()
    assert {name: asides[name] for name in logs} == logs
    assert set(asides) - set(logs) <= {name.replace("-wal", "-shm") for name in logs}
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert all(any(f"kept as {name}" in line for line in said) for name in logs)
    home.ingest(emit=True)
    home.check()
    assert home.number() == AFTER


def test_a_backup_of_another_archive_over_a_crash_is_whole(home: Harbour, tmp_path: Path) -> None:
    other = Harbour(tmp_path / "other")
    other.write("x.md", a_post("Elsewhere"))
    other.ingest()
    back_up(other.archive, tmp_path / "other.tar")
    other.close()
    home.crash()
    home.unpack(tmp_path / "other.tar")
    home.service = home.opened()
    home.check()
    assert home.titles() == ["Elsewhere"]


def test_what_was_put_aside_before_stays_when_it_happens_again(home: Harbour, tar: Path) -> None:
    home.crash()
    home.unpack(tar)
    home.service = home.opened()
    first = home.asides()
    home.ingest()
    home.crash()
    home.unpack(tar)
    home.service = home.opened()
    home.check()
    assert first.items() <= home.asides().items()
    assert "archive.db-wal.aside-2" in home.asides()


@pytest.mark.parametrize("where", ["here", "copied from elsewhere"])
def test_a_crash_alone_loses_nothing_and_puts_nothing_aside(home: Harbour, tar: Path, where: str) -> None:
    del tar
    assert (home.archive / "archive.db-wal").stat().st_size
    home.crash(copied=where != "here")
    home.service = home.opened()
    home.check()
    assert (home.number(), home.asides()) == (AFTER, {})


def test_an_archive_that_was_closed_and_one_that_is_open_are_left_alone(home: Harbour, tar: Path) -> None:
    home.close()
    home.unpack(tar)
    home.service = home.opened()
    with open_view(home.config) as view:
        assert view.totals()["articles"] == BEFORE
    assert home.asides() == {}


@pytest.mark.parametrize("left", ["empty log", "shared memory"])
def test_what_says_nothing_is_not_put_aside(home: Harbour, tar: Path, left: str) -> None:
    home.crash()
    for name in FILES:
        if left == "empty log":
            (home.archive / f"{name}-wal").write_bytes(b"")
        else:
            (home.archive / f"{name}-wal").unlink()
    home.unpack(tar)
    home.service = home.opened()
    home.check()
    assert (home.number(), home.asides()) == (BEFORE, {})


def test_readers_refuse_a_log_of_another_file_until_a_writer_put_it_aside(home: Harbour, tar: Path) -> None:
    home.crash()
    home.unpack(tar)
    before = home.bytes()
    with pytest.raises(ArchiveError, match=r"archive\.db-wal beside .* is that of another file.*feedsvc ingest"):
        open_view(home.config).__enter__()
    with pytest.raises(ArchiveError, match="is that of another file"):
        back_up(home.archive, home.folder / "second.tar")
    assert home.bytes() == before
    home.service = home.opened()
    with open_view(home.config) as view:
        assert view.totals()["articles"] == BEFORE


def test_a_copy_made_otherwise_over_a_crash_is_refused_and_nothing_is_changed(home: Harbour) -> None:
    with (
        closing(sqlite3.connect(home.archive / "archive.db")) as db,
        closing(sqlite3.connect(home.folder / "c")) as copy,
    ):
        db.backup(copy)  # keeps the mark of the write-ahead log, as `.backup` of the shell does
    home.posts(BEFORE, AFTER)
    home.owner_does(lambda archive: archive.checkpoint())
    home.posts(AFTER, AFTER + 5)  # the log does not follow on the copy
    home.crash()
    shutil.copyfile(home.folder / "c", home.archive / "archive.db")
    home.later()
    before = home.bytes()
    with pytest.raises(ArchiveDamagedError, match=r"archive\.db-wal do not fit together.*move archive\.db-wal"):
        home.opened()
    assert home.bytes() == before
    for name in ("archive.db-wal", "archive.db-shm"):
        (home.archive / name).rename(home.folder / name)
    home.service = home.opened()
    home.check()
    assert home.number() == BEFORE


def test_a_log_that_cannot_be_put_aside_is_not_read(home: Harbour, tar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.crash()
    home.unpack(tar)
    before = home.bytes()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.rename", refuse)  # root may rename whatever it likes
        with pytest.raises(ArchiveFullError, match="cannot be renamed"):
            home.opened()
    assert home.bytes() == before
    home.service = home.opened()


# ---------------------------------------------------------------- archive.db is lost


def lose(path: Path, how: str) -> None:
    path.unlink()
    if how == "empty":
        path.touch()
    elif how == "without tables":
        with closing(sqlite3.connect(path)) as db:
            db.execute("pragma journal_mode=wal")


def only(archive: Path, *names: str) -> None:
    """Leave only `names` in the archive."""
    for path in archive.iterdir():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("how", ["missing", "empty", "without tables"])
@pytest.mark.parametrize("left", ["captures.db", "ops.db", "feeds"])
@pytest.mark.parametrize("use", ["read", "write"])
def test_a_lost_archive_is_not_made_anew(home: Harbour, how: str, left: str, use: str) -> None:
    home.close()
    lose(home.archive / "archive.db", how)
    only(home.archive, "archive.db", left)
    before = home.bytes()
    with pytest.raises(
        ArchiveLostError, match=rf"archive\.db is .*, but {left} beside it .*tar xf.*begin a new archive"
    ):
        open_view(home.config).__enter__() if use == "read" else home.opened()
    with pytest.raises(ArchiveLostError):
        back_up(home.archive, home.folder / "nothing.tar")
    assert {name: home.bytes().get(name) for name in before} == before
    assert not (home.folder / "nothing.tar").exists()
    shutil.rmtree(home.archive)
    home.service = home.opened()


@pytest.mark.parametrize("gone", [("failures",), ("source_state", "failures"), ("runs", "failures"), ("runs",)])
def test_a_lost_archive_is_known_by_any_table_that_has_a_row(home: Harbour, gone: tuple[str, ...]) -> None:
    home.close()
    (home.archive / "archive.db").unlink()
    only(home.archive, "ops.db")
    with closing(sqlite3.connect(home.archive / "ops.db")) as db, db:
        for table in gone:
            db.execute(f"drop table {table}")
    with pytest.raises(ArchiveLostError, match=r"ops\.db beside it"):
        home.opened()
    shutil.rmtree(home.archive)
    home.service = home.opened()


@pytest.mark.parametrize("name", ["ops.db", "captures.db"])
def test_a_file_that_cannot_be_read_may_know_a_lost_archive(home: Harbour, name: str) -> None:
    home.close()
    (home.archive / "archive.db").unlink()
    only(home.archive, name)
    path = home.archive / name
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 2_000)
    with pytest.raises(ArchiveLostError, match=rf"{re.escape(name)} beside it"):
        home.opened()
    shutil.rmtree(home.archive)
    home.service = home.opened()


def test_another_database_of_the_name_knows_no_archive(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    for name in ("ops.db", "captures.db"):
        with closing(sqlite3.connect(tmp_path / "archive" / name)) as db, db:
            db.execute("create table notes (text)")
            db.execute("insert into notes values ('no such table: readings')")
    refuse_lost(tmp_path / "archive")


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_log_without_its_archive_is_refused_and_stays(home: Harbour, how: str) -> None:
    home.crash()
    lose(home.archive / "archive.db", how)
    only(home.archive, "archive.db", "archive.db-wal")
    log = (home.archive / "archive.db-wal").read_bytes()
    with pytest.raises(ArchiveLostError, match=r"archive\.db-wal"):
        home.opened()
    assert (home.archive / "archive.db-wal").read_bytes() == log
    shutil.rmtree(home.archive)
    home.service = home.opened()


@pytest.mark.parametrize("name", ["ops.db", "captures.db"])
@pytest.mark.parametrize("after", ["a crash", "an end"])
def test_what_is_missing_beside_the_archive_is_made_anew(home: Harbour, name: str, after: str) -> None:
    namespace, entries = home.service.namespace, home.entries()
    if after == "a crash":
        home.crash()
    else:
        home.close()
    (home.archive / name).unlink()
    home.service = home.opened()
    home.check()
    assert (home.service.namespace, len(home.entries())) == (namespace, len(entries))
    assert set(home.asides()) == ({f"{name}-wal.aside", f"{name}-shm.aside"} if after == "a crash" else set())


@pytest.mark.parametrize("there", ["nothing", "a dot file", "an empty archive.db", "empty databases", "empty folders"])
def test_a_first_start_begins_an_archive(tmp_path: Path, there: str) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    if there == "a dot file":
        (archive / ".gitkeep").touch()
    elif there == "an empty archive.db":
        (archive / "archive.db").touch()
    elif there == "empty databases":
        Harbour(tmp_path).close()
        (archive / "archive.db").unlink()
    elif there == "empty folders":
        (archive / "feeds" / "custom").mkdir(parents=True)
        (archive / "media").mkdir()
    home = Harbour(tmp_path)
    home.write("a.md", a_post("One"))
    assert home.counts() == {"added": 1}
    home.close()


# ---------------------------------------------------------------- files that are replaced while they are in use


@pytest.mark.parametrize("how", ["restored", "removed", "moved"])
def test_an_archive_that_is_replaced_while_it_is_open_is_not_written(home: Harbour, tar: Path, how: str) -> None:
    assert home.service.due(home.clock.now()) == []
    if how == "restored":
        home.unpack(tar)
    elif how == "removed":
        (home.archive / "archive.db").unlink()
    else:
        home.archive.rename(home.folder / "moved")
    with pytest.raises(ArchiveLostError, match="was replaced, moved or removed"):
        home.service.due(home.clock.now())
    home.write("new.md", a_post("New"))
    with pytest.raises(ArchiveLostError):
        home.ingest()
    home.close()
    if how == "restored":
        home.service = home.opened()
        home.check()
        assert (home.number(), home.asides()) == (BEFORE, {})


@pytest.mark.parametrize("name", FILES)
def test_each_of_the_files_counts(home: Harbour, tar: Path, name: str) -> None:
    home.unpack(tar, name)
    with pytest.raises(ArchiveLostError, match=name):
        home.service.due(home.clock.now())
