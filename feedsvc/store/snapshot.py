"""A consistent copy of the archive while it is in use, as one tar file."""

from __future__ import annotations

import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.errors import ArchiveError, ArchiveFullError
from feedsvc.folders import make_private
from feedsvc.pictures.substitution import FOLDER
from feedsvc.store.connection import connect, sqlite_errors
from feedsvc.store.pictures.picture_files import HIDDEN
from feedsvc.store.sidecars import refuse_foreign, refuse_lost

if TYPE_CHECKING:
    from collections.abc import Sequence

# What an article stands on is committed before it, so it is copied after it: the copy then has all that its articles name.
FILES: Sequence[str] = ("archive.db", "ops.db", "captures.db")
PICTURES: Sequence[str] = (FOLDER, HIDDEN)


def back_up(folder: Path, target: Path) -> int:
    """Copy the archive in `folder` to the tar file `target`, whole or not at all; return its size in bytes.

    Each file is copied by SQLite's own backup, which sees one state of it, whoever writes meanwhile, and is checked.

    Raises:
        ArchiveError: there is no archive, or the copy is not sound.
        ArchiveFullError: no room, or not writable.
    """
    refuse_lost(folder)
    if not (folder / FILES[0]).exists():
        raise ArchiveError(f"{folder} holds no archive; `feedsvc ingest` makes one")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as scratch:
            whole = Path(scratch, "whole.tar")
            make_private(whole)
            with tarfile.open(whole, "w") as tar:
                for name in FILES:
                    copy = Path(scratch, name)
                    _copy(folder / name, copy)
                    tar.add(copy, arcname=name)
                    copy.unlink()
                _add_pictures(folder, tar)
            with whole.open("rb") as file:
                os.fsync(file.fileno())
            size = whole.stat().st_size
            whole.replace(target)
            return size
    except OSError as error:
        raise ArchiveFullError(f"{target} cannot be written: {error.strerror or error}") from error


def _add_pictures(folder: Path, tar: tarfile.TarFile) -> None:
    """Add the kept pictures, which never change; after archive.db, which names them only when they are there."""
    for root in PICTURES:
        for path in sorted((folder / root).glob("??/*")):
            if not path.name.startswith("."):
                with suppress(FileNotFoundError):  # moved by a withdrawal just now
                    tar.add(path, arcname=path.relative_to(folder).as_posix())


def _copy(source: Path, copy: Path) -> None:
    refuse_foreign(source)
    with sqlite_errors(source), closing(connect(source, readonly=True)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
        new.execute("pragma journal_mode=delete")
        said = new.execute("pragma quick_check").fetchone()[0]
        if said != "ok":
            raise ArchiveError(f"the copy of {source} is not sound ({said}); run `feedsvc doctor`")
