"""The files of the feeds in memory: each as long as its time, size and inode stay the same, its compressed form beside it.

Of versions that were replaced, the marks of their entries stay for a while, so that a client that has one of them can be
sent what is new alone.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from feedsvc.serve.anatomy import dissect, link_header

if TYPE_CHECKING:
    from pathlib import Path

CACHE_BYTES = 64 << 20
_NO_ROOM = 4 << 20  # bytes; a larger file is answered but not kept
_VERSIONS = 4096  # that were replaced and are still remembered, each by the marks of its entries


@dataclass(slots=True)
class Kept:
    """One file in memory."""

    stamp: tuple[int, int, int]  # mtime in ns, size, inode
    body: bytes
    tag: str  # digest of the body, without quotes
    modified: datetime  # UTC
    links: str  # for the header `Link`
    compressed: bytes = b""  # made when first asked for

    @property
    def size(self) -> int:
        """Return the bytes held."""
        return len(self.body) + len(self.compressed)


class Shelf:
    """The files below `root`, the most wanted of them in memory: at most `limit` bytes."""

    def __init__(self, root: Path, limit: int = CACHE_BYTES) -> None:
        self._root = os.path.realpath(root)
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._replaced: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()  # (path, tag) -> marks

    def find(self, path: str) -> Kept | None:
        """Return the file at `path`, or None when there is none, or none that lies below the root."""
        place = os.path.join(self._root, path)  # noqa: PTH118 - a Path costs more than the rest of this function
        try:
            found = os.stat(place, follow_symlinks=False)  # noqa: PTH116
        except (OSError, ValueError):
            self._drop(path)
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == stamp:
            self._kept.move_to_end(path)
            return kept
        self._replace(path)
        return self._load(path, place) if stat.S_ISREG(found.st_mode) else None

    def compressed(self, path: str, kept: Kept) -> bytes:
        """Return the gzip form of `kept`, made once."""
        if not kept.compressed:
            kept.compressed = gzip.compress(kept.body, compresslevel=6, mtime=0)
            if self._kept.get(path) is kept:
                self._held += len(kept.compressed)
                self._shrink()
        return kept.compressed

    def news(self, path: str, kept: Kept, tag: str) -> bytes | None:
        """Return `kept` with only the entries that the version `tag` of it had not; None when that is not remembered."""
        known = self._replaced.get((path, tag))
        found = dissect(kept.body, path.rpartition(".")[2]) if known is not None else None
        return found.without(known) if found and known is not None else None

    def exists(self, path: str) -> bool:
        """Return whether there is a file at `path`, which has been found safe."""
        return os.path.isfile(os.path.join(self._root, path))  # noqa: PTH113, PTH118 - as above

    def _replace(self, path: str) -> None:
        """Forget the version that was kept, but for what it takes to tell what is new."""
        if (kept := self._kept.get(path)) is not None:
            if found := dissect(kept.body, path.rpartition(".")[2]):
                self._replaced[path, kept.tag] = found.marks()
                while len(self._replaced) > _VERSIONS:
                    self._replaced.popitem(last=False)
            self._drop(path)

    def _load(self, path: str, place: str) -> Kept | None:
        try:
            if os.path.realpath(place, strict=True) != place:  # a link somewhere above it
                return None
            handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb") as file:  # noqa: PTH123
                found = os.fstat(handle)
                body = file.read()
        except OSError:
            return None
        kept = Kept(
            stamp=(found.st_mtime_ns, found.st_size, found.st_ino),
            body=body,
            tag=hashlib.sha256(body).hexdigest()[:32],
            modified=datetime.fromtimestamp(int(found.st_mtime), UTC),
            links=link_header(body, path.rpartition(".")[2]),
        )
        if kept.size <= min(_NO_ROOM, self._limit):
            self._kept[path] = kept
            self._held += kept.size
            self._shrink()
        return kept

    def _shrink(self) -> None:
        while self._held > self._limit:
            self._held -= self._kept.popitem(last=False)[1].size

    def _drop(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._held -= kept.size
