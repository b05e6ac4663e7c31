"""What the operating system refuses, as an error of ours that names the file and the remedy."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from feedsvc.errors import ArchiveError, ArchiveFullError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from feedsvc.errors import FeedsvcError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
_NAMES: Final = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP})


@contextmanager
def refused(target: Path) -> Iterator[None]:
    """Turn an `OSError` about `target` into an error of ours.

    Raises:
        ArchiveFullError: no room, or not writable.
        ConfigError: the name is too long, or a folder and a document want the same one.
        ArchiveError: the file system refuses for another reason.
    """
    try:
        yield
    except OSError as error:
        raise refusal(error, target) from error


def refusal(error: OSError, target: Path) -> FeedsvcError:
    """Return what `refused` raises for `error` about `target`."""
    reason = f"cannot write {str(target)!r}: {error.strerror}"
    if error.errno in _FULL:
        return ArchiveFullError(f"{reason}; make room, or make the folder writable")
    if error.errno in _NAMES:
        return ConfigError(f"{reason}; give the category another name")
    return ArchiveError(reason)
