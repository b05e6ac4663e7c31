"""Counts by day are those that a look at every article gives, and each picture says in words what it shows."""

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feedsvc.serve import day_counts
from feedsvc.serve.archive_reader import Rows
from feedsvc.serve.charts import Spell, calendar, health, strip

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def archive_of(seen: list[datetime]) -> Rows:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table articles (id integer primary key, first_seen text)")
    connection.executemany(
        "insert into articles values (?, ?)", [(number, each.isoformat()) for number, each in enumerate(seen, 5)]
    )
    return Rows(connection)


@pytest.mark.parametrize("count", [1, 2, 700])
def test_what_came_in_by_day_is_found_without_looking_at_every_article(count: int) -> None:
    chance = random.Random(count)  # noqa: S311 - the same each time
    seen = sorted(
        NOW - timedelta(days=chance.choice([0, 1, 1, 9, 80]), hours=chance.randrange(30)) for _ in range(count)
    )
    rows = archive_of(seen)
    _, days = day_counts.ingested(rows, SHANGHAI, NOW)
    expected = Counter(each.astimezone(SHANGHAI).date() for each in seen)
    assert days == expected


def test_days_before_the_year_are_left_out() -> None:
    span, days = day_counts.ingested(archive_of([NOW - timedelta(days=900), NOW]), SHANGHAI, NOW)
    assert list(days) == [span.last] == [date(2026, 3, 10)]
    assert span.first == date(2025, 3, 12)


def test_an_empty_archive_has_a_year_without_anything() -> None:
    span, days = day_counts.ingested(archive_of([]), SHANGHAI, NOW)
    assert (span.last, days) == (date(2026, 3, 10), {})


def test_a_span_ends_with_the_newest_article_and_never_after_today() -> None:
    old, future = datetime(2020, 1, 1, 20, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    assert day_counts.until(int(old.timestamp()), SHANGHAI, 28, NOW).last == date(
        2020, 1, 2
    )  # it is the next day there
    assert day_counts.until(int(future.timestamp()), SHANGHAI, 28, NOW).last == date(2026, 3, 10)


def test_a_span_begins_and_ends_at_midnight_of_the_zone() -> None:
    span = day_counts.until(None, SHANGHAI, 1, NOW)
    assert datetime.fromtimestamp(span.begin, SHANGHAI).isoformat() == "2026-03-10T00:00:00+08:00"
    assert span.end - span.begin == 86_400


def test_a_calendar_has_a_row_for_each_weekday_and_says_what_it_shows() -> None:
    picture = str(calendar({date(2026, 3, 3): 9, date(2026, 3, 4): 1}, date(2026, 3, 3), date(2026, 3, 10), "By day"))
    assert 'aria-label="By day: 10 in all, the most on 2026-03-03: 9"' in picture
    assert '<rect class="heat4" x="0" y="12" ' in picture  # a Tuesday
    assert picture.count("<rect") == 8


def test_a_strip_is_shaded_by_what_the_darkest_of_all_strips_stands_for() -> None:
    days = {date(2026, 3, 3): 1}
    assert "heat4" in strip(days, date(2026, 3, 3), date(2026, 3, 3), "x")
    assert "heat1" in strip(days, date(2026, 3, 3), date(2026, 3, 3), "x", most=1_000)


def test_labels_are_text() -> None:
    picture = str(strip({}, date(2026, 3, 3), date(2026, 3, 3), '"><script>'))
    assert "<script" not in picture


def test_health_says_how_many_runs_failed() -> None:
    picture = str(health([Spell("then", 3, 0), Spell("now", 0, 2)], "Runs"))
    assert 'aria-label="Runs: 2 of 5 runs failed"' in picture
    assert picture.count('class="went-wrong"') == 2


async def test_the_front_page_shows_the_last_days_of_each_category(site: Any) -> None:
    text = (await site.get("/")).text
    assert 'aria-label="Science, articles by day: ' in text
    assert re.search(r'aria-label="金融, articles by day: 2 in all, the most on 2026-03-01: 2"', text)


async def test_a_source_shows_its_articles_by_day_and_how_its_runs_went(site: Any) -> None:
    text = (await site.get("/source/planet")).text
    assert 'aria-label="Articles by day: ' in text
    assert 'aria-label="Runs over time: 1 of 3 runs failed"' in text


async def test_the_status_page_shows_when_articles_came_in(site: Any) -> None:
    assert (
        'aria-label="Articles by the day that they came in: 71 in all, the most on 2026-03-01: 71"'
        in (await site.get("/-/status")).text
    )
