"""Feeds as files: replaced whole, and only when their bytes change. Implements `feedsvc.ports.Publisher`.

A document is written to a temporary file in its own folder, synced, renamed over the old one, and the folder is synced:
a reader sees the old document or the new one, and what `publish` returned for survives a power cut. Only the holder of
the archive's lock publishes, so a temporary file that is there at the start belongs to nobody and is swept away.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from feedsvc.errors import ArchiveError, ArchiveFullError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

ARCHIVE: Final = "archive"  # folders of closed pages
MODE: Final = 0o644  # any static server may read a feed
PREFIX: Final = ".publishing-"  # of temporary files; no published path has a part that begins with a dot

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
_NAMES: Final = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP})
_SECOND: Final = 1_000_000_000  # nanoseconds


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
        for folder, _folders, names in os.walk(root):
            for name in names:
                if name.startswith(PREFIX):
                    with suppress(OSError):
                        Path(folder, name).unlink()

    def publish(self, path: str, body: bytes) -> bool:
        """Put `body` at `path` whole or not at all; return False when it was there already.

        Raises:
            ArchiveFullError: no room, or not writable.
            ConfigError: the name is too long, or a folder and a document want the same one; other documents may go well.
            ArchiveError: the file system refuses for another reason.
            ValueError: see `parts`.
        """
        target = self._below_root(path)
        with _wrapped(target):
            if _holds(target, body):
                return False
            _make_folder(target.parent)
            _replace(target, body)
        return True

    def withdraw(self, path: str) -> bool:
        """Remove what is at `path`; return False when there was nothing.

        Raises:
            ArchiveFullError: not writable.
            ArchiveError: the file system refuses for another reason.
            ValueError: see `parts`.
        """
        target = self._below_root(path)
        with _wrapped(target):
            try:
                target.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return False
            _sync(target.parent)
        return True

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        return os.path.isfile(self._below_root(path))  # noqa: PTH113 - a name that is too long is no file

    def paths(self) -> Iterator[str]:
        """Yield every path that is published, in no order, without closed pages: those are many, and stay for ever."""
        for folder, folders, names in os.walk(self._root):
            folders[:] = [name for name in folders if not name.startswith(".") and name != ARCHIVE]
            below = PurePosixPath(Path(folder).relative_to(self._root).as_posix())
            yield from (str(below / name) for name in names if not name.startswith("."))

    def _below_root(self, path: str) -> Path:
        """Return the file of `path`; a link that leads out of the root is refused like a path that does."""
        target = self._root.joinpath(*parts(path))
        if not target.parent.resolve().is_relative_to(self._root.resolve()):
            raise ValueError(f"{path!r} leads out of {str(self._root)!r} by a symbolic link: remove the link")
        return target


@contextmanager
def _wrapped(target: Path) -> Iterator[None]:
    """Turn what the operating system says into an error of ours that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            reason = f"cannot write {str(target)!r}: {error.strerror}; make room, or make the folder writable"
            raise ArchiveFullError(reason) from error
        if error.errno in _NAMES:
            reason = f"cannot write {str(target)!r}: {error.strerror}; give the category another name"
            raise ConfigError(reason) from error
        raise ArchiveError(f"cannot write {str(target)!r}: {error.strerror}") from error


def _holds(target: Path, body: bytes) -> bool:
    """Whether the file is there with these bytes; the size decides in nearly every case that they differ."""
    try:
        return target.stat().st_size == len(body) and target.read_bytes() == body
    except (FileNotFoundError, NotADirectoryError):
        return False


def _make_folder(folder: Path) -> None:
    """Make the folder, and make its name and those above it survive a power cut."""
    missing = [folder, *folder.parents]
    missing = missing[: next(index for index, parent in enumerate(missing) if parent.exists())]
    for made in reversed(missing):
        made.mkdir(exist_ok=True)
        _sync(made.parent)


def _replace(target: Path, body: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fchmod(descriptor, MODE)
            _date_after(target, descriptor)  # after the last write, which sets the date
            os.fsync(descriptor)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync(target.parent)


def _date_after(target: Path, descriptor: int) -> None:
    """Give the new file a later second than the old one: clients that ask by Last-Modified would miss the change."""
    with suppress(FileNotFoundError):
        earliest = (target.stat().st_mtime_ns // _SECOND + 1) * _SECOND
        if os.fstat(descriptor).st_mtime_ns < earliest:
            os.utime(descriptor, ns=(earliest, earliest))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
