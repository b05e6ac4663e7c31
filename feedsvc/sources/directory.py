"""Source `directory`: the files of a directory and below, read when they changed."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from feedsvc.errors import SourceError
from feedsvc.model import Failure, RawDocument, Skip
from feedsvc.model.catalog import ATOM_TYPE, RSS_TYPE
from feedsvc.ports import Reading
from feedsvc.sources.files import TooLargeError, read_settled, settling_seconds
from feedsvc.sources.scan import fingerprint_of, scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from feedsvc.model import Source
    from feedsvc.sources.scan import Scan, Seen

MEDIA_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".rss": RSS_TYPE,
    ".atom": ATOM_TYPE,
    ".json": "application/json",
}


def reader(_fetcher: object, _executor: object) -> DirectoryReader:
    """Return a reader: files need neither the network nor a process of their own."""
    return DirectoryReader()


class DirectoryReader:
    """Reads directories. A scan opens nothing; unchanged files cost one `stat` each."""

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return the files that changed, by locator; see `feedsvc.ports.Reader`.

        Raises:
            SourceError: kind "missing" (no such directory) or "permission".
        """
        found = await asyncio.to_thread(_scanned, source, known)
        statuses = (seen.status for seen in found.changed if seen.status is not None)
        if wait := settling_seconds(statuses, time.time()):
            await asyncio.sleep(wait)
        found.changed.sort(key=lambda seen: seen.locator)
        return Reading(documents=_documents(source, found, now), present=found.present)


def _scanned(source: Source, known: Mapping[str, str]) -> Scan:
    root = os.path.realpath(source.location)
    try:
        return scan(root, known, source.include, source.exclude)
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"source {source.name!r}: there is no directory {source.location!r}; is it mounted, is `path` right?"
        raise SourceError(message, kind="missing") from error
    except PermissionError as error:
        message = f"source {source.name!r}: {source.location!r} may not be listed; give this user r-x on it"
        raise SourceError(message, kind="permission") from error
    except OSError as error:
        raise SourceError(f"source {source.name!r}: {source.location!r}: {error.strerror}", kind="io") from error


def _documents(source: Source, found: Scan, now: datetime) -> Iterator[RawDocument | Failure | Skip]:
    for seen in found.changed:
        outcome = _outcome(source, seen, found.known.get(seen.locator), now)
        if outcome is not None:
            yield outcome


def _outcome(source: Source, seen: Seen, known: str | None, now: datetime) -> RawDocument | Failure | Skip | None:
    """Return what became of one file; None = nothing new, or left for the next pass."""
    if seen.status is None:
        return _failure(source, seen, seen.problem, seen.reason)
    if seen.problem == "skip":
        fingerprint = fingerprint_of(seen.status)
        return Skip(source=source.name, locator=seen.locator, reason=seen.reason, fingerprint=fingerprint)
    if seen.status.st_size > source.fetch.max_bytes:
        return _too_large(source, seen, seen.status, known)
    return _opened(source, seen, seen.status, now)


def _opened(source: Source, seen: Seen, status: os.stat_result, now: datetime) -> RawDocument | Failure | None:
    try:
        document = read_settled(seen.path, status, source.fetch.max_bytes)
    except (FileNotFoundError, TooLargeError):
        return None  # went away, or grew, since the scan: the next one sees it as it is
    except PermissionError:
        return _failure(source, seen, "permission", "this user may not read the file; give it the right to")
    except OSError as error:
        return _failure(source, seen, "io", f"the file cannot be read: {error.strerror}")
    return None if document is None else _raw(source, seen.locator, document, now)


def _raw(source: Source, locator: str, document: tuple[bytes, str, os.stat_result], now: datetime) -> RawDocument:
    body, fingerprint, status = document
    return RawDocument(
        source=source.name,
        locator=locator,
        media_type=MEDIA_TYPES.get(locator[locator.rfind(".") :].lower(), ""),
        body=body,
        fingerprint=fingerprint,
        fetched_at=now,
        modified_at=_time_of(status),
    )


def _time_of(status: os.stat_result) -> datetime | None:
    try:
        return datetime.fromtimestamp(status.st_mtime, tz=UTC)
    except (ValueError, OverflowError, OSError):  # a date before the year 1 or after 9999
        return None


def _failure(source: Source, seen: Seen, kind: str, reason: str) -> Failure:
    """Return a failure without a fingerprint: it is tried again at every pass, for its cause may lie outside the file."""
    return Failure(source=source.name, locator=seen.locator, stage="read", kind=kind, reason=reason)


def _too_large(source: Source, seen: Seen, status: os.stat_result, known: str | None) -> Failure | None:
    limit = source.fetch.max_bytes
    fingerprint = f"{fingerprint_of(status)}>{limit}"  # a raised limit is a reason to try again
    if fingerprint == known:
        return None
    reason = f"the file has {status.st_size} bytes, more than the limit of {limit}; raise `max_bytes` or split it"
    return Failure(
        source=source.name, locator=seen.locator, stage="read", kind="too-large", reason=reason, fingerprint=fingerprint
    )
