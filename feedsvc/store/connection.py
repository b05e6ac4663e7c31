"""How the archive's files are opened: pragmas, write transactions, and SQLite's errors in our words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from sqlite_utils import Database

from feedsvc import folders
from feedsvc.errors import ArchiveDamagedError, ArchiveError, ArchiveFullError, ArchiveLostError, ArchiveNewerError
from feedsvc.store import search_index, sidecars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlite_utils import Migrations

BUSY_SECONDS = 30.0
# How the names of SQLite's result codes begin (https://sqlite.org/rescode.html).
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_UNWRITABLE = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


@contextlib.contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn an error of SQLite about the file at `path` into one of ours, with the remedy, by the name of its result code.

    Errors that say nothing of the file, such as one in our SQL, pass as they are; so do those that Python's own module
    raises, which have no result code.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith(_DAMAGED):
            raise ArchiveDamagedError(
                f"{path} is damaged ({error}); run `feedsvc doctor`, or stop feedsvc and put a backup in its place"
            ) from error
        if code.startswith(_UNWRITABLE):
            raise ArchiveFullError(
                f"{path} cannot be written ({error}); nothing was changed: free some disk space, or check who owns it"
            ) from error
        if code.startswith(_BUSY):
            raise ArchiveError(f"{path} was busy for {BUSY_SECONDS:.0f} seconds; try again later") from error
        raise


class Opened(Database):
    """A database that knows the file that it was opened in."""

    file: os.stat_result | None = None

    def refuse_replaced(self, path: Path) -> None:
        """Refuse to go on when the file at `path` is another one now: what is written would be lost with the old one.

        Raises:
            ArchiveLostError: it was replaced, moved or removed.
        """
        try:
            same = self.file is None or os.path.samestat(path.stat(), self.file)
        except OSError:
            same = False
        if not same:
            raise ArchiveLostError(
                f"{path} was replaced, moved or removed while feedsvc had it open; nothing more is written: start feedsvc"
                " again, with the archive that is meant in its place"
            )


def open_writable(path: Path, migrations: Migrations) -> Opened:
    """Open or create the database at `path` for writing, and bring its tables up to date.

    What a crash left beside it is replayed; what lies beside it and is that of another file is put aside.

    WAL with synchronous=FULL: NORMAL loses acknowledged commits at a power cut, while feeds already name their articles.

    Raises:
        ArchiveNewerError: a newer feedsvc has migrated it.
        ArchiveDamagedError, ArchiveFullError: it cannot be used.
    """
    sidecars.settle(path)
    with sqlite_errors(path):
        _make_private(path)
        db = Opened(connect(path))
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "cache_size=-32768"):
            db.conn.execute(f"pragma {pragma}")
        applied = {migration.name for migration in migrations.applied(db)}
        _refuse_newer(applied, migrations, path)
        if pending := migrations.pending(db):
            if applied:
                _keep_copy(db, path.with_name(f"{path.name}.before-{pending[0].name}"))
            with db.atomic():
                migrations.apply(db)
        db.file = path.stat()
        return db


def _make_private(path: Path) -> None:
    """Make the database at `path` a file that nobody else reads; its -wal and -shm take its rights over (sqlite.org/wal.html).

    Raises:
        ArchiveFullError: the file system refuses.
    """
    try:
        folders.make_private(path)
    except OSError as error:
        raise ArchiveFullError(f"{path} cannot be written ({error.strerror}); check who owns it") from error


def open_readable(path: Path, migrations: Migrations) -> Database:
    """Open the database at `path` for reading, beside whoever writes it.

    Raises:
        ArchiveError: there is none yet, or it is newer or damaged.
    """
    if not path.exists():
        raise ArchiveError(f"{path} is not there yet; `feedsvc ingest` makes the archive")
    sidecars.refuse_foreign(path)
    with sqlite_errors(path):
        db = Database(connect(path, readonly=True))
        _refuse_newer({migration.name for migration in migrations.applied(db)}, migrations, path)
        if migrations.pending(db):
            raise ArchiveError(f"{path} was written by an older feedsvc; `feedsvc ingest` brings it up to date")
        return db


def _refuse_newer(applied: set[str], migrations: Migrations, path: Path) -> None:
    ours = {migration.name for migration in migrations._migrations}  # noqa: SLF001 - the set has no public name
    if unknown := sorted(applied - ours):
        raise ArchiveNewerError(
            f"{path} was written by a newer feedsvc (it has {', '.join(unknown)}); upgrade feedsvc, or restore a backup"
        )


def _keep_copy(db: Database, copy: Path) -> None:
    """Put a consistent copy of `db` at `copy`, for the day that a migration turns out to be wrong."""
    copy.unlink(missing_ok=True)
    # SQLite fills an empty file; where there is none it makes one, with the rights that the umask leaves.
    folders.make_private(copy)
    db.conn.execute("vacuum into ?", [str(copy)])


def connect(path: Path, *, readonly: bool = False) -> sqlite3.Connection:
    """Return a connection in autocommit mode for the calling thread alone, with the search functions; SQLite checks that."""
    target = f"{path.absolute().as_uri()}?mode=ro" if readonly else str(path)
    connection = sqlite3.connect(target, uri=readonly, timeout=BUSY_SECONDS, isolation_level=None)
    search_index.register(connection)
    return connection


@contextlib.contextmanager
def snapshot(db: Database, path: Path) -> Iterator[None]:
    """Let all that is read of `db` meanwhile be of one state, whatever others commit."""
    with sqlite_errors(path):
        db.conn.execute("begin")
    try:
        yield
    finally:
        if db.conn.in_transaction:
            db.conn.execute("rollback")


@contextlib.contextmanager
def write(db: Database, path: Path, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
    """One write transaction: all of it, or nothing.

    One that is not `durable` survives whatever happens to the program, but a power cut may undo it, until the next durable one:
    for what is only told (that a source was asked), where waiting for the disk would be most of the cost.

    It takes the write lock at once, so that it cannot fail half-way because another writer came in between.
    """
    if isinstance(db, Opened):
        db.refuse_replaced(path)
    with sqlite_errors(path):
        db.conn.execute(f"pragma synchronous={'full' if durable else 'normal'}")  # no transaction is open here
        db.conn.execute("begin immediate")
        try:
            yield db.conn
            db.conn.execute("commit")
        except BaseException:
            if db.conn.in_transaction:  # a full disk rolls back by itself
                db.conn.execute("rollback")
            raise
