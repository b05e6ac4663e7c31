"""The files that SQLite keeps beside a database (`-wal`, `-shm`), and whether they belong to it.

After a crash the write-ahead log holds commits that the database does not: it must be replayed. If a backup was put in place of
the database after the crash, the log is that of another file, and replaying it destroys the backup. SQLite cannot tell:

    the database says that it is in no WAL mode     no log of it can be there (it is set before the first log is made, and
                                                    taken back after the last is gone), as in the files of `feedsvc backup`:
                                                    the log is put aside
    it says so, and is younger than its log         a copy that was made otherwise, or a crash at a checkpoint: both files are
                                                    checked together, and refused if they do not fit
    else                                            a crash: SQLite replays the log

Nothing here deletes anything.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from feedsvc.errors import ArchiveDamagedError, ArchiveError, ArchiveFullError, ArchiveLostError
from feedsvc.model.layout import FEEDS
from feedsvc.pictures.substitution import FOLDER
from feedsvc.store import search_index

if TYPE_CHECKING:
    from pathlib import Path

SIDECARS = ("-wal", "-shm")
_MAGIC = b"SQLite format 3\0"
_HEADER = 100  # bytes; https://www.sqlite.org/fileformat.html §1.3
_WRITE_VERSION, _READ_VERSION = 18, 19  # offsets: 1 = rollback journal, 2 = write-ahead log
_CHECKPOINT = 2_000_000_000  # nanoseconds that the last commit may go on writing the database after the log
# The tables of which one has a row once something was read.
_KNOWING = {"captures.db": ("readings",), "ops.db": ("runs", "source_state", "failures")}
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")  # how the names of such result codes begin

log = logging.getLogger(__name__)


# ---------------------------------------------------------------- is the archive lost?


def refuse_lost(folder: Path) -> None:
    """Refuse an archive in `folder` whose archive.db is gone or empty while other files know it: a new one has other ids.

    Raises:
        ArchiveLostError: it is so.
    """
    path = folder / "archive.db"
    if not _is_empty(path):
        return
    if known := [name for name in (*_KNOWING, "archive.db-wal", FEEDS, FOLDER) if _knows(folder / name)]:
        state = "is empty" if path.exists() else "is not there"
        raise ArchiveLostError(
            f"{path} {state}, but {', '.join(known)} beside it belong to an archive; nothing was changed. Stop feedsvc and put a"
            f" backup back (`tar xf FILE -C {folder}`), or, to begin a new archive with new ids for every feed and entry, move {folder}"
            " away first"
        )


def _is_empty(path: Path) -> bool:
    if _size(path) == 0:
        return True
    try:
        with closing(_readable(path)) as db:
            return bool(db.execute("select count(*) from sqlite_master").fetchone()[0] == 0)
    except sqlite3.Error:
        return False  # who opens it will say what is wrong with it


def _knows(path: Path) -> bool:
    """Whether `path` holds anything of an archive that was in use."""
    if path.name not in _KNOWING:
        return any(each.is_file() for each in path.rglob("*")) if path.is_dir() else _size(path) > 0
    if _size(path) == 0:
        return _size(_beside(path, "-wal")) > 0
    try:
        with closing(_readable(path)) as db:
            return any(_has_row(db, table) for table in _KNOWING[path.name])
    except sqlite3.DatabaseError:
        return True  # damaged, or in use: something was there


def _has_row(db: sqlite3.Connection, table: str) -> bool:
    """Whether there is a `table`, and a row in it: a file of another version may lack one."""
    there = db.execute("select 1 from sqlite_master where type = 'table' and name = ?", [table]).fetchone()
    return there is not None and db.execute(f"select 1 from {table} limit 1").fetchone() is not None


# ---------------------------------------------------------------- do the sidecars belong to it?


def settle(path: Path) -> None:
    """Put the log beside the database at `path` aside if it is that of another file; called before it is opened for writing.

    Raises:
        ArchiveDamagedError: the two do not fit together, and which of them is right cannot be known.
        ArchiveFullError: the log cannot be renamed.
    """
    if _size(_beside(path, "-wal")) == 0:
        return
    if _is_foreign(path):
        _put_aside(path)
    elif _is_younger(path) and _open_here(path) is None:
        _refuse_misfit(path)


def refuse_foreign(path: Path) -> None:
    """Refuse to read the database at `path` through the log of another file, for what may not put that aside.

    Raises:
        ArchiveError: it is so.
    """
    if _size(_beside(path, "-wal")) and _is_foreign(path):
        raise ArchiveError(
            f"{path.name}-wal beside {path} is that of another file, as after a backup was put in place while feedsvc ran or"
            " after it had crashed; stop feedsvc if it runs, then `feedsvc ingest` or `feedsvc run` puts that file aside"
        )


def _is_foreign(path: Path) -> bool:
    header = _header(path)
    if not header:
        return True
    return header.startswith(_MAGIC) and 1 in (header[_WRITE_VERSION], header[_READ_VERSION])


def _is_younger(path: Path) -> bool:
    changed, logged = path.stat().st_ctime_ns, _beside(path, "-wal").stat().st_mtime_ns
    return changed - logged > _CHECKPOINT


def _put_aside(path: Path) -> None:
    kept = []
    for sidecar in (each for suffix in SIDECARS if (each := _beside(path, suffix)).exists()):
        kept.append(aside := _free(sidecar))
        try:
            sidecar.rename(aside)
        except OSError as error:
            raise ArchiveFullError(
                f"{sidecar} is that of another file and cannot be renamed ({error.strerror}); check who may write there"
            ) from error
    log.warning(
        "what lay beside %s is not of the file that is there now, as after a backup was put in place: it is kept as %s, and"
        " not read",
        path,
        " and ".join(aside.name for aside in kept),
    )


def _refuse_misfit(path: Path) -> None:
    log.info("%s was changed after %s-wal: whether they fit together is checked before they are used", path, path.name)
    try:
        with closing(_readable(path)) as db:
            said = str(db.execute("pragma integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        busy = getattr(error, "sqlite_errorname", "").startswith(_BUSY)
        said = "ok" if busy else str(error)  # what opens a busy one waits, and says so
    if said != "ok":
        what = " ".join(said.split())
        raise ArchiveDamagedError(
            f"{path} and {path.name}-wal do not fit together ({what}); nothing was changed. If a backup was put in place of"
            f" {path.name}, move {path.name}-wal and {path.name}-shm to another folder, and start again; else put a backup"
            " in its place"
        )


# ---------------------------------------------------------------- files


def _readable(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0, isolation_level=None)
    search_index.register(db)
    return db


def _header(path: Path) -> bytes:
    """Return the first bytes of the database at `path` as they are in the file; b"" = there is none, or it is empty.

    Closing a file drops all locks that this process has on it, those of SQLite's own connections too
    (https://www.sqlite.org/howtocorrupt.html §2.2): if one is open, it is read through that one's descriptor.
    """
    descriptor = _open_here(path)
    if descriptor is not None:
        with suppress(OSError):  # closed by another thread just now
            return os.pread(descriptor, _HEADER, 0)
    try:
        with path.open("rb") as file:
            return file.read(_HEADER)
    except FileNotFoundError:
        return b""


def _open_here(path: Path) -> int | None:
    """Return a descriptor by which this process has the file at `path` open; None = it has not."""
    try:
        wanted = path.stat()
        descriptors = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208 - numbers, not paths
    except OSError:
        return None
    for descriptor in descriptors:
        with suppress(OSError):  # that of the listing itself is closed by now
            if os.path.samestat(os.fstat(descriptor), wanted):
                return descriptor
    return None


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _free(path: Path) -> Path:
    """Return a name beside `path` that no file has."""
    number, aside = 1, path.with_name(f"{path.name}.aside")
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.aside-{number}")
    return aside


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
