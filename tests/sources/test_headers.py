"""What statuses and headers mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.sources.http.error_classes import FAULTS, AttemptError
from feedsvc.sources.http.headers import fresh_seconds, judge_status, last_modified_at, retry_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 30 ", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, 600.0),
        ({"cache-control": "Max-Age=600", "expires": "Sun, 01 Mar 2026 12:00:01 GMT"}, 600.0),
        ({"cache-control": "s-maxage=9, no-transform"}, None),
        ({"cache-control": "max-age=99999999"}, 86_400.0),
        ({"expires": "Sun, 01 Mar 2026 12:10:00 GMT"}, 600.0),
        ({"expires": "0"}, None),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
    ],
)
def test_freshness_is_max_age_else_expires_and_a_day_at_most(headers: dict[str, str], seconds: float | None) -> None:
    assert fresh_seconds(headers, NOW) == seconds


@given(st.text(max_size=200))
def test_no_header_breaks_us(value: str) -> None:
    retry_after(value, NOW)
    last_modified_at(value)
    fresh_seconds({"cache-control": value, "expires": value}, NOW)


def judged(status: int, *, conditional: bool) -> str:
    """Return the class that a status gets, "" when it is taken."""
    try:
        judge_status(status, {}, NOW, conditional=conditional)
    except AttemptError as error:
        return error.kind
    return ""


@given(st.integers(100, 999), st.booleans())
def test_every_status_is_taken_or_has_a_class(status: int, conditional: bool) -> None:  # noqa: FBT001 - hypothesis
    taken = status == 200 or (status == 304 and conditional)
    assert judged(status, conditional=conditional) in ({""} if taken else set(FAULTS))


def test_a_429_without_a_time_gets_five_minutes() -> None:
    with pytest.raises(AttemptError) as raised:
        judge_status(429, {"retry-after": "-1"}, NOW, conditional=False)
    assert (raised.value.kind, raised.value.wait) == ("wait", 300.0)
