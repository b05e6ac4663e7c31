"""What is published elsewhere, and one pass that brings it there.

    which files? -> is it there as it is (digests in ops.db)? -> put, eight at a time -> noted

Closed pages go before the documents that name them, the index goes last, and what is gone is removed after that: who follows
a link meanwhile finds something. Only what was put there by us is ever removed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from feedsvc.buckets import SCHEME, Bucket
from feedsvc.errors import FeedsvcError
from feedsvc.model.catalog import content_types
from feedsvc.model.layout import INDEX, STORED, SUFFIXES, closed_page
from feedsvc.pace import retry
from feedsvc.publish import FilePublisher
from feedsvc.store.mirror_rows import Copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from feedsvc.config import PublishConfig
    from feedsvc.store.mirror_rows import MirrorRows

FIRST_WAIT: Final = 60.0  # seconds after the first failure of a file; doubled by each further one
LONGEST_WAIT: Final = 6 * 3600.0  # seconds
FAILURES: Final = 3  # in one go, and the rest is left for later: the place is away
_AT_ONCE: Final = 8  # puts under way at a time
_GO: Final = 64  # files between two notes of what was done
_TYPES: Final = {  # extension of what is no feed -> media type
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_FRESH: Final = "public, max-age=300"
_FOR_EVER: Final = "public, max-age=31536000, immutable"  # RFC 8246; a closed page does not change


class Target(Protocol):
    """Where files are published elsewhere."""

    def put(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Put `body` at `path`, whole or not at all; raise FeedsvcError where that fails."""
        ...

    def withdraw(self, path: str) -> None:
        """Remove what is at `path`, if anything is; raise FeedsvcError where that fails."""
        ...


