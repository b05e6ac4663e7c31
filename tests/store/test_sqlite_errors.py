"""What SQLite says of a file becomes one of our errors by the name of its result code, never by a word of its message."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import ArchiveDamagedError, ArchiveError, ArchiveFullError
from feedsvc.store import connection
from feedsvc.store.connection import connect, sqlite_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a database with one table."""
    made = tmp_path / "some.db"
    with closing(sqlite3.connect(made)) as db:
        db.execute("create table words (word text unique)")
    return made


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.0)


def fill(path: Path) -> None:
    with closing(connect(path)) as db:
        db.execute("pragma max_page_count = 2")
        db.execute("insert into words values (?)", ["x" * 100_000])


def write_to_what_is_readonly(path: Path) -> None:
    with closing(connect(path, readonly=True)) as db:
        db.execute("insert into words values ('x')")


def open_a_folder(path: Path) -> None:
    with closing(connect(path.parent)) as db:
        db.execute("select * from words")


def read_no_database(path: Path) -> None:
    path.write_bytes(b"This was a database once. " * 400)
    with closing(connect(path)) as db:
        db.execute("select * from words")


def read_rubbish(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[4096:8192] = b"\x5a" * 4096
    path.write_bytes(body)
    with closing(connect(path)) as db:
        db.execute("select * from words").fetchall()


def read_a_schema_of_rubbish(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma writable_schema = on")
        db.execute("update sqlite_master set sql = 'create rubbish' where name = 'words'")
        db.commit()
    with closing(connect(path)) as db:
        db.execute("select * from words")


@pytest.mark.parametrize(
    ("work", "kind", "remedy"),
    [
        (fill, ArchiveFullError, "free some disk space"),
        (write_to_what_is_readonly, ArchiveFullError, "check who owns it"),
        (open_a_folder, ArchiveFullError, "check who owns it"),
        (read_no_database, ArchiveDamagedError, "feedsvc doctor"),
        (read_rubbish, ArchiveDamagedError, "feedsvc doctor"),
        (read_a_schema_of_rubbish, ArchiveDamagedError, "feedsvc doctor"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_a_remedy(
    work: Callable[[Path], None], kind: type[ArchiveError], remedy: str, path: Path
) -> None:
    with pytest.raises(kind, match=remedy) as caught, sqlite_errors(path):
        work(path)
    assert str(path) in str(caught.value)


@pytest.mark.usefixtures("no_patience")
def test_a_file_that_another_writes_is_busy(path: Path) -> None:
    with closing(connect(path)) as first, closing(connect(path)) as second:
        first.execute("begin immediate")
        with pytest.raises(ArchiveError, match="was busy for") as caught, sqlite_errors(path):
            second.execute("begin immediate")
    assert type(caught.value) is ArchiveError


@pytest.mark.usefixtures("no_patience")
def test_a_table_that_is_being_read_is_busy_too(path: Path) -> None:
    with closing(connect(path)) as db:
        db.executemany("insert into words values (?)", [["a"], ["b"]])
        reading = db.execute("select * from words")
        reading.fetchone()
        with pytest.raises(ArchiveError, match="was busy for"), sqlite_errors(path):
            db.execute("drop table words")


@pytest.mark.parametrize("word", ["full_text", "corrupt", "locked", "readonly", "malformed"])
@pytest.mark.parametrize(
    "statement",
    ["select {} from words", "select * from {}", "insert into words ({}) values (1)", "select {}('x')", "{} it"],
)
def test_a_name_in_a_mistake_of_our_own_says_nothing_of_the_file(word: str, statement: str, path: Path) -> None:
    with closing(connect(path)) as db, pytest.raises(sqlite3.OperationalError, match=word), sqlite_errors(path):
        db.execute(statement.format(word))


def test_a_constraint_that_is_broken_says_nothing_of_the_file(path: Path) -> None:
    with closing(connect(path)) as db:
        db.execute("create table full_days (locked text check (locked != 'corrupt'))")
        with pytest.raises(sqlite3.IntegrityError), sqlite_errors(path):
            db.execute("insert into full_days values ('corrupt')")


def test_an_error_of_python_s_module_has_no_code_and_passes(path: Path) -> None:
    db = connect(path)
    db.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed") as caught, sqlite_errors(path):
        db.execute("select 1")
    assert not hasattr(caught.value, "sqlite_errorname")
