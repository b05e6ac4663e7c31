"""Files written beside the place where they belong, and put there together.

Each is written to a temporary file; then all are synced, all are renamed in the order in which they came, and each folder
is synced once. A reader sees an old file or a new one and never half of one, and after `place` all survive a power cut.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from feedsvc.errors import ArchiveError, ConfigError
from feedsvc.folders import sync
from feedsvc.publish.os_errors import refusal, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MODE: Final = 0o644  # any static server may read a feed
SECOND: Final = 1_000_000_000  # nanoseconds


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is written and has not its name yet."""

    target: Path
    temporary: Path
    descriptor: int


class Stage:
    """Temporary files in `folder`; what is there at the start was left by one who was killed, and is swept away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staged: list[Staged] = []
        self._targets: set[str] = set()
        self._number = 0
        self._made: set[Path] = set()  # folders that are there, as long as files wait
        with suppress(FileNotFoundError, NotADirectoryError):
            for left in folder.iterdir():
                left.unlink()

    @property
    def size(self) -> int:
        """Return how many files wait."""
        return len(self._staged)

    def holds(self, target: Path) -> bool:
        """Return whether a file waits that belongs at `target`."""
        return str(target) in self._targets

    def write(self, target: Path, body: bytes) -> Staged:
        """Return `body` written, to be dated and put in the row with `add`."""
        self._make(target.parent)
        self._make(self._folder)
        temporary = self._folder / str(self._number)
        self._number += 1
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        made = Staged(target, temporary, descriptor)
        try:
            os.fchmod(descriptor, MODE)
            write_all(descriptor, body)
        except BaseException:
            _close([made])
            _unlink([made])
            raise
        return made

    def add(self, staged: Staged) -> None:
        """Put a file that is written in the row."""
        self._staged.append(staged)
        self._targets.add(str(staged.target))

    def place(self) -> None:
        """Put all files where they belong.

        Raises:
            ArchiveError: the file system refuses one; it and those after it are given up.
        """
        staged, self._staged = self._staged, []
        self._targets.clear()
        self._made.clear()
        left = staged  # temporary files
        try:
            _begin(staged)
            _each(staged, lambda each: os.fsync(each.descriptor))
            _each(staged, lambda each: each.temporary.replace(each.target))
            left = []
            for folder in dict.fromkeys(each.target.parent for each in staged):
                with refused(folder):
                    sync(folder)
        except ConfigError as error:  # whose name is at fault was said when it was written: here others are lost too
            raise ArchiveError(str(error)) from error
        finally:
            _close(staged)
            _unlink(left)

    def drop(self) -> None:
        """Give up what waits."""
        _close(self._staged)
        _unlink(self._staged)
        self._staged = []
        self._targets.clear()
        self._made.clear()

    def _make(self, folder: Path) -> None:
        """Make the folder, and make its name and those above it survive a power cut."""
        if folder in self._made:
            return
        missing = [folder, *folder.parents]
        missing = missing[: next(index for index, parent in enumerate(missing) if parent.exists())]
        for made in reversed(missing):
            made.mkdir(exist_ok=True)
            sync(made.parent)
        self._made.add(folder)


def write_all(descriptor: int, body: bytes) -> None:
    """Write `body` to its end: the system may take a part and leave it at that, as on a disk that is nearly full.

    Raises:
        OSError: it takes no more.
    """
    rest = memoryview(body)
    while rest:
        if not (written := os.write(descriptor, rest)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest = rest[written:]


def _each(staged: Sequence[Staged], step: Callable[[Staged], object]) -> None:
    """Do `step` for each file; what the system refuses is an error about that file."""
    for each in staged:
        try:
            step(each)
        except OSError as error:
            raise refusal(error, each.target) from error


def _begin(staged: Sequence[Staged]) -> None:
    """Let the disk begin with all files: the first sync waits for most of them, and the others have less left to do."""
    if hasattr(os, "posix_fadvise"):  # a hint, which not every system takes
        for each in staged:
            with suppress(OSError):
                os.posix_fadvise(each.descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _close(staged: Sequence[Staged]) -> None:
    for each in staged:
        with suppress(OSError):
            os.close(each.descriptor)


def _unlink(staged: Sequence[Staged]) -> None:
    for each in staged:
        with suppress(OSError):
            each.temporary.unlink()
