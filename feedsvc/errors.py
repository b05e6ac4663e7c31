"""The exceptions that feedsvc raises on purpose; anything else that escapes is a bug.

    FeedsvcError
     +-- ConfigError           the user's configuration or arguments are wrong         exit 2
     +-- ArchiveError          the archive cannot be used as it is                     exit 3
     |    +-- ArchiveLockedError   another process holds it
     |    +-- ArchiveNewerError    a newer feedsvc wrote it
     |    +-- ArchiveDamagedError  SQLite says that the file is malformed
     |    +-- ArchiveLostError     archive.db is gone, or empty, or was replaced; what lies beside it knows it
     |    +-- ArchiveFullError     no room, or not writable
     +-- SourceError           one source cannot be read now; the others go on         exit 1; ports.FetchError knows its requests
     +-- PublishError          a place elsewhere does not take feeds now; they are tried again
     +-- DocumentError         one document cannot be understood; it goes to quarantine
     +-- ExecutorError         the work on one item was stopped: time, memory, or its process died
     +-- PluginError           what an installed package adds raised; feedsvc goes on without it                       exit 1
     +-- WorkersError          no process can be had that documents are read in; no document is to blame            exit 1

Inside a run, what fails for one document is a `feedsvc.model.Failure`, a value; these exceptions end a command
or one source. The command line turns each into one line on stderr and the exit code beside it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from feedsvc.plugins import Plugin


def missing_library(library: str, extra: str) -> str:
    """Return the sentence that says that `library` is not installed, and the command that brings it with `extra`."""
    return f"the package {library} is not installed; run `pip install 'feedsvc[{extra}]'`"


class FeedsvcError(Exception):
    """The root of everything raised on purpose; `str()` is a complete sentence for the user."""

    exit_code = 1


class ConfigError(FeedsvcError):
    """The configuration or the arguments are wrong; `problems` names each with its key and its remedy."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: Sequence[str] = problems


class ArchiveError(FeedsvcError):
    """The archive cannot be used as it is."""

    exit_code = 3


class ArchiveLockedError(ArchiveError):
    """Another process holds the archive."""


class ArchiveNewerError(ArchiveError):
    """The archive has a schema that this version does not know."""


class ArchiveDamagedError(ArchiveError):
    """SQLite says that a file of the archive is malformed."""


class ArchiveLostError(ArchiveError):
    """The archive that was here is no longer: a new one in its place would give every feed and entry a new id."""


class ArchiveFullError(ArchiveError):
    """The disk is full, or the archive cannot be written."""


class SourceError(FeedsvcError):
    """One source cannot be read now. `kind` is its class: dns, tls, timeout, http, blocked, gone, too-large, ..."""

    def __init__(self, message: str, *, kind: str = "io") -> None:
        super().__init__(message)
        self.kind = kind


class PublishError(FeedsvcError):
    """A place elsewhere cannot be published at now, or not as it is configured."""


class DocumentError(FeedsvcError):
    """One document cannot be understood; the message says what is wrong with it, and where."""


class ExecutorError(FeedsvcError):
    """The work on one item was stopped. `kind` is "timeout", "memory" or "crash"."""

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class PluginError(FeedsvcError):
    """What an installed package adds to feedsvc raised; the message names the plugin. `member` is its name."""

    def __init__(self, message: str, *, member: str) -> None:
        super().__init__(message)
        self.member = member


class WorkersError(FeedsvcError):
    """No worker process can be had: no document is to blame, and each is read when there is one again."""


@contextmanager
def plugin_errors(plugin: Plugin, made: Callable[[str], FeedsvcError], *passed: type[Exception]) -> Iterator[None]:
    """Turn what `plugin` raises inside the block into an error of ours, which `made` makes of the sentence that names it.

    A FeedsvcError, and each of `passed`, comes out as it was raised. `made` may log the exception: it is the current one.

    Raises:
        FeedsvcError: the plugin raised an exception.
    """
    expected: tuple[type[Exception], ...] = (FeedsvcError, *passed)
    try:
        yield
    except expected:
        raise
    except Exception as error:
        raise made(plugin.failed(error)) from error
