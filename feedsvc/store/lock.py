"""One writer for an archive: a lock that names its holder and that a crash releases."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import IO, TYPE_CHECKING

from feedsvc.errors import ArchiveFullError, ArchiveLockedError
from feedsvc.folders import make

if TYPE_CHECKING:
    from pathlib import Path


class ArchiveLock:
    """An exclusive `flock` on `folder`/.lock, held until `release` or the end of the process.

    Raises:
        ArchiveLockedError: another process holds it; the message names it.
        ArchiveFullError: the lock cannot be written.
    """

    def __init__(self, folder: Path, what: str) -> None:
        path = folder / ".lock"
        try:
            make(folder)
            self._file: IO[str] = path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ArchiveFullError(f"{path} cannot be written ({error.strerror}); check who owns {folder}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _holder(self._file)
            self._file.close()
            raise ArchiveLockedError(
                f"{folder} is in use by {holder}; wait until it ends, or stop it first; a daemon reads and publishes by itself"
            ) from error
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name, too
            os.ftruncate(self._file.fileno(), 0)
            os.write(self._file.fileno(), json.dumps({"pid": os.getpid(), "what": what}).encode())

    def release(self) -> None:
        """Let others write; harmless when it was released already."""
        with contextlib.suppress(ValueError, OSError):
            self._file.truncate(0)
            self._file.close()


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        said = json.load(file)
        return f"`feedsvc {said['what']}` (process {said['pid']})"
    except (ValueError, KeyError, TypeError):
        return "another process"
