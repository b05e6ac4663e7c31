"""A file without a name for what need not be in memory. Implements `feedsvc.ports.Spool`.

It is gone with the process, however that ends. The first megabyte stays in memory: most emissions need no file at all.
"""

from __future__ import annotations

import os
import tempfile
from typing import IO, TYPE_CHECKING, Final

from feedsvc.publish.os_errors import refused
from feedsvc.publish.staged_files import write_all

if TYPE_CHECKING:
    from pathlib import Path

PENDING: Final = 1 << 20  # bytes that are written at a time
_SIZE_BITS: Final = 32  # of a place: the size in the lower bits, the offset above them


class FileSpool:
    """Bytes in an unnamed file in `folder`, which is made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._written = 0  # bytes in the file
        self._pending = bytearray()  # what comes after them

    def keep(self, body: bytes) -> int:
        """Keep `body`; return the place to find it at.

        Raises:
            ArchiveFullError: no room.
        """
        place = (self._written + len(self._pending)) << _SIZE_BITS | len(body)
        self._pending += body
        if len(self._pending) >= PENDING:
            self._flush()
        return place

    def read(self, place: int) -> bytes:
        """Return what was kept at `place`."""
        offset, size = place >> _SIZE_BITS, place & ((1 << _SIZE_BITS) - 1)
        if offset >= self._written or self._file is None:
            begin = offset - self._written
            return bytes(self._pending[begin : begin + size])
        return os.pread(self._file.fileno(), size, offset)

    def close(self) -> None:
        """Give the room back."""
        if self._file is not None:
            self._file.close()

    def _flush(self) -> None:
        with refused(self._folder):
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - `close` closes it
            write_all(self._file.fileno(), bytes(self._pending))
        self._written += len(self._pending)
        self._pending.clear()
