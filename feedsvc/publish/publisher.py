"""Feeds as files: replaced whole, and only when their bytes change. Implements `feedsvc.ports.Publisher`.

Only the holder of the archive's lock publishes, so that what lies in the folder of temporary files at the start belongs to
nobody.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from feedsvc.folders import sync
from feedsvc.model.layout import ARCHIVE, SUFFIXES
from feedsvc.publish.os_errors import refused
from feedsvc.publish.staged_files import MODE, SECOND, Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

__all__ = ["MODE", "STAGING", "FilePublisher", "parts"]

STAGING: Final = ".publishing"  # the folder of temporary files; no published path has a part that begins with a dot
TOGETHER: Final = 64  # files of a batch that are synced and renamed at a time


def parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path that may be published.

    Raises:
        ValueError: the path is empty or absolute, or a part is empty, hidden, "..", or no file name at all.
    """
    found = tuple(path.split("/"))
    if any(not part or part.startswith(".") or "\0" in part or "\\" in part for part in found):
        raise ValueError(f"{path!r} is no path of a feed: it must stay below the folder of feeds, and hide nothing")
    return found


class FilePublisher:
    """Documents below one folder, which is made when the first one is published."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stage = Stage(root / STAGING)
        self._turn = threading.Lock()  # one at a time, whoever asks
        self._together = 0  # files that may wait; 0 = none: it is no batch
        self._within: set[tuple[str, ...]] = set()  # folders that are known to be below the root, for one batch

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Sync and rename files by the dozen while it is entered; those that wait at an exception are given up."""
        self._together = TOGETHER
        try:
            yield
            self._stage.place()
        finally:
            self._together = 0
            self._within.clear()
            self._stage.drop()

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        """Put `body` at `path` whole or not at all, with what `coded` makes of it beside it; False = it was there already.

        Raises:
            ArchiveFullError: no room, or not writable.
            ConfigError: the name is too long, or a folder and a document want the same one; other documents may go well.
            ArchiveError: the file system refuses for another reason.
            ValueError: see `parts`.
        """
        target = self._below_root(path)
        with self._turn, refused(target):
            if self._stage.holds(target):
                self._stage.place()
            before = _status(target)
            same = before is not None and _holds(target, before, body)
            date = self._put(target, None if same else body, before)
            if coded is not None:
                self._put_beside(target, coded, date, anew=not same)
            if self._stage.size >= max(1, self._together):
                self._stage.place()
        return not same

    def withdraw(self, path: str) -> bool:
        """Remove what is at `path` and beside it; return False when there was nothing.

        Raises:
            ArchiveFullError: not writable.
            ArchiveError: the file system refuses for another reason.
            ValueError: see `parts`.
        """
        target = self._below_root(path)
        with self._turn, refused(target):
            if self._stage.holds(target):
                self._stage.place()
            for suffix in SUFFIXES:
                _remove(_beside(target, suffix))
            try:
                target.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            sync(target.parent)
        return True

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        target = self._below_root(path)
        return self._stage.holds(target) or os.path.isfile(target)  # noqa: PTH113 - a name that is too long is no file

    def paths(self) -> Iterator[str]:
        """Yield every path that is published, in no order, without closed pages: those are many, and stay for ever."""
        root = str(self._root)
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".") and name != ARCHIVE]
            below = "" if folder == root else f"{folder[len(root) :].strip(os.sep)}/"
            yield from (below + name for name in names if not name.startswith(".") and not name.endswith(SUFFIXES))

    def _put(self, target: Path, body: bytes | None, before: os.stat_result | None) -> int:
        """Stage `body`, None when it is there `before`; return its date in ns."""
        if body is None:
            return before.st_mtime_ns if before else 0
        staged = self._stage.write(target, body)
        self._stage.add(staged)
        return _dated_after(before, staged)

    def _put_beside(self, target: Path, coded: Mapping[str, Callable[[], bytes]], date: int, *, anew: bool) -> None:
        """Stage what lies beside a document of that `date`, what is there already only when `anew`."""
        for suffix in SUFFIXES:
            beside = _beside(target, suffix)
            if suffix not in coded:
                _remove(beside)
            elif anew or _date_of(beside) != date:
                staged = self._stage.write(beside, coded[suffix]())
                self._stage.add(staged)
                os.utime(staged.descriptor, ns=(date, date))

    def _below_root(self, path: str) -> Path:
        """Return the file of `path`; a link that leads out of the root is refused like a path that does."""
        *folder, _name = found = parts(path)
        target = self._root.joinpath(*found)
        if tuple(folder) not in self._within:
            if not target.parent.resolve().is_relative_to(self._root.resolve()):
                raise ValueError(f"{path!r} leads out of {str(self._root)!r} by a symbolic link: remove the link")
            if self._together:
                self._within.add(tuple(folder))
        return target


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(target.name + suffix)


def _status(target: Path) -> os.stat_result | None:
    """Return what is at `target`, a link as such; None when there is nothing."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return found


def _holds(target: Path, before: os.stat_result, body: bytes) -> bool:
    """Whether the file has these bytes; the size decides in nearly every case that they differ."""
    return stat.S_ISREG(before.st_mode) and before.st_size == len(body) and target.read_bytes() == body


def _date_of(file: Path) -> int | None:
    with suppress(FileNotFoundError):
        return file.lstat().st_mtime_ns
    return None


def _remove(file: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        file.unlink()


def _dated_after(before: os.stat_result | None, staged: Staged) -> int:
    """Give the new file a later second than the old one, since clients ask by Last-Modified; return its date in ns."""
    date = os.fstat(staged.descriptor).st_mtime_ns
    earliest = (before.st_mtime_ns // SECOND + 1) * SECOND if before else 0
    if date < earliest:
        os.utime(staged.descriptor, ns=(earliest, earliest))
    return max(date, earliest)
