"""A walk over a content directory that opens no file: which documents there are, and which of them changed.

It never leaves the root: links are not followed, and a folder is entered only when it is the very inode that its parent
listed, so that one swapped for a link in the meantime is left alone.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from feedsvc.sources.globs import compile_globs

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
TITLELESS = frozenset({".md", ".markdown", ".html", ".htm"})  # what generators call a post whose title is empty
_GONE = (FileNotFoundError, NotADirectoryError)


class Seen(NamedTuple):
    """A document that is not as it is known, or something in its place; a tuple because there may be 100,000."""

    locator: str
    path: str  # absolute
    status: os.stat_result | None  # None = only `problem` is known
    problem: str = ""  # the class of Failure, or "skip"
    reason: str = ""


class _Folder(NamedTuple):
    path: str  # absolute
    prefix: str  # of the locators inside: "" or "a/b/"
    identity: tuple[int, int]  # device and inode, as the parent saw them


@dataclass(slots=True)
class Scan:
    """What a walk found; grows while it goes on."""

    root: str
    known: Mapping[str, str]  # locator -> fingerprint
    present: set[str] = field(default_factory=set)
    changed: list[Seen] = field(default_factory=list)
    escaped: list[Seen] = field(default_factory=list)  # under names that are no UTF-8


def fingerprint_of(status: os.stat_result) -> str:
    """Return what changes whenever a file does: size, times in nanoseconds and inode.

    The change time is the one that no program can set back: an edit that restores size and mtime is still seen.
    """
    return f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ctime_ns:x}-{status.st_ino:x}"


def scan(root: str, known: Mapping[str, str], include: tuple[str, ...], exclude: tuple[str, ...]) -> Scan:
    """Walk `root` (absolute, without links) and return what is there.

    A folder that cannot be listed becomes one entry with a problem, and what is known below it counts as present.

    Raises:
        OSError: the root itself cannot be listed.
    """
    found = Scan(root=root, known=known)
    status = os.stat(root)  # noqa: PTH116 - the identity of the root, beside os.scandir
    waiting = [_Folder(root, "", (status.st_dev, status.st_ino))]
    walker = _Walker(found, include, exclude)
    while waiting:
        folder = waiting.pop()
        try:
            waiting.extend(walker.listed(folder))
        except _GONE:
            if not folder.prefix:
                raise
        except OSError as error:
            if not folder.prefix:
                raise
            _keep_below(found, folder, error)
    _add_escaped(found)
    return found


class _Walker:
    """Lists folders into a `Scan`."""

    def __init__(self, found: Scan, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        self._found = found
        self._wanted = compile_globs(include).matches
        excluded = compile_globs(exclude)
        self._unwanted = excluded.matches
        self._pruned = excluded.covers

    def listed(self, folder: _Folder) -> list[_Folder]:
        """Take the files of `folder` into the scan and return the folders in it."""
        descriptor = os.open(folder.path, _OPEN_FOLDER)
        try:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) != folder.identity:
                raise NotADirectoryError(folder.path)  # swapped since its parent was listed
            with os.scandir(descriptor) as entries:
                return [below for entry in entries if (below := self._take(folder, entry)) is not None]
        finally:
            os.close(descriptor)

    def _take(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        name = entry.name
        if name[0] == "." and name not in TITLELESS:  # .git, .obsidian, an editor's swap file
            return None
        locator = folder.prefix + name
        if entry.is_file(follow_symlinks=False):
            if self._wanted(locator) and not self._unwanted(locator):
                self._take_file(folder, entry, locator)
        elif entry.is_dir(follow_symlinks=False):
            if not self._pruned(locator):
                return self._below(folder, entry)
        elif self._wanted(locator) or entry.is_symlink():
            self._take_other(folder, entry, locator)
        return None

    def _take_file(self, folder: _Folder, entry: os.DirEntry[str], locator: str) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # went away since it was listed
            return
        found = self._found
        if not locator.isascii() and (plain := escaped_name(locator)) != locator:
            found.escaped.append(Seen(plain, f"{folder.path}/{entry.name}", status))
            return
        found.present.add(locator)
        if found.known.get(locator) != fingerprint_of(status):
            found.changed.append(Seen(locator, f"{folder.path}/{entry.name}", status))

    def _below(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _Folder(f"{folder.path}/{entry.name}", f"{folder.prefix}{entry.name}/", (status.st_dev, status.st_ino))

    def _take_other(self, folder: _Folder, entry: os.DirEntry[str], locator: str) -> None:
        """Take note of a link that leads outside, a FIFO, a socket, a device: never opened."""
        path = f"{folder.path}/{entry.name}"
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if self._unwanted(locator) or (reason := self._reason(entry, path, locator)) is None:
            return
        locator = escaped_name(locator)
        self._found.present.add(locator)
        if self._found.known.get(locator) != fingerprint_of(status):
            self._found.changed.append(Seen(locator, path, status, "skip", reason))

    def _reason(self, entry: os.DirEntry[str], path: str, locator: str) -> str | None:
        if not entry.is_symlink():
            return "it is no regular file (a FIFO, socket or device)"
        target = os.path.realpath(path)
        inside = target == self._found.root or target.startswith(self._found.root.rstrip("/") + "/")
        try:
            folder = entry.is_dir()
        except OSError:  # a loop of links
            return None
        # inside, the target itself is found by the walk
        if inside or not (folder or self._wanted(locator)):
            return None
        return "it is a link that leads out of the directory; add its target as a source of its own"


def escaped_name(name: str) -> str:
    """Return `name` with the bytes that are no UTF-8 (surrogates, as `os` gives them) as `%FF`."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "".join(f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in name)
    return name


def _keep_below(found: Scan, folder: _Folder, error: OSError) -> None:
    """Count what is known below a folder that cannot be listed as present: it is unknown, not gone."""
    prefix = escaped_name(folder.prefix)
    found.present.update(locator for locator in found.known if locator.startswith(prefix))
    kind = "permission" if isinstance(error, PermissionError) else "io"
    found.changed.append(Seen(prefix, folder.path, None, kind, f"the folder cannot be listed: {error.strerror}"))


def _add_escaped(found: Scan) -> None:
    for seen in found.escaped:
        if seen.locator in found.present:
            reason = f"its name is no UTF-8, and another file is called {seen.locator!r}; rename one of the two"
            found.changed.append(Seen(seen.locator, seen.path, None, "file-name", reason))
            continue
        found.present.add(seen.locator)
        if seen.status is not None and found.known.get(seen.locator) != fingerprint_of(seen.status):
            found.changed.append(seen)


def is_regular(status: os.stat_result) -> bool:
    """Whether it can be read to an end: no FIFO, socket, device or folder."""
    return stat.S_ISREG(status.st_mode)
