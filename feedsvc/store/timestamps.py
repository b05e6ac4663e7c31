"""Points in time as the archive writes them: ISO 8601 in UTC, to the second where it is one, so that text sorts as time."""

from __future__ import annotations

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """Return `at` as "2021-09-06T14:17:18Z"; a fraction of a second is left out."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def written_or_none(at: datetime | None) -> str | None:
    """Return `at` as `written` does; None stays None."""
    return None if at is None else written(at)


def read(text: str) -> datetime:
    """Return the instant that `written` wrote."""
    return datetime.fromisoformat(text)


def read_or_none(text: str | None) -> datetime | None:
    """Return the instant that `written` wrote; None stays None."""
    return None if text is None else read(text)


def seconds(at: datetime) -> int:
    """Return whole seconds since 1970: what the archive sorts by."""
    return int(at.timestamp())
