"""Folders that survive a power cut, and who may read them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

READABLE: Final = 0o755  # of folders: a web server that runs as another user may serve the feeds and pictures in them
PRIVATE: Final = 0o600  # of databases and backups: captures and ops.db hold addresses with secrets


def make(folder: Path) -> None:
    """Make `folder` and those above it that are missing, `READABLE` whatever the umask is; they survive a power cut.

    Raises:
        OSError: the file system refuses.
    """
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(READABLE)
        sync(each.parent)


def make_private(path: Path) -> None:
    """Make an empty file at `path` that only its owner reads and writes, whatever the umask is; leave one that is there.

    Raises:
        OSError: the file system refuses.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))


def sync(folder: Path) -> None:
    """Make the names in `folder` survive a power cut.

    Raises:
        OSError: the file system refuses.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
