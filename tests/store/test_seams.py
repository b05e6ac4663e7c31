"""Where an archive can break: no room, a second writer, damage, other versions. Nothing is lost, and the remedy is named."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlite_utils import Database, Migrations

from feedsvc.errors import (
    ArchiveDamagedError,
    ArchiveError,
    ArchiveFullError,
    ArchiveLockedError,
    ArchiveNewerError,
    ConfigError,
)
from feedsvc.model import Failure, RunReport, Selection
from feedsvc.store import queries
from feedsvc.store.archive import Archive
from feedsvc.store.connection import open_readable, open_writable, write
from feedsvc.store.lock import ArchiveLock
from tests.store.making import NOON, Intaking, an_article

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = ("archive.db", "captures.db", "ops.db")
LARGE = an_article("harbour", text="".join(f"Rope {number}, gull {number * 7}. " for number in range(20_000)))


def opened(archive: Archive) -> Archive:
    """Close `archive` and open it again, as the next process does."""
    archive.close()
    return Archive(archive.path.parent, "1.0")


def entries(archive: Archive) -> list[str]:
    return [entry.title for entry in archive.select(Selection(), 100)]


# ---------------------------------------------------------------- no room


@pytest.fixture
def full(archive: Archive) -> Archive:
    """Return an archive of one article whose archive.db may not grow."""
    Intaking(archive).take(an_article("orchard"))
    (pages,) = archive.db.conn.execute("pragma page_count").fetchone()
    archive.db.conn.execute(f"pragma max_page_count = {pages + 2}")
    return archive


def test_a_batch_without_room_leaves_articles_and_fingerprints_as_they_were(full: Archive) -> None:
    marks = full.fingerprints("posts")
    batch = Intaking(full).batch(an_article("short"), LARGE)
    with pytest.raises(ArchiveFullError, match="free some disk space"):
        full.commit(batch)
    assert (entries(full), full.fingerprints("posts")) == (["On orchard"], marks)
    again = opened(full)
    assert (entries(again), again.fingerprints("posts")) == (["On orchard"], marks)
    again.commit(batch)
    assert sorted(entries(again)) == ["On harbour", "On orchard", "On short"]
    again.close()


def test_the_bytes_are_kept_before_the_batch_that_names_them(full: Archive) -> None:
    batch = Intaking(full).batch(LARGE)
    with pytest.raises(ArchiveFullError):
        full.commit(batch)
    (document,) = batch.documents
    assert full.captures.body(document.digest) == document.body


def test_no_room_for_the_bytes_means_no_batch(archive: Archive) -> None:
    (pages,) = archive.captures.db.conn.execute("pragma page_count").fetchone()
    archive.captures.db.conn.execute(f"pragma max_page_count = {pages}")
    batch = Intaking(archive).batch(*(an_article(f"post-{number}") for number in range(200)))
    with pytest.raises(ArchiveFullError, match=r"captures\.db"):
        archive.commit(batch)
    assert (entries(archive), archive.fingerprints("posts")) == ([], {})


def test_a_failing_batch_leaves_no_transaction_open(full: Archive) -> None:
    with pytest.raises(ArchiveFullError):
        full.commit(Intaking(full).batch(LARGE))
    full.emitted(full.stale_feeds(), full.change())
    assert full.stale_feeds() == frozenset()


def test_a_commit_that_is_refused_at_its_end_leaves_no_transaction_open(archive: Archive) -> None:
    orphan = "insert into aliases values ('posts', 'path', 'a.md', 99, '2024-05-01T12:00:00Z')"
    with pytest.raises(sqlite3.IntegrityError), write(archive.db, archive.path) as connection:
        connection.executescript(f"pragma defer_foreign_keys = on; {orphan}")
    Intaking(archive).take(an_article("orchard"))
    assert entries(archive) == ["On orchard"]
    assert archive.db.conn.execute("select count(*) from aliases where article = 99").fetchone() == (0,)


def test_a_folder_that_cannot_be_made_is_said_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArchiveFullError, match="check who"):
        Archive(tmp_path / "file" / "archive", "1.0")
    with pytest.raises(ArchiveFullError, match="check who"):
        ArchiveLock(tmp_path / "file" / "archive", "ingest")


# ---------------------------------------------------------------- one writer


def test_a_second_writer_is_told_who_holds_the_archive(tmp_path: Path) -> None:
    first = ArchiveLock(tmp_path, "ingest")
    with pytest.raises(ArchiveLockedError, match=r"`feedsvc ingest` \(process \d+\)"):
        ArchiveLock(tmp_path, "emit")
    first.release()
    ArchiveLock(tmp_path, "emit").release()


def test_a_lock_of_another_process_ends_with_it(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from feedsvc.store.lock import ArchiveLock\n"
        "lock = ArchiveLock(pathlib.Path(sys.argv[1]), 'run'); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ArchiveLockedError, match=rf"`feedsvc run` \(process {other.pid}\)"):
            ArchiveLock(tmp_path, "ingest")
        other.kill()
        other.wait()
    ArchiveLock(tmp_path, "ingest").release()


@pytest.mark.parametrize("left", ["", "{", "[]", '{"pid": 3}', "null", '"x"'])
def test_a_lock_that_names_nobody_is_still_a_lock(left: str, tmp_path: Path) -> None:
    first = ArchiveLock(tmp_path, "ingest")
    (tmp_path / ".lock").write_text(left)
    with pytest.raises(ArchiveLockedError, match="another process"):
        ArchiveLock(tmp_path, "emit")
    first.release()
    first.release()


def test_a_reader_reads_beside_the_writer(archive: Archive) -> None:
    Intaking(archive).take(an_article("orchard"))
    view = Archive(archive.path.parent, "1.0", readonly=True)
    with write(archive.db, archive.path) as connection:
        connection.execute("update articles set title = 'in the middle'")
        assert entries(view) == ["On orchard"]
    assert entries(view) == ["in the middle"]
    view.close()


def test_a_reader_writes_nothing(archive: Archive) -> None:
    view = Archive(archive.path.parent, "1.0", readonly=True)
    with pytest.raises(ArchiveFullError):
        Intaking(view).take(an_article("orchard"))
    view.close()
    assert entries(archive) == []


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("readonly", [True, False], ids=["reading", "writing"])
def test_a_file_that_is_no_database_is_said_with_a_remedy(name: str, readonly: Any, archive: Archive) -> None:
    folder = archive.path.parent
    archive.close()
    for leftover in folder.glob(f"{name}-*"):
        leftover.unlink()
    (folder / name).write_bytes(b"This was a database once. " * 400)
    with pytest.raises(ArchiveDamagedError, match=r"feedsvc doctor.*backup") as caught:
        Archive(folder, "1.0", readonly=readonly)
    assert name in str(caught.value)


def overwritten(path: Path, *tables: str) -> None:
    """Put rubbish over the first page of each of `tables`."""
    with sqlite3.connect(path) as db:
        (size,) = db.execute("pragma page_size").fetchone()
        pages = dict(db.execute("select name, rootpage from sqlite_master where rootpage > 0"))
    db.close()
    body = bytearray(path.read_bytes())
    for table in tables:
        body[(pages[table] - 1) * size : pages[table] * size] = b"\x5a" * size
    path.write_bytes(body)


DAMAGE: dict[str, tuple[str, tuple[str, ...], Callable[[Archive], object]]] = {
    "articles": ("archive.db", ("articles",), entries),
    "documents": ("archive.db", ("documents",), lambda archive: archive.fingerprints("posts")),
    "categories": ("archive.db", ("categories",), lambda archive: archive.feed_specs()),
    "stale feeds": ("archive.db", ("stale_feeds",), lambda archive: archive.stale_feeds()),
    "states": ("ops.db", ("source_state",), lambda archive: archive.operations.states()),
    "quarantine": ("ops.db", ("failures",), lambda archive: archive.operations.failures()),
    "failure": ("ops.db", ("failures",), lambda archive: archive.operations.failure(1)),
    "runs": ("ops.db", ("runs", "runs_source"), lambda archive: archive.operations.last_runs()),
    "captures": ("captures.db", ("captures",), lambda archive: archive.captures.body("0" * 64)),
    "readings": ("captures.db", ("readings",), lambda archive: list(archive.readings("posts"))),
    "dictionaries": ("captures.db", ("dictionaries",), lambda archive: archive.captures.body("0" * 64)),
    "migrations": ("ops.db", ("_sqlite_migrations",), lambda archive: archive.operations.states()),
}


def viewed(folder: Path, asked: Callable[[Archive], object]) -> None:
    with contextlib.closing(Archive(folder, "1.0", readonly=True)) as view:
        asked(view)


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_page_is_said_with_a_remedy(what: str, archive: Archive) -> None:
    name, tables, asked = DAMAGE[what]
    failure = Failure(source="posts", locator="b.md", stage="read", kind="io", reason="no")
    Intaking(archive).take(an_article("orchard"), failures=(failure,))
    archive.record_run(RunReport(source="posts", started=NOON), [])
    folder = archive.path.parent
    archive.checkpoint()
    archive.close()
    overwritten(folder / name, *tables)
    with pytest.raises(ArchiveDamagedError, match=r"feedsvc doctor.*backup"):
        viewed(folder, asked)


# ---------------------------------------------------------------- other versions


def test_an_archive_of_a_newer_version_is_refused_and_untouched(archive: Archive) -> None:
    folder = archive.path.parent
    archive.db["_sqlite_migrations"].insert(
        {"migration_set": "feedsvc.archive", "name": "archive_999", "applied_at": "2031-01-01"}
    )
    archive.checkpoint()
    archive.close()
    before = (folder / "archive.db").read_bytes()
    for readonly in (True, False):
        with pytest.raises(ArchiveNewerError, match=r"archive_999.*upgrade feedsvc"):
            Archive(folder, "1.0", readonly=readonly)
    assert (folder / "archive.db").read_bytes() == before


def versions(number: int) -> Migrations:
    """Return the migrations that version `number` of a program knows."""
    known = Migrations("shelf")

    @known()
    def shelf_1(db: Database) -> None:
        db.execute("create table books (title text)")
        db.execute("insert into books values ('Tide tables')")

    if number >= 2:

        @known()
        def shelf_2(db: Database) -> None:
            db.execute("alter table books add column year integer")
            if number == 3:
                db.execute("insert into nowhere values (1)")

    return known


def test_an_older_archive_is_brought_up_to_date_after_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "shelf.db"
    open_writable(path, versions(1)).close()
    db = open_writable(path, versions(2))
    assert list(db["books"].rows) == [{"title": "Tide tables", "year": None}]
    db.close()
    copy = Database(tmp_path / "shelf.db.before-shelf_2")
    assert (tmp_path / "shelf.db.before-shelf_2").stat().st_mode & 0o777 == 0o600
    assert list(copy["books"].rows) == [{"title": "Tide tables"}]
    copy.close()


def test_an_older_archive_is_not_read_before_it_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "shelf.db"
    open_writable(path, versions(1)).close()
    with pytest.raises(ArchiveError, match="older feedsvc"):
        open_readable(path, versions(2))


def test_a_migration_that_fails_leaves_the_archive_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "shelf.db"
    open_writable(path, versions(1)).close()
    with pytest.raises(sqlite3.OperationalError):
        open_writable(path, versions(3))
    db = open_writable(path, versions(1))
    assert db["books"].columns_dict == {"title": str}
    db.close()


def test_an_archive_that_is_not_there_is_said_to_a_reader(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="feedsvc ingest"):
        Archive(tmp_path / "none", "1.0", readonly=True)
    assert not (tmp_path / "none").exists()


def test_the_namespace_is_minted_once(tmp_path: Path) -> None:
    first = Archive(tmp_path / "a", "1.0")
    namespace = first.namespace
    again = opened(first)
    assert again.namespace == namespace
    again.close()
    other = Archive(tmp_path / "b", "1.0")
    assert other.namespace != namespace
    other.close()


# ---------------------------------------------------------------- the SQL of a [[feed]]


@pytest.fixture
def harbour(archive: Archive) -> Archive:
    Intaking(archive).take(an_article("harbour"), an_article("orchard"))
    return archive


@pytest.mark.parametrize(
    "sql",
    [
        "select id from articles where title like '%harbour'",
        "with recursive n(i) as (select 1 union select i + 1 from n where i < 9) select id from articles, n where title = 'On harbour'",
        "select rowid from articles_fts where articles_fts match feedsvc_query('harbour')",
        "select a.id, a.title from articles a join sources s on s.name = a.source where a.title = 'On harbour';",
    ],
)
def test_any_query_may_choose_the_articles_of_a_feed(sql: str, harbour: Archive) -> None:
    assert [entry.title for entry in harbour.select(Selection(sql=sql), 9)] == ["On harbour"]


@pytest.mark.parametrize(
    "sql",
    [
        "delete from articles",
        "update articles set title = 'x' returning id",
        "drop table articles",
        "begin",
        "begin immediate",
        "pragma journal_mode = delete",
        "pragma query_only = off",
        "attach database 'other.db' as other",
        "vacuum into 'copy.db'",
        "select 1; select 2",
        "select id from nowhere",
        "select 'abc'",
        "select null",
        "select 9e999",
        "select ?",
        "",
        "   ",
        "-- nothing",
        "select id from articles \x00 limit 1",
    ],
)
def test_sql_that_is_no_query_for_ids_is_refused_and_does_nothing(
    sql: str, harbour: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = json.dumps([list(row) for row in harbour.db.conn.execute("select id, title from articles")])
    if sql.strip() and not sql.startswith("--"):
        with pytest.raises(ConfigError, match="SQL of a feed"):
            harbour.select(Selection(sql=sql), 9)
    assert not harbour.db.conn.in_transaction
    Intaking(harbour).take(an_article("pier"))
    after = json.dumps([list(row) for row in harbour.db.conn.execute("select id, title from articles where id < 3")])
    assert after == before
    assert harbour.db.conn.execute("pragma journal_mode").fetchone() == ("wal",)
    assert not [path for path in tmp_path.iterdir() if path.name in ("other.db", "copy.db")]


def test_a_query_that_takes_too_long_is_stopped(harbour: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_SQL_SECONDS", 0.05)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i < 0"
    with pytest.raises(ConfigError, match="interrupted"):
        harbour.select(Selection(sql=endless), 9)
    assert len(entries(harbour)) == 2
