"""Names in folders: what makes them survive a power cut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync(folder: Path) -> None:
    """Make the names in `folder` survive a power cut: syncing a file keeps its bytes, and not its name.

    Raises:
        OSError: the folder is not there, or the disk refuses.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
