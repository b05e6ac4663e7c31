"""What the status and headers of an answer mean, before its body is looked at. Pure: time is an argument."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from feedsvc.sources.http.error_classes import AttemptError

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY = timedelta(days=1).total_seconds()  # the longest that a server may keep us away, or its answer counts as fresh
PATIENCE = 300.0  # seconds, when a 429 does not say how long
MAX_VALIDATOR = 1024  # characters; a longer ETag is not kept
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
_UNAVAILABLE = frozenset({429, 503})
_REPEATABLE = frozenset({500, 502, 503, 504})
_SECONDS = re.compile(r"\d{1,10}")
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,10})")


def judge_status(status: int, headers: Mapping[str, str], now: datetime, *, conditional: bool) -> None:
    """Let 200 pass, and 304 when it was asked for.

    Raises:
        AttemptError: any other status; kind "http", "gone", "wait" or "protocol".
    """
    if status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and conditional):
        return
    if status == HTTPStatus.NOT_MODIFIED:
        raise AttemptError(
            "protocol", "the server says 304, not modified, although it was not asked", status=status, again=False
        )
    if status == HTTPStatus.GONE:
        raise AttemptError("gone", "410 Gone: the publisher took it away for good; remove the source", status=status)
    wait = retry_after(headers.get("retry-after", ""), now)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status in _UNAVAILABLE and wait is not None):
        wait = min(PATIENCE if wait is None else wait, DAY)
        raise AttemptError("wait", f"{_phrase(status)}: asked to wait {wait:.0f} s", status=status, wait=wait)
    raise AttemptError("http", _described(status, headers), status=status, again=status in _REPEATABLE)


def judge_frame(headers: Mapping[str, str], limit: int) -> None:
    """See that the body can be taken: no unknown framing, no announced length above `limit` bytes.

    Raises:
        AttemptError: kind "protocol" or "too-large".
    """
    length, framing = headers.get("content-length", ""), headers.get("transfer-encoding", "").strip().lower()
    if framing not in ("", "chunked"):
        raise AttemptError("protocol", f"the transfer-encoding {framing[:40]!r} is none that we know", again=False)
    if length.isdecimal() and int(length[:20]) > limit:
        raise AttemptError("too-large", f"{length[:20]} bytes are announced, the limit is {limit}; raise `max_bytes`")


def retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 10.2.3), a number or a date; None when it is neither."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    until = _http_date(value)
    return None if until is None else max(0.0, (until - now).total_seconds())


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return for how long the answer is fresh by Cache-Control, else by Expires; at most a day, None when unsaid."""
    found = _MAX_AGE.search(headers.get("cache-control", "").lower())
    if found:
        return min(float(found[1]), DAY)
    until = _http_date(headers.get("expires", ""))
    return None if until is None else min(max(0.0, (until - now).total_seconds()), DAY)


def last_modified_at(value: str) -> datetime | None:
    """Return a Last-Modified header as UTC; None when it is no date."""
    return _http_date(value)


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value[:100])
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _described(status: int, headers: Mapping[str, str]) -> str:
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return f"{_phrase(status)}: the server wants a browser to solve a challenge; ask the publisher for access"
    return f"{_phrase(status)}{_REMEDIES.get(status, '')}"


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


_REMEDIES = {
    204: ": no body is no empty feed",
    206: ": a part of a feed",
    401: "; set `username` and `password` or `token`",
    403: "; check the address, or ask the publisher for access",
    404: "; check the address",
}
