"""Kept pictures as files: `media/ab/cdef….png` by the SHA-256 of their bytes, so that one picture is one file.

A file is written beside its place, synced and renamed, and never changed afterwards: what is there is whole, and a crash
leaves at most a temporary file, which the next holder of the archive sweeps away. Pictures that only withdrawn articles show
lie in `withdrawn/`, out of the tree that a web server may answer from.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feedsvc.errors import ArchiveFullError
from feedsvc.folders import sync
from feedsvc.pictures import EXTENSIONS
from feedsvc.pictures.substitution import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.model import Picture

HIDDEN: Final = "withdrawn"  # folder of what is not to be seen
MODE: Final = 0o644  # any static server may read a picture
PREFIX: Final = ".keeping-"  # of temporary files

_NAME = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(EXTENSIONS.values())})")


def name_of(digest: str, media_type: str) -> str:
    """Return the name of a picture's file, as its address has it: "abcdef….png"."""
    return f"{digest}.{EXTENSIONS[media_type]}"


def is_name(name: str) -> bool:
    """Return whether `name` can be that of a kept picture."""
    return _NAME.fullmatch(name) is not None


class PictureFiles:
    """The pictures below the archive's `folder`."""

    def __init__(self, folder: Path) -> None:
        self._shown = folder / FOLDER
        self._hidden = folder / HIDDEN

    def keep(self, picture: Picture, body: bytes) -> None:
        """Have `body`, which is `picture`, in its file; after return it survives a power cut.

        Raises:
            ArchiveFullError: no room, or not writable.
        """
        target = self._shown / _place(name_of(picture.digest, picture.media_type))
        if target.is_file() and target.stat().st_size == picture.size:
            return
        try:
            _write(target, body)
        except OSError as error:
            message = f"{target} cannot be written ({error.strerror}); make room, or make the folder writable"
            raise ArchiveFullError(message) from error

    def find(self, name: str) -> Path | None:
        """Return the file of the picture `name` that may be shown, or None."""
        path = self._shown / _place(name) if is_name(name) else None
        return path if path and path.is_file() else None

    def is_hidden(self, name: str) -> bool:
        """Return whether the picture `name` is there, and not to be seen."""
        return is_name(name) and (self._hidden / _place(name)).is_file()

    def is_sound(self, digest: str, name: str) -> bool | None:
        """Return whether the bytes of a picture, shown or hidden, are those that were kept; None when there is no file."""
        for root in (self._shown, self._hidden):
            with suppress(FileNotFoundError), (root / _place(name)).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == digest
        return None

    def hide(self, name: str) -> None:
        """Take a picture out of sight, if it is in sight."""
        _move(self._shown / _place(name), self._hidden / _place(name))

    def show(self, name: str) -> None:
        """Bring a picture back into sight, if it is hidden."""
        _move(self._hidden / _place(name), self._shown / _place(name))

    def names(self) -> Iterator[str]:
        """Yield the name of every picture in sight, in no order."""
        return _names(self._shown)

    def hidden_names(self) -> Iterator[str]:
        """Yield the name of every picture out of sight, in no order."""
        return _names(self._hidden)

    def remove(self, name: str) -> None:
        """Delete the file of a picture, shown or hidden."""
        for root in (self._shown, self._hidden):
            (root / _place(name)).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Delete what a crash left half-written; only for the holder of the archive's lock."""
        for path in self._shown.glob(f"*/{PREFIX}*"):
            path.unlink(missing_ok=True)


def _place(name: str) -> Path:
    return Path(name[:2], name[2:])


def _names(root: Path) -> Iterator[str]:
    return (name for path in root.glob("??/*") if is_name(name := path.parent.name + path.name))


def _write(target: Path, body: bytes) -> None:
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        sync(target.parent.parent)
    descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fchmod(descriptor, MODE)
            os.fsync(descriptor)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    sync(target.parent)


def _move(old: Path, new: Path) -> None:
    if old.is_file():
        new.parent.mkdir(parents=True, exist_ok=True)
        old.replace(new)
        sync(new.parent)
        sync(old.parent)
