"""The files of the feeds in memory: each as long as its time, size and inode stay the same, its coded forms beside it.

A coded form is the file beside (`all.atom.br`), where there is one that is no older; gzip is made where there is none. Of
versions that were replaced, the marks of their entries stay for a while, so that a client that has one of them can be sent
what is new alone.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from feedsvc.model.layout import CODING_SUFFIXES, STORED, form_of
from feedsvc.serve.feeds.conditional import PLAIN
from feedsvc.serve.feeds.delta import link_header, marks, parts, without

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CACHE_BYTES = 64 << 20
_NO_ROOM = 4 << 20  # bytes; a larger file is answered but not kept
_VERSIONS = 4096  # that were replaced and are still remembered, each by the marks of its entries
_LOOK = 1.0  # seconds between two looks for a file beside that was not there


@dataclass(slots=True)
class CachedFile:
    """One file in memory."""

    stamp: tuple[int, int, int]  # mtime in ns, size, inode
    body: bytes
    tag: str  # digest of the body, without quotes
    modified: datetime  # UTC
    links: str  # for the header `Link`
    forms: dict[str, bytes] = field(default_factory=dict)  # by coding; each read or made when first asked for
    answers: dict[Any, Any] = field(default_factory=dict)  # whoever answers keeps here what he made of it
    missing: dict[str, float] = field(default_factory=dict)  # coding -> when to look for it again, monotonic

    @property
    def size(self) -> int:
        """Return the bytes held."""
        return len(self.body) + sum(map(len, self.forms.values()))


class FileCache:
    """The files below `root`, the most wanted of them in memory: at most `limit` bytes."""

    def __init__(self, root: Path, limit: int = CACHE_BYTES) -> None:
        self._root = os.path.realpath(root)
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[str, CachedFile] = OrderedDict()
        self._replaced: OrderedDict[tuple[str, str], frozenset[bytes]] = OrderedDict()  # (path, tag) -> marks

    def find(self, path: str) -> CachedFile | None:
        """Return the file at `path`, or None when there is none, or none that lies below the root."""
        place = f"{self._root}/{path}"  # a Path costs more than the rest of this function
        found = _status(place)
        if found is None:  # a closed page is stored compressed and nothing else
            place += STORED
            found = _status(place)
        if found is None:
            self._drop(path)
            return None
        kept = self._kept.get(path)
        if kept is not None and kept.stamp == (found.st_mtime_ns, found.st_size, found.st_ino):
            self._kept.move_to_end(path)
            return kept
        self._replace(path)
        return self._load(path, place) if stat.S_ISREG(found.st_mode) else None

    def form(self, path: str, kept: CachedFile, codings: Iterable[str]) -> tuple[str, bytes] | None:
        """Return the first of `codings` that `kept` has, and its bytes under it; None when it has none of them."""
        for coding in codings:
            body = kept.body if coding == PLAIN else kept.forms.get(coding)
            if body is None:
                body = self._coded(path, kept, coding)
            if body is not None:
                return coding, body
        return None

    def delta(self, path: str, kept: CachedFile, tag: str) -> bytes | None:
        """Return `kept` with only the entries that the version `tag` of it had not; None when that is not remembered."""
        known = self._replaced.get((path, tag))
        found = parts(kept.body, form_of(path)) if known is not None else None
        return without(found, known) if found and known is not None else None

    def exists(self, path: str) -> bool:
        """Return whether there is a file at `path`, which has been found safe, compressed or not."""
        return any(os.path.isfile(f"{self._root}/{path}{suffix}") for suffix in ("", STORED))  # noqa: PTH113

    def _coded(self, path: str, kept: CachedFile, coding: str) -> bytes | None:
        """Return `kept` under `coding` for the first time: the file beside, else our own gzip, else None for a while."""
        now = time.monotonic()
        if now < kept.missing.get(coding, 0.0):
            return None
        beside = _read(f"{self._root}/{path}{CODING_SUFFIXES[coding]}")
        if beside is not None and beside[0].st_mtime_ns >= kept.stamp[0]:  # an older one is of another version
            body = beside[1]
        elif coding == "gzip":
            body = gzip.compress(kept.body, compresslevel=6, mtime=0)
        else:
            kept.missing[coding] = now + _LOOK
            return None
        kept.forms[coding] = body
        if self._kept.get(path) is kept:
            self._held += len(body)
            self._shrink()
        return body

    def _replace(self, path: str) -> None:
        """Forget the version that was kept, but for what it takes to tell what is new."""
        if (kept := self._kept.get(path)) is not None:
            if found := parts(kept.body, form_of(path)):
                self._replaced[path, kept.tag] = marks(found)
                while len(self._replaced) > _VERSIONS:
                    self._replaced.popitem(last=False)
            self._drop(path)

    def _load(self, path: str, place: str) -> CachedFile | None:
        try:
            if os.path.realpath(place, strict=True) != place:  # a link somewhere above it
                return None
        except OSError:
            return None
        read = _read(place)
        if read is None:
            return None
        found, stored = read
        try:
            body = gzip.decompress(stored) if place.endswith(STORED) else stored
        except (OSError, EOFError, zlib.error):  # it is damaged
            return None
        kept = CachedFile(
            stamp=(found.st_mtime_ns, found.st_size, found.st_ino),
            body=body,
            tag=hashlib.sha256(body).hexdigest()[:32],
            modified=datetime.fromtimestamp(int(found.st_mtime), UTC),
            links=link_header(body, form_of(path)),
            forms={} if body is stored else {"gzip": stored},
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


def _status(place: str) -> os.stat_result | None:
    try:
        return os.stat(place, follow_symlinks=False)  # noqa: PTH116 - as above
    except (OSError, ValueError):
        return None


def _read(place: str) -> tuple[os.stat_result, bytes] | None:
    """Return the regular file at `place` with what the system knows of it; None when there is none."""
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123
            found = os.fstat(handle)
            return (found, file.read()) if stat.S_ISREG(found.st_mode) else None
    except (OSError, ValueError):
        return None
