"""One version of a feed's file, read at once: its bytes, its tag, its links, and its coded forms.

A version is known by its time of modification, size and inode. The functions read files and have no other effect, so that
they run in any thread; the bytes of a large file are only worked on by them.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from feedsvc.model.layout import CODING_SUFFIXES, STORED, form_of
from feedsvc.serve.feeds.conditional import PLAIN
from feedsvc.serve.feeds.delta import link_header, marks, parts

Stamp: TypeAlias = tuple[int, int, int]  # time of modification in ns, size in bytes, inode

# bytes on the disk; what is larger is read, hashed and compressed in a thread: gzip takes 2 ms for 128 KiB
LARGE: Final = 128 << 10
LARGE_STORED: Final = 32 << 10


@dataclass(slots=True)
class CachedFile:
    """One version of one file."""

    base: str  # path of the plain file, absolute
    stored: bool  # there is only the compressed file
    stamp: Stamp
    body: bytes | None  # None: it is too long to be kept, and is read for each answer that sends it
    tag: str  # digest of the body, without quotes
    modified: datetime  # UTC
    links: str  # for the header `Link`
    forms: dict[str, bytes] = field(default_factory=dict)  # by coding
    answers: dict[Any, Any] = field(default_factory=dict)  # whatever makes answers keeps them here
    missing: dict[str, float] = field(default_factory=dict)  # coding -> when to look for it again, monotonic
    # digests of the entries; None: the file is not large, so that they are made when it is replaced
    marks: frozenset[bytes] | None = None

    @property
    def large(self) -> bool:
        """Return whether its bytes are only worked on in a thread."""
        return self.marks is not None

    @property
    def size(self) -> int:
        """Return the bytes held."""
        return len(self.body or b"") + sum(map(len, self.forms.values())) + _MARK_BYTES * len(self.marks or ())

    def held(self, coding: str) -> bytes | None:
        """Return the bytes under `coding`; None when they are not in memory."""
        return self.body if coding == PLAIN else self.forms.get(coding)

    def is_current(self) -> bool:
        """Return whether the file on the disk is still this version."""
        found = status(self.base + (STORED if self.stored else ""))
        return found is not None and stamp_of(found) == self.stamp

    def has_beside(self, coding: str) -> bool:
        """Return whether a coded file lies beside that is no older: an older one is of another version."""
        found = status(self.base + CODING_SUFFIXES[coding])
        return found is not None and stat.S_ISREG(found.st_mode) and found.st_mtime_ns >= self.stamp[0]


_MARK_BYTES: Final = 64  # that a mark takes in memory


def stamp_of(found: os.stat_result) -> Stamp:
    """Return what a version is known by."""
    return found.st_mtime_ns, found.st_size, found.st_ino


def status(place: str) -> os.stat_result | None:
    """Return what the system knows of the file at `place`, which may be a link; None when there is none."""
    try:
        return os.stat(place, follow_symlinks=False)  # noqa: PTH116 - a Path costs more than the rest
    except (OSError, ValueError):
        return None


def load(base: str, *, stored: bool) -> CachedFile | None:
    """Return the file at `base`; None when there is none, it is damaged, or a link stands somewhere in its path."""
    place = base + (STORED if stored else "")
    try:
        if os.path.realpath(place, strict=True) != place:
            return None
    except OSError:
        return None
    if (read := _read(place)) is None:
        return None
    found, raw = read
    body = _unpacked(raw) if stored else raw
    if body is None:
        return None
    return CachedFile(
        base=base,
        stored=stored,
        stamp=stamp_of(found),
        body=body,
        tag=hashlib.sha256(body).hexdigest()[:32],
        modified=datetime.fromtimestamp(int(found.st_mtime), UTC),
        links=link_header(body, form_of(base)),
        forms={"gzip": raw} if stored else {},
    )


def load_large(base: str, *, stored: bool, longest: int) -> CachedFile | None:
    """Return the file at `base` with the marks of its entries; one of more than `longest` bytes without its bytes.

    Its coded forms are made when they are first asked for, by `read_form`: a 304 needs none.
    """
    made = load(base, stored=stored)
    if made is None or made.body is None:
        return None
    found = parts(made.body, form_of(base))
    made.marks = marks(found) if found else frozenset()
    if len(made.body) > longest:
        made.body, made.forms = None, {}
    return made


def code(version: CachedFile, body: bytes, coding: str) -> bytes | None:
    """Return `body`, which is that of `version`, under `coding`: the file beside, else our own gzip, else None."""
    beside = _read(version.base + CODING_SUFFIXES[coding]) if version.has_beside(coding) else None
    # the file beside is placed after the plain one: while that is the same, it cannot be of a version that came later
    if beside is not None and beside[0].st_mtime_ns >= version.stamp[0] and version.is_current():
        return beside[1]
    return gzip.compress(body, compresslevel=6, mtime=0) if coding == "gzip" else None


def read_form(version: CachedFile, coding: str) -> bytes | None:
    """Return the bytes of `version` under `coding` from the disk; None when they are not there any more."""
    body = version.body if version.body is not None else _read_again(version)
    return body if body is None or coding == PLAIN else code(version, body, coding)


def marks_of(version: CachedFile) -> frozenset[bytes]:
    """Return the marks of the entries of `version`; none where it has no entries, or its format has no deltas."""
    if version.marks is not None or version.body is None:
        return version.marks or frozenset()
    found = parts(version.body, form_of(version.base))
    return marks(found) if found else frozenset()


def _read_again(version: CachedFile) -> bytes | None:
    read = _read(version.base + (STORED if version.stored else ""))
    if read is None or stamp_of(read[0]) != version.stamp:
        return None
    return _unpacked(read[1]) if version.stored else read[1]


def _format(base: str) -> str:
    return base.rpartition(".")[2]


def _unpacked(raw: bytes) -> bytes | None:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error):  # it is damaged
        return None


def _read(place: str) -> tuple[os.stat_result, bytes] | None:
    """Return the regular file at `place` with what the system knows of it; None when there is none.

    It is opened once, so that the two belong together whatever replaces the file meanwhile.
    """
    try:
        handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123
            found = os.fstat(handle)
            return (found, file.read()) if stat.S_ISREG(found.st_mode) else None
    except (OSError, ValueError):
        return None