class Folder:
    """Another folder; what serves it says what each file is."""

    def __init__(self, root: Path) -> None:
        self._files = FilePublisher(root)

    def put(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Put `body` at `path`."""
        del headers  # a folder has none
        self._files.publish(path, body)

    def withdraw(self, path: str) -> None:
        """Remove what is at `path`, if anything is."""
        self._files.withdraw(path)


def target(settings: PublishConfig) -> Target:
    """Return the place that `settings` name; nothing is asked of it yet.

    Raises:
        PublishError: it is a bucket, and cannot be talked to.
    """
    return Bucket(settings) if settings.to.startswith(SCHEME) else Folder(Path(settings.to))


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What one pass did; counts are files."""

    put: int = 0
    withdrawn: int = 0
    waiting: int = 0  # not there as they are: what failed, and what was left for later
    error: str = ""  # the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """What became of one file."""

    copy: Copy
    put: bool = False
    error: str | None = None  # None = it is there as it is; "" = it was left for later


class MirrorSync:
    """Brings files below `feeds` to the place `there`, and notes in `noted` what is there; begins nothing more once `late()`."""

    def __init__(
        self, settings: PublishConfig, there: Target, feeds: Path, noted: MirrorRows, late: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._place = there
        self._feeds = feeds
        self._noted = noted
        self._late = late
        self._bucket = settings.to.startswith(SCHEME)
        self._copies: Mapping[str, Copy] = {}
        self._failures = 0  # since something went well

    def run(self, changed: AbstractSet[str] | None, now: datetime, *, patient: bool, anew: bool = False) -> SyncReport:
        """Bring what is at `changed` (None = every file) and what failed before; when `patient`, not before that is due.

        Where the feeds have no index they are lost, or not rendered yet, as after a backup was put back: nothing is gone then.
        `anew` puts everything again, whatever is noted: somebody may have emptied the place.
        """
        near = None if changed is None else self._near(changed)
        self._copies = self._noted.copies(near)
        if anew:
            self._copies = {path: replace(copy, digest="", stamp="") for path, copy in self._copies.items()}
        failed = {path for path, copy in self._copies.items() if copy.due is not None}
        early = {path for path in failed if patient and self._is_early(path, now)}
        asked = (self._all() | self._copies.keys() if near is None else near) | failed
        there = {path for path in asked if self._file(path).is_file()}
        gone = sorted((asked & self._copies.keys()) - there - early) if self._file(INDEX).is_file() else []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mirror") as pool:
            brought = [self._note(list(pool.map(self._bring, go)), now) for go in _goes(there - early)]
            removed = [self._note(list(pool.map(self._remove, go)), now) for go in _goes(gone)]
        tried = [*brought, *removed]
        return SyncReport(
            put=sum(each.put for each in brought),
            withdrawn=sum(each.put for each in removed),
            waiting=len(early) + sum(each.waiting for each in tried),
            error=next((each.error for each in tried if each.error), ""),
        )

    def _is_early(self, path: str, now: datetime) -> bool:
        due = self._copies[path].due
        return due is not None and due > now

    def _all(self) -> AbstractSet[str]:
        """Return every file below the folder of feeds that belongs elsewhere."""
        found = set()
        for folder, folders, names in os.walk(self._feeds):
            folders[:] = [name for name in folders if not name.startswith(".")]
            below = Path(folder).relative_to(self._feeds)
            found |= {(below / name).as_posix() for name in names if not name.startswith(".")}
        return (
            {_plain(path) for path in found if not path.endswith(SUFFIXES) or closed_page(path)}
            if self._bucket
            else found
        )

    def _near(self, paths: AbstractSet[str]) -> AbstractSet[str]:
        """Return where what changed at `paths` belongs: an object has one form, in a folder others lie beside."""
        if self._bucket:
            return {_plain(path) for path in paths}
        return paths | {f"{path}{suffix}" for path in paths for suffix in SUFFIXES}

    def _file(self, path: str) -> Path:
        """Return the file that what belongs at `path` is made of."""
        file = self._feeds / path
        return self._feeds / f"{path}{STORED}" if self._bucket and not file.exists() else file

    def _bring(self, path: str) -> _Tried:
        """Put the file at `path`, unless it is there as it is."""
        known = self._copies.get(path, Copy(path=path))
        file = self._file(path)
        try:
            found = file.stat()
            stamp = f"{found.st_mtime_ns}-{found.st_size}-{self._settings.gzip:d}"
            if stamp == known.stamp and known.due is None:
                return _Tried(copy=known)
            stored = file.read_bytes()
            body = gzip.decompress(stored) if file.name != known.path.rpartition("/")[2] else stored
        except (OSError, EOFError, zlib.error) as error:  # withdrawn just now, or damaged
            return _Tried(copy=known, error=f"{path}: {error}")
        body, headers = form(path, body, compressed=self._settings.gzip)
        digest = hashlib.sha256(repr(sorted(headers.items())).encode() + body).hexdigest()
        copy = Copy(path=path, digest=digest, stamp=stamp)
        if digest == known.digest:
            return _Tried(copy=copy)
        return self._tried(lambda: self._place.put(path, body, headers), copy, known)

    def _remove(self, path: str) -> _Tried:
        """Remove what we put at `path`."""
        known = self._copies[path]
        return self._tried(lambda: self._place.withdraw(path), Copy(path=path), known)

    def _tried(self, work: Callable[[], None], after: Copy, before: Copy) -> _Tried:
        """Do `work`, unless it is late or the place is away; a copy that was put is `after`, else as `before`."""
        if self._late() or self._failures >= FAILURES:
            return _Tried(copy=before, error="")
        try:
            work()
        except FeedsvcError as error:
            self._failures += 1
            return _Tried(copy=before, error=f"{before.path}: {error}")
        self._failures = 0
        return _Tried(copy=after, put=True)

    def _note(self, tried: Sequence[_Tried], now: datetime) -> _Sum:
        """Note what became of some files."""
        kept = [self._later(each, now) for each in tried if each.error is not None]
        kept += [each.copy for each in tried if each.error is None and each.copy.digest]
        self._noted.keep((copy for copy in kept if copy != self._copies.get(copy.path)), now)
        self._noted.forget(each.copy.path for each in tried if each.error is None and not each.copy.digest)
        errors = [each.error for each in tried if each.error is not None]
        return _Sum(
            put=sum(each.put for each in tried), waiting=len(errors), error=next(filter(None, reversed(errors)), "")
        )

    def _later(self, tried: _Tried, now: datetime) -> Copy:
        """Return the copy of a file that is to be tried again; one that was only left waits no longer for it."""
        copy = tried.copy
        if not tried.error:
            return replace(
                copy, due=copy.due or now + timedelta(seconds=FIRST_WAIT), error=copy.error or "not tried yet"
            )
        wait = timedelta(seconds=retry(FIRST_WAIT, copy.tries + 1, LONGEST_WAIT))
        return replace(copy, tries=copy.tries + 1, due=now + wait, error=tried.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """What became of some files."""

    put: int
    waiting: int
    error: str


def form(path: str, body: bytes, *, compressed: bool) -> tuple[bytes, dict[str, str]]:
    """Return the object that the file at `path` becomes, and what is said of it (names as HTTP has them)."""
    name = path.removesuffix(next((suffix for suffix in SUFFIXES if path.endswith(suffix)), ""))
    headers = {
        "Content-Type": _media_type(name.rpartition(".")[2]),
        "Cache-Control": _FOR_EVER if closed_page(path) else _FRESH,
    }
    if not compressed:
        return body, headers
    return gzip.compress(body, compresslevel=9, mtime=0), {**headers, "Content-Encoding": "gzip"}


def _plain(path: str) -> str:
    """Return the path of the document that the file at `path` is a form of."""
    return path.removesuffix(STORED)


def _goes(paths: AbstractSet[str] | Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield `paths` a few at a time: closed pages, then documents, then the index; no two kinds at a time."""
    ranks: dict[int, list[str]] = {}
    for path in sorted(paths):
        rank = 2 if path.startswith(INDEX) else 0 if closed_page(path) else 1
        ranks.setdefault(rank, []).append(path)
    for _, some in sorted(ranks.items()):
        yield from (some[at : at + _GO] for at in range(0, len(some), _GO))


def _media_type(extension: str) -> str:
    return content_types().get(extension) or _TYPES.get(extension, "application/octet-stream")
