"""One file of a content directory, read whole and only when nobody is writing it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from feedsvc.sources.scan import fingerprint_of, is_regular

if TYPE_CHECKING:
    from collections.abc import Iterable

# O_NONBLOCK: to open a FIFO must not wait for a writer. O_NOFOLLOW: a file swapped for a link since the scan is refused.
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_PIECE = 1 << 20  # bytes
_FRESH_SECONDS = 2.0  # changed so recently that its writer may not be done
_COARSE_SECONDS = 2.0  # the step of FAT, the coarsest clock of a file system in use
SETTLE_SECONDS = 0.02  # a kernel stamps files by its tick, of at most 10 ms; after this an edit shows in the times


class TooLargeError(Exception):
    """The file is larger than the limit; nothing of it is kept."""


def settling_seconds(statuses: Iterable[os.stat_result], wall: float) -> float:
    """Return how long to wait until every later edit of these files shows in their times (git calls them racy)."""
    newest = max((status.st_ctime_ns for status in statuses), default=0) / 1e9
    return SETTLE_SECONDS if 0 <= wall - newest < SETTLE_SECONDS else 0.0


def read_settled(path: str, seen: os.stat_result, limit: int) -> tuple[bytes, str, os.stat_result] | None:
    """Return the bytes of the file at `path`, their fingerprint and status; None when it is being written or replaced.

    `seen` is the status that the scan found: only that very inode is read, whatever has come to lie at `path`.

    Raises:
        TooLargeError: it has more than `limit` bytes.
        OSError: it cannot be read.
    """
    descriptor = os.open(path, _OPEN_FILE)
    try:
        before = os.fstat(descriptor)
        if not _as_seen(before, seen) or _is_being_written(descriptor, before):
            return None
        body = read_whole(descriptor, limit)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if fingerprint_of(before) != fingerprint_of(after):
        return None
    return body, _stored_fingerprint(after), after


def _as_seen(status: os.stat_result, seen: os.stat_result) -> bool:
    if not is_regular(status) or (status.st_dev, status.st_ino) != (seen.st_dev, seen.st_ino):
        return False
    changed_since = status.st_ctime_ns != seen.st_ctime_ns
    return not (changed_since and settling_seconds([status], time.time()))


def read_whole(descriptor: int, limit: int) -> bytes:
    """Return all that an open file holds.

    Raises:
        TooLargeError: that is more than `limit` bytes.
    """
    pieces, size = [], 0
    while piece := os.read(descriptor, _PIECE):
        size += len(piece)
        if size > limit:
            raise TooLargeError
        pieces.append(piece)
    return b"".join(pieces)


def _is_being_written(descriptor: int, status: os.stat_result) -> bool:
    """Whether a process has the file open for writing: then Linux refuses us a read lease.

    Only asked of a file that changed just now. Where nobody can tell (another owner, another system) the answer is no,
    and a change during the read is still noticed by the file's times.
    """
    if sys.platform != "linux" or not 0 <= time.time() - status.st_mtime < _FRESH_SECONDS:
        return False
    with contextlib.suppress(PermissionError):
        try:
            # somebody who opens the file while we hold the lease makes the kernel signal us; SIGIO would end the process
            fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return True
        except OSError:  # a file system without leases
            return False
    return False


def _stored_fingerprint(status: os.stat_result) -> str:
    """Return the fingerprint to keep; a mark makes it differ from every scan's, so that the file is read once more.

    On a file system that stamps whole seconds, an edit right after our read can leave size and times as they were.
    """
    coarse = status.st_mtime_ns % 1_000_000_000 == 0 == status.st_ctime_ns % 1_000_000_000
    racy = coarse and abs(time.time() - status.st_ctime) < _COARSE_SECONDS
    return fingerprint_of(status) + ("~" if racy else "")
